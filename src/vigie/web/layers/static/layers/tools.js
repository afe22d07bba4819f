// Drawing: choosing what, drawing it, reshaping, cutting; by pointer, by touch and by keys.
import { make } from "/static/ui/js/dom.js";
import { colour } from "/static/ui/js/theme.js";
import { toast } from "/static/ui/js/toast.js";
import { fill, gettext } from "/static/ui/js/words.js";
import { distance, sizeOf } from "/static/layers/figures.js";
import { whenOpen } from "/static/layers/hooks.js";
import { fieldsLike, layerFor } from "/static/layers/making.js";
import { canReshape, Reshaping } from "/static/layers/reshaping.js";
import { carve, tidy } from "/static/layers/carving.js";
import { buildBar, hintOf, leadBox } from "/static/layers/drawbar.js";
import { bindDrawingKeys } from "/static/layers/drawkeys.js";
import { snapper } from "/static/layers/snapping.js";
import { centreOf, metresBetween, rounded, written } from "/static/map/geo.js";
import { drawingTools, FINISH } from "/static/map/maplib.js";

/** @typedef {import("/static/layers/workspace.js").Workspace} Workspace */
/** @typedef {import("/static/map/geo.js").Position} Position */
/** @typedef {import("/static/map/geo.js").Geometry} Geometry */
/** @typedef {{ kind: "draw", template: string, shape: string, layer: number } | { kind: "reshape", uid: string } | { kind: "split" | "hole", uid: string, shape: string }} Task */

const MODES = /** @type {Record<string, "point" | "linestring" | "polygon" | "circle">} */ ({ Point: "point", LineString: "linestring", Polygon: "polygon", Circle: "circle" });
const STEP = 12;
const LONG_STEP = 60;
const SAVE_MS = 400;
const CIRCLE_M = 500;
/** The click of the map follows the one that ended a drawing: it selects nothing. */
const AFTER_MS = 80;

export class Tools {
  /** @param {Workspace} room */
  constructor(room) {
    this.room = room;
    this.bar = /** @type {HTMLElement} */ (room.room.querySelector("[data-draw-bar]"));
    this.cross = /** @type {HTMLElement} */ (room.room.querySelector("[data-map-ruler-cross]"));
    /** @type {Task | null} */
    this.task = null;
    /** @type {ReturnType<typeof drawingTools> | null} */
    this.td = null;
    /** @type {Reshaping | null} */
    this.shaping = null;
    /** What to do and how large it is, in the bar. */
    this.words = make("span", { class: "small" });
    this.size = make("strong", { class: "small number", role: "status" });
    /** @type {HTMLInputElement | undefined} */
    this.radius = undefined;
    this.snapping = true;
    /** The shape that was kept last. */
    this.saved = "";
    this.again = false;
    /** The post that is drawn from. */
    this.lead = room.data.lead;
    this.buttons = /** @type {NodeListOf<HTMLElement>} */ (room.room.querySelectorAll("[data-draw]"));
    for (const button of this.buttons)
      button.addEventListener("click", () => {
        const shape = button.dataset.drawShape ?? room.templates.get(button.dataset.draw ?? "")?.shapes[0] ?? "Point";
        if (button.getAttribute("aria-pressed") === "true") this.end();
        else void this.begin(button.dataset.draw ?? "", shape);
      });
    room.room.querySelector("[data-draw-snap]")?.addEventListener("click", (event) => {
      this.snapping = !this.snapping;
      /** @type {HTMLElement} */ (event.currentTarget).setAttribute("aria-pressed", String(this.snapping));
    });
    room.addEventListener("reshape", (event) => this.reshape(/** @type {CustomEvent} */ (event).detail.uid));
    for (const kind of /** @type {const} */ (["split", "hole"]))
      room.addEventListener(kind, (event) => this.carve(/** @type {CustomEvent} */ (event).detail.uid, kind));
    room.addEventListener("choose", (event) => {
      const { uid } = /** @type {CustomEvent} */ (event).detail;
      if (this.task?.kind === "reshape" && this.task.uid !== uid) this.end();
    });
    bindDrawingKeys(this);
    if (this.lead) this.fromPost(this.lead);
  }

  // What begins and ends -------------------------------------------------------------------------------

