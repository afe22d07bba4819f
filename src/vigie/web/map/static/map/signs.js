// Signs drawn on a canvas for the map: one shape and colour per family, the category's icon in it, the
// state as a small mark, a ring when it is urgent. Few, large, told apart without colour.
import { colour } from "/static/ui/js/theme.js";

/**
 * @typedef {{
 *   categories: Record<string, { word: string, icon: string, family: string }>,
 *   families: Record<string, string>,
 *   states: Record<string, { word: string, icon: string }>,
 *   urgencies: { word: string, icon: string }[],
 *   basemaps?: import("/static/map/bases.js").Base[],
 * }} Vocabulary
 */

const SIZE = 46;
const RATIO = 2;

/** The vocabulary of the page. @returns {Vocabulary} */
export const vocabulary = () =>
  JSON.parse(document.getElementById("map-vocabulary")?.textContent ?? '{"categories":{},"families":{},"states":{},"urgencies":[]}');

export class Signs {
  /** @param {Vocabulary} words */
  constructor(words) {
    this.words = words;
    /** @type {Map<string, HTMLImageElement>} */
    this.icons = new Map();
    /** @type {Map<string, Promise<Document>>} */
    this.sprites = new Map();
    /** Other kinds of names, drawn by who knows them. @type {Record<string, (parts: string[]) => Promise<HTMLCanvasElement>>} */
    this.kinds = {};
  }

  /** An icon of a sprite in one colour, ready to be drawn. @param {string} name @param {string} ink @param {string} [from] the sprite's address */
  async icon(name, ink, from = document.body.dataset.icons ?? "") {
    const key = `${from}#${name} ${ink}`;
    const known = this.icons.get(key);
    if (known) return known;
    const sprite =
      this.sprites.get(from) ??
      fetch(from)
        .then((answer) => answer.text())
        .then((text) => new DOMParser().parseFromString(text, "image/svg+xml"));
    this.sprites.set(from, sprite);
    const symbol = (await sprite).getElementById(name);
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("width", "64");
    svg.setAttribute("height", "64");
    for (const paint of ["fill", "stroke", "stroke-width", "stroke-linecap", "stroke-linejoin"]) {
      const value = symbol?.getAttribute(paint);
      if (value) svg.setAttribute(paint, value === "currentColor" ? ink : value);
    }
    if (symbol) svg.append(...[...symbol.childNodes].map((node) => node.cloneNode(true)));
    for (const part of svg.querySelectorAll("[fill=currentColor]")) part.setAttribute("fill", ink);
    const url = URL.createObjectURL(new Blob([new XMLSerializer().serializeToString(svg)], { type: "image/svg+xml" }));
    const image = new Image();
    image.src = url;
    await image.decode().catch(() => undefined);
    URL.revokeObjectURL(url);
    this.icons.set(key, image);
    return image;
  }

  /** @param {number} [size] */
  canvas(size = SIZE) {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = size * RATIO;
    // The map reads it back: kept by the processor, or each sign waits for the graphics queue to be empty.
    const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
    pen.scale(RATIO, RATIO);
    pen.lineJoin = "round";
    return { canvas, pen };
  }

  /**
   * The picture of a name: "i|category|state|urgency" or "c|urgency|size".
   * @param {string} name @returns {Promise<HTMLCanvasElement | null>}
   */
  async draw(name) {
    const [kind, ...rest] = name.split("|");
    if (kind === "i") return this.incident(rest[0] ?? "", rest[1] ?? "to_check", Number(rest[2]));
    if (kind === "c") return this.cluster(Number(rest[0]), Number(rest[1]));
    return (await this.kinds[kind ?? ""]?.(rest)) ?? null;
  }

  /** @param {string} category @param {string} state @param {number} urgency */
  async incident(category, state, urgency) {
    const known = this.words.categories[category] ?? this.words.categories[""];
    const family = known?.family ?? "talk";
    const { canvas, pen } = this.canvas();
    const middle = SIZE / 2;
    const quiet = state === "denied" || state === "closed";
    const halo = colour("--map-halo");
    if (urgency >= 3) {
      pen.beginPath();
      pen.arc(middle, middle, 20.5, 0, 7);
      pen.lineWidth = urgency === 4 ? 4 : 2;
      pen.strokeStyle = halo;
      pen.lineWidth += 2;
      pen.stroke();
      pen.lineWidth = urgency === 4 ? 4 : 2;
      pen.strokeStyle = colour(urgency === 4 ? "--urgency-critical" : "--urgency-high");
      if (urgency === 3) pen.setLineDash([5, 3]);
      pen.stroke();
      pen.setLineDash([]);
    }
    pen.globalAlpha = quiet ? 0.55 : 1;
    outline(pen, family, middle, middle, 15.5);
    pen.fillStyle = colour(`--family-${family}`);
    pen.strokeStyle = halo;
    pen.lineWidth = 3;
    pen.stroke();
    pen.fill();
    const image = await this.icon(known?.icon ?? "map-pin", "#ffffff");
    const drop = family === "hazard" || family === "water" ? 3 : 0;
    const wide = family === "hazard" ? 13 : family === "roads" ? 15 : 18;
    pen.drawImage(image, middle - wide / 2, middle - wide / 2 + drop, wide, wide);
    pen.globalAlpha = 1;
    await this.mark(pen, state);
    return canvas;
  }

