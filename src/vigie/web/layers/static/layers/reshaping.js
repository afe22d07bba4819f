// Reshaping what is drawn, holes and parts included. The drawing library holds one path at a time (it
// knows no holes and no parts); the others are shown beside it, and a tap or a key takes another one.
import { gettext, fill } from "/static/ui/js/words.js";
import { tidy } from "/static/layers/carving.js";
import { sizeOf } from "/static/layers/figures.js";
import { boxOf, rounded, written } from "/static/map/geo.js";
import { Marker } from "/static/map/maplib.js";

/** @typedef {import("/static/layers/workspace.js").Workspace} Workspace */
/** @typedef {import("/static/map/geo.js").Position} Position */
/** @typedef {{ type: string, coordinates: any }} Shape */
/** @typedef {{ part: number, ring: number, path: Position[] }} Piece a path; of an area without its closing point; ring 0 is its outline, the others its holes */

const NEAR_PX = 14;
/** How many corners a path keeps at least. */
const LEAST = /** @type {Record<string, number>} */ ({ Point: 1, LineString: 2, Polygon: 3 });
const MODES = /** @type {Record<string, string>} */ ({ Point: "point", LineString: "linestring", Polygon: "polygon" });

/** @param {Shape} geometry */
const plainKind = ({ type }) => type.replace("Multi", "");

/** @param {Shape} geometry */
export const canReshape = (geometry) => plainKind(geometry) in LEAST;

/** The paths of a shape. @param {Shape} geometry @returns {Piece[]} */
export function piecesOf(geometry) {
  const kind = plainKind(geometry);
  const parts = geometry.type.startsWith("Multi") ? geometry.coordinates : [geometry.coordinates];
  return parts.flatMap((/** @type {any} */ each, /** @type {number} */ part) => {
    if (kind === "Point") return [{ part, ring: 0, path: [each] }];
    if (kind === "LineString") return [{ part, ring: 0, path: each }];
    return each.map((/** @type {Position[]} */ path, /** @type {number} */ ring) => ({ part, ring, path: path.slice(0, -1) }));
  });
}

/** The shape of paths, of the type it had. @param {string} type @param {Piece[]} pieces @returns {Shape} */
export function shapeOf(type, pieces) {
  const kind = type.replace("Multi", "");
  /** @type {any[]} */
  const parts = [];
  for (const { part, path } of pieces) {
    if (kind === "Point") parts[part] = path[0];
    else if (kind === "LineString") parts[part] = path;
    else (parts[part] ??= []).push([...path, path[0]]);
  }
  const coordinates = parts.filter(Boolean);
  return { type, coordinates: type.startsWith("Multi") ? coordinates : coordinates[0] };
}

export class Reshaping {
  /**
   * @param {Workspace} room @param {ReturnType<typeof import("/static/map/maplib.js").drawingTools>} td
   * @param {Shape} geometry @param {() => void} changed
   */
  constructor(room, td, geometry, changed) {
    this.room = room;
    this.td = td;
    this.changed = changed;
    /** @type {InstanceType<typeof Marker> | undefined} */
    this.mark = undefined;
    this.type = "";
    this.kind = "";
    /** @type {Piece[]} */
    this.pieces = [];
    /** Which path the drawing library holds. */
    this.at = 0;
    /** Which of its corners the keys move; -1 is all of the shape. */
    this.corner = -1;
    /** The path's id in the drawing library. @type {string | number | undefined} */
    this.id = undefined;
    this.busy = false;
    td.draw.setMode("select");
    this.load(geometry);
  }

  /** Take a shape in hand, from its beginning. @param {Shape} geometry */
  load(geometry) {
    const whole = tidy(geometry);
    this.type = whole.type;
    this.kind = plainKind(whole);
    this.pieces = piecesOf(whole);
    this.corner = -1;
    this.hold(0);
  }

  end() {
    this.mark?.remove();
    this.room.map.fill("picked", []);
  }

  /** @returns {Shape} */
  get geometry() {
    return shapeOf(this.type, this.pieces);
  }

  get hasCorners() {
    return this.kind !== "Point" || this.pieces.length > 1;
  }

  get piece() {
    return /** @type {Piece} */ (this.pieces[this.at]);
  }

