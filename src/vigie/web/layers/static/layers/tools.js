// Drawing: choosing what, drawing it, reshaping, cutting; by pointer, by touch and by keys.
import { drawIcon, make } from "/static/ui/js/dom.js";
import { keys } from "/static/ui/js/keyboard.js";
import { colour } from "/static/ui/js/theme.js";
import { toast } from "/static/ui/js/toast.js";
import { fill, gettext } from "/static/ui/js/words.js";
import { distance, sizeOf } from "/static/layers/figures.js";
import { whenOpen } from "/static/layers/hooks.js";
import { fieldsLike, layerFor } from "/static/layers/making.js";
import { token } from "/static/layers/shapes.js";
import { snapper } from "/static/layers/snapping.js";
import { boxOf, metresBetween, positions, rounded } from "/static/map/geo.js";
import { drawingTools, FINISH } from "/static/map/maplib.js";

/** @typedef {import("/static/layers/workspace.js").Workspace} Workspace */
/** @typedef {import("/static/map/geo.js").Position} Position */
/** @typedef {import("/static/map/geo.js").Geometry} Geometry */
/** @typedef {{ kind: "draw", template: string, shape: string, layer: number } | { kind: "reshape", uid: string } | { kind: "split", uid: string, shape: string }} Task */

const MODES = /** @type {Record<string, "point" | "linestring" | "polygon" | "circle">} */ ({ Point: "point", LineString: "linestring", Polygon: "polygon", Circle: "circle" });
const STEP = 12;
const LONG_STEP = 60;
const SAVE_MS = 400;
const CIRCLE_M = 500;
/** The click of the map follows the one that ended a drawing: it selects nothing. */
const AFTER_MS = 80;

class Tools {
  /** @param {Workspace} room */
  constructor(room) {
    this.room = room;
    this.bar = /** @type {HTMLElement} */ (room.room.querySelector("[data-draw-bar]"));
    this.cross = /** @type {HTMLElement} */ (room.room.querySelector("[data-map-ruler-cross]"));
    /** @type {Task | null} */
    this.task = null;
    /** @type {ReturnType<typeof drawingTools> | null} */
    this.td = null;
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
    room.addEventListener("split", (event) => this.split(/** @type {CustomEvent} */ (event).detail.uid));
    room.addEventListener("choose", (event) => {
      const { uid } = /** @type {CustomEvent} */ (event).detail;
      if (this.task?.kind === "reshape" && this.task.uid !== uid) this.end();
    });
    this.bind();
    this.fromPost();
  }

  // What begins and ends -------------------------------------------------------------------------------

  /** @param {string} template @param {string} shape */
  async begin(template, shape) {
    this.end();
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
    this.td.draw.on("change", () => this.say());
    map.map.getCanvas().focus({ preventScroll: true });
  }

