// The picture workbench: zoom, turn, mirror, levels, and two pictures against each other.
// Everything happens on the picture as shown; nothing is written or sent.
import { register } from "/static/ui/js/behaviours.js";
import { keys } from "/static/ui/js/keyboard.js";
import { gettext } from "/static/ui/js/words.js";

const SVG = "http://www.w3.org/2000/svg";
const MOST = 16;

/** How a picture lies before anybody moved it. */
const asItWas = () => ({ scale: 1, x: 0, y: 0, turned: 0, mirrored: false });

class Bench {
  /** @param {HTMLElement} bench */
  constructor(bench) {
    this.bench = bench;
    this.stage = /** @type {HTMLElement} */ (bench.querySelector("[data-stage]"));
    this.one = /** @type {HTMLImageElement} */ (bench.querySelector("[data-one]"));
    this.two = /** @type {HTMLImageElement | null} */ (bench.querySelector("[data-two]"));
    this.plain = this.one.src;
    this.slider = /** @type {HTMLElement | null} */ (bench.querySelector("[data-slider]"));
    this.note = /** @type {HTMLElement} */ (bench.querySelector("[data-levels-note]"));
    this.tone = { black: 0, white: 255, gamma: 100, grey: false };
    this.ending = new AbortController();
    this.filter = this.filterElement();
    /** How each picture lies: the first, the second. */
    this.at = [asItWas(), asItWas()];
    /** Which of them gestures move. @type {"both" | "one" | "two"} */
    this.moves = "both";
    this.listen();
    this.bind();
    this.view(this.two ? "beside" : "one");
  }

  /** An SVG filter that stretches the tones between two levels. */
  filterElement() {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("width", "0");
    svg.setAttribute("height", "0");
    svg.setAttribute("aria-hidden", "true");
    const filter = document.createElementNS(SVG, "filter");
    filter.id = "bench-tones";
    filter.setAttribute("color-interpolation-filters", "sRGB");
    for (const type of ["linear", "gamma"]) {
      const transfer = document.createElementNS(SVG, "feComponentTransfer");
      for (const channel of ["R", "G", "B"]) {
        const part = document.createElementNS(SVG, `feFunc${channel}`);
        part.setAttribute("type", type);
        transfer.append(part);
      }
      filter.append(transfer);
    }
    svg.append(filter);
    this.bench.append(svg);
    return filter;
  }

