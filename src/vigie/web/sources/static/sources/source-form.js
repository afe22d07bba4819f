// <button data-vigie-fill="#id_url" data-value="…">: puts the value into that field.
import { register } from "/static/ui/js/behaviours.js";

class Fill {
  /** @param {HTMLElement} button */
  constructor(button) {
    button.addEventListener("click", () => {
      const field = document.querySelector(button.dataset.vigieFill ?? "");
      if (!(field instanceof HTMLInputElement)) return;
      field.value = button.dataset.value ?? "";
      field.focus();
    });
  }
}

register("fill", Fill);
