// Who else is on this map, where their pointer is and what they hold; and telling them the same of us.
// Nothing of it is written down anywhere. Each person can switch it off: then nothing is sent or shown.
import { make } from "/static/ui/js/dom.js";
import { colour } from "/static/ui/js/theme.js";
import { fill, gettext } from "/static/ui/js/words.js";
import { whenOpen } from "/static/layers/hooks.js";
import { newId, token } from "/static/layers/shapes.js";
import { Marker } from "/static/map/maplib.js";

/** @typedef {import("/static/layers/workspace.js").Workspace} Workspace */
/** @typedef {{ page: string, person: number, name: string, at?: [number, number] | null, holds?: string, drawing?: boolean, gone?: boolean }} Place */
/** @typedef {{ place: Place, heard: number, marker?: InstanceType<typeof Marker> }} Other */

const SWITCH = "vigie.map.cursors";
const APART_MS = 400;
const BEAT_MS = 15_000;
const STAYS_MS = 40_000;
const HUES = 5;

class Here {
  /** @param {Workspace} room @param {HTMLElement} box */
  constructor(room, box) {
    this.room = room;
    this.store = room.store;
    this.url = room.data.here;
    this.page = newId();
    /** @type {Map<string, Other>} */
    this.others = new Map();
    this.list = /** @type {HTMLElement} */ (box.querySelector("[data-here]"));
    this.box = /** @type {HTMLInputElement} */ (box.querySelector("[data-here-switch]"));
    /** @type {{ at: [number, number] | null, holds: string, drawing: boolean, layer: number | null }} */
    this.me = { at: null, holds: "", drawing: false, layer: null };
    this.last = 0;
    this.sent = "";
    this.outlined = "";
    /** @type {number | undefined} */
    this.timer = undefined;
    const { map } = room.map;
    map.on("mousemove", (event) => this.moved([event.lngLat.lng, event.lngLat.lat]));
    map.on("mouseout", () => this.moved(null));
    document.addEventListener("vigie:object", (event) => this.hold(/** @type {CustomEvent} */ (event).detail?.uid ?? ""));
    document.addEventListener("vigie:here", (event) => this.on && this.hear(/** @type {CustomEvent} */ (event).detail));
    document.addEventListener("visibilitychange", () => (document.visibilityState === "visible" ? this.soon() : this.leave()));
    window.addEventListener("pagehide", () => this.leave());
    this.store.addEventListener("change", () => this.outline());
    this.box.checked = this.on;
    this.box.addEventListener("change", () => this.turn(this.box.checked));
    map.addSource("held", { type: "geojson", data: { type: "FeatureCollection", features: [] } });
    map.addLayer({ id: "held", type: "line", source: "held", filter: ["!=", ["geometry-type"], "Point"], paint: { "line-color": colour("--ink-strong"), "line-width": 6, "line-opacity": 0.45 } });
    map.addLayer({ id: "held-point", type: "circle", source: "held", filter: ["==", ["geometry-type"], "Point"], paint: { "circle-radius": 13, "circle-opacity": 0, "circle-stroke-color": colour("--ink-strong"), "circle-stroke-width": 3, "circle-stroke-opacity": 0.6 } });
    this.write();
    window.setInterval(() => this.beat(), BEAT_MS);
    this.soon();
  }

  get on() {
    return localStorage.getItem(SWITCH) !== "off";
  }

  /** @param {boolean} on */
  turn(on) {
    if (!on) this.leave();
    localStorage.setItem(SWITCH, on ? "on" : "off");
    if (on) return this.soon();
    for (const page of [...this.others.keys()]) this.forget(page);
    this.write();
    this.outline();
  }

  // What we say ------------------------------------------------------------------------------------

  /** @param {[number, number] | null} at */
  moved(at) {
    this.me.at = at && [Number(at[0].toFixed(6)), Number(at[1].toFixed(6))];
    if (this.others.size) this.soon();
  }

  /** @param {string} uid */
  hold(uid) {
    this.me.holds = uid;
    if (uid) this.me.layer = this.store.get(uid)?.properties.layer ?? null;
    this.soon();
  }

  soon() {
    this.timer ??= window.setTimeout(() => {
      this.timer = undefined;
      void this.say();
    }, Math.max(0, this.last + APART_MS - Date.now()));
  }