  listen() {
    const { signal } = this.ending;
    this.bench.addEventListener("click", (event) => this.clicked(event), { signal });
    this.bench.addEventListener("input", (event) => this.toned(event), { signal });
    this.stage.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && document.activeElement !== this.stage) return;
      event.preventDefault();
      this.zoom(event.deltaY < 0 ? 1.2 : 1 / 1.2);
    }, { signal, passive: false });
    this.stage.addEventListener("vigie:veil", () => this.show(), { signal });
    this.stage.addEventListener("pointerdown", (event) => this.drag(event), { signal });
  }

  bind() {
    const { signal } = this.ending;
    /** @param {string} key @param {string} label @param {() => void | false} run */
    const bind = (key, label, run) => {
      const off = keys.bind("bench", key, { label, run });
      signal.addEventListener("abort", off);
    };
    keys.scope("bench", { label: gettext("Picture"), active: () => this.stage.isConnected });
    const moves = /** @type {const} */ ([
      ["ArrowLeft", 40, 0], ["ArrowRight", -40, 0], ["ArrowUp", 0, 40], ["ArrowDown", 0, -40],
    ]);
    for (const [key, dx, dy] of moves)
      bind(key, "", () => (document.activeElement === this.stage ? this.move(dx, dy) : false));
    bind("+", gettext("Zoom in"), () => this.zoom(1.4));
    bind("-", gettext("Zoom out"), () => this.zoom(1 / 1.4));
    bind("r", gettext("Turn right"), () => this.turn());
    bind("f", gettext("Mirror"), () => this.mirror());
    bind("0", gettext("As it was"), () => this.reset());
  }

  /** @param {Event} event */
  clicked(event) {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    if (!button) return;
    if (button.dataset.view) this.view(button.dataset.view);
    if (button.dataset.moves) this.choose(/** @type {"both" | "one" | "two"} */ (button.dataset.moves));
    switch (button.dataset.do) {
      case "in": return this.zoom(1.4);
      case "out": return this.zoom(1 / 1.4);
      case "turn": return this.turn();
      case "mirror": return this.mirror();
      case "reset": return this.reset();
    }
  }

  /** @param {string} name */
  view(name) {
    this.stage.dataset.view = name;
    for (const button of this.bench.querySelectorAll("button[data-view]"))
      button.setAttribute("aria-pressed", String(/** @type {HTMLElement} */ (button).dataset.view === name));
    this.one.src = name === "levels" ? (this.bench.dataset.levels ?? this.plain) : this.plain;
    this.note.hidden = name !== "levels";
    if (this.slider) this.slider.hidden = name !== "slider";
    this.cut();
  }

  /** What gestures move from now on. @param {"both" | "one" | "two"} moves */
  choose(moves) {
    this.moves = moves;
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (this.bench.querySelectorAll("button[data-moves]")))
      button.setAttribute("aria-pressed", String(button.dataset.moves === moves));
    this.sayAngle();
  }

  /** What is to be moved now. */
  get moved() {
    return this.at.filter((_, place) => this.moves === "both" || this.moves === (place ? "two" : "one"));
  }

  sayAngle() {
    const field = /** @type {HTMLInputElement | null} */ (this.bench.querySelector("[data-angle]"));
    const turned = this.moved[0]?.turned ?? 0;
    if (field) field.value = String(((turned + 540) % 360) - 180);
  }

  reset() {
    this.at = [asItWas(), asItWas()];
    this.sayAngle();
    this.tone = { black: 0, white: 255, gamma: 100, grey: false };
    for (const field of /** @type {NodeListOf<HTMLInputElement>} */ (this.bench.querySelectorAll("[data-tone]")))
      if (field.type === "checkbox") field.checked = false;
      else field.value = field.defaultValue;
    this.show();
  }

  /** @param {number} by */
  zoom(by) {
    for (const each of this.moved) each.scale = Math.min(MOST, Math.max(0.5, each.scale * by));
    this.show();
  }

  /** @param {number} dx @param {number} dy */
  move(dx, dy) {
    for (const each of this.moved) {
      each.x += dx;
      each.y += dy;
    }
    this.show();
  }

  turn() {
    for (const each of this.moved) each.turned = (each.turned + 90) % 360;
    this.sayAngle();
    this.show();
  }

  mirror() {
    for (const each of this.moved) each.mirrored = !each.mirrored;
    this.show();
  }

  /** @param {PointerEvent} event */
  drag(event) {
    if (event.target instanceof Element && event.target.closest("button")) return;
    this.stage.setPointerCapture(event.pointerId);
    const ending = new AbortController();
    const { signal } = ending;
    this.stage.addEventListener("pointermove", (moved) => this.move(moved.movementX, moved.movementY), { signal });
    for (const end of ["pointerup", "pointercancel"])
      this.stage.addEventListener(end, () => ending.abort(), { signal });
  }

  /** @param {Event} event */
  toned(event) {
    const field = event.target;
    if (!(field instanceof HTMLInputElement)) return;
    if (field.closest("[data-slider]")) return this.cut();
    if (field.matches("[data-angle]")) for (const each of this.moved) each.turned = Number(field.value);
    switch (field.dataset.tone) {
      case "black": this.tone.black = Number(field.value); break;
      case "white": this.tone.white = Number(field.value); break;
      case "gamma": this.tone.gamma = Number(field.value); break;
      case "grey": this.tone.grey = field.checked; break;
      default: if (!field.matches("[data-angle]")) return;
    }
    this.show();
  }

  show() {
    const { black, white, gamma, grey } = this.tone;
    const slope = 255 / Math.max(1, white - black);
    const [linear, curve] = this.filter.children;
    for (const part of linear?.children ?? []) {
      part.setAttribute("slope", String(slope));
      part.setAttribute("intercept", String((-black / 255) * slope));
    }
    for (const part of curve?.children ?? []) part.setAttribute("exponent", String(100 / gamma));
    const touched = black !== 0 || white !== 255 || gamma !== 100;
    const filter = [touched ? "url(#bench-tones)" : "", grey ? "grayscale(1)" : ""].join(" ").trim();
    for (const [place, image] of [this.one, this.two].entries()) {
      if (!image) continue;
      const { scale, x, y, turned, mirrored } = this.at[place] ?? asItWas();
      image.style.transform = `translate(${x}px, ${y}px) rotate(${turned}deg) scale(${mirrored ? -scale : scale}, ${scale})`;
      image.style.filter = this.stage.classList.contains("veiled") ? "" : filter;
    }
  }

  /** Where the second picture begins, in the slider's view. */
  cut() {
    if (!this.two) return;
    const edge = this.slider?.querySelector("input")?.value ?? "50";
    this.two.style.clipPath = this.stage.dataset.view === "slider" ? `inset(0 0 0 ${edge}%)` : "";
  }

  disconnect() {
    this.ending.abort();
  }
}

class BenchChoice {
  /** Choosing is showing. @param {HTMLElement} form */
  constructor(form) {
    form.addEventListener("change", () => /** @type {HTMLFormElement} */ (form).requestSubmit());
  }
}

register("bench", Bench);
register("bench-choice", BenchChoice);
