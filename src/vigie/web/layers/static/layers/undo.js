// Taking back one's own gestures, and doing them again. Each is itself an edit, made on what stands
// now, so that it merges like any other. A field that somebody else wrote since is not put back
// without asking: `undo` then says "asks" and changes nothing, `undo({ force: true })` does it.
import { same, valueOf } from "/static/layers/shapes.js";

/** @typedef {import("/static/layers/store.js").LayerStore} LayerStore */
/** @typedef {import("/static/layers/store.js").Edit} Edit */
/** @typedef {import("/static/layers/store.js").Outcome} Outcome */
/** @typedef {{ uid: string, edit: string, before: Record<string, any>, after: Record<string, any>, stood: Record<string, any> }} Done what an edit found, what it set, and how the server wrote that down */
/** @typedef {{ status: "done" | "nothing" | "asks", by: string[], uids: string[] }} Result */

const STEPS = 200;

export class Undo {
  /** @param {LayerStore} store */
  constructor(store) {
    this.store = store;
    /** @type {Done[][]} */
    this.past = [];
    /** @type {Done[][]} */
    this.future = [];
    /** Stamps of what this page wrote. @type {Set<number>} */
    this.stamps = new Set();
    /** Objects this page deleted, as they were seen then. @type {Map<string, Record<string, number>>} */
    this.deleted = new Map();
    /** @type {Map<string, Done>} */
    this.waiting = new Map();
    /** @type {Done[] | undefined} */
    this.gesture = undefined;
    /** @type {"undo" | "redo" | undefined} */
    this.replaying = undefined;
  }

  /** @template T @param {() => T} gesture @returns {T} */
  together(gesture) {
    if (this.gesture) return gesture();
    this.gesture = [];
    try {
      return gesture();
    } finally {
      const done = this.gesture;
      this.gesture = undefined;
      if (done.length) this.push(done);
    }
  }

  /** An edit is about to be made. @param {Edit} edit */
  note(edit) {
    const shown = this.store.get(edit.feature);
    const fields = edit.create ? ["deleted"] : Object.keys(edit.set);
    /** @type {Done} */
    const done = {
      uid: edit.feature, edit: edit.edit, stood: {},
      before: Object.fromEntries(fields.map((field) => [field, edit.create ? true : valueOf(shown, field)])),
      after: edit.create ? { deleted: false } : { ...edit.set },
    };
    if (edit.set.deleted === true) this.deleted.set(edit.feature, { ...edit.base });
    this.waiting.set(edit.edit, done);
    if (this.gesture) this.gesture.push(done);
    else this.push([done]);
  }

  /** @param {Done[]} gesture */
  push(gesture) {
    if (this.replaying === "undo") this.future.push(gesture);
    else {
      this.past.push(gesture);
      if (!this.replaying) this.future = [];
      if (this.past.length > STEPS) this.past.shift();
    }
    this.tell();
  }

  /** The server wrote it: with which stamp, and how it put the values. @param {Outcome} outcome */
  acknowledged({ edit, feature, written, stamp }) {
    this.stamps.add(stamp);
    const seen = this.deleted.get(feature);
    if (seen) for (const field of written) seen[field] = Math.max(seen[field] ?? 0, stamp);
    const done = this.waiting.get(edit);
    if (!done) return;
    this.waiting.delete(edit);
    const known = this.store.known.get(feature);
    for (const field of written) if (known?.stamps[field] === stamp) done.stood[field] = valueOf(known, field);
  }

  /** What this page had seen of an object it deleted. @param {string} uid @returns {Record<string, number>} */
  seen(uid) {
    return { ...(this.store.known.get(uid)?.stamps ?? this.deleted.get(uid)) };
  }

  /** @param {{ force?: boolean }} [options] @returns {Result} */
  undo({ force = false } = {}) {
    return this.replay("undo", this.past, force);
  }

  /** @param {{ force?: boolean }} [options] @returns {Result} */
  redo({ force = false } = {}) {
    return this.replay("redo", this.future, force);
  }

  /** @param {"undo" | "redo"} way @param {Done[][]} stack @param {boolean} force @returns {Result} */
  replay(way, stack, force) {
    const gesture = stack.at(-1);
    if (!gesture) return { status: "nothing", by: [], uids: [] };
    const steps = [...gesture].reverse();
    const uids = [...new Set(steps.map((each) => each.uid))];
    const foreign = steps.filter((each) => this.foreign(each));
    if (foreign.length && !force) {
      const by = foreign.map((each) => this.store.known.get(each.uid)?.properties.updated_by ?? "");
      return { status: "asks", by: [...new Set(by)].filter(Boolean), uids };
    }
    stack.pop();
    this.replaying = way;
    try {
      this.together(() => steps.forEach((each) => this.back(each)));
    } finally {
      this.replaying = undefined;
    }
    this.tell();
    return { status: "done", by: [], uids };
  }

  /** Whether somebody else wrote since what this would put back. @param {Done} done */
  foreign({ uid, before, after, stood }) {
    const shown = this.store.get(uid);
    if (before.deleted === true && after.deleted === false) // taking back what one drew deletes all of it
      return Object.entries(this.store.known.get(uid)?.stamps ?? {}).some(([field, stamp]) => field !== "*" && !this.stamps.has(stamp));
    if (!shown) return after.deleted !== true && !this.deleted.has(uid);
    return Object.keys(after).some((field) => {
      const now = valueOf(shown, field);
      return !same(now, after[field]) && !same(now, stood[field]) && !same(now, before[field]);
    });
  }

  /** @param {Done} done */
  back({ uid, before, after }) {
    const { store } = this;
    if (before.deleted === true && after.deleted === false) return store.get(uid) && store.remove(uid);
    if (after.deleted === true) return !store.get(uid) && store.restore(uid);
    if (after.deleted === false) return store.get(uid) && store.remove(uid);
    if (store.get(uid)) store.change(uid, before);
  }

  tell() {
    this.store.dispatchEvent(new CustomEvent("undo", { detail: { undo: this.past.length > 0, redo: this.future.length > 0 } }));
  }
}