  /** The state, at the lower right. @param {CanvasRenderingContext2D} pen @param {string} state */
  async mark(pen, state) {
    const inks = /** @type {Record<string, string>} */ ({
      to_check: "--verify-check", confirmed: "--verify-confirmed", denied: "--verify-denied",
      unverifiable: "--verify-unverifiable", handed_over: "--accent", closed: "--ink-soft",
    });
    const ink = colour(inks[state] ?? "--ink-soft");
    const at = SIZE - 10;
    pen.beginPath();
    pen.arc(at, at, 8, 0, 7);
    pen.fillStyle = colour("--surface");
    pen.fill();
    pen.lineWidth = 1.5;
    pen.strokeStyle = ink;
    pen.stroke();
    const image = await this.icon(this.words.states[state]?.icon ?? "help-hexagon", ink);
    pen.drawImage(image, at - 6.5, at - 6.5, 13, 13);
  }

  /** Several together: the ring says the highest urgency. @param {number} urgency @param {number} size 0 … 2 */
  cluster(urgency, size) {
    const across = 44 + size * 8;
    const { canvas, pen } = this.canvas(across);
    const middle = across / 2;
    const tokens = ["--line-strong", "--urgency-low", "--urgency-medium", "--urgency-high", "--urgency-critical"];
    pen.beginPath();
    pen.arc(middle, middle, middle - 4, 0, 7);
    pen.fillStyle = colour("--surface");
    pen.fill();
    pen.lineWidth = urgency === 4 ? 5 : 3;
    pen.strokeStyle = colour(tokens[urgency] ?? "--line-strong");
    if (urgency === 3) pen.setLineDash([6, 3]);
    pen.stroke();
    return canvas;
  }
}

export const PIXEL_RATIO = RATIO;

/**
 * The path of a family's shape around a point.
 * @param {CanvasRenderingContext2D} pen @param {string} family @param {number} x @param {number} y @param {number} r
 */
function outline(pen, family, x, y, r) {
  pen.beginPath();
  if (family === "people") pen.arc(x, y, r, 0, 7);
  else if (family === "roads") corners(pen, x, y, r * 1.2, 4, 0);
  else if (family === "networks") corners(pen, x, y, r * 1.08, 6, 0);
  else if (family === "crowd") corners(pen, x, y, r * 1.05, 8, Math.PI / 8);
  else if (family === "hazard") corners(pen, x, y + 2.5, r * 1.35, 3, -Math.PI / 2);
  else if (family === "buildings") pen.rect(x - r * 0.88, y - r * 0.88, r * 1.76, r * 1.76);
  else if (family === "water") drop(pen, x, y, r);
  else pen.roundRect(x - r, y - r * 0.85, r * 2, r * 1.7, 6);
  pen.closePath();
}

/** @param {CanvasRenderingContext2D} pen @param {number} x @param {number} y @param {number} r @param {number} n @param {number} turn */
function corners(pen, x, y, r, n, turn) {
  for (let i = 0; i < n; i++) {
    const angle = turn + (2 * Math.PI * i) / n;
    pen.lineTo(x + r * Math.cos(angle), y + r * Math.sin(angle));
  }
}

/** @param {CanvasRenderingContext2D} pen @param {number} x @param {number} y @param {number} r */
function drop(pen, x, y, r) {
  pen.moveTo(x, y - r * 1.25);
  pen.bezierCurveTo(x + r * 0.5, y - r * 0.5, x + r * 1.02, y - r * 0.1, x + r * 1.02, y + r * 0.3);
  pen.arc(x, y + r * 0.25, r * 1.02, 0, Math.PI);
  pen.bezierCurveTo(x - r * 1.02, y - r * 0.1, x - r * 0.5, y - r * 0.5, x, y - r * 1.25);
}
