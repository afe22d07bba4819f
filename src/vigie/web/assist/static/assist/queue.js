// The queue of needs: j k walk, Enter opens, t takes, n writes down a call. What is open stays open.
import { register } from "/static/ui/js/behaviours.js";
import { keys } from "/static/ui/js/keyboard.js";
import { focusedRow, selection, step } from "/static/ui/js/selection.js";
import { gettext } from "/static/ui/js/words.js";

class Needs {
  /** @param {HTMLElement} list */
  constructor(list) {
    this.list = list;
    this.ending = new AbortController();
    keys.scope("needs", { label: gettext("Needs"), active: () => list.isConnected });
    for (const [key, by] of /** @type {const} */ ([["j", 1], ["ArrowDown", 1], ["k", -1], ["ArrowUp", -1]]))
      keys.bind("needs", key, {
        label: key === "j" ? gettext("Next need") : key === "k" ? gettext("Previous need") : "",
        run: () => void step(list, by),
      });
    keys.bind("needs", "Enter", { label: gettext("Open"), run: () => this.press(focusedRow()?.querySelector("[data-open]")) });
    keys.bind("needs", "t", { label: gettext("Take the need in hand"), run: () => this.press(document.querySelector("#detail [data-take]")) });
    keys.bind("needs", "n", { label: gettext("Write down a call"), run: () => this.press(document.querySelector("[data-intake]")) });
    const { signal } = this.ending;
    list.addEventListener("htmx:beforeSwap", () => (this.at = focusedRow()?.dataset.row), { signal });
    list.addEventListener("htmx:afterSwap", () => this.back(), { signal });
    document.getElementById("detail")?.addEventListener("htmx:afterSettle", () => this.mark(), { signal });
    this.mark();
  }

  /** @param {Element | null | undefined} control */
  press(control) {
    if (!(control instanceof HTMLElement)) return false;
    control.click();
  }

  /** The line of the need that is open is the selected one. */
  mark() {
    const sheet = /** @type {HTMLElement | null} */ (document.querySelector("#detail [data-need]"));
    if (sheet) selection.set(`need:${sheet.dataset.need}`, "needs");
  }

  /** The focus stays on the need it was on. */
  back() {
    const row = this.at && this.list.querySelector(`[data-row="${this.at}"]`);
    if (row instanceof HTMLElement) row.focus();
    this.at = undefined;
    this.mark();
  }

  disconnect() {
    this.ending.abort();
  }
}

register("needs", Needs);
