// The public page of a claim: counts its texts, and is fetched anew when somebody changes it, but never
// over what is being written here.
import { register } from "/static/ui/js/behaviours.js";

class FactCheck {
  /** @param {HTMLElement} section */
  constructor(section) {
    this.section = section;
    this.dirty = false;
    section.addEventListener("input", (event) => {
      this.dirty = true;
      if (event.target instanceof HTMLTextAreaElement) this.count(event.target);
    });
    section.addEventListener("vigie:refresh", (event) => {
      if (event.target !== section) return;
      const writing = this.dirty || section.contains(document.activeElement);
      const state = section.querySelector("#factcheck-state");
      if (writing) state?.dispatchEvent(new CustomEvent("vigie:part"));
      else section.dispatchEvent(new CustomEvent("vigie:whole"));
    });
    for (const area of section.querySelectorAll("textarea")) this.count(area);
  }

  /** @param {HTMLTextAreaElement} area */
  count(area) {
    const told = area.parentElement?.querySelector("[data-count]");
    if (!(told instanceof HTMLElement)) return;
    const n = [...area.value.trim()].length;
    told.textContent = String(n);
    told.toggleAttribute("data-over", n > Number(area.dataset.room));
  }
}

register("factcheck", /** @type {any} */ (FactCheck));
