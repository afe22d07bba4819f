// Time under the map: a slider over what happened, playing it, and going back to now. While another
// moment is shown everything is read from its course (course.js) and nothing can be edited; what
// others do goes on in the store underneath.
import { drawIcon, make } from "/static/ui/js/dom.js";
import { keys } from "/static/ui/js/keyboard.js";
import { fill, gettext, ngettext } from "/static/ui/js/words.js";
import { Course, seenAt } from "/static/layers/course.js";
import { whenOpen } from "/static/layers/hooks.js";
import { announcement, clock, sentence, stepOf } from "/static/layers/timewords.js";
import { TwoMaps } from "/static/layers/twomaps.js";

/** @typedef {import("/static/layers/workspace.js").Workspace} Workspace */

const BINS = 96;
const TICK_MS = 250;
/** Who asked for less motion sees one change after the other, not a film. */
const CALM_MS = 1_500;
const SAY_MS = 600;
const LIST_MS = 250;
const LISTED = 150;
const STALE_MS = 4_000;
const ADDRESS_MS = 400;
const PAGE = 10;
const HOUR = 3_600_000;
const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

class Time {
  /** @param {Workspace} room @param {HTMLElement} strip */
  constructor(room, strip) {
    this.room = room;
    this.strip = strip;
    const find = (/** @type {string} */ name) => /** @type {HTMLElement} */ (room.room.querySelector(`[data-time-${name}]`));
    this.slider = /** @type {HTMLInputElement} */ (find("slider"));
    this.play = find("play");
    this.words = find("words");
    this.note = find("note");
    this.said = find("said");
    this.bars = find("bars");
    this.band = find("band");
    this.list = find("list");
    this.range = /** @type {HTMLSelectElement} */ (find("range"));
    this.speed = /** @type {HTMLSelectElement} */ (find("speed"));
    /** @type {Course | null} */
    this.course = null;
    /** The moment shown; null is now. @type {number | null} */
    this.moment = null;
    /** The moment that was last said aloud. */
    this.told = 0;
    /** @type {import("/static/layers/course.js").Seen | null} */
    this.seen = null;
    /** @type {Course | null} */
    this.seenOf = null;
    this.two = new TwoMaps(room, this);
    this.bind(find);
    const asked = new URLSearchParams(location.search);
    const at = Date.parse(asked.get("at") ?? "");
    if (asked.has("from") && asked.has("to")) void this.open().then(() => this.two.open(`${asked.get("from")}`, `${asked.get("to")}`));
    else if (!Number.isNaN(at)) void this.open(at).then(() => this.go(at, { aloud: true }));
  }

