// What waits on this device, in words; taking back and doing again one's own gestures.
import { drawIcon, isWriting, make } from "/static/ui/js/dom.js";
import { toast } from "/static/ui/js/toast.js";
import { fill, gettext, ngettext } from "/static/ui/js/words.js";
import { whenOpen } from "/static/layers/hooks.js";
import { valueOf } from "/static/layers/shapes.js";

/** @typedef {import("/static/layers/workspace.js").Workspace} Workspace */
/** @typedef {{ state: import("/static/layers/sender.js").State, n: number, aside: number, memory: "" | "full" | "none" | "shared" }} Told */

const PATIENCE_MS = 1_500;
const CUT_MS = 3_000;

class Waiting {
  /** @param {Workspace} room @param {HTMLElement} box */
  constructor(room, box) {
    this.store = room.store;
    this.box = box;
    this.written = "";
    /** Since when something waits. @type {number | undefined} */
    this.since = undefined;
    /** @type {number | undefined} */
    this.timer = undefined;
    /** Whether the line is cut: since the page was opened without one, or for more than a moment. */
    this.cut = "cold" in document.body.dataset || !navigator.onLine;
    this.cutAt = Date.now();
    /** @type {number | undefined} */
    this.lost = undefined;
    document.addEventListener("vigie:line", (event) => this.line(/** @type {CustomEvent} */ (event).detail === "on"));
    window.addEventListener("offline", () => this.line(false, 0));
    this.store.addEventListener("state", (event) => this.told(/** @type {CustomEvent} */ (event).detail));
    this.store.sender.tell();
    window.addEventListener("beforeunload", (event) => {
      // Kept on this device, so that leaving loses nothing; without its memory it would.
      if (this.store.fullness && this.store.pending.length) event.preventDefault();
    });
  }

  /** A short cut is not worth a word. @param {boolean} on @param {number} [patience] */
  line(on, patience = CUT_MS) {
    if (!on && this.cut) return;
    if (!on) return void (this.lost ??= window.setTimeout(() => this.turn(true), patience));
    this.turn(false);
  }

  /** @param {boolean} cut */
  turn(cut) {
    window.clearTimeout(this.lost);
    this.lost = undefined;
    this.cut = cut;
    this.cutAt = Date.now();
    if (this.last) this.told(this.last);
  }

  /** @param {Told} told */
  told(told) {
    if (told.state === "offline" && !this.cut) this.line(false);
    else if (this.cut && this.store.at > this.cutAt) this.cut = false; // the server told something since
    this.last = told;
    if (!told.n) this.since = undefined;
    else this.since ??= Date.now();
    const quiet = told.state === "ok" && told.n > 0 && Date.now() - (this.since ?? 0) < PATIENCE_MS;
    if (quiet) this.timer ??= window.setTimeout(() => { this.timer = undefined; if (this.last) this.told(this.last); }, PATIENCE_MS);
    this.write(quiet ? { ...told, n: 0 } : told);
  }

  /** @param {Told} told */
  write(told) {
    const { state, n, aside, memory } = told;
    const key = JSON.stringify([told, this.cut, this.cut && this.store.at, this.store.sealed, this.store.expired]);
    if (key === this.written) return;
    this.written = key;
    /** @type {HTMLElement[]} */
    const lines = [];
    if (this.cut && ["ok", "offline"].includes(state)) {
      lines.push(make("p", {}, drawIcon("wifi-off"), make("strong", {}, this.without(n)), ...(n ? [" ", this.button(gettext("Download as GeoJSON"), () => this.download(this.store.pending))] : [])));
    } else if (n || !["ok", "offline", "server"].includes(state)) {
      const line = make("p", {}, drawIcon(state === "ok" ? "clock" : "wifi-off"));
      if (n) line.append(make("strong", {}, fill(ngettext("%(n)s change waits on this device.", "%(n)s changes wait on this device.", n), { n })), " ");
      line.append(why(state), ...this.ways(state));
      lines.push(line);
    }
    if (aside) {
      const words = fill(ngettext("%(n)s change was not taken and is set aside.", "%(n)s changes were not taken and are set aside.", aside), { n: aside });
      const line = make("p", {}, drawIcon("alert-triangle"), make("strong", {}, words), " ", this.reasons(), " ");
      line.append(
        this.button(gettext("Try again"), () => this.store.sender.again()),
        this.button(gettext("Download as GeoJSON"), () => this.download(this.store.aside.map((each) => each.edit))),
        this.button(gettext("Forget them"), () => this.forget()),
      );
      lines.push(line);
    }
    if (memory && (n || memory === "full")) lines.push(make("p", {}, drawIcon("alert-triangle"), make("strong", {}, memoryWords(memory)), " ", gettext("Do not close this page before what waits has left.")));
    const { sealed, expired } = this.store;
    if (sealed) lines.push(make("p", {}, drawIcon("lock"), fill(ngettext("%(n)s change of yours is sealed on this device: it comes back when the server can be reached.", "%(n)s changes of yours are sealed on this device: they come back when the server can be reached.", sealed), { n: sealed })));
    if (expired) {
      const words = ngettext("%(n)s change of yours waited here for more than seven days while others used this device, and was forgotten.", "%(n)s changes of yours waited here for more than seven days while others used this device, and were forgotten.", expired);
      lines.push(make("p", {}, drawIcon("alert-triangle"), fill(words, { n: expired }), " ", this.button(gettext("Understood"), () => this.understood())));
    }
    this.box.hidden = !lines.length;
    this.box.replaceChildren(...lines);
  }

