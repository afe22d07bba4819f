// Signing out forgets what maps keep on this device (kept.js). What has not reached the server yet is
// sealed for its owner; on a shared computer, or where it cannot be sealed, it goes, after asking.
import { forget, forgetPages, maps, MAPS, seal, shared, waiting, KEPT_MS } from "./kept.js";
import { fill, ngettext } from "./words.js";

const PATIENCE_MS = 1_500;

document.addEventListener("submit", (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (!form.action.endsWith("/logout/")) return;
  event.preventDefault();
  void leave(form);
});

/** @param {HTMLFormElement} form */
async function leave(form) {
  const late = new Promise((resolve) => window.setTimeout(resolve, PATIENCE_MS));
  const person = document.body.dataset.person ?? "";
  const own = (await maps().catch(() => [])).filter((name) => name.startsWith(`${MAPS}${person}.`));
  const counts = await Promise.all(own.map((name) => Promise.race([waiting(name), late.then(() => 0)])));
  const n = counts.reduce((sum, each) => sum + each, 0);
  const sealing = !shared() && "crypto" in window && Boolean(crypto.subtle);
  if (n && !window.confirm(sealing ? stays(n) : goes(n))) return;
  const all = own.map((name) => (sealing ? seal(name).then(() => {}, () => {}) : forget(name)));
  await Promise.race([Promise.all([...all, forgetPages("").catch(() => {})]), late]);
  form.submit();
}

/** @param {number} n */
function stays(n) {
  const words = ngettext(
    "%(n)s change drawn on this device has not reached the server. It stays here, sealed: it leaves when you sign in here again and open the map, before %(day)s. Sign out?",
    "%(n)s changes drawn on this device have not reached the server. They stay here, sealed: they leave when you sign in here again and open the map, before %(day)s. Sign out?", n,
  );
  const day = new Date(Date.now() + KEPT_MS).toLocaleDateString(document.documentElement.lang, { day: "numeric", month: "long" });
  return fill(words, { n, day });
}

/** @param {number} n */
function goes(n) {
  const words = ngettext(
    "%(n)s change drawn on this device has not reached the server. Signing out forgets it. Sign out?",
    "%(n)s changes drawn on this device have not reached the server. Signing out forgets them. Sign out?", n,
  );
  return fill(words, { n });
}
