// Asking before what cannot be undone, in our own dialog.
//   <form data-vigie-confirm="Revoke this token?" data-confirm-text="…" data-confirm-label="Revoke">
//   <button hx-post=… hx-confirm="Close the operation?" data-confirm-label="Close it">
//   if (await confirmed({ title, text, label })) …
import { register } from "./behaviours.js";
import { gettext } from "./words.js";

/**
 * Whether the person said yes. Esc, Cancel and the backdrop say no; the focus goes back where it was.
 * @param {{ title: string, text?: string, label?: string }} question @returns {Promise<boolean>}
 */
export function confirmed({ title, text = "", label }) {
  const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("confirm-dialog"));
  const part = (/** @type {string} */ id) => /** @type {HTMLElement} */ (dialog.querySelector(`#${id}`));
  part("confirm-title").textContent = title;
  part("confirm-text").textContent = text;
  part("confirm-text").hidden = !text;
  part("confirm-yes").textContent = label ?? gettext("Continue");
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

class Confirm {
  /** @param {HTMLFormElement} form */
  constructor(form) {
    form.addEventListener("submit", async (event) => {
      if (form.dataset.confirmed) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      const { submitter } = event;
      const { vigieConfirm = "", confirmText, confirmLabel } = form.dataset;
      if (!(await confirmed({ title: vigieConfirm, text: confirmText, label: confirmLabel }))) return;
      form.dataset.confirmed = "yes";
      form.requestSubmit(submitter);
      delete form.dataset.confirmed;
    });
  }
}

register("confirm", /** @type {any} */ (Confirm));

document.addEventListener("htmx:confirm", async (event) => {
  const { question, elt, issueRequest } = /** @type {CustomEvent} */ (event).detail;
  if (!question) return;
  event.preventDefault();
  const { confirmText, confirmLabel } = /** @type {HTMLElement} */ (elt).dataset;
  if (await confirmed({ title: question, text: confirmText, label: confirmLabel })) issueRequest(true);
});
