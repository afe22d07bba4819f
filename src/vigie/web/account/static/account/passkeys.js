// What a passkey could not do, in words; allauth's own script does the exchange with the server.
import { toast } from "/static/ui/js/toast.js";
import { gettext } from "/static/ui/js/words.js";

/** @param {{ name?: string }} error @returns {string} */
function words(error) {
  if (error.name === "SecurityError")
    return gettext("Passkeys need a name as address, not a number: open Vigie by its https name (or localhost on this machine).");
  if (error.name === "NotAllowedError" || error.name === "AbortError")
    return gettext("No passkey was used: the browser was told to stop, or waited too long. Try again, or use your password.");
  if (error.name === "InvalidStateError") return gettext("This key is already registered.");
  return gettext("The passkey did not work. Try again, or use your password.");
}

document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  toast(words(/** @type {CustomEvent} */ (event).detail.exception ?? {}), { kind: "bad" });
});
