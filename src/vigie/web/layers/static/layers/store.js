// What is drawn, as this browser knows it: all objects of the layers it follows, edits on their way,
// and what came back. The map, the panel and the list read it and change it only through here.
//
//   store.get(uid)  store.all()                          objects as they are shown
//   store.create(layer, fields) → uid   store.change(uid, fields)   store.remove(uid)   store.restore(uid)
//   store.together(() => { … })                          several edits, one gesture: one step of undo
//   store.undo()  store.redo()                           one's own gestures only; see undo.js
//
// Events: "change" {uids: Set<string>, all: boolean} after anything changed on what is shown (with
// `all` read everything again, otherwise only `uids`: what `get` no longer gives is gone);
// "pending" {n} when edits wait or went; "state" {state, n, aside} when the line, the session or this
// device's memory is told otherwise; "outcome" {outcome} for each edit asked or refused;
// "undo" {undo: boolean, redo: boolean} when there is something to take back or do again;
// "ready" once what this device kept and what the server says are known.
import { keyOf, leaveOnly, shared } from "/static/ui/js/kept.js";
import { Keep } from "/static/layers/keep.js";
import { Sender } from "/static/layers/sender.js";
import { newId, scopeOf, shownWith } from "/static/layers/shapes.js";
import { Undo } from "/static/layers/undo.js";

/** @typedef {import("/static/map/geo.js").Geometry} Geometry */
/** @typedef {Record<string, any>} Fields field names as in mapping/decide.py: geometry, name, "attributes.depth_m", deleted … */
/** @typedef {{ edit: string, feature: string, set: Fields, base: Record<string, number>, create?: boolean, layer?: number }} Edit */
/** @typedef {{ type: "Feature", id: string, geometry: Geometry | null, properties: Record<string, any>, stamps: Record<string, number> }} Drawn */
/** @typedef {{ edit: string, feature: string, status: string, written: string[], asked: string[], code: string, field: string, stamp: number }} Outcome */
/** @typedef {{ seq: number, complete: boolean, layers: number[], features: Drawn[], gone: string[] }} Changes */

const FOLLOW_MS = 100;
const POLL_MS = 15_000;
const MISSED = -1;
const REMEMBERED = 2_000;
const STAND_MS = 60_000;

export class LayerStore extends EventTarget {
  /** @param {{ changes: string, edits: string, device: string }} urls */
  constructor(urls) {
    super();
    this.urls = urls;
    const { person, name } = scopeOf(urls.edits);
    /** What the server said last. @type {Map<string, Drawn>} */
    this.known = new Map();
    /** Not yet taken in, in the order they were made. @type {Edit[]} */
    this.pending = [];
    /** The same by object. @type {Map<string, Edit[]>} */
    this.own = new Map();
    /** Objects as shown, of those with edits on their way. @type {Map<string, Drawn>} */
    this.shown = new Map();
    /** Edits the server would not take. @type {import("/static/layers/keep.js").Aside[]} */
    this.aside = [];
    /** Objects that went and as of which entry, so that an older answer does not bring them back. @type {Map<string, { seq: number, last: Drawn | undefined }>} */
    this.gone = new Map();
    /** Edits this tab wrote down or found written down. @type {Set<string>} */
    this.written = new Set();
    this.seq = -1;
    /** When what is known stood so on the server; 0 before it was ever told. */
    this.at = 0;
    /** @type {number[]} */
    this.layers = [];
    /** Journal entries that this page wrote itself. @type {Set<number>} */
    this.mine = new Set();
    /** Entries on layers heard since we asked. @type {number[]} */
    this.entries = [];
    this.asking = false;
    this.again = false;
    this.ready = false;
    /** @type {number | undefined} */
    this.timer = undefined;
    /** What is wrong with this device's memory; shared: it is to keep nothing. @type {"" | "full" | "none" | "shared"} */
    this.fullness = shared() ? "shared" : "";
    /** What other people left here. @type {import("/static/ui/js/kept.js").Left[]} */
    this.others = [];
    /** How many of one's own edits are sealed here, and how many went unsent. */
    this.sealed = 0;
    this.expired = 0;
    this.keep = new Keep(name);
    this.keep.addEventListener("fault", (event) => {
      if (this.fullness !== "shared") this.fullness = /** @type {CustomEvent} */ (event).detail.full ? "full" : "none";
      this.sender.tell();
    });
    this.sender = new Sender(this, urls.edits, name);
    this.undoing = new Undo(this);
    /** What this device kept is read first. */
    this.opened = this.open(person, name);
    document.addEventListener("vigie:entry", (event) => this.heard(/** @type {CustomEvent} */ (event).detail));
    document.addEventListener("vigie:objects", (event) => this.pushed(/** @type {CustomEvent} */ (event).detail));
    document.body.dataset.wantObjects = "yes"; // for a stream that is opened later
    document.dispatchEvent(new CustomEvent("vigie:want-objects"));
    document.addEventListener("vigie:line", (event) => /** @type {CustomEvent} */ (event).detail === "on" && this.soon(MISSED));
    document.addEventListener("vigie:missed", () => this.soon(MISSED));
    window.addEventListener("online", () => this.soon(MISSED));
    window.setInterval(() => document.body.dataset.line === "off" && navigator.onLine && this.soon(MISSED), POLL_MS);
    window.setInterval(() => document.body.dataset.line === "on" && this.stands(), STAND_MS);
  }

