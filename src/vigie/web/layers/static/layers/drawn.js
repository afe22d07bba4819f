// What is drawn, on the map: a source and a few layers for each layer of objects, changed by the ids
// that changed and never drawn anew for one. Another module may bring a layer from tiles instead:
// `useSource(number, {source, sourceLayer, over})`, where `over` is a GeoJSON source for what the store
// knows of it, shown above; `leaveOut(number, uids)` keeps objects of the tiles from being shown twice.
// A source of pictures is given with its `opacity`; pictures stand under all objects.
import { colour } from "/static/ui/js/theme.js";
import { countsOf } from "/static/layers/counts.js";
import { FAMILIES, layersOf, lookOf, shapesOf } from "/static/layers/looks.js";

/** @typedef {import("/static/layers/workspace.js").Workspace} Workspace */
/** @typedef {import("/static/layers/workspace.js").LayerFacts} LayerFacts */
/** @typedef {import("/static/ui/vendor/maplibre-gl.mjs").GeoJSONSource} GeoJSONSource */
/** @typedef {{ source: string, sourceLayer?: string, over?: string, without?: Record<string, number>, opacity?: number }} From */

/** Drawn layers stand under what people reported. */
const UNDER = "shapes-fill";
const EMPTY = () => /** @type {any} */ ({ type: "FeatureCollection", features: [] });
const MINUTE_MS = 60_000;
const REACH = 6;
/** How much of its strength what is old keeps. */
const OLD = 0.45;

export class DrawnLayers {
  /** @param {Workspace} room */
  constructor(room) {
    this.room = room;
    this.map = room.map.map;
    /** Which layer shows an object, and under which ids. @type {Map<string, { layer: number, ids: string[] }>} */
    this.shown = new Map();
    /** Layers on the map: where their objects come from. @type {Map<number, From & { ids: string[] }>} */
    this.laid = new Map();
    /** Layers a person turned off. @type {Set<number>} */
    this.hidden = new Set();
    /** An object that is being reshaped is not shown twice. */
    this.held = "";
    /** The moment shown, in seconds; null is now. @type {number | null} */
    this.moment = null;
    this.inks = inks();
    this.map.addSource("picked", { type: "geojson", data: EMPTY() });
    this.map.addLayer({ id: "picked-line", type: "line", source: "picked", filter: ["!=", ["geometry-type"], "Point"], layout: { "line-join": "round", "line-cap": "round" }, paint: {} }, UNDER);
    this.map.addLayer({ id: "picked-ring", type: "circle", source: "picked", filter: ["==", ["geometry-type"], "Point"], paint: {} }, UNDER);
    this.paintPicked();
    this.retheme = () => {
      this.inks = inks();
      this.paintPicked();
      this.restyle();
    };
    document.addEventListener("vigie:theme", this.retheme);
    this.clock = window.setInterval(() => this.restyle(), MINUTE_MS); // what is over becomes faint by itself
    this.changed = (/** @type {Event} */ event) => {
      if (!room.past) this.update(/** @type {CustomEvent} */ (event).detail); // else it goes on underneath
    };
    room.store.addEventListener("change", this.changed);
  }

  /** Seconds since 1970, to the minute: expressions change only when it does. */
  get now() {
    return this.moment ?? Math.floor(Date.now() / MINUTE_MS) * 60;
  }

  /** Show another moment than now; null goes back to it. @param {number | null} seconds */
  at(seconds) {
    this.moment = seconds;
    this.restyle();
  }

  // Layers ------------------------------------------------------------------------------------------

  /** @param {number} number @param {From} from */
  useSource(number, from) {
    this.takeOff(number);
    this.laid.set(number, { ...from, ids: [] });
    this.lay(number);
  }

  /** Put a layer on the map, in its place. @param {number} number */
  lay(number) {
    const facts = this.room.layer(number);
    if (!facts) return;
    const from = this.laid.get(number) ?? { source: `drawn-${number}`, ids: [] };
    if (!this.map.getSource(from.source))
      this.map.addSource(from.source, { type: "geojson", data: EMPTY(), promoteId: "id" });
    const specs = this.specs(facts, from);
    for (const spec of specs) this.map.addLayer(spec, UNDER);
    this.laid.set(number, { ...from, ids: specs.map((spec) => spec.id) });
    this.show(number);
    this.order();
  }

  /** @param {LayerFacts} facts @param {From} from @returns {any[]} */
  specs(facts, { source, sourceLayer, over, without = {}, opacity }) {
    const prefix = `drawn-${facts.number}`;
    if (opacity !== undefined) return [{ id: prefix, type: "raster", source, paint: { "raster-opacity": facts.old ? opacity / 2 : opacity } }];
    const style = facts.style ?? {};
    const look = { style: facts.old ? faint(style) : style, book: this.room.book, inks: this.inks, now: this.now, wanted: this.room.wanted };
    // Tiles come without what the filter leaves out (they carry no notes to look into); time goes on meanwhile.
    const own = layersOf({ prefix, source, sourceLayer, ...look, ...(over ? { wanted: { validity: this.room.wanted.validity } } : {}) });
    if (!over) return own;
    const once = ["!", ["has", ["get", "uid"], ["literal", without]]];
    return [
      ...own.map((spec) => ({ ...spec, filter: ["all", spec.filter, once] })),
      ...countsOf({ prefix, source, inks: this.inks, language: document.documentElement.lang }),
      ...layersOf({ prefix: `over-${facts.number}`, source: over, ...look }),
    ];
  }

