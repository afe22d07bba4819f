// Task grids in the map room: the way to them, and the cells of the latest one over what is drawn.
import { Cells } from "/static/layers/cells.js";
import { whenOpen } from "/static/layers/hooks.js";
import { drawIcon, make } from "/static/ui/js/dom.js";
import { gettext } from "/static/ui/js/words.js";

const KEY = "vigie.layers.grid";

whenOpen((room) => {
  const { grids } = room.data;
  const place = room.room.querySelector("[data-layer-tools]");
  if (!grids || !place) return;
  place.append(make("a", { class: "btn", href: grids.url }, drawIcon("hexagons"), make("span", {}, gettext("Task grids"))));
  if (!grids.latest) return;
  const button = make("button", { type: "button", class: "btn square", "aria-pressed": "false", title: grids.latest.name, "aria-label": gettext("Show the cells of the latest grid") }, drawIcon("layout-grid"));
  place.append(button);
  const cells = new Cells(room.map, grids.latest);
  cells.shown = false;
  let begun = false;
  const toggle = async (/** @type {boolean} */ shown) => {
    cells.shown = shown;
    localStorage.setItem(KEY, shown ? "yes" : "no");
    button.setAttribute("aria-pressed", String(shown));
    if (begun) return cells.draw();
    begun = true;
    await cells.begin("leads");
  };
  button.addEventListener("click", () => void toggle(!cells.shown));
  cells.addEventListener("pick", (event) => {
    const url = grids.latest.features.replace(/[^/]*$/, `cells/${/** @type {CustomEvent} */ (event).detail.position}/`);
    void (/** @type {any} */ (window).htmx.ajax("GET", url, { target: "#detail", swap: "innerHTML" }));
  });
  if (localStorage.getItem(KEY) === "yes") void toggle(true);
});
