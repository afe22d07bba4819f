// <form data-vigie-draft="capture">: what is being written survives a lost line, a closed tab and a
// crash, in this browser only, until the form is sent. Passwords and files are never kept.
import { register } from "./behaviours.js";
import { toast } from "./toast.js";
import { gettext } from "./words.js";

const PREFIX = "vigie.draft.";
const KEPT_MS = 7 * 24 * 3_600_000;
const NOT_KEPT = "[type=password], [type=file], [type=hidden], [data-no-draft]";

class Draft {
  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.form = form;
    this.name = `${PREFIX}${form.dataset.vigieDraft || location.pathname}`;
    this.restore();
    form.addEventListener("input", () => this.keep());
    form.addEventListener("submit", () => (this.sent = true));
    form.addEventListener("htmx:afterRequest", (event) => {
      if (/** @type {CustomEvent} */ (event).detail.successful) this.forget();
    });
    form.addEventListener("vigie:draft-sent", () => this.forget());
    this.leave = () => {
      if (this.sent && !form.hasAttribute("hx-post")) this.forget();
    };
    window.addEventListener("pagehide", this.leave);
  }

  fields() {
    return /** @type {(HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement)[]} */ ([
      ...this.form.elements,
    ]).filter((field) => field.name && !field.matches(NOT_KEPT) && field.matches("input, textarea, select"));
  }

  keep() {
    /** @type {Record<string, string>} */
    const values = {};
    for (const field of this.fields()) {
      if (field instanceof HTMLInputElement && /^(checkbox|radio)$/.test(field.type)) continue;
      if (field.value) values[field.name] = field.value;
    }
    try {
      localStorage.setItem(this.name, JSON.stringify({ at: Date.now(), values }));
    } catch {
      // storage is full or refused: the form works as any other
    }
  }

  restore() {
    const kept = localStorage.getItem(this.name);
    if (!kept) return;
    const { at, values } = JSON.parse(kept);
    if (Date.now() - at > KEPT_MS) return this.forget();
    let found = false;
    for (const field of this.fields()) {
      const value = values[field.name];
      if (value === undefined || field.value === value) continue;
      if (field.value && !(field instanceof HTMLSelectElement)) continue;
      field.value = value;
      found = true;
    }
    if (found)
      toast(gettext("Your draft was kept: it is back in the form."), {
        undo: () => {
          this.form.reset();
          this.forget();
        },
        undoLabel: gettext("Discard the draft"),
      });
  }

  forget() {
    localStorage.removeItem(this.name);
  }

  disconnect() {
    window.removeEventListener("pagehide", this.leave);
  }
}

register("draft", /** @type {any} */ (Draft));
