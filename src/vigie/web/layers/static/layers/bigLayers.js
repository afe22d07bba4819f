// Layers too large to be sent whole: drawn from tiles, with what changes in this session laid over
// them. The object clicked is fetched and put in the store; from then on it is one like any other.
//
// What the store knows of a big layer (changed, drawn or opened here) is shown from the store and
// left out of the tiles, so a change is seen at once and asks for no tile. The tiles follow by
// themselves, all together, at most every REFRESH_MS: the old ones stay until the new ones are there.
import { make } from "/static/ui/js/dom.js";
import { gettext } from "/static/ui/js/words.js";
import { whenDrawable, whenOpen } from "/static/layers/hooks.js";

/** @typedef {import("/static/layers/workspace.js").Workspace} Workspace */
/** @typedef {import("/static/layers/workspace.js").LayerFacts} LayerFacts */

const WITHOUT_MS = 400;
const REFRESH_MS = 30_000;
const LIST_MS = 350;
/** Tiles of this zoom hold everything; beyond they are enlarged. */
const FULL_ZOOM = 16;
/** A layer of which the store holds more than that was sent whole before it grew: it stays so. */
const HELD = 3_000;

class BigLayers {
  /** @param {Workspace} room */
  constructor(room) {
    this.room = room;
    this.map = room.map.map;
    /** Address of the tiles shown, by layer. @type {Map<number, string>} */
    this.shown = new Map();
    /** Objects deleted in this session; tiles may still have them. @type {Set<string>} */
    this.gone = new Set();
    /** Layers that changed since their tiles were asked for. @type {Set<number>} */
    this.stale = new Set();
    /** Which big layer an object of the store is of. @type {Map<string, number>} */
    this.layerOf = new Map();
    /** @type {number | undefined} */
    this.leaving = undefined;
    /** @type {number | undefined} */
    this.refreshing = undefined;
    this.begun = false;
    this.side = new Sides(room);
    room.store.addEventListener("change", (event) => this.changed(/** @type {CustomEvent} */ (event).detail));
    room.addEventListener("layers", () => this.sync());
    room.addEventListener("wanted", () => this.sync());
    room.addEventListener("choose", (event) => void this.chosen(/** @type {CustomEvent} */ (event).detail));
    this.map.on("click", (event) => this.clicked(event.point));
    this.map.on("moveend", () => this.side.soon());
    this.sync();
  }

  /** What stands on the map is known: from now on a change makes tiles old. */
  begin() {
    this.begun = true;
    this.side.soon(); // the side is filled anew when the room opens
    const asked = new URLSearchParams(location.search).get("object");
    if (asked && !this.room.chosen) this.room.choose(asked, "address");
  }

  /** @param {number} number */
  static source(number) {
    return `tiles-${number}`;
  }

  /** Lay new big layers, take off those that are no longer there, follow their addresses. */
  sync() {
    const held = new Map();
    for (const each of this.room.store.all()) held.set(each.properties.layer, (held.get(each.properties.layer) ?? 0) + 1);
    const big = this.room.layers.filter((each) => each.tiles && (this.shown.has(each.number) || (held.get(each.number) ?? 0) <= HELD));
    for (const number of [...this.shown.keys()]) if (!big.some((each) => each.number === number)) this.takeOff(number);
    for (const facts of big) {
      const address = absolute(String(facts.tiles)) + wantOf(this.room);
      if (!this.shown.has(facts.number)) this.lay(facts, address);
      else if (this.shown.get(facts.number) !== address) this.point(facts.number, address);
    }
    this.side.soon();
  }

  /** @param {LayerFacts} facts @param {string} address */
  lay({ number }, address) {
    const source = BigLayers.source(number);
    this.map.addSource(source, { type: "vector", tiles: [address], maxzoom: FULL_ZOOM });
    this.map.addSource(`over-${number}`, { type: "geojson", data: /** @type {any} */ ({ type: "FeatureCollection", features: [] }), promoteId: "id" });
    this.shown.set(number, address);
    this.room.drawn.useSource(number, { source, sourceLayer: "objects", over: `over-${number}` });
    const mine = this.room.store.all().filter((each) => each.properties.layer === number).map((each) => each.id);
    if (mine.length) this.room.drawn.patch(new Set(mine));
    this.changed({ uids: new Set(mine), all: false });
  }

