// Which base map lies below, and what happens when its tiles do not come. The local map (basemap.js) is always
// there: it is seen until another one answers, around a pack's area, and again when the other one fails.
//
// "auto" takes the first of the list that answers. A choice that fails keeps being tried; until then a pack
// that has the place, or the local map, stands in and "base" says what is missing.
import { isDark } from "/static/ui/js/theme.js";
import { ABOVE, BELOW, LOCAL, localAttribution, rasterPaint, squares } from "/static/map/basemap.js";
import { tileOf } from "/static/map/geo.js";
import { AttributionControl } from "/static/map/maplib.js";
import { vectorLayers } from "/static/map/vectorbase.js";

/**
 * @typedef {{ code: string, label: string, tiles: string, kind: "raster" | "vector", min: number, max: number,
 *   box: [number, number, number, number] | null, attribution: string, night: string, outside: boolean, named: boolean }} Base
 */
/** @typedef {"chosen" | "reached" | "unreachable"} Reason */

const SOURCE = "base";
const TRY_MS = 4_000;
const TRY_ZOOM = 8;
const RETRY_MS = 120_000;
const SLOW_MS = 12_000;
const FAULTS = 4;
/** The local map waits so long at most for what people made to be drawn. */
const LATE_MS = 2_500;

/** Where the choice is kept: several people may use one browser. */
const key = () => `vigie.map.base.${document.body.dataset.person ?? ""}`;

export class Bases {
  /** @param {import("/static/map/vigie-map.js").VigieMap} vigie @param {Base[]} list in the order in which they are tried */
  constructor(vigie, list) {
    this.vigie = vigie;
    this.map = vigie.map;
    this.list = list;
    /** What is shown; null: the local map. @type {Base | null} */
    this.base = null;
    /** Layers it is drawn with. @type {any[]} */
    this.layers = [];
    /** Tiles that failed in a row. */
    this.faults = 0;
    /** Whether the local map may be drawn yet. */
    this.under = false;
    /** Answers to an older question are not heard. */
    this.turn = 0;
    this.attribution = this.credit(localAttribution());
    this.online = () => void this.settle();
  }

  begin() {
    this.map.once("idle", () => this.underlay());
    this.late = window.setTimeout(() => this.underlay(), LATE_MS);
    window.addEventListener("online", this.online);
    this.map.on("sourcedataloading", (event) => event.sourceId === SOURCE && /** @type {any} */ (event).tile && this.waits());
    this.map.on("sourcedata", (event) => event.sourceId === SOURCE && /** @type {any} */ (event).tile && this.came());
    this.map.on("moveend", () => this.square());
    return this.settle();
  }

  /** The squares of the local map over what is seen now. */
  square() {
    if (this.vigie.gone || (this.base && !this.base.box)) return;
    const bounds = this.map.getBounds();
    const view = { west: bounds.getWest(), south: bounds.getSouth(), east: bounds.getEast(), north: bounds.getNorth() };
    const source = /** @type {import("/static/ui/vendor/maplibre-gl.mjs").GeoJSONSource | undefined} */ (this.map.getSource("squares"));
    source?.setData(squares(view, this.map.getZoom(), document.documentElement.lang));
  }

  end() {
    window.clearTimeout(this.late);
    window.clearTimeout(this.retry);
    window.clearTimeout(this.slow);
    window.removeEventListener("online", this.online);
  }

  /** The code of a base map, "local", or "auto". @returns {string} */
  get choice() {
    const kept = localStorage.getItem(key()) ?? "auto";
    return kept === "local" || this.list.some((each) => each.code === kept) ? kept : "auto";
  }

  set choice(code) {
    localStorage.setItem(key(), code);
    void this.settle();
  }

  /** Show what was chosen if it answers within a few seconds; else what stands in, and try again later. */
  async settle() {
    window.clearTimeout(this.retry);
    const turn = ++this.turn;
    const { choice } = this;
    if (choice === "local") return this.show(null, "chosen");
    const wished = choice === "auto" ? this.list.filter((each) => each.outside || this.covers(each)) : this.list.filter((each) => each.code === choice);
    for (const each of wished) {
      const answers = !each.outside || (await this.answers(each));
      if (turn !== this.turn || this.vigie.gone) return;
      if (answers) {
        this.show(each, each === wished[0] ? "reached" : "unreachable", wished[0]);
        if (each !== wished[0]) this.later();
        return;
      }
    }
    this.standIn(wished[0]);
  }

  /** Something else instead of what does not come. @param {Base | undefined} missing */
  standIn(missing) {
    const pack = this.list.find((each) => each !== missing && each !== this.base && !each.outside && this.covers(each));
    if (!missing && !pack) return this.show(null, "chosen");
    this.show(pack ?? null, "unreachable", missing);
    this.later();
  }

  later() {
    window.clearTimeout(this.retry);
    this.retry = window.setTimeout(() => void this.settle(), RETRY_MS);
  }

  /** Whether it has the middle of what is seen. @param {Base} base */
  covers({ box }) {
    if (!box) return true;
    const { lng, lat } = this.map.getCenter();
    return lng >= box[0] && lng <= box[2] && lat >= box[1] && lat <= box[3];
  }