  /** @param {{ keep?: boolean }} [how] */
  end({ keep = false } = {}) {
    const { task, td } = this;
    if (!task) return;
    if (task.kind === "reshape") this.saveShape(true);
    this.task = null;
    this.td = null;
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
    window.setTimeout(() => (task.kind === "split" ? void this.cut(task, geometry) : this.make(task, geometry, metres)));
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

  /** A tap: the library waits for a mouse that moves before it ends a circle; a finger has none. @param {Position} point */
  tapped(point) {
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
    if (this.task?.kind === "reshape") return this.nudge(right * step, down * step);
    this.cross.hidden = false;
    this.room.map.map.panBy([right * step * 2, down * step * 2], { duration: 0 });
  }

  // Reshaping --------------------------------------------------------------------------------------------

  /** @param {string} uid */
  reshape(uid) {
    if (this.task?.kind === "reshape" && this.task.uid === uid) return this.end();
    this.end();
    const drawn = this.room.store.get(uid);
    if (!drawn?.geometry || !this.room.editable(drawn)) return;
    this.room.showSide("map");
    this.start({ kind: "reshape", uid });
    const mode = MODES[drawn.geometry.type] ?? "";
    const [added] = mode ? (this.td?.draw.addFeatures([{ type: "Feature", geometry: /** @type {any} */ (tidy(drawn.geometry)), properties: { mode } }]) ?? []) : [];
    if (!added?.valid || added.id === undefined) {
      this.end();
      toast(gettext("This shape has several parts or holes: it cannot be reshaped here. Draw it anew, or import it again."), { kind: "warn" });
      return;
    }
    this.td?.draw.setMode("select");
    this.td?.draw.selectFeature(added.id);
    this.saved = JSON.stringify(tidy(drawn.geometry));
    this.room.drawn.hold(uid);
    this.build();
  }

  /** @param {boolean} atOnce */
  saveShape(atOnce) {
    window.clearTimeout(this.saving);
    if (!atOnce) {
      this.saving = window.setTimeout(() => this.saveShape(true), SAVE_MS);
      return;
    }
    const drawn = this.drawing;
    if (this.task?.kind !== "reshape" || !drawn) return;
    const geometry = tidy(/** @type {any} */ (drawn.geometry));
    const now = JSON.stringify(geometry);
    if (now === this.saved) return;
    this.saved = now;
    this.room.store.change(this.task.uid, { geometry });
  }

  /** Move all of it by pixels. @param {number} right @param {number} down */
  nudge(right, down) {
    const drawn = this.drawing;
    if (!drawn || drawn.id === undefined || !this.td) return;
    const { map } = this.room.map;
    const move = (/** @type {any} */ each) => {
      if (typeof each[0] !== "number") return each.map(move);
      const { x, y } = map.project(each);
      const { lng, lat } = map.unproject([x + right, y + down]);
      return rounded([lng, lat]);
    };
    const geometry = /** @type {any} */ ({ type: drawn.geometry.type, coordinates: move(drawn.geometry.coordinates) });
    this.td.draw.updateFeatureGeometry(drawn.id, geometry);
    const middle = centreOf(geometry);
    if (!this.room.map.inside(middle)) map.panTo(middle, { duration: 0 });
    this.saveShape(false);
    this.say();
  }

  // Cutting ----------------------------------------------------------------------------------------------

  /** @param {string} uid */
  split(uid) {
    this.end();
    const drawn = this.room.store.get(uid);
    if (!drawn?.geometry || !this.room.editable(drawn)) return;
    const shape = drawn.geometry.type === "LineString" ? "Point" : "LineString";
    this.room.showSide("map");
    this.start({ kind: "split", uid, shape });
    this.td?.draw.setMode(MODES[shape] ?? "point");
    this.build();
  }

  /** @param {Extract<Task, { kind: "split" }>} task @param {Geometry} by */
  async cut(task, by) {
    const drawn = this.room.store.get(task.uid);
    this.end();
    if (!drawn?.geometry) return;
    const answer = await fetch(this.room.data.shape, {
      method: "POST", body: JSON.stringify({ geometry: drawn.geometry, by: tidy(by) }),
      headers: { "Content-Type": "application/json", "X-CSRFToken": token() },
    }).catch(() => null);
    const told = await answer?.json().catch(() => null);
    if (!answer?.ok) {
      toast(told?.words ?? gettext("It could not be cut: the line to the server is cut. Try again."), { kind: "warn" });
      return;
    }
    const [first, ...others] = told.geometries;
    this.room.store.together(() => {
      this.room.store.change(task.uid, { geometry: first });
      for (const geometry of others) this.room.store.create(Number(drawn.properties.layer), fieldsLike(drawn, geometry));
    });
    toast(fill(gettext("Cut into %(n)s objects."), { n: told.geometries.length }), { kind: "good" });
  }

  // The bar ----------------------------------------------------------------------------------------------

  build() {
    const { task } = this;
    if (!task) return;
    const button = (/** @type {string} */ word, /** @type {string} */ icon, /** @type {string} */ key, /** @type {() => void} */ run, style = "") => {
      const made = make("button", { type: "button", class: `btn ${style}`, title: `${word} (${key})` }, drawIcon(icon), word);
      made.addEventListener("click", () => {
        run();
        if (this.task) this.room.map.map.getCanvas().focus({ preventScroll: true });
      });
      return made;
    };
    this.words = make("span", { class: "small" });
    this.size = make("strong", { class: "small number", role: "status" });
    const row = make("div", { class: "row tight" });
    this.radius = undefined;
    if (task.kind === "draw" && task.shape === "Circle") {
      this.radius = make("input", { class: "input dense radius-field", type: "number", min: "1", step: "any", value: String(CIRCLE_M), id: "draw-radius" });
      row.append(make("label", { class: "small", for: "draw-radius" }, gettext("Radius (m)")), this.radius);
    }
    if (task.kind === "reshape" || task.shape !== "Point")
      row.append(button(gettext("Finish"), ICONS.finish.icon, gettext("Enter"), () => this.finish(), "primary"));
    if (task.kind !== "reshape" && (task.shape === "LineString" || task.shape === "Polygon"))
      row.append(button(gettext("Take the last point back"), ICONS.back.icon, "⌫", () => this.takeBack()));
    if (task.kind !== "reshape") row.append(button(gettext("Cancel"), ICONS.cancel.icon, gettext("Esc"), () => this.end()));
    if (task.kind === "draw") {
      row.append(this.shapes(task), this.layers(task));
      const again = make("input", { type: "checkbox" });
      again.checked = this.again;
      again.addEventListener("change", () => (this.again = again.checked));
      row.append(make("label", { class: "check small" }, again, gettext("Several in a row")));
    }
    this.bar.replaceChildren(make("p", { class: "row tight" }, this.words, this.size), row);
    this.bar.hidden = false;
    this.say();
  }

  /** Other shapes the template may have. @param {Extract<Task, { kind: "draw" }>} task @returns {HTMLElement} */
  shapes(task) {
    const { shapes = [] } = this.room.templates.get(task.template) ?? {};
    const group = make("span", { class: "btn-group", role: "group", "aria-label": gettext("Shape") });
    if (shapes.length < 2) return make("span");
    const words = /** @type {Record<string, string>} */ ({ Point: gettext("Point"), LineString: gettext("Line"), Polygon: gettext("Area"), Circle: gettext("Circle") });
    for (const shape of shapes) {
      const made = make("button", { type: "button", class: "btn", "aria-pressed": String(shape === task.shape) }, words[shape] ?? shape);
      made.addEventListener("click", () => void this.begin(task.template, shape));
      group.append(made);
    }
    return group;
  }

  /** The layer it goes to, to be changed. @param {Extract<Task, { kind: "draw" }>} task */
  layers(task) {
    const choice = make("select", { class: "input dense", "aria-label": gettext("Draw on the layer") });
    for (const each of this.room.layers.filter(({ editable }) => editable)) {
      const option = make("option", { value: String(each.number) }, each.name);
      option.selected = each.number === task.layer;
      choice.append(option);
    }
    choice.addEventListener("change", () => {
      task.layer = Number(choice.value);
      this.room.activate(task.layer);
    });
    return choice;
  }

  say() {
    const { task } = this;
    if (!task || !this.words || !this.size) return;
    this.words.textContent = this.hint(task);
    const drawn = this.drawing;
    const geometry = /** @type {any} */ (drawn?.geometry);
    if (!geometry || geometry.type === "Point") this.size.textContent = "";
    else if (drawn?.properties.mode === "circle") {
      const metres = Number(drawn.properties.radiusKilometers) * 1000;
      if (metres > 5 && this.radius) this.radius.value = String(Math.round(metres));
      this.size.textContent = metres > 5 ? distance(metres) : "";
    } else this.size.textContent = sizeOf(geometry);
  }

  /** @param {Task} task */
  hint(task) {
    if (task.kind === "split") return task.shape === "Point" ? gettext("Click on the line where it is to be cut.") : gettext("Draw a line across the area, from outside to outside.");
    if (task.kind === "reshape") return gettext("Drag its points, or move it with the arrow keys. Each change is kept at once.");
    const what = this.room.templates.get(task.template)?.label ?? "";
    const how = {
      Point: gettext("Click where it is."),
      LineString: gettext("Click along the line; click the last point again to finish."),
      Polygon: gettext("Click around the area; click the first point again to finish."),
      Circle: gettext("Click its centre, then its edge; or type the radius and finish."),
    }[task.shape] ?? "";
    return what ? fill(gettext("%(what)s: %(how)s"), { what, how }) : how;
  }

  // A post to draw from ------------------------------------------------------------------------------------

  fromPost() {
    const { lead } = this;
    if (!lead) return;
    const box = make("div", { class: "draw-lead" }, drawIcon(ICONS.post.icon), make("span", { class: "grow" }, make("strong", {}, gettext("Drawing from this post")), " ", lead.text));
    const off = make("button", { type: "button", class: "btn quiet square", "aria-label": gettext("No longer draw from this post") }, drawIcon(ICONS.cancel.icon));
    off.addEventListener("click", () => {
      this.lead = null;
      box.remove();
    });
    box.append(off);
    this.room.room.querySelector(".map-bars")?.append(box);
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
    const { store } = this.room;
    const { status, by } = store[way]();
    if (status === "nothing") toast(way === "undo" ? gettext("There is nothing of yours to take back.") : gettext("There is nothing to do again."));
    if (status === "asks")
      toast(fill(gettext("%(who)s changed the same since: it was left as it is."), { who: by.join(", ") || gettext("Somebody") }), {
        undo: () => void store[way]({ force: true }), undoLabel: way === "undo" ? gettext("Take back all the same") : gettext("Do again all the same"),
      });
  }

  bind() {
    const { room } = this;
    keys.scope("layers", { label: gettext("Map"), active: () => room.room.isConnected });
    const bind = (/** @type {string} */ key, /** @type {string} */ label, /** @type {(event: KeyboardEvent) => void | false} */ run, caps = key) => keys.bind("layers", key, { label, run, caps });
    const all = [...this.buttons];
    if (room.data.mayDraw) {
      all.slice(0, 9).forEach((button, i) => bind(String(i + 1), i ? "" : gettext("Draw: flooded area … helicopter landing"), () => button.click(), "1 – 9"));
      bind("z", gettext("Undo my last change"), () => this.undo());
      bind("Shift+Z", gettext("Redo"), () => this.redo());
      bind("e", gettext("Reshape or move what is selected"), () => (room.chosen ? this.reshape(room.chosen) : false));
      bind("s", gettext("Snap or not"), () => /** @type {HTMLElement | null} */ (room.room.querySelector("[data-draw-snap]"))?.click());
    }
    bind("0", gettext("Show all that is drawn"), () => room.fitAll());
    bind("Shift+M", gettext("Map or list (on a phone)"), () => room.showSide(room.room.dataset.view === "map" ? "list" : "map"));
    keys.scope("drawing", { label: gettext("Drawing"), active: () => this.task !== null });
    const draw = (/** @type {string} */ key, /** @type {string} */ label, /** @type {(event: KeyboardEvent) => void | false} */ run) => keys.bind("drawing", key, { label, run });
    draw("Enter", gettext("Finish"), () => this.finish());
    draw("Escape", gettext("End without it"), () => this.end());
    draw("Backspace", gettext("Take the last point back"), () => this.takeBack());
    draw(" ", gettext("Point under the cross"), () => this.here());
    draw("ArrowUp", gettext("Move the cross, or what is reshaped (Shift: further)"), (event) => this.arrow(0, -1, event.shiftKey));
    draw("ArrowDown", "", (event) => this.arrow(0, 1, event.shiftKey));
    draw("ArrowLeft", "", (event) => this.arrow(-1, 0, event.shiftKey));
    draw("ArrowRight", "", (event) => this.arrow(1, 0, event.shiftKey));
  }
}

/** To 6 decimals, without repeats. @param {Geometry} geometry @returns {Geometry} */
function tidy({ type, coordinates }) {
  const walk = (/** @type {any} */ each) => (typeof each[0] === "number" ? rounded(each) : each.map(walk));
  return { type, coordinates: walk(coordinates) };
}

/** @param {Geometry} geometry @returns {Position} */
function centreOf(geometry) {
  const [west, south, east, north] = /** @type {[number, number, number, number]} */ (boxOf(positions(geometry)));
  return [(west + east) / 2, (south + north) / 2];
}

/** "rgb(1, 2, 3)" as "#010203". @param {string} rgb */
function hex(rgb) {
  const parts = rgb.match(/\d+/g) ?? [];
  return `#${parts.slice(0, 3).map((part) => Number(part).toString(16).padStart(2, "0")).join("")}`;
}

/** Named literally so that the sprite has them. */
const ICONS = { finish: { icon: "check" }, back: { icon: "arrow-back-up" }, cancel: { icon: "x" }, post: { icon: "message-pin" } };

whenOpen((room) => void new Tools(room));
