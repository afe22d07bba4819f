// Gestures on their way to the server. One at a time, in order. What a cut line stopped is kept in
// this browser, shown, and sent again when the line is back; nothing is said to be kept before the
// server says so.
import { make } from "/static/ui/js/dom.js";
import { fill, gettext, ngettext } from "/static/ui/js/words.js";

/**
 * @typedef {{ verb: string, leads: Record<string, string>, data: Record<string, string>, label: string, told?: boolean }} Gesture
 * @typedef {{ status: number, html: string }} Answer
 */

const PATIENCE_MS = 15_000;
const AGAIN_MS = 5_000;
const CUT = [502, 503, 504];

export class LineCut extends Error {}

/**
 * POST a form. Raises LineCut when no server answered.
 * @param {string} url @param {URLSearchParams} body @returns {Promise<Answer>}
 */
export async function post(url, body) {
  const headers = JSON.parse(document.body.getAttribute("hx-headers") ?? "{}");
  let response;
  try {
    response = await fetch(url, {
      method: "POST",
      body,
      headers: { ...headers, "HX-Request": "true" },
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
  } catch {
    throw new LineCut();
  }
  if (CUT.includes(response.status)) throw new LineCut();
  const away = response.headers.get("HX-Redirect");
  if (away) location.assign(away);
  return { status: response.status, html: await response.text() };
}

export class Outbox {
  /**
   * @param {string} base address of the board @param {string} name where unsent gestures are kept
   * @param {HTMLElement} band where they are shown
   * @param {(gesture: Gesture, answer: Answer, late: boolean) => void} answered
   */
  constructor(base, name, band, answered) {
    this.base = base;
    this.name = name;
    this.band = band;
    this.answered = answered;
    this.shown = 0;
    /** @type {Promise<void>} */
    this.turn = Promise.resolve();
    /** @type {Gesture[]} */
    this.unsent = JSON.parse(localStorage.getItem(name) ?? "[]");
    this.timer = window.setInterval(() => this.retry(), AGAIN_MS);
    this.retryNow = () => void this.retry();
    window.addEventListener("online", this.retryNow);
    document.addEventListener("vigie:line", this.retryNow);
    this.show();
    void this.retry();
  }

  /** Send a gesture after those before it. @param {Gesture} gesture @returns {Promise<void>} */
  send(gesture) {
    this.turn = this.turn.then(async () => {
      if (this.unsent.length) return this.keep(gesture);
      try {
        this.answered(gesture, await this.deliver(gesture), false);
      } catch (error) {
        if (!(error instanceof LineCut)) throw error;
        this.keep(gesture);
      }
    });
    return this.turn;
  }

  /** @param {Gesture} gesture */
  deliver(gesture) {
    const body = new URLSearchParams(gesture.data);
    for (const [lead, version] of Object.entries(gesture.leads))
      body.append("lead", version ? `${lead}:${version}` : lead);
    return post(`${this.base}do/${gesture.verb}/`, body);
  }

  /** Send what waits, oldest first, until the line is cut again. */
  retry() {
    if (!this.unsent.length || this.retrying) return;
    this.retrying = true;
    this.turn = this.turn.then(async () => {
      try {
        while (this.unsent[0]) {
          const gesture = this.unsent[0];
          const answer = await this.deliver(gesture);
          this.unsent.shift();
          this.store();
          this.answered(gesture, answer, true);
        }
      } catch (error) {
        if (!(error instanceof LineCut)) throw error;
      } finally {
        this.retrying = false;
        this.show();
      }
    });
  }

  /** @param {Gesture} gesture */
  keep(gesture) {
    this.unsent.push(gesture);
    this.store();
    this.show();
  }

  /** Take back the last gesture that was not sent; null when there is none. */
  takeBack() {
    const last = this.unsent.pop() ?? null;
    this.store();
    this.show();
    return last;
  }

  store() {
    try {
      localStorage.setItem(this.name, JSON.stringify(this.unsent));
    } catch {
      // storage is full or refused: they wait in this page only
    }
  }

  show() {
    for (const mark of document.querySelectorAll(".post-unsent")) mark.remove();
    for (const { leads, label } of this.unsent)
      for (const lead of Object.keys(leads))
        for (const facts of document.querySelectorAll(`.post[data-lead="${lead}"] .post-facts`))
          facts.append(make("span", { class: "post-unsent" }, fill(gettext("%(gesture)s: not kept yet"), { gesture: label })));
    const n = this.unsent.length;
    if (n === this.shown) return;
    this.shown = n;
    this.band.hidden = n === 0;
    if (!n) return this.band.replaceChildren();
    const again = make("button", { type: "button", class: "btn" }, gettext("Try now"));
    again.addEventListener("click", () => this.retry());
    const drop = make("button", { type: "button", class: "btn quiet" }, gettext("Give up"));
    drop.addEventListener("click", () => {
      this.unsent = [];
      this.store();
      this.show();
    });
    const text = ngettext(
      "The line is cut: %(n)d gesture is not kept yet. It will be sent when the line is back.",
      "The line is cut: %(n)d gestures are not kept yet. They will be sent when the line is back.",
      n,
    );
    this.band.replaceChildren(make("p", {}, fill(text, { n })), again, drop);
  }

  disconnect() {
    window.clearInterval(this.timer);
    window.removeEventListener("online", this.retryNow);
    document.removeEventListener("vigie:line", this.retryNow);
  }
}
