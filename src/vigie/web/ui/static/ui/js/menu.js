// <details data-vigie-menu>: closes on Esc, on a click elsewhere and when the focus leaves; arrows move.
import { register } from "./behaviours.js";

class Menu {
  /** @param {HTMLDetailsElement} menu */
  constructor(menu) {
    this.menu = menu;
    this.away = (/** @type {Event} */ event) => {
      if (menu.open && !menu.contains(/** @type {Node} */ (event.target))) menu.open = false;
    };
    document.addEventListener("pointerdown", this.away);
    document.addEventListener("focusin", this.away);
    menu.addEventListener("keydown", (event) => this.key(event));
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (!this.menu.open) return;
    if (event.key === "Escape") {
      this.menu.open = false;
      this.menu.querySelector("summary")?.focus();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const items = /** @type {HTMLElement[]} */ ([...this.menu.querySelectorAll(".menu-item")]);
      const at = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
      const step = event.key === "ArrowDown" ? 1 : -1;
      items.at((at + step + (at < 0 && step < 0 ? 1 : 0)) % items.length)?.focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  disconnect() {
    document.removeEventListener("pointerdown", this.away);
    document.removeEventListener("focusin", this.away);
  }
}

register("menu", /** @type {any} */ (Menu));
