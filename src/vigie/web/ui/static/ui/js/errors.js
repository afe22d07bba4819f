// What htmx could not do, in words: what happened, what was kept, what to do.
// An answer that brings its own toast (web/ui/toasts.py) is left to speak for itself.
import { toast } from "./toast.js";
import { gettext } from "./words.js";

/** @param {number} status @returns {string} */
function words(status) {
  if (status === 403) return gettext("Your role does not allow this. Nothing was changed.");
  if (status === 404) return gettext("This no longer exists, or is not yours to see. Nothing was changed.");
  if (status === 409) return gettext("Somebody changed this in the meantime. Nothing of yours was saved over it: look again and repeat.");
  if (status === 413) return gettext("This is too large to send. Nothing was saved.");
  if (status === 429) return gettext("Too many attempts. Wait a minute and try again.");
  if (status >= 500) return gettext("The server failed. Your gesture was not saved; what was saved before is safe. Try again.");
  return gettext("The server did not understand this. Nothing was changed.");
}

document.addEventListener("htmx:responseError", (event) => {
  const { xhr } = /** @type {CustomEvent} */ (event).detail;
  if (xhr.status === 401) {
    if (xhr.getResponseHeader("HX-Redirect")) return;
    const url = `${document.body.dataset.signIn}?next=${encodeURIComponent(location.pathname + location.search)}`;
    toast(gettext("You are signed out. Texts being written stay in this browser."), {
      kind: "warn", lasting: true, link: { url, label: gettext("Sign in") },
    });
  } else if (!xhr.getResponseHeader("HX-Trigger")?.includes("vigie:toast")) {
    toast(words(xhr.status), { kind: "bad" });
  }
});

for (const name of ["htmx:sendError", "htmx:timeout"])
  document.addEventListener(name, () => {
    toast(gettext("No line: this was not sent. Try again when the line is back."), { kind: "bad" });
  });