  /** @param {string} person @param {string} name */
  async open(person, name) {
    if ("BroadcastChannel" in window) {
      this.channel = new BroadcastChannel(name);
      this.channel.addEventListener("message", (event) => this.told(event.data));
    }
    try {
      this.others = await leaveOnly(person);
      const { known, pending, aside, state, sealed, expired } = await this.keep.load();
      this.sealed = sealed.reduce((sum, each) => sum + each.n, 0);
      this.expired = expired;
      void this.unseal(sealed);
      for (const each of known) this.known.set(each.id, each);
      this.aside = aside;
      this.seq = state?.seq ?? -1;
      this.at = state?.at ?? 0;
      this.layers = state?.layers ?? [];
      const made = this.pending.splice(0); // while we were reading
      this.own.clear();
      const here = new Set(made.map((each) => each.edit));
      for (const each of [...pending.filter((each) => !here.has(each.edit)), ...made]) this.queue(each);
      for (const each of this.pending) this.written.add(each.edit);
    } catch (error) {
      this.keep.fault(error);
    }
    this.keepMap(name);
    this.tell(new Set(), true);
    if (this.pending.length) this.sender.soon();
  }

  /** Get the key to what is sealed here, or is to be sealed one day; again until the server gives it. @param {import("/static/layers/keep.js").Sealed[]} sealed */
  async unseal(sealed) {
    if (this.fullness === "shared") return;
    try {
      const answer = await fetch(this.urls.device, { redirect: "manual", headers: this.headers });
      const key = answer.ok ? await keyOf((await answer.json()).key) : null;
      if (!key) throw new Error("no key");
      await this.opened;
      const { pending, aside } = await this.keep.open(key, sealed);
      for (const each of pending) {
        this.queue(each);
        this.written.add(each.edit);
      }
      this.aside.push(...aside);
      this.sealed = 0;
      this.tell(new Set(pending.map((each) => each.feature)));
      if (pending.length) this.sender.soon();
    } catch {
      window.addEventListener("online", () => void this.unseal(sealed), { once: true });
    }
  }

  /** Who this page belongs to: the server takes nothing from it, and tells it nothing, for another. */
  get headers() {
    return { "X-Vigie-Person": document.body.dataset.person ?? "" };
  }

  /** What is known stands as it is now. */
  stands() {
    this.at = Date.now();
    if (this.keeper && this.seq >= 0) this.keep.stand(this.asOf);
  }

  /** One tab of this person writes down what is known; another takes over when it goes. @param {string} name */
  keepMap(name) {
    if (!navigator.locks) return void (this.keeper = true);
    void navigator.locks.request(`${name}.keep`, { ifAvailable: true }, (lock) => {
      if (!lock) return void navigator.locks.request(`${name}.keep`, () => {
        this.keeper = true;
        this.keep.learn([...this.known.values()], [], this.asOf, true);
        return new Promise(() => {});
      });
      this.keeper = true;
      return new Promise(() => {});
    });
  }

