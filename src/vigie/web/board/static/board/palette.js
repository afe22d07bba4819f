// A small search dialog: type, arrows, Enter. Its options are in the page or come from data-source.
// Enter before the answer to what is written waits for it: an older answer is never chosen.
import { register } from "/static/ui/js/behaviours.js";

const PAUSE_MS = 120;

/** Without case and accents. @param {string} text */
const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").replace(/œ/gi, "oe").toLowerCase();

class Palette {
  /** @param {HTMLDialogElement} dialog */
  constructor(dialog) {
    this.dialog = dialog;
    this.input = /** @type {HTMLInputElement} */ (dialog.querySelector("[role=combobox]"));
    this.list = /** @type {HTMLElement} */ (dialog.querySelector("[role=listbox]"));
    /** @type {(option: HTMLElement | null) => void} */
    this.settle = () => undefined;
    /** @type {Record<string, string>} */
    this.context = {};
    /** Whether the list answers what is written. */
    this.answered = true;
    /** Whether Enter was pressed before the answer came. */
    this.hasty = false;
    this.input.addEventListener("input", () => this.search());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.list.addEventListener("click", (event) => {
      const option = event.target instanceof Element && event.target.closest("[role=option]");
      if (option) this.choose(/** @type {HTMLElement} */ (option));
    });
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    dialog.addEventListener("close", () => this.settle(null));
    palettes.set(dialog.dataset.vigiePalette ?? "", this);
  }

  /**
   * Show it; gives the option chosen, or null.
   * @param {Record<string, string>} context sent along to data-source
   * @returns {Promise<HTMLElement | null>}
   */
  ask(context) {
    if (this.dialog.open) return Promise.resolve(null);
    this.context = context;
    this.input.value = "";
    this.dialog.showModal();
    this.input.focus();
    void this.search();
    return new Promise((resolve) => (this.settle = resolve));
  }

  async search() {
    const source = this.dialog.dataset.source;
    const text = this.input.value.trim();
    if (source) {
      const turn = (this.turn = Symbol("search"));
      this.answered = this.hasty = false;
      await new Promise((resolve) => setTimeout(resolve, text ? PAUSE_MS : 0));
      if (this.turn !== turn) return;
      const query = new URLSearchParams({ ...this.context, q: text });
      try {
        const response = await fetch(`${source}?${query}`, { headers: { "HX-Request": "true" } });
        const html = response.ok ? await response.text() : "";
        if (this.turn !== turn) return;
        this.list.innerHTML = html;
      } catch {
        if (this.turn !== turn) return;
        this.list.replaceChildren();
      }
      this.answered = true;
    } else {
      const key = fold(text);
      for (const option of this.all())
        option.hidden = !!key && !fold(option.dataset.text ?? "").split(/[\s,:()’']+/).some((word) => word.startsWith(key)) && !fold(option.dataset.text ?? "").includes(key);
    }
    const first = this.options()[0] ?? null;
    this.mark(first);
    if (this.hasty && first) this.choose(first);
    this.hasty = false;
  }

  all() {
    return /** @type {HTMLElement[]} */ ([...this.list.querySelectorAll("[role=option]")]);
  }

  options() {
    return this.all().filter((option) => !option.hidden);
  }

  /** @param {HTMLElement | null} option */
  mark(option) {
    for (const each of this.all()) each.setAttribute("aria-selected", String(each === option));
    if (option) this.input.setAttribute("aria-activedescendant", option.id);
    else this.input.removeAttribute("aria-activedescendant");
    option?.scrollIntoView({ block: "nearest" });
  }

  marked() {
    return this.options().find((option) => option.getAttribute("aria-selected") === "true") ?? null;
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.isComposing) return;
    const options = this.options();
    const marked = this.marked();
    const at = marked ? options.indexOf(marked) : -1;
    if (event.key === "ArrowDown") this.mark(options[Math.min(options.length - 1, at + 1)] ?? null);
    else if (event.key === "ArrowUp") this.mark(options[Math.max(0, at - 1)] ?? null);
    else if (event.key === "Enter") {
      if (!this.answered) this.hasty = true;
      else if (marked) this.choose(marked);
    } else return;
    event.preventDefault();
  }

  /** @param {HTMLElement} option */
  choose(option) {
    const settle = this.settle;
    this.settle = () => undefined;
    this.dialog.close();
    settle(option);
  }

  disconnect() {
    palettes.delete(this.dialog.dataset.vigiePalette ?? "");
  }
}

/** @type {Map<string, Palette>} */
const palettes = new Map();

/**
 * Ask with the palette of this name; null when nothing was chosen or there is no such palette.
 * @param {string} name @param {Record<string, string>} [context]
 */
export const ask = (name, context = {}) => palettes.get(name)?.ask(context) ?? Promise.resolve(null);

register("palette", /** @type {any} */ (Palette));