  /** @param {string} template @param {string} shape */
  async begin(template, shape) {
    this.end();
    if (this.room.past) return; // another moment is looked at, not drawn on
    const layer = await layerFor(this.room, this.room.templates.get(template));
    if (!layer) return;
    if (this.room.made?.hidden.has(layer)) {
      this.room.turn(layer, true);
      this.room.tickLayers();
    }
    this.room.showSide("map");
    this.start({ kind: "draw", template, shape, layer });
    this.td?.draw.setMode(MODES[shape] ?? "point");
    for (const button of this.buttons)
      button.setAttribute("aria-pressed", String(button.dataset.draw === template && (!button.dataset.drawShape || button.dataset.drawShape === shape)));
    this.build();
  }

  /** @param {Task} task */
  start(task) {
    this.task = task;
    const { map } = this.room;
    if (this.room.ruler.isOn) this.room.ruler.end();
    window.clearTimeout(this.freeing);
    this.room.busy = true;
    map.ruler = (point) => this.tapped(point);
    map.map.doubleClickZoom.disable();
    map.map.keyboard.disable();
    map.element.classList.add("locating");
    const find = snapper(this.room);
    this.td = drawingTools(map.map, hex(colour("--accent")), (at) => (this.snapping ? find(at, task.kind === "reshape" ? task.uid : "") : undefined));
    this.td.draw.on("finish", (id, { action }) => this.finished(id, action));
    this.td.draw.on("change", () => (this.shaping ? this.shaping.follow() : this.say()));
    map.map.getCanvas().focus({ preventScroll: true });
  }

  /** @param {{ keep?: boolean }} [how] */
  end({ keep = false } = {}) {
    const { task, td } = this;
    if (!task) return;
    if (task.kind === "reshape") this.saveShape(true);
    this.task = null;
    this.td = null;
    this.shaping?.end();
    this.shaping = null;
    const { map } = this.room;
    td?.draw.stop();
    this.bar.hidden = true;
    this.bar.replaceChildren();
    this.cross.hidden = true;
    map.element.classList.remove("locating");
    map.map.doubleClickZoom.enable();
    map.map.keyboard.enable();
    if (task.kind === "reshape") this.room.drawn.hold("");
    for (const button of this.buttons) button.setAttribute("aria-pressed", "false");
    this.freeing = window.setTimeout(() => {
      if (this.task) return;
      this.room.busy = false;
      map.ruler = null;
    }, AFTER_MS);
    if (!keep) map.map.getCanvas().focus({ preventScroll: true });
  }

  // Drawing ----------------------------------------------------------------------------------------------

  /** What is being drawn, without the library's own points. */
  get drawing() {
    const modes = Object.values(MODES);
    return this.td?.draw.getSnapshot().find(({ properties }) => modes.includes(/** @type {any} */ (properties.mode)) && !Object.keys(properties).some((key) => /Point$/.test(key)));
  }

  /** @param {string | number} id @param {string} action */
  finished(id, action) {
    const { task } = this;
    if (!task || !this.td) return;
    if (task.kind === "reshape") return this.saveShape(true);
    if (action !== "draw") return;
    const found = this.td.draw.getSnapshotFeature(id);
    if (!found) return;
    const geometry = /** @type {any} */ (found.geometry);
    const metres = Number(found.properties.radiusKilometers) * 1000;
    window.setTimeout(() => (task.kind === "draw" ? this.make(task, geometry, metres) : void this.carved(task, geometry)));
  }

  /** @param {Extract<Task, { kind: "draw" }>} task @param {Geometry} geometry @param {number} metres of a circle */
  make(task, geometry, metres) {
    /** @type {Record<string, any>} */
    const fields = { geometry: tidy(geometry) };
    if (task.shape === "Circle") {
      fields.geometry = { type: "Point", coordinates: rounded(centreOf(geometry)) };
      fields.radius_m = Math.max(1, Math.round(metres || CIRCLE_M));
    }
    if (task.template) fields.template = task.template;
    if (this.lead) fields.lead = this.lead.id;
    if (this.room.store.get(this.room.chosen)) this.room.choose("", "tool");
    const uid = this.room.store.create(task.layer, fields);
    const { template, shape, layer } = task;
    const again = this.again;
    this.end();
    if (again) {
      this.start({ kind: "draw", template, shape, layer });
      this.td?.draw.setMode(MODES[shape] ?? "point");
      for (const button of this.buttons)
        button.setAttribute("aria-pressed", String(button.dataset.draw === template && (!button.dataset.drawShape || button.dataset.drawShape === shape)));
      this.build();
    } else this.room.choose(uid, "tool");
  }

