// The scenario's clock runs on between two looks at the server.
import { register } from "/static/ui/js/behaviours.js";

class ExerciseClock {
  /** @param {HTMLElement} element */
  constructor(element) {
    this.element = element;
    const { clock = "0", at = "", speed = "1", paused = "", length = "0" } = element.dataset;
    this.from = Number(clock);
    this.at = Date.parse(at);
    this.speed = Number(speed);
    this.length = Number(length);
    if (paused || Number.isNaN(this.at)) return;
    this.timer = window.setInterval(() => this.tick(), 1000);
    this.tick();
  }

  tick() {
    const gone = Math.max(0, Date.now() - this.at) / 1000;
    const seconds = Math.min(this.from + gone * this.speed, this.length || Infinity);
    const minutes = Math.floor(seconds / 60);
    this.element.textContent = `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
  }

  disconnect() {
    window.clearInterval(this.timer);
  }
}

register("exercise-clock", ExerciseClock);
