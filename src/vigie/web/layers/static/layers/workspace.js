// The map people draw together: base map, layers, and the objects of the store on it.
import { register } from "/static/ui/js/behaviours.js";
import { gettext } from "/static/ui/js/words.js";
import { colour } from "/static/ui/js/theme.js";
import { opened } from "/static/layers/hooks.js";
import { LayerStore } from "/static/layers/store.js";
import { vocabulary } from "/static/map/signs.js";
import { VigieMap } from "/static/map/vigie-map.js";

export class Workspace {
  /** @param {HTMLElement} room */
  constructor(room) {
    this.room = room;
    this.data = JSON.parse(document.getElementById("workspace-data")?.textContent ?? "{}");
    this.store = new LayerStore({ changes: this.data.changes, edits: this.data.edits });
    this.map = new VigieMap(/** @type {HTMLElement} */ (room.querySelector("[data-map-canvas]")), {
      bounds: this.data.bounds, labels: this.data.labels, vocabulary: vocabulary(), label: gettext("Map of the layers"),
    });
    /** @type {Set<number>} */
    this.hidden = new Set();
    room.addEventListener("change", (event) => {
      const box = /** @type {HTMLInputElement} */ (event.target);
      if (!box.dataset.layerShown) return;
      this.hidden[box.checked ? "delete" : "add"](Number(box.dataset.layerShown));
      this.draw();
    });
    this.store.addEventListener("change", () => this.draw());
    void this.start();
  }

  async start() {
    await this.map.ready;
    const { map } = this.map;
    map.addSource("drawn", { type: "geojson", data: { type: "FeatureCollection", features: [] } });
    const paint = colour("--accent");
    map.addLayer({ id: "drawn-fill", type: "fill", source: "drawn", filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": paint, "fill-opacity": 0.2 } });
    map.addLayer({ id: "drawn-line", type: "line", source: "drawn", filter: ["!=", ["geometry-type"], "Point"], paint: { "line-color": paint, "line-width": 3 } });
    map.addLayer({ id: "drawn-point", type: "circle", source: "drawn", filter: ["==", ["geometry-type"], "Point"], paint: { "circle-color": paint, "circle-radius": 6 } });
    await this.store.follow();
    opened(this);
  }

  draw() {
    const shown = this.store.all().filter((each) => each.geometry && !this.hidden.has(each.properties.layer));
    const source = /** @type {import("/static/ui/vendor/maplibre-gl.mjs").GeoJSONSource | undefined} */ (this.map.map.getSource("drawn"));
    source?.setData(/** @type {any} */ ({ type: "FeatureCollection", features: shown }));
  }

  disconnect() {
    this.map.remove();
  }
}

register("workspace", Workspace);
