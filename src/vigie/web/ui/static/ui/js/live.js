// Live updates, given on as "vigie:entry" events on document, each entry once and in order.
// detail = {seq, verb, subject: [kind, id] | null, touches: string[], at, actor, data}
// A page that sets data-want-objects on body and dispatches "vigie:want-objects" on document gets "vigie:objects" {since, seq, features, gone}
// after entries that changed the map (web/layers/static/layers/store.js).
// "vigie:missed": too much happened to be told one by one. "vigie:here": where somebody is on the map
// (web/layers/static/layers/here.js).
// An element with data-vigie-refresh="incident:5 column" gets a "vigie:refresh" event (which htmx
// can use as hx-trigger) when an entry touches one of its words; a word may end in ":*".
//
// One stream a browser, however many pages it has open on the operation (a browser opens only six
// lines to a server): the page that holds the lock listens and tells the others on a channel.
import { register } from "./behaviours.js";
import { toast } from "./toast.js";
import { gettext } from "./words.js";

/** @typedef {{ seq: number, verb: string, subject: [string, number] | null, touches: string[], at: string, actor: string, data: Record<string, unknown> }} Entry */
/** @typedef {{ kind: "entry", entry: Entry } | { kind: "line", state: "on" | "off" } | { kind: "reload", seq: number } | { kind: "here", here: Record<string, unknown> } | { kind: "objects", objects: Record<string, unknown> } | { kind: "want" } | { kind: "asked", from: string, after: number } | { kind: "told", to: string, entries: Entry[] }} Word */

const REMEMBERED = 500;

/** @param {string} word @param {string[]} touches */
function hit(word, touches) {
  return word.endsWith(":*")
    ? touches.some((touch) => touch.startsWith(word.slice(0, -1)))
    : touches.includes(word);
}

class Live {
  /** @param {HTMLElement} body */
  constructor(body) {
    this.url = new URL(body.dataset.vigieLive ?? "", location.href);
    /** The last entry this page knows of. */
    this.seq = Number(this.url.searchParams.get("after") ?? 0);
    this.me = crypto.randomUUID?.() ?? String(Math.random());
    /** @type {Entry[]} */
    this.recent = [];
    this.since = this.seq;
    this.start = () => this.begin(`vigie.live.${body.dataset.person ?? ""}.${this.url.pathname}`);
    this.stop = () => this.end();
    this.wanting = () => this.want();
    document.addEventListener("vigie:want-objects", this.wanting);
    window.addEventListener("pagehide", this.stop);
    window.addEventListener("pageshow", (event) => event.persisted && this.start());
    this.start();
  }

  /** @param {string} name */
  begin(name) {
    if (!("locks" in navigator) || !("BroadcastChannel" in window)) return this.listen();
    this.channel = new BroadcastChannel(name);
    this.channel.addEventListener("message", (event) => this.hear(event.data));
    this.tell({ kind: "asked", from: this.me, after: this.seq });
    this.ending = new AbortController();
    navigator.locks
      .request(name, { signal: this.ending.signal }, () => {
        this.listen();
        return new Promise((resolve) => (this.release = () => resolve(undefined)));
      })
      .catch(() => {}); // the page went before its turn came
  }

  /** What changes on the map is to be told, too. */
  want() {
    const before = this.url.searchParams.get("objects");
    this.url.searchParams.set("objects", "1");
    if (!this.source) return this.tell({ kind: "want" });
    if (before) return;
    this.source.close();
    this.listen();
  }

  /** Open the stream: this page listens for all. */
  listen() {
    this.since = this.seq;
    this.url.searchParams.set("after", String(this.seq));
    if (document.body.dataset.wantObjects) this.url.searchParams.set("objects", "1");
    this.source = new EventSource(this.url);
    this.source.addEventListener("entry", (event) => {
      const entry = JSON.parse(event.data);
      this.recent.push(entry);
      if (this.recent.length > REMEMBERED) this.since = this.recent.shift()?.seq ?? this.since;
      this.tell({ kind: "entry", entry });
      this.take(entry);
    });
    this.source.addEventListener("reload", (event) => {
      const { seq } = JSON.parse(event.data);
      this.tell({ kind: "reload", seq });
      this.missed(seq);
    });
    this.source.addEventListener("here", (event) => {
      const here = JSON.parse(event.data);
      this.tell({ kind: "here", here });
      document.dispatchEvent(new CustomEvent("vigie:here", { detail: here }));
    });
    this.source.addEventListener("objects", (event) => {
      const objects = JSON.parse(event.data);
      this.tell({ kind: "objects", objects });
      document.dispatchEvent(new CustomEvent("vigie:objects", { detail: objects }));
    });
    this.source.addEventListener("open", () => this.say("on"));
    this.source.addEventListener("error", () => this.say("off"));
  }

  /** @param {Word} word */
  tell(word) {
    this.channel?.postMessage(word);
  }

  /** What another page of this browser says. @param {Word} word */
  hear(word) {
    if (word.kind === "entry") this.take(word.entry);
    else if (word.kind === "here") document.dispatchEvent(new CustomEvent("vigie:here", { detail: word.here }));
    else if (word.kind === "objects") document.dispatchEvent(new CustomEvent("vigie:objects", { detail: word.objects }));
    else if (word.kind === "want") this.source && this.want();
    else if (word.kind === "line") this.announce(word.state);
    else if (word.kind === "reload") this.missed(word.seq);
    else if (word.kind === "told" && word.to === this.me) word.entries.forEach((entry) => this.take(entry));
    else if (word.kind === "asked" && this.source) {
      // A page that was rendered before we last listened asks for what it may have missed.
      if (word.after < this.since) this.tell({ kind: "reload", seq: this.seq });
      else this.tell({ kind: "told", to: word.from, entries: this.recent.filter((entry) => entry.seq > word.after) });
    }
  }

  /** @param {Entry} entry */
  take(entry) {
    if (entry.seq <= this.seq) return;
    this.seq = entry.seq;
    document.dispatchEvent(new CustomEvent("vigie:entry", { detail: entry }));
    for (const element of document.querySelectorAll("[data-vigie-refresh]")) {
      const words = /** @type {HTMLElement} */ (element).dataset.vigieRefresh?.split(/\s+/) ?? [];
      if (words.some((word) => hit(word, entry.touches)))
        element.dispatchEvent(new CustomEvent("vigie:refresh", { detail: entry }));
    }
  }

  /** Too much happened to be told one by one. @param {number} seq */
  missed(seq) {
    if (seq <= this.seq && this.asked) return;
    this.seq = Math.max(this.seq, seq);
    document.dispatchEvent(new CustomEvent("vigie:missed"));
    if (this.asked?.isConnected) return;
    this.asked = toast(gettext("Much has changed while this page was away. What is written in it stays until you load it again."), {
      kind: "warn",
      lasting: true,
      link: { url: location.href, label: gettext("Load again") },
    });
  }

  /** @param {"on" | "off"} state */
  say(state) {
    this.tell({ kind: "line", state });
    this.announce(state);
  }

  /** @param {"on" | "off"} state */
  announce(state) {
    document.body.dataset.line = state;
    document.dispatchEvent(new CustomEvent("vigie:line", { detail: state }));
  }

  end() {
    this.source?.close();
    this.source = undefined;
    this.channel?.close();
    this.channel = undefined;
    this.ending?.abort();
    this.release?.();
  }

  disconnect() {
    document.removeEventListener("vigie:want-objects", this.wanting);
    window.removeEventListener("pagehide", this.stop);
    this.end();
  }
}

register("live", Live);
