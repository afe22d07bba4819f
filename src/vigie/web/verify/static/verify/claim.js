// The page of one claim: its keys, its parts that are replaced while others work, and the time a
// person has it before them (a beat every half minute while the page is visible and they are at it).
import { register } from "/static/ui/js/behaviours.js";
import { keys } from "/static/ui/js/keyboard.js";
import { focusedRow, step } from "/static/ui/js/selection.js";
import { gettext } from "/static/ui/js/words.js";

const BEAT_MS = 30_000;
const ACTIVE_MS = 120_000;

class ClaimPage {
  /** @param {HTMLElement} page */
  constructor(page) {
    this.page = page;
    this.ending = new AbortController();
    this.active = Date.now();
    const { signal } = this.ending;
    for (const name of ["pointerdown", "pointermove", "keydown", "scroll", "wheel"])
      document.addEventListener(name, () => (this.active = Date.now()), { signal, passive: true, capture: true });
    page.addEventListener("input", (event) => this.writing(event), { signal });
    page.addEventListener("change", (event) => this.writing(event), { signal });
    page.addEventListener("htmx:beforeRequest", (event) => this.sending(/** @type {CustomEvent} */ (event)), { signal });
    page.addEventListener("htmx:afterRequest", (event) => this.sent(/** @type {CustomEvent} */ (event)), { signal });
    page.addEventListener("htmx:beforeSwap", (event) => (this.by = /** @type {CustomEvent} */ (event).detail.requestConfig?.elt), { signal });
    page.addEventListener("htmx:oobBeforeSwap", (event) => this.swapping(/** @type {CustomEvent} */ (event)), { signal });
    page.addEventListener("htmx:oobAfterSwap", () => this.back(), { signal });
    this.bind();
    this.beating = window.setInterval(() => this.beat(), BEAT_MS);
    this.beat();
  }

  bind() {
    keys.scope("claim", { label: gettext("This claim"), active: () => this.page.isConnected });
    /** @param {string} key @param {string} label @param {() => void | false} run @param {string} [caps] */
    const bind = (key, label, run, caps) => keys.bind("claim", key, { label, run, caps });
    bind("j", gettext("Next post"), () => void step(this.page, 1));
    bind("k", gettext("Previous post"), () => void step(this.page, -1));
    bind("Enter", gettext("Open"), () => this.press(focusedRow()?.querySelector("[data-open]")));
    bind("t", gettext("Take, release"), () => this.press(this.page.querySelector("[data-key=t] button")));
    bind("n", gettext("Next gesture"), () => this.next());
    [..."123456"].forEach((value, at) =>
      bind(value, at ? "" : gettext("Rate the information"), () => this.rate(value), "1 – 6"));
    [..."ABCDEF"].forEach((value, at) =>
      bind(`Shift+${value}`, at ? "" : gettext("Rate the source"), () => this.rate(`Shift+${value}`), "Shift+A – F"));
  }

  /** @param {string} key */
  rate(key) {
    return this.press(this.page.querySelector(`[data-rate="${key}"]`));
  }

  /** Do what comes next, or go to where it is done: its first field (of what is not
   * answered yet), else the part itself. @returns {void | false} */
  next() {
    const step = this.page.querySelector("[data-next] :is(button, a)");
    if (!(step instanceof HTMLAnchorElement)) return this.press(step);
    const part = this.page.querySelector(step.hash);
    if (!(part instanceof HTMLElement)) return false;
    const open = part.querySelector(".check-line:not(.answered)");
    const fields = /** @type {NodeListOf<HTMLElement>} */ ((open ?? part).querySelectorAll("button, input:not([type=hidden]), textarea, select, summary"));
    const first = [...fields].find((each) => each.checkVisibility());
    (open ?? part).scrollIntoView({ block: open ? "center" : "start" });
    if (first) return first.focus({ preventScroll: true });
    part.tabIndex = -1;
    part.focus({ preventScroll: true });
  }

  /** @param {Element | null | undefined} button @returns {void | false} */
  press(button) {
    if (!(button instanceof HTMLElement)) return false;
    button.click();
  }

  beat() {
    if (document.visibilityState !== "visible" || Date.now() - this.active > ACTIVE_MS) return;
    const token = JSON.parse(document.body.getAttribute("hx-headers") ?? "{}")["X-CSRFToken"] ?? "";
    fetch(this.page.dataset.beat ?? "", { method: "POST", headers: { "X-CSRFToken": token } }).catch(() => {});
  }

  // -- parts ------------------------------------------------------------------------------------

  /** @param {Event} event */
  writing(event) {
    const field = event.target;
    if (!(field instanceof HTMLElement) || field.matches("[name=stance]")) return;
    const part = partOf(field);
    if (part) part.dataset.dirty = "yes";
  }

  /** @param {CustomEvent} event */
  sending(event) {
    const part = partOf(event.detail.elt);
    if (part) part.dataset.sending = "yes";
  }

  /** @param {CustomEvent} event */
  sent(event) {
    const part = partOf(event.detail.elt);
    if (part) delete part.dataset.sending;
  }

  /**
   * A part is about to be replaced: not while somebody writes in it, unless it is the answer to what
   * they sent, and not by an older one. What was folded out stays so.
   * @param {CustomEvent} event
   */
  swapping(event) {
    const old = /** @type {HTMLElement} */ (event.detail.target);
    const fresh = event.detail.fragment.firstElementChild;
    const own = this.by instanceof HTMLElement && old.contains(this.by);
    // What is under way from a part replaces it when it is answered: replaced before, the form that
    // asked would be gone, and its answer would find no place.
    if (((old.dataset.dirty || old.dataset.sending) && !own) || Number(fresh?.dataset?.version ?? 0) < Number(old.dataset.version ?? 0)) {
      event.detail.shouldSwap = false;
      return;
    }
    const before = [...old.querySelectorAll("details")];
    const after = [...event.detail.fragment.querySelectorAll("details")];
    for (const [at, each] of before.entries())
      if (each.open && !(own && each.contains(/** @type {Node} */ (this.by))) && after[at]) after[at].open = true;
    const row = focusedRow();
    if (row && old.contains(row)) this.at = row.dataset.row;
    const active = document.activeElement;
    if (active instanceof HTMLElement && old.contains(active)) this.focus = placeOf(active);
  }

  back() {
    const row = this.at ? this.page.querySelector(`[data-row="${this.at}"]`) : null;
    const field = this.focus ? this.page.querySelector(this.focus) : null;
    const next = field ?? row;
    if (next instanceof HTMLElement && !this.page.contains(document.activeElement)) next.focus();
    if (next) this.at = this.focus = undefined;
  }

  disconnect() {
    window.clearInterval(this.beating);
    this.ending.abort();
  }
}

/** @param {Element} element @returns {HTMLElement | null} */
const partOf = (element) => /** @type {HTMLElement | null} */ (element.closest?.("[data-part]") ?? null);

/** How to find a control again after its part was replaced. @param {HTMLElement} control */
function placeOf(control) {
  if (control.id) return `#${CSS.escape(control.id)}`;
  const form = control.closest("form");
  const name = control.getAttribute("name");
  if (!form || !name) return undefined;
  const question = /** @type {HTMLInputElement | null} */ (form.querySelector("[name=question]"));
  const value = CSS.escape(/** @type {HTMLInputElement} */ (control).value ?? "");
  const own = `[name="${name}"][value="${value}"]`;
  return question ? `form:has([value="${question.value}"]) ${own}` : own;
}

register("claim", ClaimPage);
