// Says every 45 s, while the page is looked at, that somebody is here; the answer redraws who is.
import { register } from "/static/ui/js/behaviours.js";

const EVERY_MS = 45_000;

class Presence {
  /** @param {HTMLElement} element */
  constructor(element) {
    this.element = element;
    this.last = 0;
    this.look = () => this.say();
    this.timer = window.setInterval(this.look, EVERY_MS);
    document.addEventListener("visibilitychange", this.look);
    window.setTimeout(this.look, 500);
  }

  say() {
    if (document.visibilityState !== "visible" || Date.now() - this.last < EVERY_MS / 2) return;
    this.last = Date.now();
    this.element.dispatchEvent(new CustomEvent("vigie:presence"));
  }

  disconnect() {
    window.clearInterval(this.timer);
    document.removeEventListener("visibilitychange", this.look);
  }
}

register("presence", Presence);
