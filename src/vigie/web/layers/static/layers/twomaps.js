// Two moments of the map: beside each other where there is room, one or the other by a switch where
// there is none; and the list of what differs, which the server writes.
import { make } from "/static/ui/js/dom.js";
import { fill, gettext } from "/static/ui/js/words.js";
import { DrawnLayers } from "/static/layers/drawn.js";
import { seenAt } from "/static/layers/course.js";
import { teach } from "/static/layers/signs.js";
import { clock } from "/static/layers/timewords.js";
import { vocabulary } from "/static/map/signs.js";
import { VigieMap } from "/static/map/vigie-map.js";

/** @typedef {import("/static/layers/workspace.js").Workspace} Workspace */
/** @typedef {{ course: import("/static/layers/course.js").Course | null, moment: number | null, reach(at: number): void, load(stay: number | null): Promise<void>, go(ms: number, how?: { aloud?: boolean }): void, live(how?: { aloud?: boolean }): void, show(): void, strip: HTMLElement }} Strip */

const HOUR = 3_600_000;
const WIDE = matchMedia("(min-width: 75rem)");

export class TwoMaps {
  /** @param {Workspace} room @param {Strip} time */
  constructor(room, time) {
    this.room = room;
    this.time = time;
    this.isOn = false;
    /** The earlier moment and the later. */
    this.moments = { from: 0, to: 0 };
    this.box = /** @type {HTMLElement} */ (room.room.querySelector("[data-time-compared]"));
    this.list = /** @type {HTMLElement} */ (room.room.querySelector("[data-time-list]"));
    this.button = /** @type {HTMLElement} */ (room.room.querySelector("[data-time-compare]"));
    this.place = /** @type {HTMLElement} */ (room.room.querySelector(".map-place"));
    this.heads = /** @type {HTMLElement} */ (room.room.querySelector("[data-time-heads]"));
    /** @type {VigieMap | null} */
    this.map = null;
    this.box.addEventListener("submit", (event) => {
      const form = /** @type {HTMLFormElement} */ (event.target);
      if (!form.hasAttribute("data-compare-form")) return;
      event.preventDefault();
      const asked = new FormData(form);
      void this.open(String(asked.get("from")), String(asked.get("to")));
    });
    this.box.addEventListener("click", (event) => {
      const link = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("[data-difference-object]"));
      if (!link || /** @type {MouseEvent} */ (event).ctrlKey) return;
      event.preventDefault();
      this.choose(link.dataset.differenceObject ?? "");
    });
    WIDE.addEventListener("change", () => this.isOn && void this.draw());
  }

  toggle() {
    if (this.isOn) return this.close();
    const { course, moment } = this.time;
    const to = moment !== null ? moment : Date.now();
    const from = Math.max(course?.from ?? 0, to - 2 * HOUR);
    void this.open(new Date(from).toISOString(), new Date(to).toISOString());
  }

  /** @param {string} from @param {string} to as the server reads them */
  async open(from, to) {
    const url = new URL(String(this.time.strip.dataset.compare), location.href);
    url.searchParams.set("from", from);
    url.searchParams.set("to", to);
    const answer = await fetch(url, { headers: { "HX-Request": "true" }, redirect: "manual" }).catch(() => null);
    const words = answer && answer.status < 500 ? await answer.text().catch(() => "") : "";
    this.box.hidden = false;
    this.list.hidden = true;
    /** @type {HTMLElement | null} */ (this.room.room.querySelector('[data-side-tab="time"]'))?.click();
    if (!words) {
      this.box.replaceChildren(make("p", { class: "error pad", role: "alert" }, gettext("The two moments cannot be compared: the line is cut. Try again.")));
      return;
    }
    this.box.innerHTML = words;
    const told = /** @type {HTMLElement | null} */ (this.box.querySelector("[data-compared][data-from]"));
    if (!told) return; // refused, in words
    this.moments = { from: Date.parse(told.dataset.from ?? ""), to: Date.parse(told.dataset.to ?? "") };
    this.isOn = true;
    this.button.setAttribute("aria-pressed", "true");
    const { course } = this.time;
    if (!course || course.from > this.moments.from || course.to < this.moments.to) {
      this.time.reach(this.moments.from);
      await this.time.load(this.moments.to);
    }
    await this.draw();
    /** @type {HTMLElement | null} */ (this.box.querySelector("[data-compared]"))?.scrollIntoView({ block: "nearest" });
  }

  close() {
    if (!this.isOn && this.box.hidden) return;
    this.isOn = false;
    this.box.hidden = true;
    this.list.hidden = false;
    this.button.setAttribute("aria-pressed", "false");
    this.heads.hidden = true;
    this.drop();
    this.time.live();
  }

  // The maps -----------------------------------------------------------------------------------------------

  async draw() {
    const { from, to } = this.moments;
    this.heads.hidden = false;
    const wide = WIDE.matches;
    this.heads.replaceChildren(...(wide ? [from, to].map((ms) => make("span", { class: "badge" }, clock(ms))) : [this.switch()]));
    this.time.go(to - 1);
    if (wide) await this.second(from);
    else this.drop();
    this.time.show();
  }

  /** On a narrow screen: one of the two. */
  switch() {
    const group = make("div", { class: "btn-group", role: "group", "aria-label": gettext("Moment shown") });
    const { from, to } = this.moments;
    for (const ms of [from, to - 1]) {
      const button = make("button", { type: "button", class: "btn", "aria-pressed": String(ms !== from) }, clock(ms));
      button.addEventListener("click", () => {
        for (const each of group.children) each.setAttribute("aria-pressed", String(each === button));
        this.time.go(ms, { aloud: true });
      });
      group.append(button);
    }
    return group;
  }

  /** The earlier moment on a map of its own, which moves with the other. @param {number} ms */
  async second(ms) {
    const { room } = this;
    const { course } = this.time;
    if (!course) return;
    const bounds = room.map.map.getBounds();
    this.drop();
    this.place.dataset.two = "yes";
    const element = make("div", { class: "map-canvas map-before" });
    this.place.prepend(element);
    const other = new VigieMap(element, { bounds: room.data.bounds, labels: room.data.labels, vocabulary: vocabulary(), label: fill(gettext("Map as it was at %(at)s"), { at: clock(ms) }) });
    this.map = other;
    teach(other.signs, room.data.signs);
    await other.ready;
    if (this.map !== other) return;
    const store = new EventTarget();
    const view = seenAt(course, () => ms, room.store);
    const before = /** @type {any} */ ({ map: other, store, objects: view, past: view, layers: room.layers, layer: room.layer.bind(room), book: room.book, wanted: room.wanted, chosen: "" });
    const drawn = new DrawnLayers(before);
    drawn.hidden = room.drawn.hidden;
    drawn.moment = Math.floor(ms / 1000);
    drawn.rebuild();
    this.drawn = drawn;
    if (room.incidentsShown) other.show(course.incidentsAt(ms));
    room.map.map.resize();
    this.follow(room.map.map, other.map);
    room.map.map.fitBounds(bounds, { duration: 0 }); // half the width shows what was in view
    other.map.jumpTo({ center: room.map.map.getCenter(), zoom: room.map.map.getZoom() });
  }

  /** Each moves with the other. @param {any} one @param {any} other */
  follow(one, other) {
    let led = false;
    const lead = (/** @type {any} */ from, /** @type {any} */ to) => () => {
      if (led || !this.map) return;
      led = true;
      to.jumpTo({ center: from.getCenter(), zoom: from.getZoom() });
      led = false;
    };
    this.leading = lead(one, other);
    one.on("move", this.leading);
    other.on("move", lead(other, one));
  }

  drop() {
    const { map } = this;
    if (!map) return;
    this.map = null;
    if (this.leading) this.room.map.map.off("move", this.leading);
    this.drawn?.remove();
    map.remove();
    map.element.remove();
    delete this.place.dataset.two;
    this.room.map.map.resize();
  }

  /** An object of the list: on the later map, or the earlier where it is no longer there. @param {string} uid */
  choose(uid) {
    const { course } = this.time;
    if (!this.room.objects.get(uid) && course?.object(uid, this.moments.from) && !WIDE.matches) /** @type {HTMLElement | undefined} */ (this.heads.querySelector("button") ?? undefined)?.click();
    this.room.choose(uid, "list");
    const drawn = course?.object(uid, this.moments.from);
    if (!this.room.objects.get(uid) && drawn && this.map && this.drawn) this.room.map.map.easeTo({ center: middle(drawn.geometry), duration: 0 });
    this.drawn?.pick(uid);
  }
}

/** Some place in a geometry. @param {any} geometry @returns {[number, number]} */
function middle(geometry) {
  let each = geometry?.coordinates ?? [0, 0];
  while (Array.isArray(each[0])) each = each[Math.floor(each.length / 2)];
  return each;
}
