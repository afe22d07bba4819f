// The legend: only what is in view, as it looks there.
import { make } from "/static/ui/js/dom.js";
import { gettext } from "/static/ui/js/words.js";
import { whenOpen } from "/static/layers/hooks.js";
import { drawSign } from "/static/layers/signs.js";

/** @typedef {import("/static/layers/workspace.js").Workspace} Workspace */
/** @typedef {import("/static/layers/looks.js").Look} Look */

const SETTLE_MS = 200;

class Legend {
  /** @param {Workspace} room */
  constructor(room) {
    this.room = room;
    /** @type {number | undefined} */
    this.timer = undefined;
    this.place = /** @type {HTMLElement} */ (room.room.querySelector("[data-layer-legend]"));
    room.map.map.on("idle", () => {
      window.clearTimeout(this.timer);
      this.timer = window.setTimeout(() => this.draw(), SETTLE_MS);
    });
    if (room.map.map.loaded()) this.draw();
  }

  draw() {
    if (this.room.map.gone) return;
    /** @type {Map<number, Map<string, HTMLElement>>} */
    const layers = new Map();
    for (const plain of this.room.drawn.inView()) {
      if (plain.template === "text") continue; // it says itself what it is
      const look = this.room.drawn.look(plain);
      const words = this.room.templates.get(plain.template)?.label || gettext("Drawn freely");
      const key = [words, look.family, look.sign, look.sign && look.sign !== "none" ? "" : `${look.dash} ${look.width}`].join("|");
      const lines = layers.get(plain.layer) ?? new Map();
      layers.set(plain.layer, lines);
      if (!lines.has(key)) lines.set(key, make("li", { class: "legend-line" }, this.sample(look), make("span", {}, words)));
    }
    const made = this.room.layers.flatMap(({ number, name }) => {
      const lines = layers.get(number);
      return lines ? [make("section", {}, make("h3", { class: "small" }, name), make("ul", { class: "stack tight" }, ...lines.values()))] : [];
    });
    this.place.replaceChildren(...(made.length ? made : [make("p", { class: "small soft" }, gettext("Nothing that is drawn can be seen here."))]));
  }

  /** @param {Look} look */
  sample({ sign, family, dash, width }) {
    if (sign && sign !== "none") return drawSign(this.room.data.signs, sign, family);
    const space = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(space, "svg");
    svg.setAttribute("class", "legend-stroke");
    svg.setAttribute("viewBox", "0 0 28 14");
    svg.setAttribute("aria-hidden", "true");
    svg.dataset.family = family;
    const line = document.createElementNS(space, "path");
    line.setAttribute("d", "M2 7H26");
    line.setAttribute("stroke-width", String(Math.min(8, width)));
    if (dash !== "solid") line.setAttribute("stroke-dasharray", dash === "dashed" ? "7 4" : "1 4");
    svg.append(line);
    return svg;
  }
}

whenOpen((room) => void new Legend(room));