  /** Objects that tiles hold and that are not shown from them. @param {number} number @param {Record<string, number>} without by uid */
  leaveOut(number, without) {
    const from = this.laid.get(number);
    if (!from) return;
    from.without = without;
    this.restyle([number]);
  }

  /** @param {number} number */
  takeOff(number) {
    const from = this.laid.get(number);
    if (!from) return;
    for (const id of from.ids) if (this.map.getLayer(id)) this.map.removeLayer(id);
    if (this.map.getSource(from.source) && from.source === `drawn-${number}`) this.map.removeSource(from.source);
    this.laid.delete(number);
    for (const [uid, { layer }] of this.shown) if (layer === number) this.shown.delete(uid);
  }

  /** Let layers look as their style, the theme, the filter and the moment say. @param {number[]} [numbers] */
  restyle(numbers = [...this.laid.keys()]) {
    if (this.room.map.gone) return;
    for (const number of numbers) {
      const facts = this.room.layer(number);
      const from = this.laid.get(number);
      if (!facts || !from) continue;
      for (const spec of this.specs(facts, from)) {
        if (spec.filter) this.map.setFilter(spec.id, spec.filter);
        for (const [name, value] of Object.entries(spec.paint ?? {})) this.map.setPaintProperty(spec.id, /** @type {any} */ (name), value);
        for (const [name, value] of Object.entries(spec.layout ?? {})) this.map.setLayoutProperty(spec.id, /** @type {any} */ (name), value);
      }
    }
  }

  /** @param {number} number */
  show(number) {
    for (const id of this.laid.get(number)?.ids ?? [])
      this.map.setLayoutProperty(id, "visibility", this.hidden.has(number) ? "none" : "visible");
  }

  /** Layers from the top of the list down. */
  order() {
    this.map.moveLayer("picked-line", UNDER);
    this.map.moveLayer("picked-ring", UNDER);
    const numbers = this.room.layers.map(({ number }) => number).reverse();
    const pictures = numbers.filter((number) => this.laid.get(number)?.opacity !== undefined);
    for (const number of [...pictures, ...numbers.filter((each) => !pictures.includes(each))])
      for (const id of this.laid.get(number)?.ids ?? []) this.map.moveLayer(id, UNDER);
  }

  /** The list of layers changed: new ones are laid with their first object, others follow. */
  follow() {
    for (const number of [...this.laid.keys()]) if (!this.room.layer(number)) this.takeOff(number);
    if ([...this.shown.values()].some(({ layer }) => !this.laid.has(layer))) this.rebuild();
    this.restyle();
    this.order();
  }

  // Objects -----------------------------------------------------------------------------------------

  /** @param {{ uids: Set<string>, all: boolean }} what */
  update({ uids, all }) {
    if (all) this.rebuild();
    else this.patch(uids);
    const chosen = this.room.chosen;
    if (chosen && (all || uids.has(chosen))) this.pick(chosen);
  }

  rebuild() {
    /** @type {Map<number, any[]>} */
    const features = new Map();
    this.shown.clear();
    for (const drawn of this.room.objects.all()) {
      const made = this.shapes(drawn);
      const layer = Number(drawn.properties.layer);
      this.shown.set(drawn.id, { layer, ids: made.map((each) => each.properties.id) });
      const there = features.get(layer);
      if (there) there.push(...made);
      else features.set(layer, made);
    }
    for (const number of new Set([...features.keys(), ...this.laid.keys()])) {
      if (!this.laid.has(number)) this.lay(number);
      const source = this.source(number);
      source?.setData(/** @type {any} */ ({ type: "FeatureCollection", features: features.get(number) ?? [] }));
    }
  }

  /** @param {Set<string>} uids */
  patch(uids) {
    /** @type {Map<number, { remove: string[], add: any[] }>} */
    const diffs = new Map();
    const diff = (/** @type {number} */ number) => {
      const there = diffs.get(number) ?? { remove: [], add: [] };
      diffs.set(number, there);
      return there;
    };
    for (const uid of uids) {
      const drawn = this.room.objects.get(uid);
      const before = this.shown.get(uid);
      const made = drawn ? this.shapes(drawn) : [];
      const ids = made.map((each) => each.properties.id);
      const layer = Number(drawn?.properties.layer);
      for (const id of before?.ids ?? []) if (before && (before.layer !== layer || !ids.includes(id))) diff(before.layer).remove.push(id);
      if (made.length) {
        diff(layer).add.push(...made);
        this.shown.set(uid, { layer, ids });
      } else this.shown.delete(uid);
    }
    for (const [number, { remove, add }] of diffs) {
      if (!this.laid.has(number)) this.lay(number);
      void this.source(number)?.updateData({ remove, add });
    }
  }

