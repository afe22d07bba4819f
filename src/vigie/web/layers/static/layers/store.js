// What is drawn, as this browser knows it: all objects of the layers it follows, edits on their way,
// and what came back. The map, the panel and the list read it and change it only through here.
//
// Events: "change" {uids: Set<string>, all: boolean} after anything changed on what is shown;
// "pending" {n} when edits wait or went; "outcome" {outcome} for each edit asked or refused.

/** @typedef {import("/static/map/geo.js").Geometry} Geometry */
/** @typedef {Record<string, any>} Fields field names as in mapping/decide.py: geometry, name, "attributes.depth_m", deleted … */
/** @typedef {{ edit: string, feature: string, set: Fields, base: Record<string, number>, create?: boolean, layer?: number }} Edit */
/** @typedef {{ type: "Feature", id: string, geometry: Geometry | null, properties: Record<string, any>, stamps: Record<string, number> }} Drawn */
/** @typedef {{ edit: string, feature: string, status: string, written: string[], asked: string[], code: string, field: string, stamp: number }} Outcome */

const SEND_MS = 150;
const RETRY_MS = 2_000;

export class LayerStore extends EventTarget {
  /** @param {{ changes: string, edits: string }} urls */
  constructor(urls) {
    super();
    this.urls = urls;
    /** What the server said last. @type {Map<string, Drawn>} */
    this.known = new Map();
    /** Not yet taken in, in the order they were made. @type {Edit[]} */
    this.pending = [];
    this.seq = -1;
    this.sending = false;
    this.asking = false;
    this.again = false;
    document.addEventListener("vigie:entry", (event) => {
      const { seq, touches } = /** @type {CustomEvent} */ (event).detail;
      if (seq > this.seq && touches.some((/** @type {string} */ each) => each.startsWith("layer:"))) void this.follow();
    });
  }

  /** An object as it is shown: what the server said, with the edits on their way. @param {string} uid @returns {Drawn | undefined} */
  get(uid) {
    const own = this.pending.filter((each) => each.feature === uid);
    const known = this.known.get(uid);
    if (!own.length) return known;
    /** @type {Drawn} */
    const shown = structuredClone(known ?? { type: "Feature", id: uid, geometry: null, properties: { attributes: {} }, stamps: {} });
    for (const edit of own) {
      if (edit.create) shown.properties.layer = edit.layer;
      for (const [field, value] of Object.entries(edit.set)) put(shown, field, value);
    }
    return shown.properties.deleted ? undefined : shown;
  }

  /** All objects shown. @returns {Drawn[]} */
  all() {
    const uids = new Set([...this.known.keys(), ...this.pending.map((each) => each.feature)]);
    return [...uids].flatMap((uid) => this.get(uid) ?? []);
  }

  /** Draw a new object; gives its id. @param {number} layer @param {Fields} fields */
  create(layer, fields) {
    const uid = crypto.randomUUID();
    this.make({ edit: crypto.randomUUID(), feature: uid, set: fields, base: {}, create: true, layer });
    return uid;
  }

  /** Set fields of an object. @param {string} uid @param {Fields} fields */
  change(uid, fields) {
    this.make({ edit: crypto.randomUUID(), feature: uid, set: fields, base: { ...this.known.get(uid)?.stamps } });
  }

  /** @param {string} uid */
  remove(uid) {
    this.change(uid, { deleted: true });
  }

  /** @param {Edit} edit */
  make(edit) {
    this.pending.push(edit);
    this.tell(new Set([edit.feature]));
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.send(), SEND_MS);
  }

  /** Send what waits, one batch at a time, in order. */
  async send() {
    if (this.sending || !this.pending.length) return;
    this.sending = true;
    const batch = this.pending.slice(0, 500);
    try {
      const answer = await fetch(this.urls.edits, {
        method: "POST", body: JSON.stringify({ edits: batch }),
        headers: { "Content-Type": "application/json", "X-CSRFToken": token() },
      });
      if (!answer.ok) throw new Error(String(answer.status));
      this.taken(batch, await answer.json());
      await this.follow();
    } catch {
      window.clearTimeout(this.timer);
      this.timer = window.setTimeout(() => void this.send(), RETRY_MS);
    } finally {
      this.sending = false;
      if (this.pending.length && !this.timer) void this.send();
    }
  }

  /** @param {Edit[]} batch @param {{ seq: number, outcomes: Outcome[] }} answer */
  taken(batch, { outcomes }) {
    const gone = new Set(batch.map((each) => each.edit));
    this.pending = this.pending.filter((each) => !gone.has(each.edit));
    for (const outcome of outcomes) {
      // What follows on the same field was made on our own value: it has seen it.
      for (const later of this.pending)
        if (later.feature === outcome.feature)
          for (const field of outcome.written) later.base = { ...later.base, [field]: outcome.stamp, "*": Math.max(later.base["*"] ?? 0, outcome.stamp) };
      if (outcome.status === "asked" || outcome.status === "refused")
        this.dispatchEvent(new CustomEvent("outcome", { detail: { outcome } }));
    }
    this.timer = undefined;
    this.tell(new Set(batch.map((each) => each.feature)));
  }

  /** Ask what changed since what we know; once more if something came meanwhile. */
  async follow() {
    if (this.asking) {
      this.again = true;
      return;
    }
    this.asking = true;
    try {
      const url = new URL(this.urls.changes, location.href);
      if (this.seq >= 0) url.searchParams.set("since", String(this.seq));
      const answer = await fetch(url);
      if (!answer.ok) return;
      const { seq, complete, features, gone } = await answer.json();
      const uids = new Set([...features.map((/** @type {Drawn} */ each) => each.id), ...gone]);
      if (complete) this.known.clear();
      for (const each of features) this.known.set(each.id, each);
      for (const uid of gone) this.known.delete(uid);
      this.seq = seq;
      this.tell(uids, complete);
    } catch {
      // the line is cut: what comes next is asked with the same number
    } finally {
      this.asking = false;
    }
    if (this.again) {
      this.again = false;
      await this.follow();
    }
  }

  /** @param {Set<string>} uids @param {boolean} [all] */
  tell(uids, all = false) {
    if (uids.size || all) this.dispatchEvent(new CustomEvent("change", { detail: { uids, all } }));
    this.dispatchEvent(new CustomEvent("pending", { detail: { n: this.pending.length } }));
  }
}

/** @param {Drawn} feature @param {string} field @param {any} value */
function put(feature, field, value) {
  if (field === "geometry") feature.geometry = value;
  else if (field.startsWith("attributes.")) feature.properties.attributes[field.slice(11)] = value;
  else feature.properties[field] = value;
}

const token = () => /csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? "";
