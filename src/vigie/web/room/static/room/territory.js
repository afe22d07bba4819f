// The territory picker: a combobox that finds communes and a list of chips that go with the form.
// Down and Up move among what was found, Enter adds, Esc closes, Backspace in the empty field takes
// the last chip away. Enter before the answer to what is written waits for it: what an older answer
// proposed is never added.
import { register } from "/static/ui/js/behaviours.js";
import { drawIcon, make } from "/static/ui/js/dom.js";
import { fill, gettext, ngettext } from "/static/ui/js/words.js";

const PATIENCE_MS = 120;

class Territory {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    /** @param {string} selector */
    const part = (selector) => /** @type {HTMLElement} */ (root.querySelector(selector));
    this.field = /** @type {HTMLInputElement} */ (part("[data-search]"));
    this.options = part("[data-options]");
    this.chips = part("[data-chips]");
    this.count = part("[data-count]");
    this.clear = part("[data-clear]");
    this.said = part("[data-said]");
    /** @type {number | undefined} */
    this.timer = undefined;
    this.asked = 0;
    /** Whether what stands in the list answers what stands in the field. */
    this.answered = false;
    /** Whether Enter was pressed before the answer came. */
    this.adding = false;
    this.field.addEventListener("input", () => this.ask());
    this.field.addEventListener("keydown", (event) => this.key(event));
    this.field.addEventListener("focus", () => this.field.value && this.ask());
    this.options.addEventListener("pointerdown", (event) => event.preventDefault());
    this.options.addEventListener("click", (event) => {
      const option = event.target instanceof Element && event.target.closest(".option");
      if (option instanceof HTMLElement) this.choose(option);
    });
    this.chips.addEventListener("click", (event) => {
      const button = event.target instanceof Element && event.target.closest("[data-remove]");
      if (button) this.remove(/** @type {HTMLElement} */ (button.closest(".chip")));
    });
    this.clear.addEventListener("click", () => {
      this.chips.replaceChildren();
      this.tell(gettext("All communes removed"));
      this.field.focus();
    });
    this.away = (/** @type {Event} */ event) => {
      if (!root.contains(/** @type {Node} */ (event.target))) this.close();
    };
    document.addEventListener("pointerdown", this.away);
    document.addEventListener("focusin", this.away);
  }

  ask() {
    window.clearTimeout(this.timer);
    this.asked++;
    this.answered = this.adding = false;
    if (!this.field.value.trim()) return this.close();
    this.timer = window.setTimeout(() => this.search(), PATIENCE_MS);
  }

  async search() {
    window.clearTimeout(this.timer);
    const number = ++this.asked;
    const near = [...new Set([...this.chips.querySelectorAll("[data-code]")].map((chip) =>
      (/** @type {HTMLElement} */ (chip).dataset.code ?? "").slice(0, 2)))].slice(0, 5);
    const query = new URLSearchParams({ q: this.field.value.trim(), near: near.join(",") });
    try {
      const answer = await fetch(`${this.root.dataset.places}?${query}`, { headers: { "HX-Request": "true" } });
      if (number !== this.asked || !answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (number !== this.asked) return;
      this.options.replaceChildren(...page.body.childNodes);
    } catch {
      if (number !== this.asked) return;
      this.options.replaceChildren(make("p", { class: "soft small pad" }, gettext("The line is cut: try again in a moment.")));
    }
    for (const option of this.options.querySelectorAll("[data-code]"))
      if (this.has(/** @type {HTMLElement} */ (option).dataset.code ?? "")) option.setAttribute("data-taken", "");
    this.options.hidden = false;
    this.field.setAttribute("aria-expanded", "true");
    const first = /** @type {HTMLElement | null} */ (this.options.querySelector(".option:not([data-taken])"));
    this.point(first);
    this.answered = true;
    if (this.adding && first) void this.choose(first);
    this.adding = false;
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const all = /** @type {HTMLElement[]} */ ([...this.options.querySelectorAll(".option")]);
    const at = all.findIndex((option) => option.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (this.options.hidden) return this.ask();
      const next = event.key === "ArrowDown" ? at + 1 : at - 1;
      this.point(all.at(next % all.length) ?? null);
    } else if (event.key === "Enter") {
      // Enter in this field adds a commune; it never sends the form by accident.
      event.preventDefault();
      if (!this.field.value.trim()) return;
      if (this.answered) {
        if (!this.options.hidden && all[at]) void this.choose(all[at]);
      } else if (!this.adding) {
        this.adding = true;
        void this.search();
      }
    } else if (event.key === "Escape" && !this.options.hidden) {
      event.preventDefault();
      event.stopPropagation();
      this.close();
    } else if (event.key === "Backspace" && !this.field.value) {
      const last = this.chips.lastElementChild;
      if (last instanceof HTMLElement) this.remove(last);
    }
  }

  /** @param {HTMLElement | null} option */
  point(option) {
    for (const other of this.options.querySelectorAll(".option"))
      other.setAttribute("aria-selected", String(other === option));
    if (option) {
      this.field.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else this.field.removeAttribute("aria-activedescendant");
  }

  /** @param {HTMLElement} option */
  async choose(option) {
    const { code = "", name = "", dep = "", departement } = option.dataset;
    if (departement) await this.whole(departement, name);
    else if (!this.has(code)) {
      this.chips.append(this.chip(code, name, dep));
      this.tell(fill(gettext("%(name)s added"), { name }));
    }
    this.field.value = "";
    this.close();
    this.field.focus();
  }

  /** Every commune of a département. @param {string} url @param {string} name */
  async whole(url, name) {
    const answer = await fetch(url, { headers: { "HX-Request": "true" } });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = [...page.querySelectorAll("[data-code]")].filter(
      (chip) => !this.has(/** @type {HTMLElement} */ (chip).dataset.code ?? ""));
    this.chips.append(...fresh);
    this.tell(fill(ngettext("%(name)s: %(n)d commune added", "%(name)s: %(n)d communes added", fresh.length), { name, n: fresh.length }));
  }

  /** @param {string} code */
  has(code) {
    return this.chips.querySelector(`[data-code="${CSS.escape(code)}"]`) !== null;
  }

  /** @param {string} code @param {string} name @param {string} departement */
  chip(code, name, departement) {
    const remove = make("button", { type: "button", "data-remove": "", "aria-label": fill(gettext("Remove %(name)s"), { name }) }, drawIcon("x"));
    return make("li", { class: "chip", "data-code": code },
      make("input", { type: "hidden", name: "commune", value: code }),
      `${name} `, make("span", { class: "soft tiny" }, departement), remove);
  }

  /** @param {HTMLElement} chip */
  remove(chip) {
    const name = chip.childNodes[1]?.textContent?.trim() ?? "";
    const next = chip.nextElementSibling ?? chip.previousElementSibling;
    const had = chip.contains(document.activeElement);
    chip.remove();
    this.tell(fill(gettext("%(name)s removed"), { name }));
    if (had) /** @type {HTMLElement} */ (next?.querySelector("[data-remove]") ?? this.field).focus();
  }

  /** @param {string} words */
  tell(words) {
    const n = this.chips.childElementCount;
    this.count.textContent = fill(ngettext("%(n)d commune", "%(n)d communes", n), { n });
    this.clear.hidden = n === 0;
    this.said.textContent = words;
  }

  close() {
    window.clearTimeout(this.timer);
    this.asked++;
    this.answered = this.adding = false;
    this.options.hidden = true;
    this.field.setAttribute("aria-expanded", "false");
    this.field.removeAttribute("aria-activedescendant");
  }

  disconnect() {
    document.removeEventListener("pointerdown", this.away);
    document.removeEventListener("focusin", this.away);
  }
}

register("territory", Territory);