  get asOf() {
    return { seq: this.seq, layers: this.layers, at: this.at };
  }

  // What is shown ----------------------------------------------------------------------------------

  /** An object as it is shown: what the server said, with the edits on their way. @param {string} uid @returns {Drawn | undefined} */
  get(uid) {
    const own = this.own.get(uid);
    if (!own) return this.known.get(uid);
    let shown = this.shown.get(uid);
    if (!shown) this.shown.set(uid, (shown = shownWith(uid, this.known.get(uid), own, this.gone.get(uid)?.last)));
    return shown.properties.deleted ? undefined : shown;
  }

  /** All objects shown. @returns {Drawn[]} */
  all() {
    const all = [];
    for (const [uid, each] of this.known) {
      const shown = this.own.has(uid) ? this.get(uid) : each;
      if (shown) all.push(shown);
    }
    for (const uid of this.own.keys()) {
      const shown = this.known.has(uid) ? undefined : this.get(uid);
      if (shown) all.push(shown);
    }
    return all;
  }

  // What a person does -----------------------------------------------------------------------------

  /** Draw a new object; gives its id. @param {number} layer @param {Fields} fields */
  create(layer, fields) {
    const uid = newId();
    this.make({ edit: newId(), feature: uid, set: fields, base: {}, create: true, layer });
    return uid;
  }

  /** Set fields of an object. @param {string} uid @param {Fields} fields */
  change(uid, fields) {
    this.make({ edit: newId(), feature: uid, set: fields, base: { ...this.known.get(uid)?.stamps } });
  }

  /** @param {string} uid */
  remove(uid) {
    this.change(uid, { deleted: true });
  }

  /** Bring back one that was deleted. @param {string} uid @param {Record<string, number>} [base] its stamps as the server told them */
  restore(uid, base = this.undoing.seen(uid)) {
    this.make({ edit: newId(), feature: uid, set: { deleted: false }, base });
  }

  /** What is done inside is one gesture. @template T @param {() => T} gesture @returns {T} */
  together(gesture) {
    return this.undoing.together(gesture);
  }

  /** Take back one's last gesture; "asks" when somebody changed the same since (see undo.js). @param {{ force?: boolean }} [options] */
  undo(options) {
    return this.undoing.undo(options);
  }

  /** @param {{ force?: boolean }} [options] */
  redo(options) {
    return this.undoing.redo(options);
  }

  /** @param {Edit} edit */
  make(edit) {
    this.undoing.note(edit);
    this.queue(edit);
    this.keep.add([edit]);
    this.written.add(edit.edit);
    void this.keep.flushed.then(() => this.channel?.postMessage({ kind: "made", edits: [edit] }));
    this.tell(new Set([edit.feature]));
    this.sender.soon();
  }

  /** @param {Edit} edit */
  queue(edit) {
    this.pending.push(edit);
    const own = this.own.get(edit.feature);
    if (own) own.push(edit);
    else this.own.set(edit.feature, [edit]);
    this.shown.delete(edit.feature);
  }

  /** What another tab of the same person says. @param {any} word */
  told(word) {
    if (word.kind === "made") {
      const here = new Set(this.pending.map((each) => each.edit));
      const edits = word.edits.filter((/** @type {Edit} */ each) => !here.has(each.edit));
      for (const each of edits) {
        this.queue(each);
        this.written.add(each.edit);
      }
      this.tell(new Set(edits.map((/** @type {Edit} */ each) => each.feature)));
    } else if (word.kind === "taken") this.settle(word.gone, word.outcomes, word.aside, true);
    else if (word.kind === "aside") {
      this.aside = word.aside;
      this.sender.tell();
    }
  }

  /** Send what waits, now. */
  send() {
    return this.sender.send();
  }

  // What comes back --------------------------------------------------------------------------------

