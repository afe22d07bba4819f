// Distances and bearings between points of the map: to match a skyline, or what a picture shows from
// where. Points by click, by the cross in the middle (arrows and Enter), or typed; nothing is kept.
import { make } from "/static/ui/js/dom.js";
import { keys } from "/static/ui/js/keyboard.js";
import { fill, gettext } from "/static/ui/js/words.js";
import { bearing, feature, metresBetween, rounded, written } from "/static/map/geo.js";

/** @typedef {import("/static/map/geo.js").Position} Position */

export class Ruler {
  /** @param {HTMLElement} room @param {import("/static/map/vigie-map.js").VigieMap} map */
  constructor(room, map) {
    this.map = map;
    this.button = /** @type {HTMLButtonElement} */ (room.querySelector("[data-map-ruler]"));
    this.bar = /** @type {HTMLElement} */ (room.querySelector("[data-map-ruler-bar]"));
    this.cross = /** @type {HTMLElement} */ (room.querySelector("[data-map-ruler-cross]"));
    /** @type {Position[]} */
    this.points = [];
    this.button.addEventListener("click", () => (this.isOn ? this.end() : this.begin()));
    keys.scope("ruler", { label: gettext("Measuring on the map"), active: () => this.isOn });
    this.offs = [
      keys.bind("ruler", "Enter", { label: gettext("Point under the cross"), run: () => this.enter() }),
      keys.bind("ruler", "Escape", { label: gettext("Clear, then close"), run: () => this.back() }),
    ];
  }

  get isOn() {
    return this.map.ruler !== null;
  }

  /** @param {Position | null} [first] where to begin, in the middle of the map */
  begin(first = null) {
    this.points = first ? [first] : [];
    if (first) this.map.map.jumpTo({ center: first, zoom: Math.max(15, this.map.map.getZoom()) });
    this.map.ruler = (point) => this.add(point);
    this.build();
    this.show();
    this.map.map.getCanvas().focus({ preventScroll: true });
  }

  end() {
    this.map.ruler = null;
    this.points = [];
    this.bar.hidden = true;
    this.show();
    this.button.focus();
  }

  build() {
    const field = /** @type {HTMLInputElement} */ (make("input", {
      class: "input dense", id: "ruler-point", autocomplete: "off", placeholder: "48.69310, 2.29430", "aria-describedby": "ruler-wrong",
    }));
    const wrong = make("p", { class: "error small", id: "ruler-wrong", role: "alert" });
    const form = make("form", { class: "row tight" },
      make("label", { class: "small", for: "ruler-point" }, gettext("Latitude, longitude")), field,
      make("button", { class: "btn" }, gettext("Add the point")));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const point = read(field.value);
      wrong.textContent = point ? "" : gettext("Write latitude, then longitude, for example 48.69310, 2.29430.");
      field.toggleAttribute("aria-invalid", !point);
      if (!point) return;
      field.value = "";
      this.add(point);
      if (!this.map.inside(point)) this.map.map.easeTo({ center: point });
    });
    const button = (/** @type {string} */ word, /** @type {() => void} */ run) => {
      const made = make("button", { type: "button", class: "btn" }, word);
      made.addEventListener("click", run);
      return made;
    };
    this.answer = make("div", { role: "status", class: "stack tight" });
    this.bar.replaceChildren(
      this.answer, form, wrong,
      make("div", { class: "row tight" },
        button(gettext("Point under the cross"), () => this.add(this.map.centre)),
        button(gettext("Take the last point back"), () => this.show(this.points.pop())),
        button(gettext("Clear"), () => this.show((this.points = []))),
        button(gettext("Close"), () => this.end())));
    this.bar.hidden = false;
  }

  /** @param {Position} point */
  add(point) {
    this.points.push(rounded(point));
    this.show();
  }

  enter() {
    if (document.activeElement !== this.map.map.getCanvas()) return false;
    this.add(this.map.centre);
  }

  back() {
    if (this.points.length) this.show((this.points = []));
    else this.end();
  }

  /** @param {unknown} [_done] */
  show(_done) {
    const { points } = this;
    this.cross.hidden = !this.isOn;
    this.button.setAttribute("aria-pressed", String(this.isOn));
    const line = points.length > 1 ? [feature({ type: "LineString", coordinates: points })] : [];
    this.map.fill("ruler", [...line, ...points.map((point) => feature({ type: "Point", coordinates: point }))]);
    if (!this.answer || !this.isOn) return;
    if (!points.length) return this.answer.replaceChildren(make("p", {}, gettext("Click where you measure from, then what you see. By keyboard: arrows move the map, Enter sets the point under the cross, Escape clears.")));
    if (points.length === 1) return this.answer.replaceChildren(make("p", {}, fill(gettext("From %(point)s. Now the second point."), { point: written(/** @type {Position} */ (points[0])) })));
    const legs = make("ol", { class: "plain" });
    let whole = 0;
    points.slice(1).forEach((to, i) => {
      const from = /** @type {Position} */ (points[i]);
      const metres = metresBetween(from, to);
      whole += metres;
      legs.append(make("li", {}, make("strong", {}, distance(metres)), fill(gettext(", bearing %(degrees)s° (back %(back)s°)"), {
        degrees: Math.round(bearing(from, to)) % 360, back: Math.round(bearing(to, from)) % 360,
      })));
    });
    this.answer.replaceChildren(legs);
    if (points.length > 2) this.answer.append(make("p", {}, fill(gettext("In all: %(distance)s"), { distance: distance(whole) })));
  }

  disconnect() {
    for (const off of this.offs) off();
  }
}

/** @param {number} metres */
function distance(metres) {
  const shown = metres < 1_000 ? metres : metres / 1_000;
  const digits = metres < 1_000 ? (metres < 100 ? 1 : 0) : metres < 10_000 ? 2 : 1;
  const number = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: digits }).format(shown);
  return `${number}\u00a0${metres < 1_000 ? "m" : "km"}`;
}

/** "48.69310, 2.29430" or "48,69 2,29". @param {string} text @returns {Position | null} */
export function read(text) {
  const found = /^\s*(-?\d+(?:[.,]\d+)?)\s*[,;\s]\s*(-?\d+(?:[.,]\d+)?)\s*$/.exec(text);
  const lat = Number(found?.[1]?.replace(",", "."));
  const lon = Number(found?.[2]?.replace(",", "."));
  return found && Math.abs(lat) <= 90 && Math.abs(lon) <= 180 ? [lon, lat] : null;
}
