// Brings edits to the server: one batch at a time, in order, by one tab of a person at a time, again
// and again until it answered. What it says of the way there is `state`:
//   ok · waiting (on their way) · offline (no line) · server (it fails) · session (sign in again) ·
//   forbidden (no right to draw any more) · gone (not in the team any more) · another (somebody else
//   signed in in this browser: what waits is not theirs to send)
import { newId, token } from "/static/layers/shapes.js";

/** @typedef {import("/static/layers/store.js").LayerStore} LayerStore */
/** @typedef {import("/static/layers/store.js").Edit} Edit */
/** @typedef {"ok" | "offline" | "server" | "session" | "forbidden" | "gone" | "another"} State */

const FIRST_MS = 100;
const APART_MS = 300;
const RETRY_MS = 1_000;
const RETRY_AT_MOST_MS = 30_000;
const PATIENCE_MS = 30_000;
const AT_ONCE = 500;
const BYTES = 1_000_000;

export class Sender {
  /** @param {LayerStore} store @param {string} url @param {string} name of the lock all tabs of this person share */
  constructor(store, url, name) {
    this.store = store;
    this.url = url;
    this.lock = `${name}.send`;
    /** @type {State} */
    this.state = "ok";
    /** The batch on its way. @type {Promise<void> | undefined} */
    this.sending = undefined;
    this.failures = 0;
    this.atOnce = AT_ONCE;
    this.last = 0;
    /** @type {number | undefined} */
    this.timer = undefined;
    /** @type {number | undefined} */
    this.retry = undefined;
    this.wake = () => this.store.pending.length && this.soon(0);
    window.addEventListener("online", this.wake);
    document.addEventListener("vigie:line", (event) => /** @type {CustomEvent} */ (event).detail === "on" && this.wake());
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.wake());
  }

  /** Send shortly: what is made meanwhile goes with it. @param {number} [after] */
  soon(after) {
    if (this.sending) return; // looks again when it is back
    window.clearTimeout(this.retry);
    this.retry = undefined;
    const wait = after ?? Math.max(FIRST_MS, this.last + APART_MS - Date.now());
    this.timer ??= window.setTimeout(() => {
      this.timer = undefined;
      void this.send();
    }, wait);
  }

  /** One batch; the next follows by itself. */
  async send() {
    if (this.sending || !this.store.pending.length) return;
    await this.store.opened;
    if (this.sending) return;
    this.last = Date.now();
    this.sending = this.locked(() => this.batch()).finally(() => {
      this.sending = undefined;
    });
    await this.sending;
    if (!this.store.pending.length) return;
    if (this.failures) this.later();
    else this.soon();
  }

  /** @param {() => Promise<void>} work @returns {Promise<void>} */
  async locked(work) {
    if (!navigator.locks) return work();
    await navigator.locks.request(this.lock, work);
  }

  later() {
    window.clearTimeout(this.retry);
    const pause = Math.min(RETRY_AT_MOST_MS, RETRY_MS * 2 ** (this.failures - 1));
    this.retry = window.setTimeout(() => void this.send(), pause * (0.5 + Math.random()));
  }

  async batch() {
    const { store } = this;
    // Another tab may have sent them while we waited for our turn: then they wait no longer.
    const asked = store.pending.filter((each) => store.written.has(each.edit)).map((each) => each.edit);
    const waiting = store.fullness ? null : await store.keep.waiting();
    const sent = waiting && !store.fullness ? asked.filter((edit) => !waiting.has(edit)) : [];
    if (sent.length) store.settle(sent, [], [], true);
    const batch = cut(store.pending, this.atOnce);
    if (!batch.length) return;
    this.tell();
    /** @type {Response} */
    let answer;
    try {
      answer = await fetch(this.url, {
        method: "POST", body: JSON.stringify({ edits: batch }), redirect: "manual",
        headers: { "Content-Type": "application/json", "X-CSRFToken": token(), ...store.headers },
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
    } catch {
      return this.failed("offline");
    }
    if (answer.ok) {
      try {
        const told = await answer.json();
        this.answered();
        store.taken(batch, told);
      } catch {
        return this.failed("offline"); // cut in the middle of the answer: sent again, known again
      }
      this.failures = 0;
      this.atOnce = Math.min(AT_ONCE, this.atOnce * 2);
      return;
    }
    if (answer.status === 400 || answer.status === 413) return this.tooMuch(batch, answer.status);
    this.failures += 1;
    if (answer.status !== 403) return this.barred(answer);
    const found = await renewed();
    if (found === "new") this.failures = 0; // at once again, with it
    else this.say(found === "same" ? "forbidden" : "session");
  }

  /** A batch it cannot read: smaller ones, down to the one edit that is wrong, which is set aside. @param {Edit[]} batch @param {number} status */
  tooMuch(batch, status) {
    if (batch.length > 1) {
      this.atOnce = Math.ceil(batch.length / 2);
      return;
    }
    this.refuse(batch, status === 413 ? "too_large" : "unreadable");
  }

  /** @param {Edit[]} batch @param {string} code */
  refuse(batch, code) {
    const outcomes = batch.map(({ edit, feature }) => ({ edit, feature, status: "refused", written: [], asked: [], code, field: "", stamp: 0 }));
    this.store.taken(batch, { seq: this.store.seq, outcomes, features: [], gone: [] });
  }

  /** An answer that is no answer: why, in words on the screen. @param {Response} answer */
  barred(answer) {
    if (answer.type === "opaqueredirect" || answer.status === 401) this.say("session");
    else if (answer.status === 404) this.say("gone");
    else if (answer.status === 409) this.say("another");
    else this.say(answer.status === 403 ? "forbidden" : "server");
  }

  /** It answered: the way is open. */
  answered() {
    if (this.state !== "ok") this.say("ok");
  }

  /** @param {State} state */
  failed(state) {
    this.failures += 1;
    this.say(state);
  }

  /** @param {State} state */
  say(state) {
    if (this.state === state) return;
    this.state = state;
    this.tell();
  }

  tell() {
    const { store } = this;
    const detail = { state: this.state, n: store.pending.length, aside: store.aside.length, memory: store.fullness };
    store.dispatchEvent(new CustomEvent("state", { detail }));
  }

  // Set aside --------------------------------------------------------------------------------------

  /** Try once more what was set aside, as new edits on what stands now. */
  again() {
    const { store } = this;
    const all = store.aside.splice(0);
    for (const { edit } of all) {
      const { create, ...rest } = edit;
      const made = create && !store.known.has(edit.feature) && !store.own.get(edit.feature)?.some((each) => each.create);
      store.make({ ...rest, ...(made ? { create: true } : {}), edit: newId() });
    }
    this.forget(all.map(({ edit }) => edit.edit));
  }

  /** @param {string[]} edits */
  forget(edits) {
    const { store } = this;
    store.keep.forget(edits);
    store.aside = store.aside.filter(({ edit }) => !edits.includes(edit.edit));
    store.channel?.postMessage({ kind: "aside", aside: store.aside });
    this.tell();
  }
}

/** The first of them, as many as may go at once. @param {Edit[]} pending @param {number} most */
function cut(pending, most) {
  const batch = [];
  let bytes = 0;
  for (const each of pending.slice(0, most)) {
    bytes += JSON.stringify(each).length;
    if (batch.length && bytes > BYTES) break;
    batch.push(each);
  }
  return batch;
}

/** Ask for the page again: it brings a new token when one is still signed in. @returns {Promise<"new" | "same" | "out">} */
async function renewed() {
  const before = token();
  try {
    const answer = await fetch(location.href, { redirect: "manual", headers: { Accept: "text/html" } });
    if (!answer.ok) return "out";
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const headers = page.body.getAttribute("hx-headers");
    if (headers) document.body.setAttribute("hx-headers", headers);
  } catch {
    return "out";
  }
  return token() === before ? "same" : "new";
}
