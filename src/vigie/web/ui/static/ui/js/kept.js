// What maps leave on this device, of whom: one database a person and operation (web/layers/static/
// layers/keep.js) and pages that open without a network (layers/shell.js). Here is what any page must
// be able to do with them: count, seal, forget. Nothing here shows what is in them.
//
// What somebody has not sent yet is sealed when another person uses the device, and when they sign out:
// encrypted with a key the server gives to them alone (web/layers/offline/sealing.py). The key is kept
// beside it, unreadable, only while they use the device. Sealed edits stay KEPT_MS at most.

export const MAPS = "vigie.map.";
export const PAGES = "vigie.shell.";
export const KEPT_MS = 7 * 24 * 3_600_000;
const SHARED = "vigie.device";

/** @typedef {{ n: number, until: number, iv: Uint8Array<ArrayBuffer>, data: ArrayBuffer }} Sealed edits of somebody, as many as `n` */
/** @typedef {{ name: string, n: number, until: number }} Left what somebody else left here */

/** Whether nothing is to be kept here. */
export function shared() {
  try {
    return localStorage.getItem(SHARED) === "shared";
  } catch {
    return false;
  }
}

/** @param {boolean} on */
export function setShared(on) {
  if (on) localStorage.setItem(SHARED, "shared");
  else localStorage.removeItem(SHARED);
}

/** Databases of maps here. @returns {Promise<string[]>} */
export async function maps() {
  if (!("indexedDB" in window)) return [];
  return ((await indexedDB.databases?.()) ?? []).flatMap(({ name }) => (name?.startsWith(MAPS) ? [name] : []));
}

/** Pages kept here for others than this person go; all of them for nobody. @param {string} person */
export async function forgetPages(person) {
  if (!("caches" in window)) return;
  for (const name of await caches.keys())
    if (name.startsWith(PAGES) && !(person && name.startsWith(`${PAGES}${person}.`))) await caches.delete(name);
}

/** What others than this person left here: sealed, counted, past its time forgotten. @param {string} person @returns {Promise<Left[]>} */
export async function leaveOnly(person) {
  const left = [];
  for (const name of await maps()) {
    if (name.startsWith(`${MAPS}${person}.`)) continue;
    const found = await seal(name).catch(() => null);
    if (found) left.push({ name, ...found });
  }
  return left;
}

/** How many edits wait in it, sealed or not. @param {string} name @returns {Promise<number>} */
export async function waiting(name) {
  const base = await open(name);
  if (!base) return 0;
  try {
    const all = base.transaction(["pending", "aside", "state"]);
    const [pending, aside, sealed] = await Promise.all([
      answer(all.objectStore("pending").count()), answer(all.objectStore("aside").count()), answer(all.objectStore("state").get("sealed")),
    ]);
    return pending + aside + total(sealed);
  } finally {
    base.close();
  }
}

/**
 * Seal what waits in a map and forget all else of it; a map where nothing waits goes. Without a key of
 * its owner (no https, never reached) what waits stays as it is, for its time.
 * @param {string} name @returns {Promise<{ n: number, until: number } | null>}
 */
export async function seal(name) {
  const base = await open(name);
  if (!base) return null;
  try {
    const all = base.transaction(["pending", "aside", "state"]);
    const state = all.objectStore("state");
    const [pending, keys, aside, asides, key, before, since] = await Promise.all([
      answer(all.objectStore("pending").getAll()), answer(all.objectStore("pending").getAllKeys()),
      answer(all.objectStore("aside").getAll()), answer(all.objectStore("aside").getAllKeys()),
      answer(state.get("seal")), answer(state.get("sealed")), answer(state.get("until")),
    ]);
    const now = Date.now();
    /** @type {Sealed[]} */
    const sealed = (before ?? []).filter((/** @type {Sealed} */ each) => each.until > now);
    const until = since ?? now + KEPT_MS;
    const made = pending.length + aside.length;
    const gone = total(before) - total(sealed) + (until <= now ? made : 0);
    const hides = made > 0 && key && until > now;
    if (hides) {
      const iv = crypto.getRandomValues(new Uint8Array(12));
      const said = new TextEncoder().encode(JSON.stringify({ pending: pending.map(({ n, ...edit }) => edit), aside }));
      sealed.push({ n: made, until, iv, data: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, said) });
    }
    const plain = hides || until <= now ? 0 : made;
    const change = base.transaction(["known", "pending", "aside", "state"], "readwrite");
    if (!plain) {
      for (const each of keys) change.objectStore("pending").delete(each);
      for (const each of asides) change.objectStore("aside").delete(each);
    }
    change.objectStore("known").clear();
    const told = change.objectStore("state");
    told.delete("known");
    told.delete("seal");
    if (plain) told.put(until, "until");
    else told.delete("until");
    told.put(sealed, "sealed");
    if (gone) told.put({ n: gone, at: now }, "expired");
    const expired = answer(told.get("expired"));
    await done(change);
    const n = plain + total(sealed);
    if (!n && !(await expired)) {
      base.close();
      await forget(name);
      return null;
    }
    return n ? { n, until: Math.min(...sealed.map((each) => each.until), ...(plain ? [until] : [])) } : null;
  } finally {
    base.close();
  }
}

/** Edits that were sealed, readable again for their owner. @param {Sealed[]} sealed @param {CryptoKey} key @returns {Promise<{ pending: any[], aside: any[] }>} */
export async function unseal(sealed, key) {
  const parts = await Promise.all(sealed.map(async ({ iv, data }) =>
    JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt({ name: "AES-GCM", iv }, key, data)))));
  return { pending: parts.flatMap((each) => each.pending), aside: parts.flatMap((each) => each.aside) };
}

/** A key that this browser uses and cannot read out; null where it has no such keys (no https). @param {string} base64 @returns {Promise<CryptoKey | null>} */
export async function keyOf(base64) {
  if (!crypto.subtle) return null;
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  return crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
}

/** @param {Sealed[] | undefined} sealed */
const total = (sealed) => (sealed ?? []).reduce((sum, each) => sum + each.n, 0);

/** @param {string} name @returns {Promise<void>} */
export const forget = (name) =>
  new Promise((resolve) => {
    const asked = indexedDB.deleteDatabase(name);
    asked.onsuccess = asked.onerror = () => resolve();
  });

/** A map's database as it is; null when it is none (yet). @param {string} name @returns {Promise<IDBDatabase | null>} */
const open = (name) =>
  new Promise((resolve) => {
    const asked = indexedDB.open(name);
    asked.onerror = () => resolve(null);
    asked.onsuccess = () => {
      const base = asked.result;
      if (base.objectStoreNames.contains("pending")) return resolve(base);
      base.close();
      resolve(null);
    };
  });

/** @template T @param {IDBRequest<T>} asked @returns {Promise<T>} */
export const answer = (asked) =>
  new Promise((resolve, reject) => {
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });

/** @param {IDBTransaction} all @returns {Promise<void>} */
export const done = (all) =>
  new Promise((resolve, reject) => {
    all.oncomplete = () => resolve();
    all.onabort = all.onerror = () => reject(all.error);
  });

// A page kept for somebody is never served to another: whoever opens any page drops those of others.
if (document.body?.dataset.person) void forgetPages(document.body.dataset.person).catch(() => {});
