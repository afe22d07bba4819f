// Cells of a grid on a map: fetched, drawn by how they stand, picked. A hold that ends needs nobody to
// say so: the server names the moment when the next cell changes by itself, and we ask again then.
import { colour } from "/static/ui/js/theme.js";

/** @typedef {import("/static/map/vigie-map.js").VigieMap} VigieMap */
/** @typedef {{ type: "Feature", id: number, geometry: any, properties: { position: number, name: string, state: string, holders: string, mine: boolean, posts: number, official: number, blind: boolean, point: [number, number], said: string } }} CellFeature */

const EMPTY = () => /** @type {any} */ ({ type: "FeatureCollection", features: [] });
const LONGEST_MS = 60_000;
const SETTLE_MS = 250;

/** Events: "pick" {position}, "hover" {position | null}, "stale" when what is shown beside is to be asked again. */
export class Cells extends EventTarget {
  /** @param {VigieMap} map @param {{ features: string, grid: number }} data */
  constructor(map, { features, grid }) {
    super();
    this.map = map;
    this.url = features;
    this.word = `grid:${grid}`;
    /** @type {CellFeature[]} */
    this.features = [];
    this.shown = true;
    /** @type {number | undefined} */
    this.timer = undefined;
    /** @type {number | undefined} */
    this.clock = undefined;
    /** @type {number | null} */
    this.hovered = null;
    this.heard = (/** @type {Event} */ event) => {
      if (!/** @type {CustomEvent} */ (event).detail.touches.includes(this.word)) return;
      window.clearTimeout(this.timer);
      this.timer = window.setTimeout(() => void this.load(), SETTLE_MS);
    };
    this.retheme = () => this.theme();
    document.addEventListener("vigie:entry", this.heard);
    document.addEventListener("vigie:theme", this.retheme);
  }

  /** Once the map is there. @param {string} [before] the layer they lie under */
  async begin(before) {
    const { map } = this.map;
    map.addSource("cells", { type: "geojson", data: EMPTY() });
    map.addSource("cell-names", { type: "geojson", data: EMPTY() });
    const paints = paint();
    /** @type {any[]} */
    const layers = [
      { id: "cells-fill", type: "fill", filter: ["==", ["geometry-type"], "Polygon"] },
      { id: "cells-line", type: "line", layout: { "line-join": "round" } },
      { id: "cells-blind", type: "line", filter: ["get", "blind"] },
      { id: "cells-chosen", type: "line", filter: ["==", ["get", "position"], -1] },
      {
        id: "cells-words", type: "symbol", source: "cell-names", minzoom: 8,
        layout: { "text-field": ["get", "said"], "text-font": ["sans-serif"], "text-size": 12, "text-allow-overlap": ["step", ["zoom"], false, 9.7, true] },
      },
    ];
    for (const layer of layers) map.addLayer({ source: "cells", ...layer, paint: paints[layer.id] ?? {} }, before && map.getLayer(before) ? before : undefined);
    for (const id of ["cells-fill", "cells-line"]) {
      map.on("click", id, (event) => {
        const position = Number(event.features?.[0]?.properties.position);
        if (position && this.shown && !event.defaultPrevented) {
          event.preventDefault();
          this.dispatchEvent(new CustomEvent("pick", { detail: { position } }));
        }
      });
      map.on("mousemove", id, (event) => this.over(Number(event.features?.[0]?.properties.position)));
      map.on("mouseleave", id, () => this.over(null));
    }
    await this.load();
  }

  /** @param {number | null} position */
  over(position) {
    if (position === this.hovered) return;
    this.hovered = position;
    this.dispatchEvent(new CustomEvent("hover", { detail: { position } }));
  }

  async load() {
    window.clearTimeout(this.clock);
    const answer = await fetch(this.url, { headers: { Accept: "application/geo+json" } }).catch(() => null);
    if (this.map.gone) return;
    this.clock = window.setTimeout(() => this.tick(), LONGEST_MS);
    if (!answer?.ok) return;
    const { features, changes_at } = await answer.json();
    this.features = features;
    this.draw();
    if (!changes_at) return;
    const wait = new Date(changes_at).getTime() - Date.now() + 500;
    if (wait < LONGEST_MS) {
      window.clearTimeout(this.clock);
      this.clock = window.setTimeout(() => this.tick(), Math.max(1_000, wait));
    }
  }

  /** A cell changes by itself, or what came in lately may have: also what stands beside the map. */
  tick() {
    this.dispatchEvent(new CustomEvent("stale"));
    void this.load();
  }

  draw() {
    const shown = this.shown ? this.features : [];
    this.map.fill("cells", shown);
    this.map.fill("cell-names", shown.map(({ id, properties }) => ({ type: "Feature", id, geometry: { type: "Point", coordinates: properties.point }, properties })));
  }

  /** @param {number | null} position */
  choose(position) {
    this.map.map.setFilter("cells-chosen", ["==", ["get", "position"], position ?? -1]);
  }

  theme() {
    const { map } = this.map;
    if (this.map.gone || !map.getLayer("cells-fill")) return;
    for (const [layer, paints] of Object.entries(paint()))
      for (const [name, value] of Object.entries(paints)) map.setPaintProperty(layer, /** @type {any} */ (name), value);
  }

  disconnect() {
    window.clearTimeout(this.timer);
    window.clearTimeout(this.clock);
    document.removeEventListener("vigie:entry", this.heard);
    document.removeEventListener("vigie:theme", this.retheme);
  }
}

/** @returns {Record<string, Record<string, any>>} */
function paint() {
  const states = { taken: "--accent", found: "--danger", nothing: "--good", recheck: "--warn" };
  const shade = ["match", ["get", "state"], ...Object.entries(states).flatMap(([state, token]) => [state, colour(token)]), colour("--line-strong")];
  return {
    "cells-fill": { "fill-color": shade, "fill-opacity": ["match", ["get", "state"], "free", 0.04, 0.28] },
    "cells-line": { "line-color": shade, "line-width": ["case", ["get", "mine"], 4, ["==", ["geometry-type"], "Polygon"], 1.2, 5] },
    "cells-blind": { "line-color": colour("--ink-strong"), "line-width": 2, "line-offset": -2.5, "line-dasharray": [2.5, 1.5] },
    "cells-chosen": { "line-color": colour("--accent"), "line-width": 4 },
    "cells-words": { "text-color": colour("--map-label"), "text-halo-color": colour("--map-halo"), "text-halo-width": 1.6 },
  };
}