  /** @param {import("/static/layers/store.js").Drawn} drawn */
  shapes(drawn) {
    return drawn.id === this.held ? [] : shapesOf(drawn);
  }

  /** The source of a layer's objects, when they are ours to change. @param {number} number @returns {GeoJSONSource | undefined} */
  source(number) {
    const from = this.laid.get(number);
    const ours = from?.over ?? (from?.sourceLayer || from?.opacity !== undefined ? undefined : from?.source);
    return ours ? /** @type {GeoJSONSource | undefined} */ (this.map.getSource(ours)) : undefined;
  }

  /** Do not show an object while it is reshaped; "" lets all be seen again. @param {string} uid */
  hold(uid) {
    const touched = new Set([this.held, uid].filter(Boolean));
    this.held = uid;
    this.patch(touched);
    this.pick(this.room.chosen);
  }

  // Pointing ----------------------------------------------------------------------------------------

  /** @param {string} uid */
  pick(uid) {
    const drawn = uid ? this.room.objects.get(uid) : undefined;
    const shapes = drawn && uid !== this.held ? shapesOf(drawn).filter((each) => !each.properties.head) : [];
    this.room.map.fill("picked", shapes);
  }

  paintPicked() {
    const accent = colour("--accent");
    const paints = {
      "picked-line": { "line-color": accent, "line-width": 11, "line-opacity": 0.45 },
      "picked-ring": { "circle-color": accent, "circle-opacity": 0.25, "circle-radius": 21, "circle-stroke-color": accent, "circle-stroke-width": 3 },
    };
    for (const [layer, paint] of Object.entries(paints))
      for (const [name, value] of Object.entries(paint)) this.map.setPaintProperty(layer, /** @type {any} */ (name), value);
  }

  /** The object at a pixel of the map: a sign first, then a line, then the smallest area. @param {{ x: number, y: number }} point @returns {string | undefined} */
  under({ x, y }) {
    const box = /** @type {any} */ ([[x - REACH, y - REACH], [x + REACH, y + REACH]]);
    const layers = [...this.laid.values()].flatMap(({ ids }) => ids).filter((id) => this.map.getLayer(id));
    const found = this.map.queryRenderedFeatures(box, { layers });
    const rank = (/** @type {any} */ each) => (each.geometry.type.endsWith("Point") ? 0 : each.geometry.type.endsWith("LineString") ? 1 : 2);
    const best = found.filter((each) => each.properties.uid).sort((a, b) => rank(a) - rank(b))[0];
    return best ? String(best.properties.uid) : undefined;
  }

  /** The objects within so many pixels. @param {{ x: number, y: number }} point @param {number} reach @returns {string[]} */
  near({ x, y }, reach) {
    const box = /** @type {any} */ ([[x - reach, y - reach], [x + reach, y + reach]]);
    const layers = [...this.laid.values()].flatMap(({ ids }) => ids).filter((id) => this.map.getLayer(id));
    return [...new Set(this.map.queryRenderedFeatures(box, { layers }).map((each) => String(each.properties.uid)))];
  }

  /** Every object that can be seen, by its flat properties. @returns {Record<string, any>[]} */
  inView() {
    const layers = [...this.laid.values()].flatMap(({ ids }) => ids).filter((id) => this.map.getLayer(id));
    /** @type {Map<string, Record<string, any>>} */
    const seen = new Map();
    for (const { properties } of this.map.queryRenderedFeatures({ layers })) if (properties.uid) seen.set(properties.uid, properties);
    return [...seen.values()];
  }

  /** @param {Record<string, any>} plain flat properties */
  look(plain) {
    return lookOf(plain, this.room.layer(plain.layer)?.style ?? {}, this.room.book, this.now);
  }

  remove() {
    window.clearInterval(this.clock);
    document.removeEventListener("vigie:theme", this.retheme);
    this.room.store.removeEventListener("change", this.changed);
  }
}

/** A style of what may no longer be so. @param {import("/static/layers/looks.js").Style} style */
function faint(style) {
  const less = (/** @type {any} */ look) => ({ ...look, opacity: (look?.opacity ?? 1) * OLD });
  return { ...style, look: less(style.look), rules: (style.rules ?? []).map((rule) => (rule.look.opacity ? { ...rule, look: less(rule.look) } : rule)) };
}

function inks() {
  return {
    ...Object.fromEntries(FAMILIES.map((each) => [each, colour(`--family-${each}`)])),
    halo: colour("--map-halo"), label: colour("--map-label"), accent: colour("--accent"),
  };
}