  /** Where one is in it, in words. */
  get words() {
    const { piece, corner } = this;
    if (corner < 0) return sizeOf(/** @type {any} */ (this.geometry));
    const parts = new Set(this.pieces.map(({ part }) => part)).size;
    const where = [
      fill(gettext("corner %(n)s of %(all)s"), { n: corner + 1, all: piece.path.length }),
      parts > 1 ? fill(gettext("part %(n)s of %(all)s"), { n: piece.part + 1, all: parts }) : "",
      piece.ring ? fill(gettext("hole %(n)s"), { n: piece.ring }) : "",
    ];
    return fill(gettext("%(where)s: %(at)s"), { where: where.filter(Boolean).join(", "), at: written(/** @type {Position} */ (piece.path[corner])) });
  }

  // The path in hand -------------------------------------------------------------------------------------

  /** Give a path to the drawing library; the others are only shown. @param {number} at */
  hold(at) {
    this.at = at;
    this.busy = true;
    const { draw } = this.td;
    draw.clear();
    const [added] = draw.addFeatures([{ type: "Feature", geometry: this.own(), properties: { mode: MODES[this.kind] ?? "" } }]);
    this.id = added?.id;
    if (added?.valid && this.id !== undefined) draw.selectFeature(this.id);
    this.busy = false;
    this.showOthers();
    this.showCorner();
  }

  /** The path in hand as a shape of its own. @returns {any} */
  own() {
    return shapeOf(this.kind, [{ ...this.piece, part: 0 }]);
  }

  showOthers() {
    const others = this.pieces.filter((each) => each !== this.piece);
    this.room.map.fill("picked", others.map(({ path }) => ({
      type: "Feature", properties: {},
      geometry: this.kind === "Point" ? { type: "Point", coordinates: path[0] } : { type: "LineString", coordinates: this.kind === "Polygon" ? [...path, path[0]] : path },
    })));
  }

  showCorner() {
    this.mark?.remove();
    this.mark = undefined;
    const { corner, piece } = this;
    const at = piece?.path[corner];
    if (!at) return;
    const element = document.createElement("span");
    element.className = "corner-mark";
    this.mark = new Marker({ element }).setLngLat(at).addTo(this.room.map.map);
    if (!this.room.map.inside(at)) this.room.map.map.panTo(at, { duration: 0 });
  }

  /** The drawing library changed the path in hand. */
  follow() {
    if (this.busy || this.id === undefined) return;
    const found = this.td.draw.getSnapshotFeature(this.id);
    if (!found) return;
    const [now] = piecesOf(tidy(/** @type {any} */ (found.geometry)));
    const before = this.piece.path;
    if (!now || JSON.stringify(now.path) === JSON.stringify(before)) return;
    const moved = now.path.length === before.length && now.path.every(([x, y], i) => x !== before[i]?.[0] || y !== before[i]?.[1]);
    this.piece.path = now.path;
    if (moved && this.piece.ring === 0) this.carryHoles(before, now.path);
    if (this.corner >= now.path.length) this.corner = -1;
    this.showCorner();
    this.changed();
  }

  /** Holes go where their area goes. @param {Position[]} before @param {Position[]} after */
  carryHoles([from], [to]) {
    if (!from || !to) return;
    for (const each of this.pieces)
      if (each.part === this.piece.part && each.ring) each.path = each.path.map(([x, y]) => rounded([x + to[0] - from[0], y + to[1] - from[1]]));
    this.showOthers();
  }

  // Gestures ---------------------------------------------------------------------------------------------

  /** The next or previous corner, of whichever path has it. @param {number} by */
  step(by) {
    const { pieces, at, corner } = this;
    let next = corner < 0 && by < 0 ? this.piece.path.length - 1 : corner + by;
    let path = at;
    if (next >= this.piece.path.length) [path, next] = [(at + 1) % pieces.length, 0];
    else if (next < 0) {
      path = (at - 1 + pieces.length) % pieces.length;
      next = /** @type {Piece} */ (pieces[path]).path.length - 1;
    }
    this.corner = next;
    if (path === at) this.showCorner();
    else this.hold(path);
  }

