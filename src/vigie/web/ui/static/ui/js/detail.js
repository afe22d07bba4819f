// The right slot: what is selected. Filled by hx-target="#detail"; Esc or its cross empties it and
// gives the focus back to the row it came from. "vigie:detail-closed" is then sent on document.
import { register } from "./behaviours.js";
import { keys } from "./keyboard.js";
import { gettext } from "./words.js";

class Detail {
  /** @param {HTMLElement} slot */
  constructor(slot) {
    this.slot = slot;
    /** @type {HTMLElement | null} */
    this.opener = null;
    slot.addEventListener("htmx:beforeSwap", (event) => {
      const source = /** @type {CustomEvent} */ (event).detail.requestConfig?.elt;
      if (source instanceof HTMLElement && !slot.contains(source)) this.opener = source;
    });
    slot.addEventListener("htmx:afterSwap", () => {
      slot.scrollTop = 0;
      if (getComputedStyle(slot).position === "fixed") slot.focus(); // it lies over the list
    });
    slot.addEventListener("click", (event) => {
      if (event.target instanceof Element && event.target.closest("[data-vigie-detail-close]")) this.close();
    });
    this.off = keys.bind("everywhere", "Escape", { label: gettext("Back"), run: () => this.close() });
  }

  /** @returns {void | false} */
  close() {
    if (!this.slot.hasChildNodes()) return false;
    this.slot.replaceChildren();
    document.dispatchEvent(new CustomEvent("vigie:detail-closed"));
    const back = this.opener?.closest("[data-row]") ?? this.opener;
    if (back instanceof HTMLElement && back.isConnected) back.focus();
    else document.getElementById("main")?.focus();
  }

  disconnect() {
    this.off();
  }
}

register("detail", Detail);
