// A picture pasted anywhere on the page goes into the form's file field, and is shown.
import { register } from "/static/ui/js/behaviours.js";

class Paste {
  /** @param {HTMLElement} form */
  constructor(form) {
    this.field = /** @type {HTMLInputElement | null} */ (form.querySelector("input[type=file]"));
    this.shown = /** @type {HTMLImageElement | null} */ (form.querySelector("[data-paste-preview]"));
    this.paste = (/** @type {ClipboardEvent} */ event) => {
      const picture = [...(event.clipboardData?.files ?? [])].find((file) => file.type.startsWith("image/"));
      if (!picture || !this.field) return;
      event.preventDefault();
      const carrier = new DataTransfer();
      carrier.items.add(picture);
      this.field.files = carrier.files;
      this.show();
    };
    document.addEventListener("paste", this.paste);
    this.field?.addEventListener("change", () => this.show());
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
  }
}

register("paste", Paste);