  /** @param {number} number */
  takeOff(number) {
    this.room.drawn.takeOff(number);
    for (const source of [BigLayers.source(number), `over-${number}`]) if (this.map.getSource(source)) this.map.removeSource(source);
    this.shown.delete(number);
    if (this.room.layer(number)) this.room.drawn.rebuild();
  }

  /** Ask for the tiles anew; those shown stay until each is replaced. @param {number} number @param {string} address */
  point(number, address) {
    const source = /** @type {import("/static/ui/vendor/maplibre-gl.mjs").VectorTileSource | undefined} */ (this.map.getSource(BigLayers.source(number)));
    this.shown.set(number, address);
    this.stale.delete(number);
    source?.setTiles([address]);
  }

  /** @param {{ uids: Set<string>, all: boolean }} what */
  changed({ uids, all }) {
    if (all) {
      this.layerOf.clear();
      this.gone.clear();
      this.sync();
      if (this.begun) for (const number of this.shown.keys()) this.stale.add(number);
    }
    for (const uid of all ? this.room.store.all().map((each) => each.id) : uids) {
      const drawn = this.room.store.get(uid);
      const number = drawn ? Number(drawn.properties.layer) : undefined;
      const before = this.layerOf.get(uid);
      if (number !== undefined && this.shown.has(number)) {
        this.layerOf.set(uid, number);
        this.gone.delete(uid);
        if (before === undefined || drawn?.stamps["*"] !== this.fetched) this.stale.add(number);
      } else {
        this.layerOf.delete(uid);
        if (!drawn) this.gone.add(uid);
        if (!drawn) for (const each of before === undefined ? this.shown.keys() : [before]) this.stale.add(each);
      }
    }
    if (!this.shown.size) return;
    this.leaving ??= window.setTimeout(() => this.leaveOut(), WITHOUT_MS);
    if (this.stale.size) this.refreshing ??= window.setTimeout(() => this.refresh(), REFRESH_MS);
  }

  /** What the store shows is not shown from tiles as well. */
  leaveOut() {
    this.leaving = undefined;
    const gone = Object.fromEntries([...this.gone].map((uid) => [uid, 1]));
    for (const number of this.shown.keys()) {
      const here = [...this.layerOf].filter(([, each]) => each === number).map(([uid]) => [uid, 1]);
      this.room.drawn.leaveOut(number, { ...gone, ...Object.fromEntries(here) });
    }
    this.side.soon();
  }

  refresh() {
    this.refreshing = undefined;
    for (const number of this.stale) {
      const before = this.shown.get(number);
      if (!before) continue;
      const stamps = [...this.layerOf].filter(([, each]) => each === number).map(([uid]) => this.room.store.get(uid)?.stamps["*"] ?? 0);
      const latest = stamps.reduce((most, each) => Math.max(most, each), this.gone.size ? this.room.store.seq : 0);
      this.point(number, before.replace(/seq=(\d+)/, (_, seq) => `seq=${Math.max(latest, Number(seq))}`));
    }
    this.stale.clear();
  }

  /** Selected on the map or in the list, but never sent here: fetch it, then select it again. @param {{ uid: string, by: string }} what */
  async chosen({ uid, by }) {
    if (!uid || !this.shown.size || this.room.store.get(uid)) return;
    const answer = await fetch(String(this.room.data.object).replace(NOTHING, uid)).catch(() => null);
    if (!answer?.ok || this.room.chosen !== uid) return;
    const drawn = await answer.json();
    this.fetched = drawn.stamps["*"];
    this.room.store.learn([drawn], [], drawn.stamps["*"]);
    this.room.store.tell(new Set([uid]));
    this.room.choose(uid, by === "address" ? "list" : by);
  }