  /** A tap: another ring or part of what is reshaped; or the edge of a circle: the library waits for a mouse that moves before it ends a circle; a finger has none. @param {Position} point */
  tapped(point) {
    if (this.shaping) return this.corners((shaping) => shaping.touch(point));
    if (this.task?.kind !== "draw" || this.task.shape !== "Circle" || !this.td) return;
    const drawn = this.drawing;
    if (!drawn) return;
    const metres = metresBetween(centreOf(/** @type {any} */ (drawn.geometry)), point);
    if (metres > 5) this.make(this.task, /** @type {any} */ (drawn.geometry), metres);
  }

  finish() {
    if (!this.task) return;
    if (this.task.kind === "reshape") return this.end();
    const drawn = this.drawing;
    if (this.task.kind === "draw" && this.task.shape === "Circle" && drawn) {
      this.make(this.task, /** @type {any} */ (drawn.geometry), Number(this.radius?.value) || CIRCLE_M);
      return;
    }
    const shape = this.task.shape;
    if (shape === "LineString" || shape === "Polygon")
      this.td?.modes[shape === "Polygon" ? "polygon" : "linestring"].onKeyUp({ key: FINISH, heldKeys: [], preventDefault: () => undefined });
  }

  takeBack() {
    if (!this.td || this.task?.kind === "reshape") return;
    if (this.task?.shape === "LineString") this.td.modes.linestring.undo();
    else if (this.task?.shape === "Polygon") this.td.modes.polygon.undo();
    else if (this.task?.shape === "Circle") this.td.draw.clear();
    this.say();
  }

  /** A point under the cross, for who draws by keys. */
  here() {
    const { task, td } = this;
    if (!task || task.kind === "reshape" || !td) return;
    const [lng, lat] = rounded(this.room.map.centre);
    const { x, y } = this.room.map.map.project([lng, lat]);
    const mode = td.modes[MODES[task.shape] ?? "point"];
    mode.onClick({ lng, lat, containerX: x, containerY: y, button: "left", heldKeys: [], isContextMenu: false });
    this.cross.hidden = false;
    this.say();
  }

  /** @param {number} right @param {number} down @param {boolean} far */
  arrow(right, down, far) {
    const step = far ? LONG_STEP : STEP;
    if (this.shaping) return this.shaping.nudge(right * step, down * step);
    this.cross.hidden = false;
    this.room.map.map.panBy([right * step * 2, down * step * 2], { duration: 0 });
    this.say();
  }

  // Reshaping --------------------------------------------------------------------------------------------

  /** @param {string} uid */
  reshape(uid) {
    if (this.task?.kind === "reshape" && this.task.uid === uid) return this.end();
    this.end();
    const drawn = this.room.store.get(uid);
    if (!drawn?.geometry || !this.room.editable(drawn)) return;
    if (!canReshape(drawn.geometry)) {
      toast(gettext("A shape of several kinds at once cannot be reshaped here. Draw it anew, or import it again."), { kind: "warn" });
      return;
    }
    this.room.showSide("map");
    this.start({ kind: "reshape", uid });
    this.room.drawn.hold(uid);
    this.shaping = new Reshaping(this.room, /** @type {NonNullable<Tools["td"]>} */ (this.td), drawn.geometry, () => this.reshaped());
    this.saved = JSON.stringify(this.shaping.geometry);
    this.build();
  }

  reshaped() {
    this.saveShape(false);
    this.say();
  }

  /** @param {boolean} atOnce */
  saveShape(atOnce) {
    window.clearTimeout(this.saving);
    if (!atOnce) {
      this.saving = window.setTimeout(() => this.saveShape(true), SAVE_MS);
      return;
    }
    if (this.task?.kind !== "reshape" || !this.shaping) return;
    const { geometry } = this.shaping;
    const now = JSON.stringify(geometry);
    if (now === this.saved) return;
    this.saved = now;
    this.room.store.change(this.task.uid, { geometry });
  }

  /** Only while something is reshaped: else the key is for the list. @param {(shaping: Reshaping) => void} run @returns {void | false} */
  corners(run) {
    if (!this.shaping) return false;
    run(this.shaping);
    this.say();
  }

  // Cutting and holes ------------------------------------------------------------------------------------

