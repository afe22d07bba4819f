// What this device keeps of a map, so that a tab that dies, a reload or days without a line lose
// nothing: the objects as the server told them last, edits on their way, and those set aside.
// One database a person and operation. What becomes of it when somebody else opens the map, or its
// owner signs out, is in ui/js/kept.js. On a shared computer nothing is kept: all goes on in memory.
import { answer, done, shared, unseal } from "/static/ui/js/kept.js";

/** @typedef {import("/static/layers/store.js").Edit} Edit */
/** @typedef {import("/static/layers/store.js").Drawn} Drawn */
/** @typedef {{ edit: Edit, code: string, field: string, at: string }} Aside an edit the server would not take, and why */
/** @typedef {{ seq: number, layers: number[], at: number }} Known as of which entry and when, and of which layers */
/** @typedef {import("/static/ui/js/kept.js").Sealed} Sealed */

const VERSION = 1;

export class Keep extends EventTarget {
  /** @param {string} name of the database: "vigie.map.<person>.<operation>" */
  constructor(name) {
    super();
    this.name = name;
    /** Null where the browser keeps nothing (a private window): all goes on in memory. @type {Promise<IDBDatabase | null>} */
    this.base = shared() ? Promise.resolve(null) : open(name).catch((error) => {
      this.fault(error);
      return null;
    });
    /** @type {((base: IDBTransaction) => void)[]} */
    this.writes = [];
    /** What was asked to be written up to now. @type {Promise<void>} */
    this.flushed = Promise.resolve();
  }

  /**
   * Everything that is kept. `sealed` waits for its key; `expired` is how many went unsent.
   * @returns {Promise<{ known: Drawn[], pending: Edit[], aside: Aside[], state: Known | undefined, sealed: Sealed[], expired: number }>}
   */
  async load() {
    const base = await this.base;
    if (!base) return { known: [], pending: [], aside: [], state: undefined, sealed: [], expired: 0 };
    const all = base.transaction(["known", "pending", "aside", "state"], "readwrite");
    all.objectStore("state").delete("until"); // its owner is back
    const [known, pending, aside, state, sealed, expired] = await Promise.all([
      answer(all.objectStore("known").getAll()),
      answer(all.objectStore("pending").getAll()),
      answer(all.objectStore("aside").getAll()),
      answer(all.objectStore("state").get("known")),
      answer(all.objectStore("state").get("sealed")),
      answer(all.objectStore("state").get("expired")),
    ]);
    const waiting = pending.map(({ n, ...edit }) => edit);
    return { known, pending: waiting, aside, state, sealed: sealed ?? [], expired: expired?.n ?? 0 };
  }

  /** Read again what was sealed while others used this device, and keep the key for the next time. @param {CryptoKey} key @param {Sealed[]} sealed @returns {Promise<{ pending: Edit[], aside: Aside[] }>} */
  async open(key, sealed) {
    const found = await unseal(sealed, key);
    this.write((all) => {
      const state = all.objectStore("state");
      state.put(key, "seal");
      state.delete("sealed");
      for (const each of found.pending) all.objectStore("pending").put({ ...each });
      for (const each of found.aside) all.objectStore("aside").put(each);
    });
    return found;
  }

  /** It was told that some went unsent. */
  toldExpired() {
    this.write((all) => all.objectStore("state").delete("expired"));
  }

  /** As of when what is known stands. @param {Known} state */
  stand(state) {
    this.write((all) => all.objectStore("state").put(state, "known"));
  }

  /** From now on nothing is kept. */
  async stop() {
    const base = await this.base;
    this.base = Promise.resolve(null);
    base?.close();
  }

  /** Which edits still wait, as all tabs of this person know. @returns {Promise<Set<string> | null>} null when nothing is kept */
  async waiting() {
    await this.flushed;
    const base = await this.base;
    if (!base) return null;
    try {
      const edits = await answer(base.transaction("pending").objectStore("pending").getAll());
      return new Set(edits.map((each) => each.edit));
    } catch (error) {
      this.fault(error);
      return null;
    }
  }

  /** @param {Edit[]} edits */
  add(edits) {
    this.write((all) => edits.forEach((each) => all.objectStore("pending").put({ ...each })));
  }

  /** Edits that the server took in, those it would not take, and those made on them, which have seen them now. @param {string[]} gone @param {Aside[]} aside @param {Edit[]} later */
  drop(gone, aside = [], later = []) {
    this.write((all) => {
      const pending = all.objectStore("pending");
      /** @param {string} edit @param {(key: IDBValidKey) => void} use */
      const at = (edit, use) => {
        const found = pending.index("edit").getKey(edit);
        found.onsuccess = () => found.result !== undefined && use(found.result);
      };
      for (const edit of gone) at(edit, (key) => pending.delete(key));
      for (const each of later) at(each.edit, (key) => pending.put({ ...each, n: key }));
      for (const each of aside) all.objectStore("aside").put(each);
    });
  }

  /** @param {string[]} edits */
  forget(edits) {
    this.write((all) => edits.forEach((each) => all.objectStore("aside").delete(each)));
  }

  /** What the server told; with `all` nothing else is known. @param {Drawn[]} features @param {Iterable<string>} gone @param {Known} state @param {boolean} all */
  learn(features, gone, state, all) {
    this.write((base) => {
      const known = base.objectStore("known");
      if (all) known.clear();
      for (const each of features) known.put(each);
      for (const uid of gone) known.delete(uid);
      base.objectStore("state").put(state, "known");
    });
  }

  /** Writes of one turn go together, in order. @param {(base: IDBTransaction) => void} change */
  write(change) {
    this.writes.push(change);
    if (this.writes.length > 1) return;
    this.flushed = Promise.all([this.flushed, this.base]).then(([, base]) => this.flush(base)).catch((error) => this.fault(error));
  }

  /** @param {IDBDatabase | null} base */
  flush(base) {
    const changes = this.writes.splice(0);
    if (!base) return;
    const all = base.transaction(["known", "pending", "aside", "state"], "readwrite"); // throws once it was closed
    for (const each of changes) each(all);
    return done(all);
  }

  /** @param {any} error */
  fault(error) {
    const full = error?.name === "QuotaExceededError";
    this.dispatchEvent(new CustomEvent("fault", { detail: { full } }));
  }
}

/** @param {string} name @returns {Promise<IDBDatabase>} */
async function open(name) {
  const asked = indexedDB.open(name, VERSION);
  asked.onupgradeneeded = () => {
    const base = asked.result;
    base.createObjectStore("known", { keyPath: "id" });
    base.createObjectStore("pending", { keyPath: "n", autoIncrement: true }).createIndex("edit", "edit", { unique: true });
    base.createObjectStore("aside", { keyPath: "edit.edit" });
    base.createObjectStore("state");
  };
  return answer(asked).then((base) => {
    base.onversionchange = () => base.close(); // somebody signs out in another tab
    return base;
  });
}