  /** Whether a tile of it comes and is a picture. @param {Base} base */
  async answers(base) {
    if (!navigator.onLine) return false;
    const { lng, lat } = this.map.getCenter();
    const zoom = Math.min(TRY_ZOOM, base.max);
    const [x, y] = tileOf([lng, lat], zoom);
    const address = base.tiles.replace("{z}", String(zoom)).replace("{x}", String(x)).replace("{y}", String(y));
    try {
      const answer = await fetch(address, { mode: "cors", signal: AbortSignal.timeout(TRY_MS), ...referrer(base) });
      if (!answer.ok) return false;
      (await createImageBitmap(await answer.blob())).close();
      return true;
    } catch {
      return false;
    }
  }

  /** @param {Base | null} base @param {Reason} reason @param {Base} [missing] what was wanted */
  show(base, reason, missing) {
    const { map } = this;
    window.clearTimeout(this.slow);
    this.faults = 0;
    if (base?.code !== this.base?.code || !base) {
      this.takeOff();
      this.base = base;
      if (base) this.lay(base);
      this.local();
      map.removeControl(this.attribution);
      this.attribution = this.credit(base ? [base.attribution, base.box ? localAttribution() : ""].filter(Boolean).join(" · ") : localAttribution());
    }
    this.square();
    const told = reason === "unreachable" && missing && missing !== base ? missing.label : "";
    this.vigie.tell("base", { base: base?.code ?? "local", label: base?.label ?? "", reason, missing: told });
  }

  /** What people made is drawn: the local map may come under it, which it would have kept waiting. */
  underlay() {
    window.clearTimeout(this.late);
    if (this.under || this.vigie.gone) return;
    this.under = true;
    this.local();
  }

  local() {
    const seen = this.under && !(this.base && !this.base.box);
    for (const layer of LOCAL) this.map.setLayoutProperty(layer, "visibility", seen ? "visible" : "none");
  }

  takeOff() {
    const { map } = this;
    for (const { id } of this.layers) if (map.getLayer(id)) map.removeLayer(id);
    this.layers = [];
    if (map.getSource(SOURCE)) map.removeSource(SOURCE);
  }

  /** @param {Base} base */
  lay(base) {
    this.map.addSource(SOURCE, /** @type {any} */ ({
      type: base.kind, minzoom: base.min, maxzoom: base.max,
      tiles: [base.tiles.startsWith("/") ? location.origin + base.tiles : base.tiles],
      ...(base.kind === "raster" ? { tileSize: 256 } : {}),
      ...(base.box ? { bounds: base.box } : {}),
    }));
    this.layers = this.drawn(base);
    for (const layer of this.layers) this.map.addLayer(layer, base.box ? ABOVE : BELOW);
  }

  /** Its layers in the theme shown. @param {Base} base @returns {any[]} */
  drawn(base) {
    if (base.kind === "vector") return vectorLayers(SOURCE);
    return [{ id: SOURCE, type: "raster", source: SOURCE, minzoom: base.box ? base.min : 0, paint: rasterPaint(base.night, isDark()) }];
  }

  theme() {
    if (!this.base || !this.layers.length) return;
    for (const { id, paint } of this.drawn(this.base))
      for (const [name, value] of Object.entries(paint)) this.map.setPaintProperty(id, /** @type {any} */ (name), value);
  }

  /** Words of others, as text. @param {string} words */
  credit(words) {
    const plain = words.replace(/&/g, "&amp;").replace(/</g, "&lt;");
    const made = new AttributionControl({ compact: true, customAttribution: plain });
    this.map.addControl(made, "bottom-right");
    return made;
  }

  /** How a tile is asked for: some servers want to know the site. @param {string} url */
  request(url) {
    return this.base?.named && url.startsWith(new URL(this.base.tiles).origin) ? { url, ...referrer(this.base) } : undefined;
  }

  // When tiles do not come --------------------------------------------------------------------------

  /** A hole is nothing; four faults in a row are. Whether the error was about the base map. @param {{ sourceId?: string, error?: any }} event */
  failed(event) {
    if (event.sourceId !== SOURCE) return false;
    if (event.error?.status === 404) return true;
    this.faults += 1;
    if (this.faults >= FAULTS) this.fails();
    return true;
  }

  /** Tiles were asked for: the first should come soon. */
  waits() {
    if (this.slow) return;
    this.slow = window.setTimeout(() => {
      this.slow = undefined;
      if (this.base && !this.map.isSourceLoaded(SOURCE)) this.fails();
    }, SLOW_MS);
  }

  came() {
    this.faults = 0;
    window.clearTimeout(this.slow);
    this.slow = undefined;
  }

  fails() {
    const missing = this.base;
    if (!missing || this.vigie.gone) return;
    this.turn += 1;
    this.standIn(missing);
  }
}

/** @param {Base} base @returns {{ referrerPolicy?: ReferrerPolicy }} */
const referrer = (base) => (base.named ? { referrerPolicy: "strict-origin" } : {});
