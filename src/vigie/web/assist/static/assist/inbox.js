// The officer's inbox: what waits stands in the page's title, a sound tells of a new one (once asked
// for), j k walk, Enter opens, 1 to 5 answer what is open.
import { register } from "/static/ui/js/behaviours.js";
import { keys } from "/static/ui/js/keyboard.js";
import { focusedRow, selection, step } from "/static/ui/js/selection.js";
import { gettext } from "/static/ui/js/words.js";

const BEEP_S = 0.25;

class Inbox {
  /** @param {HTMLElement} list */
  constructor(list) {
    this.list = list;
    this.title = document.title;
    this.ending = new AbortController();
    /** @type {AudioContext | undefined} */
    this.audio = undefined;
    const { signal } = this.ending;
    keys.scope("handoffs", { label: gettext("Hand-offs"), active: () => list.isConnected });
    for (const [key, by] of /** @type {const} */ ([["j", 1], ["ArrowDown", 1], ["k", -1], ["ArrowUp", -1]]))
      keys.bind("handoffs", key, {
        label: key === "j" ? gettext("Next hand-off") : key === "k" ? gettext("Previous hand-off") : "",
        run: () => void step(list, by),
      });
    keys.bind("handoffs", "Enter", { label: gettext("Open"), run: () => this.press(focusedRow()?.querySelector("[data-open]")) });
    for (const number of ["1", "2", "3", "4", "5"])
      keys.bind("handoffs", number, {
        label: number === "1" ? gettext("Answer what is open: seen, we act, done, we knew, not ours") : "",
        run: () => this.press(document.querySelector(`#detail [data-answer="${number}"]`)),
      });
    this.sound = /** @type {HTMLButtonElement | null} */ (document.querySelector("[data-inbox-sound]"));
    this.sound?.addEventListener("click", () => this.toggle(), { signal });
    list.addEventListener("htmx:beforeSwap", () => (this.at = focusedRow()?.dataset.row), { signal });
    list.addEventListener("htmx:afterSwap", () => this.changed(), { signal });
    document.getElementById("detail")?.addEventListener("htmx:afterSettle", () => this.mark(), { signal });
    this.newest = this.latest();
    this.show();
    this.mark();
  }

  /** The number of the latest hand-off that waits. */
  latest() {
    const rows = /** @type {HTMLElement[]} */ ([...this.list.querySelectorAll("[data-waits]")]);
    return Math.max(0, ...rows.map((row) => Number(row.dataset.row?.split(":")[1])));
  }

  changed() {
    const row = this.at && this.list.querySelector(`[data-row="${this.at}"]`);
    if (row instanceof HTMLElement) row.focus();
    const latest = this.latest();
    if (latest > this.newest) this.beep();
    this.newest = Math.max(this.newest, latest);
    this.show();
    this.mark();
  }

  show() {
    const state = /** @type {HTMLElement | null} */ (this.list.querySelector("[data-waiting]"));
    const waiting = Number(state?.dataset.waiting ?? 0);
    document.title = waiting ? `(${waiting}) ${this.title}` : this.title;
  }

  toggle() {
    const on = this.sound?.getAttribute("aria-pressed") !== "true";
    this.sound?.setAttribute("aria-pressed", String(on));
    this.audio ??= new AudioContext();
    if (on) this.beep();
  }

  beep() {
    if (!this.audio || this.sound?.getAttribute("aria-pressed") !== "true") return;
    const tone = this.audio.createOscillator();
    const volume = this.audio.createGain();
    volume.gain.value = 0.2;
    tone.frequency.value = 880;
    tone.connect(volume).connect(this.audio.destination);
    tone.start();
    tone.stop(this.audio.currentTime + BEEP_S);
  }

  /** @param {Element | null | undefined} control */
  press(control) {
    if (!(control instanceof HTMLElement)) return false;
    control.click();
  }

  mark() {
    const open = /** @type {HTMLElement | null} */ (document.querySelector("#detail [data-handoff]"));
    if (open) selection.set(`handoff:${open.dataset.handoff}`, "handoffs");
  }

  disconnect() {
    document.title = this.title;
    this.ending.abort();
  }
}

register("inbox", Inbox);