  /** A count was clicked: come nearer. @param {import("/static/ui/vendor/maplibre-gl.mjs").Point} point */
  clicked(point) {
    if (this.room.busy || this.room.map.ruler) return;
    const layers = [...this.shown.keys()].map((number) => `drawn-${number}-counts`).filter((id) => this.map.getLayer(id));
    const found = layers.length ? this.map.queryRenderedFeatures(point, { layers })[0] : undefined;
    if (!found) return;
    const centre = /** @type {any} */ (found.geometry).coordinates;
    this.map.easeTo({ center: centre, zoom: Math.min(FULL_ZOOM, this.map.getZoom() + 2) });
  }
}

/** The list beside the map of what stands in view of each big layer, by pages. */
class Sides {
  /** @param {Workspace} room */
  constructor(room) {
    this.room = room;
    this.box = make("div", { class: "big-lists" });
    /** @type {Map<number, { section: HTMLElement, body: HTMLElement, page: number, asked: string }>} */
    this.parts = new Map();
    this.box.addEventListener("click", (event) => {
      const button = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("button"));
      const number = Number(/** @type {HTMLElement | null} */ (button?.closest("[data-big-list]"))?.dataset.bigList);
      const part = this.parts.get(number);
      if (button?.dataset.object) room.choose(button.dataset.object, "list");
      else if (button?.dataset.herePage && part) {
        part.page = Number(button.dataset.herePage);
        void this.fill(number);
      }
    });
  }

  soon() {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.draw(), LIST_MS);
  }

  draw() {
    const { drawn } = this.room;
    const big = this.room.layers.filter((each) => each.tiles && !drawn.hidden.has(each.number) && drawn.laid.get(each.number)?.over);
    // The list of the other objects fills the side when the room opens: ours goes below it, whoever came first.
    if (!this.box.isConnected) this.room.room.querySelector('[data-side="objects"]')?.append(this.box);
    for (const [number, { section }] of this.parts)
      if (!big.some((each) => each.number === number)) {
        section.remove();
        this.parts.delete(number);
      }
    for (const { number, name } of big) {
      let part = this.parts.get(number);
      if (!part) {
        const body = make("div", { "aria-live": "polite" }, make("p", { class: "soft small" }, gettext("Counting…")));
        part = { body, page: 1, asked: "", section: make("section", { "aria-label": name, "data-big-list": String(number) }, make("h2", { class: "list-group" }, name), body) };
        this.parts.set(number, part);
      }
      this.box.append(part.section);
      part.page = 1;
      void this.fill(number);
    }
  }

  /** @param {number} number */
  async fill(number) {
    const part = this.parts.get(number);
    const facts = this.room.layer(number);
    if (!part || !facts) return;
    const bounds = this.room.map.map.getBounds();
    const edge = (/** @type {number} */ x) => Math.max(-180, Math.min(180, x)).toFixed(5);
    const box = [edge(bounds.getWest()), bounds.getSouth().toFixed(5), edge(bounds.getEast()), bounds.getNorth().toFixed(5)].join(",");
    const asked = (part.asked = `${facts.here}?box=${box}&page=${part.page}${wantOf(this.room)}`);
    const answer = await fetch(asked).catch(() => null);
    if (part.asked !== asked) return; // the map moved on
    if (answer?.ok) part.body.innerHTML = await answer.text();
    else part.body.replaceChildren(make("p", { class: "soft small" }, gettext("The list cannot be reached. Move the map to ask again.")));
  }
}

const NOTHING = "00000000-0000-0000-0000-000000000000";

/** What the filter leaves, for the server to draw, count and list no more; "" when nothing is asked. @param {Workspace} room */
function wantOf({ wanted: { text, templates, validity, reliability, credibility }, drawn }) {
  const want = {
    ...(text?.trim() ? { text: text.trim() } : {}), ...(templates?.length ? { templates } : {}),
    ...(validity ? { validity, now: drawn.now } : {}), ...(reliability ? { reliability } : {}), ...(credibility ? { credibility } : {}),
  };
  return Object.keys(want).length ? `&want=${encodeURIComponent(JSON.stringify(want))}` : "";
}

/** @param {string} address */
const absolute = (address) => location.origin + address;

whenDrawable((room) => {
  const big = new BigLayers(room);
  whenOpen(() => big.begin());
});
