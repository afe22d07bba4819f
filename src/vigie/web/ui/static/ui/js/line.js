// The state of the line, in words: cut (live updates or the network are gone) and back.
import { register } from "./behaviours.js";
import { drawIcon, make } from "./dom.js";
import { toast } from "./toast.js";
import { fill, gettext } from "./words.js";

const PATIENCE_MS = 3000;

class Line {
  /** @param {HTMLElement} band */
  constructor(band) {
    this.band = band;
    this.cut = !navigator.onLine;
    /** @type {number | undefined} */
    this.waiting = undefined;
    this.listen = (/** @type {Event} */ event) => {
      if (/** @type {CustomEvent} */ (event).detail === "off") this.lost(PATIENCE_MS);
      else this.back();
    };
    document.addEventListener("vigie:line", this.listen);
    window.addEventListener("offline", () => this.lost(0));
    window.addEventListener("online", () => this.back());
    if (this.cut) this.lost(0);
  }

  /** A short cut (a page change, a server restarting) is not worth a word. @param {number} patience */
  lost(patience) {
    this.waiting ??= window.setTimeout(() => this.show(), patience);
  }

  show() {
    if (!this.band.hidden) return;
    const clock = new Intl.DateTimeFormat(document.documentElement.lang, {
      timeZone: document.body.dataset.zone, hour: "2-digit", minute: "2-digit",
    }).format(new Date());
    this.band.replaceChildren(
      drawIcon("wifi-off"),
      make("strong", {}, fill(gettext("Off line since %(time)s."), { time: clock })),
      make("span", {}, gettext("What is on the screen stays readable but no longer moves. Texts being written stay in this browser. Trying again by itself.")),
    );
    this.band.hidden = false;
    document.body.dataset.line = "off";
  }

  back() {
    window.clearTimeout(this.waiting);
    this.waiting = undefined;
    if (this.band.hidden) return;
    this.band.hidden = true;
    this.band.replaceChildren();
    document.body.dataset.line = "on";
    toast(gettext("The line is back. What was missed is being fetched."), { kind: "good" });
  }

  disconnect() {
    document.removeEventListener("vigie:line", this.listen);
  }
}

register("line", Line);
