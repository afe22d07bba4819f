// The list of alerts: j k, Enter opens where it leads, `a` acknowledges. And the page of one.
import { ring, SOUND } from "./bell.js";
import { register } from "/static/ui/js/behaviours.js";
import { keys } from "/static/ui/js/keyboard.js";
import { focusedRow, step } from "/static/ui/js/selection.js";
import { gettext } from "/static/ui/js/words.js";

class Alerts {
  /** @param {HTMLElement} list */
  constructor(list) {
    this.list = list;
    this.ending = new AbortController();
    keys.scope("alerts", { label: gettext("Alerts"), active: () => list.isConnected });
    for (const [key, by] of /** @type {const} */ ([["j", 1], ["ArrowDown", 1], ["k", -1], ["ArrowUp", -1]]))
      keys.bind("alerts", key, {
        label: key === "j" ? gettext("Next alert") : key === "k" ? gettext("Previous alert") : "",
        run: () => void step(list, by),
      });
    keys.bind("alerts", "Enter", { label: gettext("Open where it leads"), run: () => this.open() });
    keys.bind("alerts", "a", { label: gettext("Acknowledge"), run: () => this.acknowledge() });
    const { signal } = this.ending;
    list.addEventListener("htmx:beforeSwap", () => (this.at = focusedRow()?.dataset.row), { signal });
    list.addEventListener("htmx:afterSwap", () => this.back(), { signal });
    document.addEventListener("vigie:entry", (event) => this.undone(/** @type {CustomEvent} */ (event)), { signal });
    list.addEventListener("click", (event) => this.all(event), { signal });
  }

  open() {
    const row = focusedRow();
    const place = row?.dataset.place ?? row?.querySelector("a")?.href;
    if (!place) return false;
    location.assign(place);
  }

  acknowledge() {
    const row = focusedRow() ?? step(this.list, 1);
    const button = /** @type {HTMLButtonElement | null} */ (row?.querySelector("button[name=number]") ?? null);
    if (!button) return false;
    button.click();
  }

  /** "All of them": every open alert of the list goes with the form. @param {Event} event */
  all(event) {
    const button = event.target instanceof Element ? event.target.closest("[data-vigie-all]") : null;
    const form = button?.closest("form");
    if (!form) return;
    for (const row of form.querySelectorAll("[data-number]")) {
      const field = document.createElement("input");
      Object.assign(field, { type: "hidden", name: "number", value: /** @type {HTMLElement} */ (row).dataset.number });
      form.append(field);
    }
  }

  /** The focus stays where it was, or goes to what is now first. */
  back() {
    if (!this.at) return;
    const row = /** @type {HTMLElement | null} */ (this.list.querySelector(`[data-row="${this.at}"]`));
    (row ?? /** @type {HTMLElement | null} */ (this.list.querySelector("[data-row]")))?.focus();
    this.at = undefined;
  }

  /** @param {CustomEvent} event */
  undone(event) {
    if (event.detail.touches.includes("alerts")) this.at ??= focusedRow()?.dataset.row;
  }

  disconnect() {
    this.ending.abort();
  }
}

class AlertPage {
  /** @param {HTMLElement} page */
  constructor(page) {
    keys.scope("alert", { label: gettext("This alert"), active: () => page.isConnected });
    keys.bind("alert", "Enter", {
      label: gettext("Open where it leads"),
      run: () => {
        if (!page.dataset.place) return false;
        location.assign(page.dataset.place);
      },
    });
    keys.bind("alert", "a", {
      label: gettext("Acknowledge"),
      run: () => {
        const button = /** @type {HTMLButtonElement | null} */ (page.querySelector("[data-vigie-ack]"));
        if (!button) return false;
        button.click();
      },
    });
  }
}

class Sound {
  /** @param {HTMLInputElement} box */
  constructor(box) {
    box.checked = localStorage.getItem(SOUND) === "on";
    box.addEventListener("change", () => {
      localStorage.setItem(SOUND, box.checked ? "on" : "off");
      if (box.checked) ring();
    });
  }
}

register("alerts", Alerts);
register("alert-page", AlertPage);
register("alert-sound", /** @type {any} */ (Sound));
