// What is wrong in a query: pressing the marked character puts the caret there.
import { register } from "/static/ui/js/behaviours.js";

class Caret {
  /** @param {HTMLElement} mark */
  constructor(mark) {
    const go = () => {
      const field = document.querySelector(mark.dataset.vigieCaret ?? "");
      if (!(field instanceof HTMLTextAreaElement)) return;
      const place = Number(mark.dataset.position);
      field.focus();
      field.setSelectionRange(place, place + 1);
    };
    mark.addEventListener("click", go);
    mark.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      go();
    });
  }
}

register("caret", Caret);
