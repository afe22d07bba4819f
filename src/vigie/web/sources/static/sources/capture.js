// The capture form in two keys: paste anywhere on the page (a picture, a link or a text goes into its
// field), then Ctrl+Enter. Opened by the bookmark or the share menu, filled in, Enter alone captures.
import { register } from "/static/ui/js/behaviours.js";

/** @param {EventTarget | null} target */
const isField = (target) =>
  target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;

class Paste {
  /** @param {HTMLElement} form */
  constructor(form) {
    this.form = /** @type {HTMLFormElement} */ (form);
    this.field = /** @type {HTMLInputElement | null} */ (form.querySelector("input[type=file]"));
    this.shown = /** @type {HTMLImageElement | null} */ (form.querySelector("[data-paste-preview]"));
    this.button = /** @type {HTMLButtonElement | null} */ (form.querySelector("button:not([type=button])"));
    this.paste = (/** @type {ClipboardEvent} */ event) => {
      if (this.takePicture(event) || this.takeText(event)) event.preventDefault();
    };
    this.key = (/** @type {KeyboardEvent} */ event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      this.form.requestSubmit();
    };
    document.addEventListener("paste", this.paste);
    document.addEventListener("keydown", this.key);
    this.field?.addEventListener("change", () => this.show());
    const given = new URLSearchParams(location.search);
    if (["url", "text", "picture"].some((name) => given.get(name))) this.button?.focus();
  }

  /** @param {ClipboardEvent} event */
  takePicture(event) {
    const picture = [...(event.clipboardData?.files ?? [])].find((file) => file.type.startsWith("image/"));
    if (!picture || !this.field) return false;
    const carrier = new DataTransfer();
    carrier.items.add(picture);
    this.field.files = carrier.files;
    this.show();
    return true;
  }

  /** A link or a text pasted beside the fields. @param {ClipboardEvent} event */
  takeText(event) {
    const text = event.clipboardData?.getData("text/plain").trim() ?? "";
    if (!text || isField(event.target)) return false;
    const name = /^https?:\/\/\S+$/.test(text) ? "url" : "text";
    const field = this.form.elements.namedItem(name);
    if (!(field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement)) return false;
    field.value = field.value && name === "text" ? `${field.value}\n${text}` : text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    return true;
  }

  show() {
    const picture = this.field?.files?.[0];
    if (!this.shown) return;
    if (this.shown.src) URL.revokeObjectURL(this.shown.src);
    this.shown.hidden = !picture;
    if (picture) this.shown.src = URL.createObjectURL(picture);
  }

  disconnect() {
    document.removeEventListener("paste", this.paste);
    document.removeEventListener("keydown", this.key);
  }
}

register("paste", Paste);