  understood() {
    this.store.expired = 0;
    this.store.keep.toldExpired();
    this.store.sender.tell();
  }

  /** Without a network: what one sees, and what becomes of what one draws. @param {number} n */
  without(n) {
    const sees = this.store.at ? seen(new Date(this.store.at)) : gettext("No network: the map was never fetched on this device.");
    const leaves = n
      ? fill(ngettext("Your %(n)s change leaves when the network is back.", "Your %(n)s changes leave when the network is back.", n), { n })
      : gettext("What you draw leaves when the network is back.");
    return `${sees} ${leaves}`;
  }

  /** @param {Told["state"]} state */
  ways(state) {
    const download = this.button(gettext("Download as GeoJSON"), () => this.download(this.store.pending));
    if (state === "session" || state === "another")
      return [" ", download, " ", make("a", { class: "btn", href: `${document.body.dataset.signIn}?next=${encodeURIComponent(location.pathname)}` }, gettext("Sign in"))];
    if (state === "forbidden" || state === "gone") return [" ", download];
    if (state === "server") return [" ", this.button(gettext("Try again"), () => void this.store.send())];
    return [];
  }

  reasons() {
    const codes = [...new Set(this.store.aside.map((each) => each.code))];
    return codes.map((code) => reason(code)).join(" ");
  }

  forget() {
    const kept = [...this.store.aside];
    this.store.sender.forget(kept.map((each) => each.edit.edit));
    toast(gettext("They are forgotten."), {
      undo: () => {
        this.store.aside.push(...kept);
        this.store.sender.again();
      },
    });
  }

  /** What was drawn, as a file one can keep and import again. @param {import("/static/layers/store.js").Edit[]} edits */
  download(edits) {
    const uids = [...new Set(edits.map((each) => each.feature))];
    const features = uids.map((uid) => {
      const known = this.store.known.get(uid);
      /** @type {Record<string, any>} */
      const set = Object.assign({}, ...edits.filter((each) => each.feature === uid).map((each) => each.set));
      const { geometry = known?.geometry ?? null, ...properties } = set;
      return { type: "Feature", id: uid, geometry, properties: { name: valueOf(known, "name"), ...properties } };
    });
    const file = new Blob([JSON.stringify({ type: "FeatureCollection", features })], { type: "application/geo+json" });
    const link = make("a", { href: URL.createObjectURL(file), download: "vigie-modifications.geojson" });
    link.click();
    window.setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }

  /** @param {string} label @param {() => void} run */
  button(label, run) {
    const button = make("button", { type: "button", class: "btn" }, label);
    button.addEventListener("click", run);
    return button;
  }
}

/** @param {Told["state"]} state */
function why(state) {
  if (state === "ok") return gettext("They are on their way.");
  if (state === "offline") return gettext("They leave by themselves when the line is back.");
  if (state === "server") return gettext("The server does not answer as it should: tried again by itself.");
  if (state === "session") return gettext("Your session has ended. Nothing is lost: what waits leaves when you have signed in again.");
  if (state === "forbidden") return gettext("Your role does not let you draw here any more. Nothing is lost: what waits stays on this device.");
  if (state === "another") return gettext("Somebody else has signed in in this browser. What you drew is not theirs to send: it waits for you.");
  return gettext("This operation is not open to you any more. What waits stays on this device.");
}

