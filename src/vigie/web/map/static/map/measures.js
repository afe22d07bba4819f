// Official measures on the map of incidents, and their list beside it. Off until asked for.
import { colour } from "/static/ui/js/theme.js";

/** @typedef {import("/static/map/vigie-map.js").VigieMap} VigieMap */

const KEY = "vigie.map.measures";
const SETTLE_MS = 400;
const EVERY_MS = 60_000;
const EMPTY = () => /** @type {any} */ ({ type: "FeatureCollection", features: [] });
const SHADES = {
  green: "--vigilance-green", yellow: "--vigilance-yellow", orange: "--vigilance-orange", red: "--vigilance-red",
  water: "--family-water", road: "--family-roads", warning: "--family-hazard",
};
const LINES = ["measures-fill", "measures-line", "measures-silent-line"];
const DOTS = ["measures-dot"];

/** @returns {any} */
const htmx = () => /** @type {any} */ (window).htmx;

export class Measures {
  /**
   * @param {HTMLElement} room @param {VigieMap} map
   * @param {string} url of their GeoJSON; an indicator's page is beside it
   */
  constructor(room, map, url) {
    this.map = map;
    this.url = url;
    this.button = /** @type {HTMLElement | null} */ (room.querySelector("[data-map-measures]"));
    this.list = /** @type {HTMLElement | null} */ (room.querySelector("[data-map-measure-list]"));
    this.shown = false;
    /** Told of another moment, shown instead of asking. @type {any[] | null} */
    this.past = null;
    /** @type {number | undefined} */
    this.timer = undefined;
    /** @type {number | undefined} */
    this.clock = undefined;
    this.heard = (/** @type {Event} */ event) => {
      if (!this.shown || !/** @type {CustomEvent} */ (event).detail.touches.includes("indicators")) return;
      window.clearTimeout(this.timer);
      this.timer = window.setTimeout(() => void this.load(), SETTLE_MS);
    };
    this.retheme = () => this.theme();
    this.button?.addEventListener("click", () => void this.toggle(!this.shown));
    document.addEventListener("vigie:entry", this.heard);
    document.addEventListener("vigie:theme", this.retheme);
  }

  /** Once the map is there: as it was left, or as the address asks. */
  begin() {
    const { map } = this.map;
    map.addSource("measures", { type: "geojson", data: EMPTY() });
    const paints = paint();
    /** @type {any[]} */
    const layers = [
      { id: "measures-fill", type: "fill", filter: ["==", ["geometry-type"], "Polygon"] },
      { id: "measures-line", type: "line", filter: ["all", ["!=", ["geometry-type"], "Point"], ["!=", ["get", "shade"], "none"]], layout: { "line-cap": "round", "line-join": "round" } },
      { id: "measures-silent-line", type: "line", filter: ["all", ["!=", ["geometry-type"], "Point"], ["==", ["get", "shade"], "none"]] },
      {
        id: "measures-dot", type: "circle", filter: ["==", ["geometry-type"], "Point"],
      },
      {
        id: "measures-words", type: "symbol", minzoom: 8.5,
        layout: {
          "text-field": ["get", "said"], "text-font": ["sans-serif"], "text-size": 12, "text-offset": [0, 1.1],
          "text-anchor": "top", "text-optional": true,
        },
      },
    ];
    for (const layer of layers) map.addLayer({ ...layer, source: "measures", paint: paints[layer.id] ?? {} }, "leads");
    for (const id of [...DOTS, ...LINES]) {
      map.on("click", id, (event) => this.picked(event));
      map.on("mouseenter", id, () => (map.getCanvas().style.cursor = "pointer"));
      map.on("mouseleave", id, () => (map.getCanvas().style.cursor = ""));
    }
    const asked = new URLSearchParams(location.search).has("indicators");
    void this.toggle(asked || localStorage.getItem(KEY) === "yes");
  }

  /** @param {boolean} shown */
  async toggle(shown) {
    this.shown = shown;
    localStorage.setItem(KEY, shown ? "yes" : "no");
    this.button?.setAttribute("aria-pressed", String(shown));
    if (this.list) this.list.hidden = !shown || this.past !== null;
    window.clearInterval(this.clock);
    if (!shown) return this.map.fill("measures", []);
    this.clock = window.setInterval(() => void this.load(), EVERY_MS); // what grows old must look so
    await this.load();
  }

  /** Show them as they were; null shows them as they are. @param {any[] | null} features */
  async at(features) {
    this.past = features;
    if (this.list) this.list.hidden = !this.shown || features !== null; // it tells them as they are
    if (this.shown) await this.load();
  }

  async load() {
    if (this.past) return this.map.fill("measures", this.past);
    if (this.list) htmx().trigger(this.list, "vigie:refresh");
    const answer = await fetch(this.url, { headers: { Accept: "application/geo+json" } }).catch(() => null);
    if (!answer?.ok || !this.shown || this.map.gone || this.past) return;
    const { features } = await answer.json();
    this.map.fill("measures", features.filter((/** @type {any} */ each) => each.geometry));
  }

  /** @param {any} event */
  picked(event) {
    if (this.map.editing || this.map.under(event.point)) return; // an incident above it goes first
    const id = event.features?.[0]?.properties?.id;
    const url = this.url.replace(/[^/]*$/, `${id}/?detail`);
    if (id) void htmx().ajax("GET", url, { target: "#detail", swap: "innerHTML" });
  }

  theme() {
    const { map } = this.map;
    if (this.map.gone || !map.getLayer("measures-dot")) return;
    for (const [layer, paints] of Object.entries(paint()))
      for (const [name, value] of Object.entries(paints)) map.setPaintProperty(layer, /** @type {any} */ (name), value);
  }

  disconnect() {
    window.clearTimeout(this.timer);
    window.clearInterval(this.clock);
    document.removeEventListener("vigie:entry", this.heard);
    document.removeEventListener("vigie:theme", this.retheme);
  }
}

/** What is not known is grey and broken, never a colour. @returns {Record<string, Record<string, any>>} */
function paint() {
  const shade = ["match", ["get", "shade"], ...Object.entries(SHADES).flatMap(([name, token]) => [name, colour(token)]), colour("--surface")];
  return {
    "measures-fill": { "fill-color": shade, "fill-opacity": ["case", ["==", ["get", "shade"], "none"], 0, 0.15] },
    "measures-line": { "line-color": shade, "line-width": 5, "line-opacity": 0.85 },
    "measures-silent-line": { "line-color": colour("--line-strong"), "line-width": 3, "line-dasharray": [1.5, 1.5] },
    "measures-dot": {
      "circle-radius": 7, "circle-color": shade, "circle-stroke-width": 2,
      "circle-stroke-color": ["case", ["==", ["get", "shade"], "none"], colour("--line-strong"), colour("--ink-strong")],
    },
    "measures-words": { "text-color": colour("--map-label"), "text-halo-color": colour("--map-halo"), "text-halo-width": 1.6 },
  };
}
