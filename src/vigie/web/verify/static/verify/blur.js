// Drawing on a picture what is to be hidden before the public sees it: by pointer, or by keyboard.
import { register } from "/static/ui/js/behaviours.js";
import { fill } from "/static/ui/js/words.js";

const STEP = 0.01;
const LEAST = 0.01;
/** @type {Record<string, [number, number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** @typedef {{ left: number, top: number, width: number, height: number }} Area parts of the picture */

/** @param {number} value @param {number} low @param {number} high */
const within = (value, low, high) => Math.min(high, Math.max(low, value));

class Blur {
  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.form = form;
    this.stage = /** @type {HTMLElement} */ (form.querySelector(".blur-picture"));
    this.field = /** @type {HTMLInputElement} */ (form.elements.namedItem("areas"));
    /** @type {Map<HTMLElement, Area>} */
    this.areas = new Map();
    form.querySelector("[data-add]")?.addEventListener("click", () =>
      this.add({ left: 0.4, top: 0.4, width: 0.2, height: 0.2 }).focus(),
    );
    this.stage.addEventListener("pointerdown", (event) => this.draw(event));
  }

  /** @param {PointerEvent} event */
  draw(event) {
    if (event.button !== 0 || (event.target instanceof HTMLElement && event.target.matches(".blur-area"))) return;
    event.preventDefault();
    const start = this.at(event);
    const box = this.add({ left: start.x, top: start.y, width: LEAST, height: LEAST });
    const move = (/** @type {PointerEvent} */ moved) => {
      const end = this.at(moved);
      this.place(box, {
        left: Math.min(start.x, end.x),
        top: Math.min(start.y, end.y),
        width: Math.abs(end.x - start.x),
        height: Math.abs(end.y - start.y),
      });
    };
    const stop = () => {
      this.stage.removeEventListener("pointermove", move);
      box.focus();
    };
    this.stage.setPointerCapture(event.pointerId);
    this.stage.addEventListener("pointermove", move);
    this.stage.addEventListener("pointerup", stop, { once: true });
    this.stage.addEventListener("pointercancel", stop, { once: true });
  }

  /** @param {PointerEvent} event */
  at(event) {
    const box = this.stage.getBoundingClientRect();
    return {
      x: within((event.clientX - box.left) / box.width, 0, 1),
      y: within((event.clientY - box.top) / box.height, 0, 1),
    };
  }

  /** @param {Area} area */
  add(area) {
    const box = document.createElement("div");
    box.className = "blur-area";
    box.tabIndex = 0;
    box.setAttribute("role", "group");
    box.addEventListener("keydown", (event) => this.key(event, box));
    this.stage.append(box);
    this.place(box, area);
    return box;
  }

  /** @param {KeyboardEvent} event @param {HTMLElement} box */
  key(event, box) {
    const area = this.areas.get(box);
    const arrow = ARROWS[event.key];
    if (!area) return;
    if (event.key === "Delete" || event.key === "Backspace") {
      this.areas.delete(box);
      box.remove();
      this.keep();
      /** @type {HTMLElement | null} */ (this.form.querySelector("[data-add]"))?.focus();
    } else if (arrow && event.shiftKey) {
      this.place(box, { ...area, width: area.width + arrow[0] * STEP, height: area.height + arrow[1] * STEP });
    } else if (arrow) {
      this.place(box, { ...area, left: area.left + arrow[0] * STEP, top: area.top + arrow[1] * STEP });
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {HTMLElement} box @param {Area} wanted */
  place(box, wanted) {
    const width = within(wanted.width, LEAST, 1);
    const height = within(wanted.height, LEAST, 1);
    const area = { width, height, left: within(wanted.left, 0, 1 - width), top: within(wanted.top, 0, 1 - height) };
    this.areas.set(box, area);
    for (const [side, part] of Object.entries(area)) box.style.setProperty(side, `${100 * part}%`);
    this.keep();
  }

  keep() {
    this.field.value = JSON.stringify([...this.areas.values()]);
    const told = this.form.querySelector("[data-areas]");
    if (told) told.textContent = String(this.areas.size);
    let n = 0;
    for (const box of this.areas.keys()) box.setAttribute("aria-label", fill(this.form.dataset.label ?? "", { n: ++n }));
  }
}

register("blur", /** @type {any} */ (Blur));