  /** @param {(name: string) => HTMLElement} find */
  bind(find) {
    const { room } = this;
    keys.bind("layers", "t", { label: gettext("Time: earlier moments of the map"), run: () => void this.toggle() });
    keys.scope("time", { label: gettext("Time"), active: () => !this.strip.hidden });
    keys.bind("time", ",", { label: gettext("Change before"), run: () => this.jump(-1) });
    keys.bind("time", ".", { label: gettext("Change after"), run: () => this.jump(1) });
    keys.bind("time", "Escape", { label: gettext("Back to now, then close"), run: () => this.back() });
    for (const button of room.room.querySelectorAll("[data-time-open]")) button.addEventListener("click", () => void this.toggle());
    room.room.querySelector('[data-side-tab="time"]')?.addEventListener("click", () => this.strip.hidden && void this.open());
    find("close").addEventListener("click", () => this.close());
    find("before").addEventListener("click", () => this.jump(-1));
    find("after").addEventListener("click", () => this.jump(1));
    for (const button of room.room.querySelectorAll("[data-time-live]")) button.addEventListener("click", () => this.live());
    find("compare").addEventListener("click", () => this.two.toggle());
    this.play.addEventListener("click", () => (this.playing ? this.pause() : this.run()));
    this.slider.addEventListener("input", () => this.go(Number(this.slider.value), { aloud: true }));
    this.slider.addEventListener("keydown", (event) => this.pressed(event));
    this.range.addEventListener("change", () => void this.load(this.moment));
    this.list.addEventListener("click", (event) => {
      const button = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("button"));
      if (!button) return;
      if (button.dataset.at) this.go(Number(button.dataset.at), { aloud: true });
      if (button.dataset.timeObject) this.room.choose(button.dataset.timeObject, "list");
    });
    room.addEventListener("seen", () => this.around());
    room.store.addEventListener("change", () => this.stale());
    document.addEventListener("vigie:entry", (event) => {
      if (/** @type {CustomEvent} */ (event).detail.touches.includes("incidents")) this.stale();
    });
    document.addEventListener("vigie:theme", () => this.bins());
  }

  /** @param {KeyboardEvent} event */
  pressed(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || !this.course) return;
    const { from, to } = this.course;
    const step = stepOf(to - from);
    const at = this.moment ?? to;
    const moves = /** @type {Record<string, number | null>} */ ({
      ArrowLeft: at - step * (event.shiftKey ? PAGE : 1), ArrowDown: at - step * (event.shiftKey ? PAGE : 1),
      ArrowRight: at + step * (event.shiftKey ? PAGE : 1), ArrowUp: at + step * (event.shiftKey ? PAGE : 1),
      PageDown: at - step * PAGE, PageUp: at + step * PAGE, Home: from, End: to,
    });
    const move = moves[event.key];
    if (move !== undefined && move !== null) this.go(move, { aloud: true });
    else if (event.key === " ") this.play.click();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  // Open and close -------------------------------------------------------------------------------------

  /** @returns {void | Promise<void>} */
  toggle() {
    return this.strip.hidden ? this.open() : this.close();
  }

  /** @param {number} [at] a moment that must be within */
  async open(at) {
    this.strip.hidden = false;
    this.room.room.dataset.time = "open";
    for (const button of this.room.room.querySelectorAll("[data-time-open]")) button.setAttribute("aria-pressed", "true");
    if (at) this.reach(at);
    await this.load(null);
    this.slider.focus({ preventScroll: true });
  }

  /** Choose the shortest time that holds a moment. @param {number} at */
  reach(at) {
    const ages = [...this.range.options].map((option) => Number(option.value) * HOUR || Infinity);
    const index = ages.findIndex((age) => age > Date.now() - at);
    if (index > this.range.selectedIndex) this.range.selectedIndex = index;
  }

  close() {
    this.two.close();
    this.live();
    this.strip.hidden = true;
    delete this.room.room.dataset.time;
    for (const button of this.room.room.querySelectorAll("[data-time-open]")) button.setAttribute("aria-pressed", "false");
    /** @type {HTMLElement | null} */ (this.room.room.querySelector("[data-layer-tools] [data-time-open]"))?.focus();
  }

  /** @returns {void | false} */
  back() {
    if (document.getElementById("detail")?.hasChildNodes()) return false; // what is selected is closed first
    if (this.two.isOn) this.two.close();
    else if (this.moment !== null) this.live();
    else this.close();
  }

  // The course ---------------------------------------------------------------------------------------------

  /** Ask once for all that happened in the time chosen; stay at a moment. @param {number | null} stay */
  async load(stay) {
    this.pause();
    const hours = Number(this.range.value);
    const url = new URL(String(this.strip.dataset.course), location.href);
    if (hours) url.searchParams.set("from", new Date(Date.now() - hours * HOUR).toISOString());
    this.strip.setAttribute("aria-busy", "true");
    const answer = await fetch(url, { redirect: "manual" }).catch(() => null);
    const told = await answer?.json().catch(() => null);
    this.strip.removeAttribute("aria-busy");
    if (!answer?.ok || !told) {
      this.note.textContent = told?.words ?? gettext("What happened cannot be told: the line is cut. It is asked again when you choose a time.");
      return;
    }
    if (this.room.store.seq < told.seq) await this.room.store.follow(); // what it tells of is known here
    const known = new Map(this.room.store.known);
    this.course = new Course(told, known);
    this.fresh = true;
    Object.assign(this.slider, { min: String(this.course.from), max: String(this.course.to), step: "1000" });
    this.bins();
    this.notes();
    if (stay !== null && stay < this.course.to) this.go(Math.max(stay, this.course.from));
    else this.live();
  }

  /** What is shown in the strip grew old: asked anew once nobody looks at the past. */
  stale() {
    if (this.strip.hidden) return;
    this.fresh = false;
    window.clearTimeout(this.later);
    this.later = window.setTimeout(() => {
      if (!this.fresh && this.moment === null && !this.two.isOn && !this.strip.hidden) void this.load(null);
    }, STALE_MS);
  }

  /** Bars of what happened; their words are the list. */
  bins() {
    const { course } = this;
    if (!course) return;
    const counts = course.counts(course.from, course.to, BINS);
    const most = Math.max(1, ...counts);
    const space = "http://www.w3.org/2000/svg";
    this.bars.replaceChildren(...counts.flatMap((count, i) => {
      if (!count) return [];
      const bar = document.createElementNS(space, "rect");
      const height = 6 + (34 * count) / most;
      for (const [name, value] of Object.entries({ x: i, width: 0.8, y: 40 - height, height })) bar.setAttribute(name, String(value));
      return [bar];
    }));
    this.bars.setAttribute("viewBox", `0 0 ${BINS} 40`);
    const n = course.happenings.length;
    const ends = /** @type {HTMLElement} */ (this.room.room.querySelector("[data-time-ends]"));
    ends.replaceChildren(
      make("span", {}, clock(course.from)),
      make("span", {}, n ? fill(ngettext("%(n)s change", "%(n)s changes", n), { n }) : gettext("Nothing changed on the map in this time.")),
      make("span", {}, gettext("now")),
    );
  }

  /** What is not told as it was. */
  notes() {
    const asNow = this.room.layers.filter(({ number }) => this.course?.asNow.has(number)).map(({ name }) => name);
    const words = [gettext("The map shows what was known at the moment chosen; what was not in force then is faint.")];
    if (asNow.length) words.push(fill(ngettext("Too large to be played, shown as now: %(names)s.", "Too large to be played, shown as now: %(names)s.", asNow.length), { names: asNow.join(", ") }));
    if (this.room.data.grids?.latest) words.push(gettext("The cells of the task grid are shown as now."));
    this.note.textContent = words.join(" ");
  }

  // Moments ------------------------------------------------------------------------------------------------

  /** Show a moment. @param {number} ms @param {{ aloud?: boolean }} [how] aloud: told to screen readers */
  go(ms, { aloud = false } = {}) {
    const { course } = this;
    if (!course) return;
    if (ms >= course.to) return this.live({ aloud });
    const at = Math.max(course.from, ms);
    const before = this.moment;
    this.moment = at;
    const { room } = this;
    if (before === null) {
      this.bar(true);
      this.told = course.to;
    }
    room.drawn.moment = Math.floor(at / 1000);
    const touched = before !== null && this.seenOf === course ? course.touched(before, at) : undefined;
    if (!touched) this.seen = seenAt(course, () => this.moment ?? course.to, room.store);
    this.seenOf = course;
    room.see(this.seen, touched);
    room.drawn.restyle();
    this.show();
    if (aloud) this.sayLater();
  }

  /** What stands again. @param {{ aloud?: boolean }} [how] */
  live({ aloud = false } = {}) {
    this.pause();
    const was = this.moment;
    this.moment = null;
    if (this.course) this.slider.value = String(this.course.to);
    if (was !== null) {
      this.room.drawn.moment = null;
      this.room.see(null);
      this.room.drawn.restyle();
      this.bar(false);
      this.room.incidentsAt = -1;
      if (this.room.incidentsShown) void this.room.loadIncidents();
      void this.room.measures.at(null);
      if (!this.fresh) this.stale();
    }
    this.show();
    if (aloud) this.said.textContent = gettext("Now");
  }

  /** Incidents and measures at the moment shown. */
  around() {
    const { course, moment, room } = this;
    if (!course || moment === null || !room.past) return;
    if (room.incidentsShown) room.map.show(course.incidentsAt(moment));
    void room.measures.at(course.measuresAt(moment));
  }

  /** The room says loudly that it is not now, and nothing in it edits. @param {boolean} past */
  bar(past) {
    const { room } = this.room;
    room.toggleAttribute("data-past", past);
    this.band.hidden = !past;
    for (const each of room.querySelectorAll("[data-draw-templates], [data-draw-templates] + .tool-group, [data-draw-snap], .object-adding, .layer-new, .map-together"))
      /** @type {HTMLElement} */ (each).inert = past;
    for (const each of /** @type {NodeListOf<HTMLButtonElement>} */ (room.querySelectorAll("[data-draw], [data-draw-snap]"))) each.disabled = past;
  }

  show() {
    const { moment } = this;
    const words = moment === null ? gettext("Now") : clock(moment);
    this.words.textContent = words;
    this.slider.setAttribute("aria-valuetext", words);
    if (moment !== null) {
      this.slider.value = String(moment);
      const text = /** @type {HTMLElement} */ (this.band.querySelector("[data-time-band-words]"));
      text.textContent = fill(gettext("Map as it was at %(at)s"), { at: clock(moment) });
    }
    this.band.hidden = moment === null || this.two.isOn;
    for (const button of this.room.room.querySelectorAll("[data-time-live]")) /** @type {HTMLButtonElement} */ (button).disabled = moment === null;
    window.clearTimeout(this.listing);
    this.listing = window.setTimeout(() => this.fillList(), LIST_MS);
    window.clearTimeout(this.addressing);
    this.addressing = window.setTimeout(() => this.address(), ADDRESS_MS);
  }

  address() {
    const url = new URL(location.href);
    for (const name of ["at", "from", "to"]) url.searchParams.delete(name);
    if (this.two.isOn) for (const [name, ms] of Object.entries(this.two.moments)) url.searchParams.set(name, new Date(ms).toISOString());
    else if (this.moment !== null) url.searchParams.set("at", new Date(this.moment).toISOString());
    if (url.href !== location.href) history.replaceState(history.state, "", url);
  }

  /** To the change before or after the moment shown. @param {number} way */
  jump(way) {
    const { course } = this;
    if (!course) return;
    const at = this.moment ?? course.to;
    const times = course.happenings.map((each) => each.at);
    const next = way > 0 ? times.find((each) => each > at) : times.findLast((each) => each < at && each >= course.from);
    this.pause();
    if (next === undefined) return way > 0 ? this.live({ aloud: true }) : this.go(course.from, { aloud: true });
    this.go(next, { aloud: true });
  }

  // Playing --------------------------------------------------------------------------------------------------

  get playing() {
    return this.ticking !== undefined;
  }

  run() {
    const { course } = this;
    if (!course) return;
    if (this.moment === null) this.go(course.from);
    this.told = this.moment ?? course.to;
    const one = () => {
      if (this.moment === null || !this.strip.isConnected) return this.pause();
      if (!calm()) return this.go(this.moment + Number(this.speed.value) * TICK_MS);
      const next = course.happenings.find((each) => each.at > Number(this.moment));
      this.go(next ? next.at : course.to);
    };
    this.ticking = window.setInterval(one, calm() ? CALM_MS : TICK_MS);
    this.button();
  }

  pause() {
    if (!this.playing) return;
    window.clearInterval(this.ticking);
    this.ticking = undefined;
    this.button();
    this.sayLater();
  }

  button() {
    const label = this.playing ? gettext("Pause") : gettext("Play");
    this.play.replaceChildren(drawIcon(this.playing ? ICONS.pause.icon : ICONS.play.icon));
    this.play.setAttribute("aria-label", label);
    this.play.title = label;
  }

  // In words -------------------------------------------------------------------------------------------------

  sayLater() {
    window.clearTimeout(this.saying);
    this.saying = window.setTimeout(() => {
      if (!this.course || this.moment === null || this.playing) return;
      const [after, until] = [Math.min(this.told, this.moment), Math.max(this.told, this.moment)];
      this.said.textContent = announcement(this.room, this.moment, this.course.between(after, until), this.moment < this.told);
      this.told = this.moment;
    }, SAY_MS);
  }

  /** What changed up to the moment shown, the latest first. */
  fillList() {
    const { course, room } = this;
    if (!course) return;
    const until = course.between(course.from - 1, this.moment ?? Infinity);
    const rows = until.slice(-LISTED).reverse().map((each) => {
      const go = make("button", { type: "button", class: "btn quiet time-at", "data-at": String(each.at), "aria-label": fill(gettext("Show the map at %(at)s"), { at: clock(each.at) }) }, clock(each.at));
      const words = sentence(room, each);
      const told = each.uid && room.objects.get(each.uid) ? make("button", { type: "button", class: "time-what", "data-time-object": each.uid }, words) : make("span", { class: "time-what" }, words);
      return make("li", {}, go, told);
    });
    const head = this.moment === null ? gettext("What changed on the map, the latest first") : fill(gettext("What changed up to %(at)s, the latest first"), { at: clock(this.moment) });
    const more = until.length > LISTED ? [make("p", { class: "small soft pad" }, fill(gettext("%(n)s earlier ones are not listed: choose an earlier moment."), { n: until.length - LISTED }))] : [];
    this.list.replaceChildren(
      make("h2", { class: "list-group" }, head),
      rows.length ? make("ol", { class: "time-rows" }, ...rows) : make("p", { class: "soft pad" }, gettext("Nothing changed on the map in this time.")),
      ...more,
    );
  }
}

/** Named literally so that the sprite has them. */
const ICONS = { play: { icon: "player-play" }, pause: { icon: "player-pause" } };

whenOpen((room) => {
  const strip = /** @type {HTMLElement | null} */ (room.room.querySelector("[data-time-strip]"));
  if (strip) new Time(room, strip);
});
