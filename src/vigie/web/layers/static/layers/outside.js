// Layers from outside: pictures of other services, which our server fetches, laid under what is drawn;
// and the list of layers asked for anew now and then, so that ages and pictures stay true.
import { whenOpen } from "/static/layers/hooks.js";

/** @typedef {import("/static/layers/workspace.js").Workspace} Workspace */
/** @typedef {import("/static/layers/workspace.js").LayerFacts} LayerFacts */
/** @typedef {import("/static/ui/vendor/maplibre-gl.mjs").RasterTileSource} RasterTileSource */

const AGAIN_MS = 60_000;

class Outside {
  /** @param {Workspace} room */
  constructor(room) {
    this.room = room;
    this.map = room.map.map;
    /** What is laid, by layer: its pictures as they were told. @type {Map<number, string>} */
    this.laid = new Map();
    room.addEventListener("layers", () => this.sync());
    this.clock = window.setInterval(() => this.again(), AGAIN_MS);
    this.sync();
  }

  sync() {
    if (this.room.map.gone) return window.clearInterval(this.clock);
    const here = this.room.layers.filter((each) => each.pictures);
    for (const number of [...this.laid.keys()]) if (!here.some((each) => each.number === number)) this.takeOff(number);
    for (const facts of here) {
      const told = JSON.stringify({ ...facts.pictures, turn: "" });
      const source = /** @type {RasterTileSource | undefined} */ (this.map.getSource(`pictures-${facts.number}`));
      if (this.laid.get(facts.number) === told && source) {
        const address = addressOf(facts);
        if (source.tiles[0] !== address) source.setTiles([address]);
        continue;
      }
      this.takeOff(facts.number);
      this.lay(facts);
      this.laid.set(facts.number, told);
    }
  }

  /** @param {LayerFacts} facts */
  lay(facts) {
    const { number, pictures } = facts;
    if (!pictures) return;
    const source = `pictures-${number}`;
    const bounds = /** @type {any} */ (pictures.bounds ?? undefined);
    this.map.addSource(source, {
      type: "raster", tiles: [addressOf(facts)], tileSize: pictures.size, minzoom: pictures.min, maxzoom: pictures.max,
      attribution: escaped(pictures.attribution), ...(bounds ? { bounds } : {}),
    });
    this.room.drawn.useSource(number, { source, opacity: pictures.opacity });
  }

  /** @param {number} number */
  takeOff(number) {
    if (!this.laid.delete(number)) return;
    this.room.drawn.takeOff(number);
    if (this.map.getSource(`pictures-${number}`)) this.map.removeSource(`pictures-${number}`);
  }

  /** Ages go on although nobody did anything. */
  again() {
    if (this.room.map.gone) return window.clearInterval(this.clock);
    if (document.hidden || !this.room.layers.some((each) => each.old !== undefined)) return;
    const list = document.getElementById("layer-list");
    if (list && !list.contains(document.activeElement)) /** @type {any} */ (window).htmx.trigger(list, "vigie:refresh");
  }
}

/** @param {LayerFacts} facts */
function addressOf({ pictures }) {
  return `${location.origin}${pictures?.tiles}?turn=${pictures?.turn}`;
}

/** As text: the map writes it as HTML. @param {string} text */
function escaped(text) {
  const box = document.createElement("span");
  box.textContent = text;
  return box.innerHTML;
}

whenOpen((room) => void new Outside(room));
