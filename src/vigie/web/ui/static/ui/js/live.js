// Live updates: one EventSource a page, given on as "vigie:entry" events on document.
// detail = {seq, verb, subject: [kind, id] | null, touches: string[], at, actor, data}
// An element with data-vigie-refresh="incident:5 column" gets a "vigie:refresh" event (which htmx
// can use as hx-trigger) when an entry touches one of its words; a word may end in ":*".
import { register } from "./behaviours.js";

/** @param {string} word @param {string[]} touches */
function hit(word, touches) {
  return word.endsWith(":*")
    ? touches.some((touch) => touch.startsWith(word.slice(0, -1)))
    : touches.includes(word);
}

class Live {
  /** @param {HTMLElement} body */
  constructor(body) {
    this.source = new EventSource(body.dataset.vigieLive ?? "");
    this.source.addEventListener("entry", (event) => {
      const entry = JSON.parse(/** @type {MessageEvent} */ (event).data);
      document.dispatchEvent(new CustomEvent("vigie:entry", { detail: entry }));
      for (const element of document.querySelectorAll("[data-vigie-refresh]")) {
        const words = /** @type {HTMLElement} */ (element).dataset.vigieRefresh?.split(/\s+/) ?? [];
        if (words.some((word) => hit(word, entry.touches)))
          element.dispatchEvent(new CustomEvent("vigie:refresh", { detail: entry }));
      }
    });
    this.source.addEventListener("open", () => this.say("on"));
    this.source.addEventListener("error", () => this.say("off"));
  }

  /** @param {"on" | "off"} state */
  say(state) {
    document.body.dataset.line = state;
    document.dispatchEvent(new CustomEvent("vigie:line", { detail: state }));
  }

  disconnect() {
    this.source.close();
  }
}

register("live", Live);