  /** The server's answer to a batch. @param {Edit[]} batch @param {{ seq: number, outcomes: Outcome[], features: Drawn[], gone: string[] }} answer */
  taken(batch, { seq, outcomes, features, gone }) {
    const at = new Date().toISOString();
    const byId = new Map(batch.map((each) => [each.edit, each]));
    const aside = outcomes.flatMap(({ status, edit, code, field }) => {
      const refused = status === "refused" ? byId.get(edit) : undefined;
      return refused ? [{ edit: refused, code, field, at }] : [];
    });
    const ids = batch.map((each) => each.edit);
    if (outcomes.some((each) => each.stamp === seq)) this.mine.add(seq);
    const uids = this.learn(features, gone, seq);
    const later = this.settle(ids, outcomes, aside, false, uids);
    this.keep.drop(ids, aside, later);
    if (this.keeper && (features.length || gone.length)) this.keep.learn(features, gone, this.asOf, false);
    this.channel?.postMessage({ kind: "taken", gone: ids, outcomes, aside });
    for (const outcome of outcomes)
      if (outcome.status === "asked" || outcome.status === "refused") this.dispatchEvent(new CustomEvent("outcome", { detail: { outcome } }));
  }

  /**
   * Edits that no longer wait. What was made on them has seen them. Gives what was rebased.
   * @param {string[]} gone @param {Outcome[]} outcomes @param {import("/static/layers/keep.js").Aside[]} aside
   * @param {boolean} elsewhere another tab sent them @param {Set<string>} [uids] objects to tell of @returns {Edit[]}
   */
  settle(gone, outcomes, aside, elsewhere, uids = new Set()) {
    const ids = new Set(gone);
    /** @type {Set<string>} */
    const touched = new Set();
    /** @type {Set<string>} */
    const created = new Set();
    this.pending = this.pending.filter((each) => {
      if (!ids.has(each.edit)) return true;
      touched.add(each.feature);
      if (each.create) created.add(each.edit);
      return false;
    });
    for (const uid of touched) {
      const left = (this.own.get(uid) ?? []).filter((each) => !ids.has(each.edit));
      if (left.length) this.own.set(uid, left);
      else this.own.delete(uid);
      this.shown.delete(uid);
    }
    /** @type {Set<Edit>} */
    const later = new Set();
    for (const outcome of outcomes) {
      if (!outcome.stamp) continue;
      const seen = Object.fromEntries(outcome.written.map((field) => [field, outcome.stamp]));
      if (created.has(outcome.edit)) seen["*"] = outcome.stamp; // there was nothing before
      for (const each of this.own.get(outcome.feature) ?? []) {
        for (const [field, stamp] of Object.entries(seen)) each.base[field] = Math.max(each.base[field] ?? 0, stamp);
        later.add(each);
      }
      this.undoing.acknowledged(outcome);
    }
    this.aside.push(...aside);
    if (elsewhere) this.soon(MISSED);
    this.tell(new Set([...uids, ...touched]));
    return [...later];
  }

  /** Take what the server told of objects, unless we know newer; which ones changed. @param {Drawn[]} features @param {string[]} gone @param {number} seq @returns {Set<string>} */
  learn(features, gone, seq) {
    const uids = new Set();
    for (const each of features) {
      const stamp = each.stamps["*"] ?? 0;
      if ((this.known.get(each.id)?.stamps["*"] ?? -1) > stamp || (this.gone.get(each.id)?.seq ?? -1) >= stamp) continue;
      this.known.set(each.id, each);
      this.shown.delete(each.id);
      uids.add(each.id);
    }
    for (const uid of gone) {
      const last = this.known.get(uid);
      if ((last?.stamps["*"] ?? -1) > seq) continue;
      this.forget(uid, { seq, last: last ?? this.gone.get(uid)?.last });
      uids.add(uid);
    }
    return uids;
  }

  /** @param {string} uid @param {{ seq: number, last: Drawn | undefined }} gone */
  forget(uid, gone) {
    this.known.delete(uid);
    this.shown.delete(uid);
    this.gone.delete(uid);
    this.gone.set(uid, gone);
    if (this.gone.size > REMEMBERED) this.gone.delete(/** @type {string} */ (this.gone.keys().next().value));
  }

