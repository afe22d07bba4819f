// Placing one thing on a map: a point, a line or an area.
import { colour } from "/static/ui/js/theme.js";
import { circle, feature } from "/static/map/geo.js";
import { drawingOn, Marker } from "/static/map/maplib.js";

/** @typedef {import("/static/map/geo.js").Position} Position */
/** @typedef {import("/static/map/geo.js").Geometry} Geometry */
/** @typedef {import("/static/map/vigie-map.js").VigieMap} VigieMap */

/**
 * One geometry being placed: a point with a cross that is dragged, clicked or moved with the arrow
 * keys, or a line or an area that is drawn. "change" is sent on it with {geometry, precision}.
 */
export class Editing extends EventTarget {
  /** @param {VigieMap} vigie @param {{ geometry?: Geometry | null, precision?: number | null }} from */
  constructor(vigie, { geometry = null, precision = null }) {
    super();
    this.vigie = vigie;
    /** @type {Geometry | null} */
    this.geometry = geometry;
    /** @type {number | null} */
    this.precision = precision;
    /** @type {"Point" | "LineString" | "Polygon"} */
    this.kind = geometry?.type ?? "Point";
    /** @type {any} */
    this.draw = null;
    /** @type {Marker | null} */
    this.cross = null;
    vigie.map.keyboard.disable();
    vigie.map.doubleClickZoom.disable();
    this.as(this.kind);
  }

  /** Draw this kind of thing; what was drawn of another kind is put away. @param {"Point" | "LineString" | "Polygon"} kind */
  as(kind) {
    const kept = this.geometry?.type === kind ? this.geometry : null;
    this.clear();
    this.kind = kind;
    this.geometry = kept;
    if (kind === "Point") this.placeCross(kept?.coordinates ?? this.vigie.centre, Boolean(kept));
    else this.startDrawing(kept);
    this.changed();
  }

  /** @param {Position} at @param {boolean} sure whether that is already the answer */
  placeCross(at, sure) {
    const sign = document.createElement("div");
    sign.className = "map-cross";
    sign.append(crossSign());
    this.cross = new Marker({ element: sign, draggable: true }).setLngLat(at).addTo(this.vigie.map);
    this.cross.on("drag", () => this.circle());
    this.cross.on("dragend", () => this.settle());
    if (sure) this.settle();
    else this.circle();
  }

  /** Where the cross stands is the answer. */
  settle() {
    if (!this.cross) return;
    const { lng, lat } = this.cross.getLngLat();
    this.geometry = { type: "Point", coordinates: [lng, lat] };
    this.circle();
    this.changed();
  }

  /** @param {Position} point */
  clicked(point) {
    if (this.kind !== "Point" || !this.cross) return;
    this.cross.setLngLat(point);
    this.settle();
  }

  /** Move the cross by pixels; the map follows at its edge. @param {number} right @param {number} down */
  nudge(right, down) {
    if (!this.cross) return;
    const { map } = this.vigie;
    const { x, y } = map.project(this.cross.getLngLat());
    const next = map.unproject([x + right, y + down]);
    this.cross.setLngLat(next);
    if (!this.vigie.inside([next.lng, next.lat])) map.panTo(next, { duration: 0 });
    this.settle();
  }

  /** @param {number | null} metres */
  setPrecision(metres) {
    this.precision = metres;
    this.circle();
    this.changed();
  }

  circle() {
    const at = this.cross?.getLngLat();
    this.vigie.fill("precision", at && this.precision ? [feature(circle([at.lng, at.lat], this.precision))] : []);
  }

  /** @param {Geometry | null} from */
  startDrawing(from) {
    this.draw = drawingOn(this.vigie.map, hex(colour("--accent")));
    const mode = this.kind === "LineString" ? "linestring" : "polygon";
    if (from) {
      const [added] = this.draw.addFeatures([{ type: "Feature", geometry: from, properties: { mode } }]);
      this.draw.setMode("select");
      if (added?.valid && added.id !== undefined) this.draw.selectFeature(added.id);
    } else {
      this.draw.setMode(mode);
    }
    this.draw.on("finish", () => {
      this.take();
      const id = this.drawn()?.id;
      this.draw.setMode("select");
      if (id !== undefined) this.draw.selectFeature(id);
    });
    this.draw.on("change", (/** @type {any} */ _ids, /** @type {string} */ type) => {
      if (type === "update" && this.geometry) this.take();
    });
  }

  drawn() {
    return this.draw?.getSnapshot().find((/** @type {any} */ each) => each.geometry.type === this.kind);
  }

  take() {
    this.geometry = this.drawn()?.geometry ?? null;
    this.changed();
  }

  changed() {
    this.dispatchEvent(new CustomEvent("change", { detail: { geometry: this.geometry, precision: this.precision } }));
  }

  clear() {
    this.cross?.remove();
    this.cross = null;
    this.draw?.stop();
    this.draw = null;
    this.vigie.fill("precision", []);
  }

  stop() {
    this.clear();
    this.vigie.map.keyboard.enable();
    this.vigie.map.doubleClickZoom.enable();
    if (this.vigie.editing === this) this.vigie.editing = null;
    this.vigie.element.classList.remove("locating");
    this.vigie.select(this.vigie.chosen, { quiet: true });
  }
}

/** "rgb(1, 2, 3)" as "#010203", which the drawing library wants. @param {string} rgb */
function hex(rgb) {
  const parts = rgb.match(/\d+/g) ?? [];
  return `#${parts.slice(0, 3).map((part) => Number(part).toString(16).padStart(2, "0")).join("")}`;
}

function crossSign() {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 44 44");
  svg.setAttribute("aria-hidden", "true");
  const lines = "M22 2v14M22 28v14M2 22h14M28 22h14";
  for (const [width, ink] of [["5", "--map-halo"], ["2.5", "--accent"]]) {
    const path = document.createElementNS(space, "path");
    path.setAttribute("d", `${lines}M22 14a8 8 0 1 0 .01 0`);
    path.setAttribute("fill", "none");
    path.setAttribute("stroke", colour(ink ?? ""));
    path.setAttribute("stroke-width", width ?? "2");
    svg.append(path);
  }
  return svg;
}
