// The desk of claims: j k walk, Enter opens, t takes or releases.
import { register } from "/static/ui/js/behaviours.js";
import { keys } from "/static/ui/js/keyboard.js";
import { focusedRow, step } from "/static/ui/js/selection.js";
import { gettext } from "/static/ui/js/words.js";

class ClaimsDesk {
  /** @param {HTMLElement} desk */
  constructor(desk) {
    this.desk = desk;
    this.ending = new AbortController();
    keys.scope("claims", { label: gettext("Rumours"), active: () => desk.isConnected });
    for (const [key, by] of /** @type {const} */ ([["j", 1], ["ArrowDown", 1], ["k", -1], ["ArrowUp", -1]]))
      keys.bind("claims", key, {
        label: key === "j" ? gettext("Next claim") : key === "k" ? gettext("Previous claim") : "",
        run: () => void step(desk, by),
      });
    keys.bind("claims", "Enter", { label: gettext("Open"), run: () => this.open() });
    keys.bind("claims", "t", { label: gettext("Take, release"), run: () => this.take() });
    keys.bind("claims", "v", { label: gettext("Write down a claim"), run: () => this.write() });
    const { signal } = this.ending;
    desk.addEventListener("htmx:beforeSwap", () => (this.at = focusedRow()?.dataset.row), { signal });
    desk.addEventListener("htmx:afterSwap", () => this.back(), { signal });
  }

  open() {
    const link = focusedRow()?.querySelector("a");
    if (!link) return false;
    link.click();
  }

  take() {
    const button = /** @type {HTMLButtonElement | null | undefined} */ (focusedRow()?.querySelector("[data-take] button"));
    if (!button) return false;
    button.click();
  }

  write() {
    const link = /** @type {HTMLAnchorElement | null} */ (document.querySelector(".page-head a.primary"));
    if (!link) return false;
    link.click();
  }

  /** The focus stays on the claim it was on. */
  back() {
    if (!this.at) return;
    const row = /** @type {HTMLElement | null} */ (this.desk.querySelector(`[data-row="${this.at}"]`));
    row?.focus();
    this.at = undefined;
  }

  disconnect() {
    this.ending.abort();
  }
}

register("desk", ClaimsDesk);