  // Following what others do -----------------------------------------------------------------------

  /** The journal grew. @param {import("/static/ui/js/live.js").Entry} entry */
  heard({ seq, touches }) {
    if (seq <= this.seq || !touches.some((each) => each === "layers" || each.startsWith("layer:"))) return;
    this.soon(seq);
  }

  /** The stream told what changed between two entries. What does not follow on what we know, or may be of
   * a layer we do not know, is left: the entries themselves make us ask. @param {{ since: number, seq: number, features: Drawn[], gone: string[] }} told */
  pushed({ since, seq, features, gone }) {
    if (!this.ready || this.asking || since > this.seq || seq <= this.seq) return;
    if (features.some((each) => !this.layers.includes(each.properties.layer))) return;
    const uids = this.learn(features, gone, seq);
    this.seq = seq;
    if (this.keeper) this.keep.learn(features, gone, this.asOf, false);
    this.tell(uids);
  }

  /** Ask what changed, shortly: what is heard meanwhile is asked with it. @param {number} [seq] the entry that tells of it */
  soon(seq = MISSED) {
    this.entries.push(seq);
    this.timer ??= window.setTimeout(() => {
      this.timer = undefined;
      const heard = this.entries.splice(0).filter((each) => each === MISSED || each > this.seq);
      if (!heard.length) return; // we were told by the stream
      // Our own batches came back with their objects: nothing to ask.
      if (!this.asking && heard.every((each) => this.mine.has(each))) this.seq = Math.max(this.seq, ...heard);
      else void this.follow();
    }, FOLLOW_MS);
  }

  /** Ask what changed since what we know; once more if something came meanwhile. */
  async follow() {
    await this.opened;
    if (this.asking) {
      this.again = true;
      return;
    }
    this.asking = true;
    try {
      await this.ask(this.seq >= 0 ? { since: String(this.seq) } : {});
    } catch {
      // the line is cut: what comes next is asked with the same number
    } finally {
      this.asking = false;
    }
    if (!this.ready) {
      this.ready = true;
      this.dispatchEvent(new CustomEvent("ready"));
    }
    if (this.again) {
      this.again = false;
      this.soon();
    }
  }

  /** @param {Record<string, string>} asked */
  async ask(asked) {
    const url = new URL(this.urls.changes, location.href);
    for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value);
    const answer = await fetch(url, { redirect: "manual", headers: this.headers, signal: AbortSignal.timeout(60_000) });
    if (!answer.ok) return this.sender.barred(answer);
    this.sender.answered();
    /** @type {Changes} */
    const { seq, complete, layers, features, gone } = await answer.json();
    const before = this.layers;
    const only = Boolean(asked.layers); // of some layers: what else is known stays
    if (complete && !only) {
      this.known.clear();
      this.shown.clear();
    }
    const uids = this.learn(features, gone, seq);
    if (!only) {
      this.layers = layers;
      this.seq = seq;
      this.at = Date.now();
      const seen = new Set(layers);
      if (!complete && before.some((each) => !seen.has(each)))
        for (const [uid, each] of this.known)
          if (!seen.has(each.properties.layer)) {
            this.known.delete(uid); // it stands, but is not ours to see: it may come back as it is
            this.shown.delete(uid);
            uids.add(uid);
            gone.push(uid);
          }
    }
    if (this.keeper) this.keep.learn(features, gone, this.asOf, complete && !only);
    this.tell(uids, complete && !only);
    const more = complete || only ? [] : layers.filter((each) => !before.includes(each));
    if (more.length) await this.ask({ layers: more.join(",") });
  }

  /** @param {Set<string>} uids @param {boolean} [all] */
  tell(uids, all = false) {
    if (uids.size || all) this.dispatchEvent(new CustomEvent("change", { detail: { uids, all } }));
    this.dispatchEvent(new CustomEvent("pending", { detail: { n: this.pending.length } }));
    this.sender.tell();
  }
}
