// Graphic pictures are blurred and grey until the person asks, one by one.
import { register } from "/static/ui/js/behaviours.js";

class Veil {
  /** @param {HTMLElement} figure */
  constructor(figure) {
    figure.addEventListener("click", (event) => {
      if (!(event.target instanceof Element) || !event.target.closest("[data-unveil]")) return;
      figure.classList.remove("veiled");
      event.target.closest("[data-unveil]")?.remove();
    });
  }
}

register("veil", Veil);
