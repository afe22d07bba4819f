// The bell: says a new alert in a toast, once, and with a short sound where somebody asked for one.
import { register } from "/static/ui/js/behaviours.js";
import { toast } from "/static/ui/js/toast.js";
import { gettext } from "/static/ui/js/words.js";

export const SOUND = "vigie.alert-sound";

/** Two soft tones; nothing where the browser lets no page sound without a gesture first. */
export function ring() {
  const context = new AudioContext();
  if (context.state !== "running") return void context.close();
  for (const [at, pitch] of /** @type {const} */ ([[0, 660], [0.18, 880]])) {
    const tone = context.createOscillator();
    const volume = context.createGain();
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0.0001, context.currentTime + at);
    volume.gain.exponentialRampToValueAtTime(0.15, context.currentTime + at + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, context.currentTime + at + 0.16);
    tone.connect(volume).connect(context.destination);
    tone.start(context.currentTime + at);
    tone.stop(context.currentTime + at + 0.17);
  }
  setTimeout(() => void context.close(), 800);
}

class Bell {
  /** @param {HTMLElement} place */
  constructor(place) {
    this.place = place;
    this.last = this.number;
    this.swapped = () => this.look();
    place.addEventListener("htmx:afterSwap", this.swapped);
  }

  get number() {
    const bell = /** @type {HTMLElement | null} */ (this.place.querySelector(".bell"));
    return Number(bell?.dataset.number ?? 0);
  }

  look() {
    const number = this.number;
    if (number <= this.last) return;
    this.last = number;
    const bell = /** @type {HTMLAnchorElement} */ (this.place.querySelector(".bell"));
    if (!document.querySelector("[data-vigie-alerts]"))
      toast(bell.title, {
        kind: bell.classList.contains("urgent") ? "warn" : "info",
        link: { url: new URL(`${number}/`, bell.href).href, label: gettext("Open the alert") },
      });
    if (localStorage.getItem(SOUND) === "on") ring();
  }

  disconnect() {
    this.place.removeEventListener("htmx:afterSwap", this.swapped);
  }
}

register("bell", Bell);
