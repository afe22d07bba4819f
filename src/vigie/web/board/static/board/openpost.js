// The post shown beside the board: kept fresh, but never under the hands of who writes in it.
import { isWriting } from "/static/ui/js/dom.js";
import { selection } from "/static/ui/js/selection.js";
import { toast } from "/static/ui/js/toast.js";
import { gettext } from "/static/ui/js/words.js";
import { applyAnswer, linesOf } from "./lines.js";
import { post } from "./outbox.js";

export class OpenPost {
  /**
   * @param {string} base address of the board
   * @param {(verb: string, line: HTMLElement, data: Record<string, string>) => void} perform
   */
  constructor(base, perform) {
    this.base = base;
    this.perform = perform;
    this.slot = /** @type {HTMLElement} */ (document.getElementById("detail"));
    this.stale = "";
    this.slot.addEventListener("htmx:afterSwap", () => this.select());
    this.slot.addEventListener("submit", (event) => this.submitted(event));
    this.slot.addEventListener("change", ({ target }) => {
      if (target instanceof HTMLSelectElement && target.matches("[data-vigie-submit]")) target.form?.requestSubmit();
    });
    this.slot.addEventListener("focusout", () => {
      if (this.stale) setTimeout(() => this.refresh([this.stale]), 0);
    });
    this.last = "";
    this.closed = () => {
      if (location.pathname !== base) history.pushState({}, "", base);
      // the link it was opened by may be gone with the line's old content: the line is still there
      setTimeout(() => {
        const line = linesOf(this.last).find((each) => each.tabIndex === 0) ?? linesOf(this.last)[0];
        if (!document.activeElement?.closest(".post")) line?.focus({ preventScroll: true });
      });
    };
    document.addEventListener("vigie:detail-closed", this.closed);
    this.select();
  }

  /** The post shown, as an element with data-lead and data-version. @returns {HTMLElement | null} */
  get shown() {
    const open = /** @type {HTMLElement | null} */ (this.slot.querySelector("[data-detail-lead]"));
    if (open) open.dataset.lead = open.dataset.detailLead;
    return open;
  }

  get lead() {
    return this.shown?.dataset.lead;
  }

  select() {
    if (!this.lead) return;
    this.last = this.lead;
    selection.set(`lead:${this.lead}`, "board");
  }

  /** Show the post as it is now, if it is one of these. @param {string[]} leads */
  refresh(leads) {
    const { lead, slot } = this;
    const field = document.activeElement;
    const inside = slot.contains(field);
    if (!lead || !leads.includes(lead)) return;
    if (inside && isWriting(field) && /** @type {HTMLInputElement} */ (field).value && !(field instanceof HTMLSelectElement)) {
      this.stale = lead;
      return;
    }
    this.stale = "";
    const focus = inside ? field?.id : "";
    const top = slot.scrollTop;
    /** @type {any} */ (window).htmx
      .ajax("GET", `${this.base}lead/${lead}/`, { target: "#detail", source: slot, swap: "innerHTML" })
      .then(() => {
        slot.scrollTop = top;
        if (focus) document.getElementById(focus)?.focus();
        else if (inside) slot.focus();
      });
  }

  /** @param {SubmitEvent} event */
  submitted(event) {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !form.dataset.vigieGesture) return;
    event.preventDefault();
    /** @type {Record<string, string>} */
    const data = {};
    for (const [name, value] of new FormData(form, event.submitter)) data[name] = String(value);
    const { lead: seen = "", csrfmiddlewaretoken: _, ...rest } = data;
    const [lead = "", version = ""] = seen.split(":");
    if (form.dataset.vigieGesture === "note") return void this.write(form, lead, rest);
    const line = document.createElement("div");
    Object.assign(line.dataset, { lead, version });
    this.perform(form.dataset.vigieGesture, linesOf(lead)[0] ?? line, rest);
  }

  /** A note stays in its field until the server has it. @param {HTMLFormElement} form
   * @param {string} lead @param {Record<string, string>} data */
  async write(form, lead, data) {
    try {
      const { status, html } = await post(`${this.base}do/note/`, new URLSearchParams({ ...data, lead }));
      const said = applyAnswer(html)?.dataset.said;
      if (status >= 400) return void toast(said || gettext("The note was not kept. It stays here; try again."), { kind: "warn" });
      form.dispatchEvent(new CustomEvent("vigie:draft-sent"));
      form.reset();
      this.refresh([lead]);
    } catch {
      toast(gettext("The line is cut: the note was not kept. It stays here; try again."), { kind: "warn" });
    }
  }

  disconnect() {
    document.removeEventListener("vigie:detail-closed", this.closed);
  }
}