  /** Draw what cuts an object: a line across it, a point on it, or the hole in it. @param {string} uid @param {"split" | "hole"} kind */
  carve(uid, kind) {
    this.end();
    const drawn = this.room.store.get(uid);
    if (!drawn?.geometry || !this.room.editable(drawn)) return;
    const shape = kind === "hole" ? "Polygon" : drawn.geometry.type === "LineString" ? "Point" : "LineString";
    this.room.showSide("map");
    this.start({ kind, uid, shape });
    this.td?.draw.setMode(MODES[shape] ?? "point");
    this.build();
  }

  /** @param {Extract<Task, { kind: "split" | "hole" }>} task @param {Geometry} by */
  async carved(task, by) {
    const drawn = this.room.store.get(task.uid);
    this.end();
    if (!drawn?.geometry) return;
    const made = await carve(this.room, drawn.geometry, task.kind, tidy(by));
    if (!made) return;
    const [first, ...others] = made;
    this.room.store.together(() => {
      this.room.store.change(task.uid, { geometry: first });
      for (const geometry of others) this.room.store.create(Number(drawn.properties.layer), fieldsLike(drawn, geometry));
    });
    if (task.kind === "split") toast(fill(gettext("Cut into %(n)s objects."), { n: made.length }), { kind: "good" });
  }

  // The bar ----------------------------------------------------------------------------------------------

  build() {
    if (!this.task) return;
    this.radius = undefined;
    buildBar(this);
    this.bar.hidden = false;
    this.say();
  }

  say() {
    const { task } = this;
    if (!task) return;
    this.words.textContent = hintOf(this.room, task);
    const drawn = this.drawing;
    const geometry = /** @type {any} */ (drawn?.geometry);
    const metres = drawn?.properties.mode === "circle" ? Number(drawn.properties.radiusKilometers) * 1000 : 0;
    if (metres > 5 && this.radius) this.radius.value = String(Math.round(metres));
    const size = this.shaping ? this.shaping.words : drawn?.properties.mode === "circle" ? (metres > 5 ? distance(metres) : "") : geometry && geometry.type !== "Point" ? sizeOf(geometry) : "";
    const cross = this.cross.hidden || this.shaping ? "" : [fill(gettext("cross at %(at)s"), { at: written(this.room.map.centre) }), this.room.communes.near(this.room.map.centre)].filter(Boolean).join(", ");
    this.size.textContent = [size, cross].filter(Boolean).join(" · ");
  }

  /** @param {NonNullable<Tools["lead"]>} lead */
  fromPost(lead) {
    this.room.room.querySelector(".map-bars")?.append(leadBox(lead, () => (this.lead = null)));
    if (lead.point) this.room.map.map.jumpTo({ center: lead.point, zoom: 14 });
  }

  // Undo, refusals, keys -------------------------------------------------------------------------------------

  /** @returns {void | false} */
  undo() {
    if (this.task && this.task.kind !== "reshape") return this.takeBack();
    return this.step("undo");
  }

  /** @returns {void | false} */
  redo() {
    return this.step("redo");
  }

  /** One step of this person's own changes; what somebody else changed since is asked first. @param {"undo" | "redo"} way @returns {void} */
  step(way) {
    if (this.room.past) return void toast(gettext("Go back to now to change the map."));
    const { store } = this.room;
    if (this.shaping) this.saveShape(true);
    const { status, by } = store[way]();
    this.reload();
    if (status === "nothing") toast(way === "undo" ? gettext("There is nothing of yours to take back.") : gettext("There is nothing to do again."));
    if (status === "asks")
      toast(fill(gettext("%(who)s changed the same since: it was left as it is."), { who: by.join(", ") || gettext("Somebody") }), {
        undo: () => {
          store[way]({ force: true });
          this.reload();
        },
        undoLabel: way === "undo" ? gettext("Take back all the same") : gettext("Do again all the same"),
      });
  }

  /** What is reshaped, as it stands after a step back. */
  reload() {
    const drawn = this.task?.kind === "reshape" && this.room.store.get(this.task.uid);
    if (!this.task || !this.shaping) return;
    if (!drawn || !drawn.geometry) return this.end();
    this.shaping.load(drawn.geometry);
    this.saved = JSON.stringify(this.shaping.geometry);
    this.say();
  }
}

/** "rgb(1, 2, 3)" as "#010203". @param {string} rgb */
function hex(rgb) {
  const parts = rgb.match(/\d+/g) ?? [];
  return `#${parts.slice(0, 3).map((part) => Number(part).toString(16).padStart(2, "0")).join("")}`;
}

whenOpen((room) => void new Tools(room));
