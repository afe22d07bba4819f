// <fieldset data-vigie-picker>: says where, in any form (map/picker.html). In the room of incidents
// the large map is used; elsewhere a small one of its own. Fills `geometry` and `precision_m`.
import { register } from "/static/ui/js/behaviours.js";
import { fill, gettext } from "/static/ui/js/words.js";
import { written } from "/static/map/geo.js";
import { vocabulary } from "/static/map/signs.js";
import { VigieMap } from "/static/map/vigie-map.js";

/** @typedef {import("/static/map/geo.js").Geometry} Geometry */

class Picker {
  /** @param {HTMLElement} box */
  constructor(box) {
    this.box = box;
    this.field = /** @type {HTMLInputElement} */ (box.querySelector("[name=geometry]"));
    this.precision = /** @type {HTMLSelectElement} */ (box.querySelector("[name=precision_m]"));
    this.place = /** @type {HTMLElement} */ (box.querySelector("[data-picker-map]"));
    /** @type {VigieMap | null} */
    this.map = null;
    this.unplaced = box.querySelector("[data-picker-words]")?.textContent ?? "";
    box.querySelector("[data-picker-clear]")?.addEventListener("click", () => this.clear());
    this.precision.addEventListener("change", () => this.editing?.setPrecision(this.metres));
    if (document.querySelector("[data-vigie-map]")) this.useRoom();
    else void this.openMap();
    this.say();
  }

  /** @returns {Geometry | null} */
  get geometry() {
    return this.field.value ? JSON.parse(this.field.value) : null;
  }

  get metres() {
    return this.precision.value ? Number(this.precision.value) : null;
  }

  useRoom() {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn";
    button.textContent = gettext("Place on the map");
    button.addEventListener("click", () => {
      const detail = {
        word: "", geometry: this.geometry, precision: this.metres,
        done: (/** @type {Geometry | null} */ placed, /** @type {number | null} */ metres) => {
          this.take(placed);
          this.precision.value = metres === null ? "" : String(metres);
        },
      };
      document.dispatchEvent(new CustomEvent("vigie:locate", { cancelable: true, detail }));
    });
    this.place.replaceWith(button);
  }

  async openMap() {
    const canvas = document.createElement("div");
    canvas.className = "map-canvas";
    this.place.append(canvas);
    const given = this.box.dataset.bounds?.split(",").map(Number) ?? [];
    const bounds = given.length === 4 && given.every(Number.isFinite) ? /** @type {any} */ (given) : null;
    const map = new VigieMap(canvas, { bounds, labels: this.box.dataset.labels ?? "", vocabulary: vocabulary(), label: gettext("Small map to say where"), small: true });
    this.map = map;
    await map.ready;
    const { geometry } = this;
    if (geometry && geometry.type !== "Point") return;
    if (geometry) map.map.jumpTo({ center: geometry.coordinates, zoom: 14 });
    this.editing = map.edit({ geometry, precision: this.metres });
    this.editing.addEventListener("change", () => {
      if (this.editing?.geometry) this.take(this.editing.geometry);
    });
    canvas.addEventListener("keydown", (event) => this.key(event));
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const step = event.shiftKey ? 60 : 12;
    /** @type {Record<string, [number, number]>} */
    const ways = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step], Enter: [0, 0] };
    const way = ways[event.key];
    if (!way || !(event.target instanceof HTMLCanvasElement)) return;
    event.preventDefault();
    event.stopPropagation();
    this.editing?.nudge(...way);
  }

  /** @param {Geometry | null} geometry */
  take(geometry) {
    this.field.value = geometry ? JSON.stringify(geometry) : "";
    this.say();
    this.box.dispatchEvent(new CustomEvent("vigie:placed", { bubbles: true, detail: { geometry, precision: this.metres } }));
  }

  clear() {
    this.take(null);
  }

  say() {
    const words = this.box.querySelector("[data-picker-words]");
    const { geometry } = this;
    if (!words) return;
    if (!geometry) words.textContent = this.unplaced;
    else if (geometry.type === "Point") words.textContent = written(geometry.coordinates);
    else words.textContent = fill(gettext("a drawing of %(n)s points"), { n: geometry.coordinates.flat(geometry.type === "Polygon" ? 1 : 0).length });
  }

  disconnect() {
    this.map?.remove();
  }
}

register("picker", Picker);
