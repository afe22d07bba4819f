// Signing out forgets what the map keeps on this device (web/layers/static/layers/keep.js), and asks
// first when something of it has not reached the server yet.
import { fill, ngettext } from "./words.js";

const PREFIX = "vigie.map.";
const PATIENCE_MS = 1_500;

document.addEventListener("submit", (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (!form.action.endsWith("/logout/") || !("indexedDB" in window)) return;
  event.preventDefault();
  void leave(form);
});

/** @param {HTMLFormElement} form */
async function leave(form) {
  const late = new Promise((resolve) => window.setTimeout(resolve, PATIENCE_MS));
  const names = ((await indexedDB.databases?.()) ?? []).flatMap(({ name }) => (name?.startsWith(PREFIX) ? [name] : []));
  const counts = await Promise.all(names.map((name) => Promise.race([waiting(name), late.then(() => 0)])));
  const n = counts.reduce((sum, each) => sum + each, 0);
  const words = ngettext(
    "%(n)s change drawn on this device has not reached the server. Signing out forgets it. Sign out?",
    "%(n)s changes drawn on this device have not reached the server. Signing out forgets them. Sign out?", n,
  );
  if (n && !window.confirm(fill(words, { n }))) return;
  await Promise.race([Promise.all(names.map(forget)), late]);
  form.submit();
}

/** How many edits wait in it. @param {string} name @returns {Promise<number>} */
const waiting = (name) =>
  new Promise((resolve) => {
    const asked = indexedDB.open(name);
    asked.onerror = () => resolve(0);
    asked.onsuccess = () => {
      const base = asked.result;
      if (!base.objectStoreNames.contains("pending")) return base.close(), resolve(0);
      const count = base.transaction("pending").objectStore("pending").count();
      count.onsuccess = () => (base.close(), resolve(count.result));
      count.onerror = () => (base.close(), resolve(0));
    };
  });

/** @param {string} name @returns {Promise<void>} */
const forget = (name) =>
  new Promise((resolve) => {
    const asked = indexedDB.deleteDatabase(name);
    asked.onsuccess = asked.onerror = () => resolve();
  });
