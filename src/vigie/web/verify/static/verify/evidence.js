// Adding evidence: the fields of the chosen kind alone, and files by paste or drop.
import { register } from "/static/ui/js/behaviours.js";

/** @param {EventTarget | null} target */
const isField = (target) =>
  target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;

class AddEvidence {
  /** @param {HTMLElement} form */
  constructor(form) {
    this.form = /** @type {HTMLFormElement} */ (form);
    this.file = /** @type {HTMLInputElement | null} */ (form.querySelector("input[type=file]"));
    this.shown = /** @type {HTMLImageElement | null} */ (form.querySelector("[data-preview]"));
    this.paste = (/** @type {ClipboardEvent} */ event) => {
      const [file] = event.clipboardData?.files ?? [];
      if (file ? this.take(file) : this.takeLink(event)) event.preventDefault();
    };
    document.addEventListener("paste", this.paste);
    form.addEventListener("change", (event) => {
      if (event.target instanceof HTMLInputElement && event.target.name === "kind") this.fit();
      if (event.target === this.file) this.show();
    });
    for (const kind of ["dragenter", "dragover"]) form.addEventListener(kind, (event) => this.over(event, true));
    for (const kind of ["dragleave", "drop"]) form.addEventListener(kind, (event) => this.over(event, false));
    form.addEventListener("drop", (event) => {
      const [file] = /** @type {DragEvent} */ (event).dataTransfer?.files ?? [];
      if (file) this.take(file);
    });
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      this.form.requestSubmit();
    });
    this.fit();
  }

  kind() {
    return new FormData(this.form).get("kind");
  }

  /** Show what the kind needs; what is hidden is not sent. */
  fit() {
    const kind = String(this.kind());
    for (const part of /** @type {NodeListOf<HTMLElement>} */ (this.form.querySelectorAll("[data-for]"))) {
      const wanted = (part.dataset.for ?? "").split(" ").includes(kind);
      part.hidden = !wanted;
      for (const field of part.querySelectorAll("input, select, textarea"))
        if (field.closest("[data-for]") === part) field.toggleAttribute("disabled", !wanted);
    }
    if (this.file) this.file.accept = kind === "screenshot" ? "image/*" : "";
  }

  /** @param {string} kind */
  choose(kind) {
    const radio = this.form.querySelector(`input[name=kind][value=${kind}]`);
    if (!(radio instanceof HTMLInputElement)) return;
    radio.checked = true;
    this.fit();
  }

  /** @param {Event} event @param {boolean} inside */
  over(event, inside) {
    if (!(event instanceof DragEvent) || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    this.form.classList.toggle("dropping", inside);
  }

  /** @param {File} file */
  take(file) {
    if (!this.file) return false;
    const picture = file.type.startsWith("image/");
    if (this.kind() !== "statement") this.choose(picture ? "screenshot" : "file");
    const carrier = new DataTransfer();
    carrier.items.add(file);
    this.file.files = carrier.files;
    this.show();
    this.title()?.focus();
    return true;
  }

  /** A link pasted beside the fields. @param {ClipboardEvent} event */
  takeLink(event) {
    const text = event.clipboardData?.getData("text/plain").trim() ?? "";
    if (isField(event.target) || !/^https?:\/\/\S+$/.test(text)) return false;
    const field = this.form.elements.namedItem("url");
    if (!(field instanceof HTMLInputElement)) return false;
    this.choose("link");
    field.value = text;
    this.title()?.focus();
    return true;
  }

  title() {
    const field = this.form.elements.namedItem("title");
    return field instanceof HTMLInputElement ? field : null;
  }

  show() {
    const file = this.file?.files?.[0];
    if (!this.shown) return;
    if (this.shown.src) URL.revokeObjectURL(this.shown.src);
    const picture = file?.type.startsWith("image/") ?? false;
    this.shown.hidden = !picture;
    if (file && picture) this.shown.src = URL.createObjectURL(file);
    else this.shown.removeAttribute("src");
  }

  disconnect() {
    document.removeEventListener("paste", this.paste);
  }
}

register("add-evidence", AddEvidence);