  beat() {
    const now = Date.now();
    for (const [page, { heard }] of this.others) if (now - heard > STAYS_MS) this.forget(page);
    this.write();
    this.sent = "";
    this.soon();
  }

  async say() {
    if (!this.on || document.visibilityState !== "visible") return;
    this.me.drawing = this.room.busy; // a tool has the map to itself
    if (this.me.drawing && !this.me.holds) this.me.layer = this.room.active;
    const said = JSON.stringify(this.me);
    if (said === this.sent) return;
    this.last = Date.now();
    this.sent = said;
    try {
      const answer = await this.post({ ...this.me, page: this.page });
      if (!answer.ok) return;
      const { others } = await answer.json();
      for (const each of others) if (!this.others.has(each.page)) this.hear(each);
    } catch {
      this.sent = ""; // the line is cut: said again with the next move
    }
  }

  leave() {
    if (this.on && this.sent) void this.post({ page: this.page, gone: true }).catch(() => {});
    this.sent = "";
  }

  /** @param {object} said */
  post(said) {
    return fetch(this.url, {
      method: "POST", body: JSON.stringify(said), keepalive: true, redirect: "manual",
      headers: { "Content-Type": "application/json", "X-CSRFToken": token() },
    });
  }

  // What others say --------------------------------------------------------------------------------

  /** @param {Place} place */
  hear(place) {
    if (place.page === this.page) return;
    if (place.gone) {
      this.forget(place.page);
      this.write();
      return this.outline();
    }
    const known = this.others.get(place.page);
    const other = { ...known, place, heard: Date.now() };
    this.others.set(place.page, other);
    if (!known) this.sent = ""; // they do not know of us yet
    this.point(other);
    if (!known || known.place.holds !== place.holds || known.place.drawing !== place.drawing) {
      this.write();
      this.outline();
    }
    if (!known) this.soon();
  }

  /** @param {Other} other */
  point(other) {
    const { at, name, person } = other.place;
    if (!at) {
      other.marker?.remove();
      other.marker = undefined;
      return;
    }
    if (!other.marker) {
      const element = make("div", { class: "map-cursor", "data-hue": String(person % HUES), "aria-hidden": "true" }, make("span", {}, name));
      other.marker = new Marker({ element, anchor: "top-left" }).setLngLat(at).addTo(this.room.map.map);
      element.removeAttribute("role");
      element.removeAttribute("tabindex");
    } else other.marker.setLngLat(at);
  }

  /** @param {string} page */
  forget(page) {
    this.others.get(page)?.marker?.remove();
    this.others.delete(page);
  }

  /** The list beside the map. */
  write() {
    const mine = Number(document.body.dataset.person);
    /** @type {Map<string, string>} */
    const people = new Map();
    for (const { place } of this.others.values()) {
      const name = place.person === mine ? fill(gettext("%(name)s (you, elsewhere)"), { name: place.name }) : place.name;
      const held = place.holds ? (this.store.get(place.holds)?.properties.name || gettext("an object")) : "";
      const what = place.drawing ? gettext("is drawing") : held ? fill(gettext("holds %(object)s"), { object: held }) : "";
      if (what || !people.has(name)) people.set(name, what);
    }
    const words = [...people].map(([name, what]) => (what ? `${name} (${what})` : name)).join(", ");
    const text = !this.on ? gettext("You show nobody where you are, and see nobody.") : words ? fill(gettext("On the map: %(people)s"), { people: words }) : gettext("You are alone on the map.");
    if (this.list.textContent !== text) this.list.textContent = text;
  }

  /** What others hold stands out on the map. */
  outline() {
    const held = [...new Set([...this.others.values()].map(({ place }) => place.holds ?? ""))].filter(Boolean);
    const key = held.map((uid) => `${uid}${this.store.get(uid)?.stamps["*"]}`).join();
    if (key === this.outlined) return;
    this.outlined = key;
    const features = held.flatMap((uid) => {
      const object = this.store.get(uid);
      return object?.geometry ? [{ type: "Feature", geometry: object.geometry, properties: {} }] : [];
    });
    this.room.map.fill("held", features);
  }
}

whenOpen((room) => {
  const box = /** @type {HTMLElement | null} */ (room.room.querySelector("[data-map-here]"));
  if (box && room.data.here) new Here(room, box);
});
