// Where something is, in words: the nearest commune, by its town hall. For the list, the panel and who
// draws without seeing the map. The names are those the map itself shows without a network.
import { fill, gettext } from "/static/ui/js/words.js";
import { distance } from "/static/layers/figures.js";
import { middle } from "/static/layers/looks.js";
import { metresBetween } from "/static/map/geo.js";

/** @typedef {import("/static/map/geo.js").Position} Position */

const AT_M = 700;
const FAR_M = 30_000;

export class Communes {
  /** @param {string} address of the labels */
  constructor(address) {
    /** @type {{ name: string, at: Position }[]} */
    this.known = [];
    /** @type {WeakMap<object, string>} */
    this.said = new WeakMap();
    this.ready = this.load(address);
  }

  /** @param {string} address */
  async load(address) {
    const answer = await fetch(address).catch(() => null);
    if (!answer?.ok) return; // without them a thing has its coordinates only
    const { features } = await answer.json();
    for (const { properties, geometry } of features) if (properties.kind === "town") this.known.push({ name: properties.name, at: geometry.coordinates });
  }

  /** "Longjumeau" when it is there, else "1.2 km from Longjumeau"; "" where none is near. @param {Position} point */
  near([lon, lat]) {
    const wide = Math.cos((lat * Math.PI) / 180);
    let best = Infinity;
    let found = this.known[0];
    for (const each of this.known) {
      const far = ((each.at[0] - lon) * wide) ** 2 + (each.at[1] - lat) ** 2;
      if (far < best) [best, found] = [far, each];
    }
    const metres = found ? metresBetween(found.at, [lon, lat]) : Infinity;
    if (!found || metres > FAR_M) return "";
    return metres < AT_M ? found.name : fill(gettext("%(distance)s from %(place)s"), { distance: distance(metres), place: found.name });
  }

  /** The same of a shape. @param {any} geometry */
  of(geometry) {
    if (!geometry || !this.known.length) return "";
    const before = this.said.get(geometry);
    if (before !== undefined) return before;
    const words = this.near(middle(geometry));
    this.said.set(geometry, words);
    return words;
  }
}