/** The map one sees, as of when. @param {Date} at */
function seen(at) {
  const language = document.documentElement.lang;
  const write = (/** @type {Date} */ moment, /** @type {Intl.DateTimeFormatOptions} */ how) =>
    new Intl.DateTimeFormat(language === "fr" ? "fr-FR" : "en-GB", { timeZone: document.body.dataset.zone, ...how }).format(moment);
  const clock = write(at, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const time = language === "fr" ? clock.replace(":", "\u00a0h\u00a0") : clock;
  const day = /** @type {Intl.DateTimeFormatOptions} */ ({ day: "numeric", month: "long" });
  const date = write(at, day);
  if (date === write(new Date(), day)) return fill(gettext("No network: you see the map as of %(time)s."), { time });
  return fill(gettext("No network: you see the map as of %(date)s, %(time)s."), { date, time });
}

/** @param {Told["memory"]} memory */
function memoryWords(memory) {
  if (memory === "full") return gettext("This device's memory for the site is full.");
  if (memory === "shared") return gettext("Shared computer: nothing is kept here.");
  return gettext("This browser keeps nothing for the site.");
}

/** @param {string} code */
function reason(code) {
  if (code === "not_here") return gettext("The layer was put away, or is no longer yours to see.");
  if (code === "not_yours") return gettext("Only mappers draw on that layer.");
  if (code === "remote") return gettext("That layer comes from outside and is not drawn on.");
  if (code === "too_large") return gettext("It is too large to be sent at once.");
  return gettext("A value cannot be taken as it is.");
}

/** Buttons and keys that take back and do again. */
class Again {
  /** @param {Workspace} room @param {HTMLElement} tools */
  constructor(room, tools) {
    this.store = room.store;
    this.undo = this.button(ICONS.undo.icon, gettext("Undo my last change"), () => this.run("undo"));
    this.redo = this.button(ICONS.redo.icon, gettext("Do it again"), () => this.run("redo"));
    tools.append(make("div", { class: "btn-group", role: "group", "aria-label": gettext("My changes") }, this.undo, this.redo));
    this.store.addEventListener("undo", (event) => this.told(/** @type {CustomEvent} */ (event).detail));
    this.told({ undo: false, redo: false });
    document.addEventListener("keydown", (event) => this.pressed(event));
  }

  /** @param {KeyboardEvent} event */
  pressed(event) {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.defaultPrevented || isWriting(event.target)) return;
    const key = event.key.toLowerCase();
    if (key !== "z" && key !== "y") return;
    event.preventDefault();
    this.run(key === "y" || event.shiftKey ? "redo" : "undo");
  }

  /** @param {"undo" | "redo"} way @param {boolean} [force] */
  run(way, force = false) {
    const done = this.store[way]({ force });
    if (done.status !== "asks") return;
    const who = done.by.join(", ") || gettext("Somebody");
    toast(fill(gettext("%(who)s changed the same since. Putting yours back would undo that."), { who }), {
      kind: "warn", undoLabel: gettext("Do it all the same"), undo: () => this.run(way, true),
    });
  }

  /** @param {{ undo: boolean, redo: boolean }} told */
  told({ undo, redo }) {
    this.undo.disabled = !undo;
    this.redo.disabled = !redo;
  }

  /** @param {string} icon @param {string} label @param {() => void} run */
  button(icon, label, run) {
    const button = make("button", { type: "button", class: "btn square", "aria-label": label, title: label });
    button.append(drawIcon(icon));
    button.addEventListener("click", run);
    return button;
  }
}

/** Named literally so that the sprite has them. */
const ICONS = { undo: { icon: "arrow-back-up" }, redo: { icon: "arrow-forward-up" } };

whenOpen((room) => {
  const box = /** @type {HTMLElement | null} */ (room.room.querySelector("[data-waiting]"));
  const tools = /** @type {HTMLElement | null} */ (room.room.querySelector("[data-layer-tools]"));
  if (box) new Waiting(room, box);
  if (tools && room.data.mayDraw) new Again(room, tools);
});
