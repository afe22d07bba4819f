// The pages of releasing: their keys, and what is chosen to stay inside becomes faint at once.
import { keys } from "/static/ui/js/keyboard.js";
import { gettext } from "/static/ui/js/words.js";

/** @param {string} selector */
const press = (selector) => {
  const button = /** @type {HTMLButtonElement | null} */ (document.querySelector(selector));
  if (!button) return false;
  button.click();
};
const has = (/** @type {string} */ selector) => () => document.querySelector(selector) !== null;

keys.scope("release", { label: gettext("Releasing the map"), active: has(".release") });
keys.bind("release", "m", { label: gettext("Read it over"), when: has("[data-release-go]"), run: () => press("[data-release-go]") });
keys.bind("release", "Shift+R", {
  label: gettext("Withdraw the map at once"), when: has("[data-release-withdraw]"), run: () => press("[data-release-withdraw]"),
});

for (const row of document.querySelectorAll(".release-line")) {
  const choice = /** @type {HTMLSelectElement | null} */ (row.querySelector("select"));
  choice?.addEventListener("change", () => row.classList.toggle("is-out", choice.value !== "no"));
}
