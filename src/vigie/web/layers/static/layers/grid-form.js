// The form of a new grid: only what belongs to the chosen cut is asked, and the number of cells follows.
import { register } from "/static/ui/js/behaviours.js";

const SETTLE_MS = 350;

class GridForm {
  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.form = form;
    form.addEventListener("change", () => this.changed());
    form.addEventListener("input", (event) => {
      if (/** @type {HTMLElement} */ (event.target).matches("[name=piece_km], [name=reach_km], [name=start_km]")) this.changed();
    });
    this.show();
  }

  changed() {
    this.show();
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => {
      const place = this.form.querySelector("#grid-preview");
      if (place) /** @type {any} */ (window).htmx.trigger(place, "vigie:preview");
    }, SETTLE_MS);
  }

  show() {
    const kind = new FormData(this.form).get("kind");
    for (const part of /** @type {NodeListOf<HTMLElement>} */ (this.form.querySelectorAll("[data-for]"))) part.hidden = part.dataset.for !== kind;
  }

  disconnect() {
    window.clearTimeout(this.timer);
  }
}

register("grid-form", /** @type {any} */ (GridForm));
