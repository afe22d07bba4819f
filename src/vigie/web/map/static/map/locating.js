// The mode that places something on the large map: bar with kind, precision, save and cancel; keys.
import { drawIcon, make } from "/static/ui/js/dom.js";
import { keys } from "/static/ui/js/keyboard.js";
import { fill, gettext } from "/static/ui/js/words.js";
import { rounded, written } from "/static/map/geo.js";

/** @typedef {import("/static/map/geo.js").Geometry} Geometry */
/**
 * @typedef {{ word: string, geometry: Geometry | null, precision: number | null, creating?: boolean,
 *   done: (geometry: Geometry | null, precision: number | null) => void }} Task
 */

const PRECISIONS = [10, 50, 100, 250, 500, 1000, 2000, 5000];
const STEP = 12;
const LONG_STEP = 60;

export class Locating {
  /** @param {import("/static/map/vigie-map.js").VigieMap} map @param {HTMLElement} bar */
  constructor(map, bar) {
    this.map = map;
    this.bar = bar;
    /** @type {import("/static/map/editing.js").Editing | null} */
    this.editing = null;
    keys.scope("locating", { label: gettext("Placing on the map"), active: () => this.editing !== null });
    const bind = (/** @type {string} */ key, /** @type {string} */ label, /** @type {(event: KeyboardEvent) => void} */ run) =>
      keys.bind("locating", key, { label, run });
    bind("ArrowUp", gettext("Move the cross (Shift: further)"), (event) => this.nudge(event, 0, -1));
    bind("ArrowDown", gettext("Move the cross (Shift: further)"), (event) => this.nudge(event, 0, 1));
    bind("ArrowLeft", gettext("Move the cross (Shift: further)"), (event) => this.nudge(event, -1, 0));
    bind("ArrowRight", gettext("Move the cross (Shift: further)"), (event) => this.nudge(event, 1, 0));
    bind("+", gettext("Less precise: larger circle"), () => this.grow(1));
    bind("-", gettext("More precise: smaller circle"), () => this.grow(-1));
    bind("Enter", gettext("Save this place"), () => this.save());
    bind("Escape", gettext("Leave without saving"), () => this.end());
  }

  /** @param {Task} task */
  begin(task) {
    this.end();
    this.task = task;
    const at = task.geometry ? null : this.map.centre;
    if (task.geometry?.type === "Point" && !this.map.inside(task.geometry.coordinates))
      this.map.map.jumpTo({ center: task.geometry.coordinates, zoom: Math.max(13, this.map.map.getZoom()) });
    this.editing = this.map.edit({ geometry: task.geometry, precision: task.precision });
    if (at) this.editing.settle();
    this.editing.addEventListener("change", () => this.say());
    this.build();
    this.say();
    this.map.map.getCanvas().focus({ preventScroll: true });
  }

  build() {
    const { task } = this;
    const kinds = make("div", { class: "btn-group", role: "group", "aria-label": gettext("What to draw") });
    /** @type {["Point" | "LineString" | "Polygon", string, SVGSVGElement][]} */
    const choices = [
      ["Point", gettext("Point"), drawIcon(ICONS.point.icon)],
      ["LineString", gettext("Line"), drawIcon(ICONS.line.icon)],
      ["Polygon", gettext("Area"), drawIcon(ICONS.area.icon)],
    ];
    for (const [kind, word, sign] of choices) {
      const button = make("button", { type: "button", class: "btn", "data-kind": kind }, sign, word);
      button.addEventListener("click", () => {
        this.editing?.as(kind);
        if (kind === "Point") this.editing?.settle();
        this.map.map.getCanvas().focus({ preventScroll: true });
      });
      kinds.append(button);
    }
    this.precision = make("select", { class: "input dense", "aria-label": gettext("Good to") });
    this.precision.append(make("option", { value: "" }, gettext("precision unknown")));
    for (const metres of PRECISIONS)
      this.precision.append(make("option", { value: String(metres) }, fill(gettext("good to %(distance)s"), { distance: distance(metres) })));
    this.precision.addEventListener("change", () => this.editing?.setPrecision(this.precision?.value ? Number(this.precision.value) : null));
    this.words = make("span", { class: "small soft", role: "status" });
    this.done = make("button", { type: "button", class: "btn primary" }, task?.creating ? gettext("Go on") : gettext("Save this place"));
    this.done.addEventListener("click", () => this.save());
    const cancel = make("button", { type: "button", class: "btn" }, gettext("Cancel"));
    cancel.addEventListener("click", () => this.end());
    const row = make("div", { class: "row tight" }, kinds, this.precision, this.done, cancel);
    if (task?.geometry && !task.creating) {
      const off = make("button", { type: "button", class: "btn quiet" }, gettext("Take off the map"));
      off.addEventListener("click", () => {
        this.end();
        task.done(null, null);
      });
      row.append(off);
    }
    this.bar.replaceChildren(make("div", { class: "stack tight" }, this.words, row));
    this.bar.hidden = false;
  }

  say() {
    const { editing } = this;
    if (!editing || !this.words || !this.precision || !this.done) return;
    for (const button of this.bar.querySelectorAll("[data-kind]"))
      button.setAttribute("aria-pressed", String(/** @type {HTMLElement} */ (button).dataset.kind === editing.kind));
    this.precision.value = editing.precision === null ? "" : String(editing.precision);
    this.precision.hidden = editing.kind !== "Point";
    this.done.disabled = editing.geometry === null;
    this.words.textContent = this.hint(editing);
  }

  /** @param {import("/static/map/editing.js").Editing} editing */
  hint(editing) {
    if (editing.kind === "Point") {
      const how = gettext("Click, drag the cross, or use the arrow keys; Enter saves.");
      return editing.geometry ? `${written(editing.geometry.coordinates)} · ${how}` : how;
    }
    if (editing.geometry) return gettext("Drag its points to change it.");
    return editing.kind === "LineString"
      ? gettext("Click along the line; click the last point again to end.")
      : gettext("Click around the area; click the first point again to end.");
  }

  /** @param {KeyboardEvent} event @param {number} right @param {number} down */
  nudge(event, right, down) {
    const step = event.shiftKey ? LONG_STEP : STEP;
    this.editing?.nudge(right * step, down * step);
  }

  /** @param {1 | -1} by */
  grow(by) {
    if (!this.editing) return;
    const at = this.editing.precision === null ? -1 : PRECISIONS.findIndex((each) => each >= (this.editing?.precision ?? 0));
    this.editing.setPrecision(PRECISIONS[Math.min(PRECISIONS.length - 1, Math.max(0, at + by))] ?? null);
  }

  save() {
    const { editing, task } = this;
    if (!editing?.geometry || !task) return;
    const { geometry, precision } = editing;
    const kept = geometry.type === "Point" ? { ...geometry, coordinates: rounded(geometry.coordinates) } : geometry;
    this.end();
    task.done(kept, geometry.type === "Point" ? precision : null);
  }

  end() {
    this.editing?.stop();
    this.editing = null;
    this.bar.hidden = true;
    this.bar.replaceChildren();
  }
}

/** @param {number} metres */
const distance = (metres) => (metres < 1000 ? `${metres} m` : `${metres / 1000} km`);

/** Named literally so that the sprite has them. */
const ICONS = { point: { icon: "map-pin" }, line: { icon: "line" }, area: { icon: "polygon" } };