  /** Back from a corner to the whole; false when there was none. */
  leave() {
    if (this.corner < 0) return false;
    this.corner = -1;
    this.showCorner();
    return true;
  }

  /** Move the corner in hand, or all of the shape, by pixels. @param {number} right @param {number} down */
  nudge(right, down) {
    const { map } = this.room.map;
    const shift = (/** @type {Position} */ each) => {
      const { x, y } = map.project(each);
      const { lng, lat } = map.unproject([x + right, y + down]);
      return rounded([lng, lat]);
    };
    const { corner, piece } = this;
    if (corner >= 0) piece.path = piece.path.map((each, i) => (i === corner ? shift(each) : each));
    else for (const each of this.pieces) each.path = each.path.map(shift);
    this.redraw();
    if (corner >= 0) return;
    const [west, south, east, north] = /** @type {[number, number, number, number]} */ (boxOf(piece.path));
    /** @type {Position} */
    const middle = [(west + east) / 2, (south + north) / 2];
    if (!this.room.map.inside(middle)) map.panTo(middle, { duration: 0 });
  }

  /** A corner halfway to the next one. */
  add() {
    const { corner, piece } = this;
    if (this.kind === "Point" || corner < 0) return;
    const from = /** @type {Position} */ (piece.path[corner]);
    const last = this.kind === "LineString" && corner === piece.path.length - 1;
    const to = /** @type {Position} */ (piece.path[last ? corner - 1 : (corner + 1) % piece.path.length]);
    const half = rounded([(from[0] + to[0]) / 2, (from[1] + to[1]) / 2]);
    piece.path = piece.path.toSpliced(last ? corner : corner + 1, 0, half);
    this.corner = last ? corner : corner + 1;
    this.redraw();
  }

  /** Take the corner in hand away; a hole that has too few left is filled, a part too small goes. */
  drop() {
    const { corner, piece, pieces } = this;
    if (corner < 0) return;
    if (piece.path.length > (LEAST[this.kind] ?? 1)) {
      piece.path = piece.path.toSpliced(corner, 1);
      this.corner = Math.min(corner, piece.path.length - 1);
      return this.redraw();
    }
    const left = pieces.filter((each) => (piece.ring ? each !== piece : each.part !== piece.part));
    if (!left.length) return;
    this.pieces = left;
    this.corner = -1;
    this.hold(0);
    this.changed();
  }

  /** A tap takes the path that is there. @param {Position} point */
  touch(point) {
    const found = this.pathAt(this.room.map.map.project(point));
    if (found < 0 || found === this.at) return;
    this.corner = -1;
    this.hold(found);
  }

  redraw() {
    this.hold(this.at);
    this.changed();
  }

  /** The path at a pixel: the nearest, else the smallest area around it; -1 where there is none. @param {{ x: number, y: number }} here */
  pathAt(here) {
    const { map } = this.room.map;
    const near = { at: -1, far: NEAR_PX };
    const around = { at: -1, size: Infinity };
    this.pieces.forEach(({ path }, at) => {
      const pixels = path.map((each) => map.project(each));
      const closed = this.kind === "Polygon";
      let inside = false;
      pixels.forEach((a, i) => {
        const b = pixels[i + 1] ?? (closed ? pixels[0] : a);
        if (!b) return;
        const [dx, dy] = [b.x - a.x, b.y - a.y];
        const share = Math.max(0, Math.min(1, ((here.x - a.x) * dx + (here.y - a.y) * dy) / (dx * dx + dy * dy || 1)));
        const far = Math.hypot(a.x + share * dx - here.x, a.y + share * dy - here.y);
        if (far < near.far) [near.at, near.far] = [at, far];
        if (closed && a.y > here.y !== b.y > here.y && here.x < (dx * (here.y - a.y)) / dy + a.x) inside = !inside;
      });
      const size = (Math.max(...pixels.map(({ x }) => x)) - Math.min(...pixels.map(({ x }) => x))) * (Math.max(...pixels.map(({ y }) => y)) - Math.min(...pixels.map(({ y }) => y)));
      if (inside && size < around.size) [around.at, around.size] = [at, size];
    });
    return near.at >= 0 ? near.at : around.at;
  }
}
