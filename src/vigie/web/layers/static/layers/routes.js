// The operation's routes on the map of layers, as they are now, and the way to their pages.
import { drawIcon, make } from "/static/ui/js/dom.js";
import { gettext } from "/static/ui/js/words.js";
import { whenOpen } from "/static/layers/hooks.js";
import { layRoute, paintRoute } from "/static/layers/routeline.js";

const NOW_MS = 30_000;
const PAST_MS = 500;

whenOpen((room) => {
  const map = room.map.map;
  const told = /** @type {HTMLElement | null} */ (document.querySelector("[data-routes-url]"));
  const { routesUrl = "", routesPage = "" } = told?.dataset ?? {};
  layRoute(map, "routes");
  const label = gettext("Routes");
  room.room.querySelector("[data-layer-tools]")?.append(
    make("a", { class: "btn", href: routesPage }, drawIcon("route"), make("span", {}, label)));
  let routed = false; // an operation without a route asks nothing while time is played
  const draw = async () => {
    try {
      const asked = room.past ? `?at=${new Date(room.drawn.now * 1000).toISOString()}` : "";
      const answer = await fetch(routesUrl + asked);
      if (!answer.ok) return;
      const source = /** @type {import("/static/ui/vendor/maplibre-gl.mjs").GeoJSONSource | undefined} */ (map.getSource("routes"));
      const found = await answer.json();
      routed = found.features.length > 0;
      source?.setData(found);
    } catch {
      // the line is cut: the next turn asks again
    }
  };
  document.addEventListener("vigie:theme", () => paintRoute(map, "routes"));
  document.addEventListener("vigie:entry", (event) => {
    const { touches } = /** @type {CustomEvent} */ (event).detail;
    if (touches.includes("routes")) void draw();
  });
  window.setInterval(draw, NOW_MS);
  /** @type {number | undefined} */
  let timer;
  room.addEventListener("seen", () => {
    timer ??= window.setTimeout(() => {
      timer = undefined;
      if (routed) void draw();
    }, PAST_MS);
  });
  void draw();
});
