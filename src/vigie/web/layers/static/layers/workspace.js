// The map people draw together: base map, layers, the objects of the store on it, what is selected.
// The other parts of the room (tools, panel, list, legend …) meet here through hooks.js.
//
// Events on it: "choose" {uid, by}, "layers" when the list of layers changed, "wanted" when the filter
// did, "seen" when another moment is shown, "incident" {incident} when one was clicked. On document: "vigie:object" {uid | null}.
import { register } from "/static/ui/js/behaviours.js";
import { gettext } from "/static/ui/js/words.js";
import { Communes } from "/static/layers/communes.js";
import { DrawnLayers } from "/static/layers/drawn.js";
import { drawable, opened } from "/static/layers/hooks.js";
import { boxOfDrawn, matches, flat } from "/static/layers/looks.js";
import { teach } from "/static/layers/signs.js";
import { LayerStore } from "/static/layers/store.js";
import { chooseBase } from "/static/map/basechoice.js";
import { Measures } from "/static/map/measures.js";
import { Ruler } from "/static/map/ruler.js";
import { vocabulary } from "/static/map/signs.js";
import { VigieMap } from "/static/map/vigie-map.js";

/** @typedef {import("/static/layers/store.js").Drawn} Drawn */
/**
 * @typedef {{ number: number, id: number, name: string, theme: string, description: string, audience: string,
 *   editors: string, origin: string, style: import("/static/layers/looks.js").Style, shown: boolean,
 *   objects: number, editable: boolean, tiles: string | null, here: string, old?: boolean, pictures?: Pictures | null }} LayerFacts tiles and here: see bigLayers.js; old and pictures: outside.js
 */
/** @typedef {{ tiles: string, turn: string, size: number, min: number, max: number, bounds: number[] | null, attribution: string, opacity: number }} Pictures */
/** @typedef {{ code: string, label: string, shapes: string[], family: string, sign: string, theme: string, asks: string[], dash: any, width: number }} Template */

const HIDDEN_KEY = "vigie.layers.hidden";
const SETTLE_MS = 500;

export class Workspace extends EventTarget {
  /** @param {HTMLElement} room */
  constructor(room) {
    super();
    this.room = room;
    this.data = JSON.parse(document.getElementById("workspace-data")?.textContent ?? "{}");
    /** Layers one may see, the top one first. @type {LayerFacts[]} */
    this.layers = [];
    /** @type {Map<string, Template>} */
    this.templates = new Map(this.data.templates.map((/** @type {Template} */ each) => [each.code, each]));
    /** @type {import("/static/layers/looks.js").Book} */
    this.book = Object.fromEntries(
      [...this.templates].map(([code, { family, sign, dash, width }]) => [code, { family, sign, dash, width }]),
    );
    /** The object selected, "" for none. */
    this.chosen = "";
    /** Objects chosen in the list, to move them together (moving.js). @type {Set<string>} */
    this.marked = new Set();
    /** What the filter leaves. @type {import("/static/layers/looks.js").Wanted} */
    this.wanted = {};
    /** Whether a tool has the map to itself. */
    this.busy = false;
    /** What is read while another moment is shown (time.js); null shows what stands, and only then is
     * anything edited. @type {import("/static/layers/course.js").Seen | null} */
    this.past = null;
    this.readLayers();
    /** The layer new objects go to. */
    this.active = this.layers.find((each) => each.editable)?.number ?? 0;
    this.store = new LayerStore({ changes: this.data.changes, edits: this.data.edits, device: this.data.device });
    this.map = new VigieMap(/** @type {HTMLElement} */ (room.querySelector("[data-map-canvas]")), {
      bounds: this.data.bounds, labels: this.data.labels, vocabulary: vocabulary(), label: gettext("Map of the layers"),
    });
    /** Where things are, in words. */
    this.communes = new Communes(this.data.labels);
    teach(this.map.signs, this.data.signs);
    this.ruler = new Ruler(room, this.map);
    this.measures = new Measures(room, this.map, this.data.measures);
    /** @type {DrawnLayers | null} */
    this.made = null;
    /** Entry of the journal the incidents are as of; -1 before they were asked for. */
    this.incidentsAt = -1;
    this.bind();
    void this.start();
  }

  async start() {
    const known = this.store.follow(); // asked for while the map is made
    await Promise.all([this.map.ready, this.store.opened]);
    if (this.map.gone) return;
    this.made = new DrawnLayers(this);
    const off = hiddenBefore(this.data.changes);
    for (const { number, shown } of this.layers) if (off ? off.includes(number) : !shown) this.made.hidden.add(number);
    this.tickLayers();
    this.made.rebuild(); // what this device kept, and what came before the map
    drawable(this);
    this.measures.begin();
    await known;
    if (this.incidentsShown) await this.loadIncidents();
    opened(this);
    this.room.dataset.ready = "yes";
    const asked = new URLSearchParams(location.search).get("object");
    if (asked && this.store.get(asked)) this.choose(asked, "address");
    else if (!this.data.lead && this.store.all().length) this.fitAll();
  }

  /** The objects as they are shown: those of the store, or of another moment. @returns {import("/static/layers/course.js").Seen} */
  get objects() {
    return this.past ?? this.store;
  }

  /** Show another moment, or what stands; `uids` are the only objects that differ. Tells "seen". @param {import("/static/layers/course.js").Seen | null} past @param {Set<string>} [uids] */
  see(past, uids) {
    this.past = past;
    this.drawn.update(uids ? { uids, all: false } : { uids: new Set(), all: true });
    this.dispatchEvent(new CustomEvent("seen"));
  }

  /** What is drawn; only after the map is there. @returns {DrawnLayers} */
  get drawn() {
    return /** @type {DrawnLayers} */ (this.made);
  }

  bind() {
    this.map.addEventListener("click", (event) => {
      if (this.busy) return;
      const { point } = /** @type {CustomEvent} */ (event).detail;
      this.choose(this.made?.under(this.map.map.project(point)) ?? "", "map");
    });
    this.map.addEventListener("pick", (event) => {
      const incident = this.map.incidents.get(/** @type {CustomEvent} */ (event).detail.id);
      if (!this.busy && incident) this.dispatchEvent(new CustomEvent("incident", { detail: { incident } }));
    });
    chooseBase(this.room, this.map);
    this.map.map.on("resize", () => {
      window.clearTimeout(this.resized); // the panel opened or closed beside the map
      this.resized = window.setTimeout(() => this.chosen && !this.busy && !this.map.gone && this.intoView(this.chosen), 80);
    });
    this.map.map.on("mousemove", (event) => {
      if (this.busy || this.map.ruler || this.map.map.getCanvas().style.cursor) return;
      if (this.made?.under(event.point)) this.map.map.getCanvas().style.cursor = "pointer";
    });
    this.room.addEventListener("change", (event) => {
      const box = /** @type {HTMLInputElement} */ (event.target);
      if (box.dataset.layerShown) this.turn(Number(box.dataset.layerShown), box.checked);
    });
    this.room.addEventListener("click", (event) => {
      const button = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("button"));
      if (button?.dataset.show) this.showSide(button.dataset.show);
      if (button?.hasAttribute("data-map-incidents")) void this.toggleIncidents();
      if (button?.hasAttribute("data-map-fit")) this.fitAll();
    });
    this.room.addEventListener("htmx:afterSettle", (event) => {
      if (/** @type {HTMLElement} */ (event.target).id === "layer-list") this.layersChanged();
    });
    this.closed = () => this.choose("", "detail");
    this.heard = (/** @type {Event} */ event) => {
      if (!this.incidentsShown || !/** @type {CustomEvent} */ (event).detail.touches.includes("incidents")) return;
      window.clearTimeout(this.later);
      this.later = window.setTimeout(() => void this.loadIncidents(), SETTLE_MS);
    };
    document.addEventListener("vigie:detail-closed", this.closed);
    document.addEventListener("vigie:entry", this.heard);
  }

  // Layers ------------------------------------------------------------------------------------------

  readLayers() {
    this.layers = JSON.parse(document.getElementById("layers-data")?.textContent ?? "[]");
  }

  /** @param {number} number @returns {LayerFacts | undefined} */
  layer(number) {
    return this.layers.find((each) => each.number === number);
  }

  /** The list of layers came anew from the server. */
  layersChanged() {
    this.readLayers();
    if (!this.layer(this.active)?.editable) this.active = this.layers.find((each) => each.editable)?.number ?? 0;
    this.made?.follow();
    this.tickLayers();
    this.dispatchEvent(new CustomEvent("layers"));
  }

  /** @param {number} number @param {boolean} shown */
  turn(number, shown) {
    this.drawn.hidden[shown ? "delete" : "add"](number);
    this.drawn.show(number);
    try {
      localStorage.setItem(`${HIDDEN_KEY} ${this.data.changes}`, JSON.stringify([...this.drawn.hidden]));
    } catch {
      // a browser that keeps nothing shows them all next time
    }
    this.dispatchEvent(new CustomEvent("wanted"));
  }

  tickLayers() {
    for (const box of /** @type {NodeListOf<HTMLInputElement>} */ (this.room.querySelectorAll("[data-layer-shown]")))
      box.checked = !this.made?.hidden.has(Number(box.dataset.layerShown));
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (this.room.querySelectorAll("[data-layer-active]")))
      button.setAttribute("aria-pressed", String(Number(button.dataset.layerActive) === this.active));
  }

  /** New objects go there. @param {number} number */
  activate(number) {
    this.active = number;
    this.tickLayers();
    this.dispatchEvent(new CustomEvent("layers"));
  }

  // Objects -----------------------------------------------------------------------------------------

  /** Whether the filter and the layers leave it. @param {Drawn} drawn */
  leaves(drawn) {
    const layer = Number(drawn.properties.layer);
    return !this.made?.hidden.has(layer) && matches(flat(drawn), this.wanted, this.drawn.now);
  }

  /** @param {Drawn | undefined} drawn */
  editable(drawn) {
    return Boolean(!this.past && drawn && this.layer(Number(drawn.properties.layer))?.editable);
  }

  /** Filter list and map. @param {import("/static/layers/looks.js").Wanted} wanted */
  want(wanted) {
    this.wanted = wanted;
    this.drawn.restyle();
    this.dispatchEvent(new CustomEvent("wanted"));
  }

  /** Select an object; "" selects none. @param {string} uid @param {string} by map, list, tool, address or detail */
  choose(uid, by) {
    if (uid === this.chosen) {
      if (uid && by !== "detail") this.dispatchEvent(new CustomEvent("choose", { detail: { uid, by } }));
      return;
    }
    this.chosen = uid;
    this.made?.pick(uid);
    const url = new URL(location.href);
    if (uid) url.searchParams.set("object", uid);
    else url.searchParams.delete("object");
    history.replaceState(history.state, "", url);
    if (uid && by !== "map" && by !== "tool") this.intoView(uid);
    this.dispatchEvent(new CustomEvent("choose", { detail: { uid, by } }));
    document.dispatchEvent(new CustomEvent("vigie:object", { detail: { uid: uid || null } }));
  }

  /** Bring it into view when it is out of it; one too large for it stays. @param {string} uid */
  intoView(uid) {
    const drawn = this.objects.get(uid);
    const box = drawn && boxOfDrawn(drawn);
    if (!box) return;
    const seen = this.map.map.getBounds();
    if (seen.contains([box[0], box[1]]) && seen.contains([box[2], box[3]])) return;
    const share = Math.max((box[2] - box[0]) / (seen.getEast() - seen.getWest()), (box[3] - box[1]) / (seen.getNorth() - seen.getSouth()));
    const middle = /** @type {[number, number]} */ ([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2]);
    if (share < 0.7 && (share > 0.05 || this.map.map.getZoom() > 12)) this.map.map.easeTo({ center: middle });
    else this.map.map.fitBounds(box, { padding: 80, maxZoom: 15 });
  }

  /** All that is shown, or the territory when nothing is. */
  fitAll() {
    let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
    for (const drawn of this.objects.all()) {
      const box = this.leaves(drawn) && boxOfDrawn(drawn);
      if (!box) continue;
      [west, south, east, north] = [Math.min(west, box[0]), Math.min(south, box[1]), Math.max(east, box[2]), Math.max(north, box[3])];
    }
    if (west <= east) this.map.fit([west, south, east, north]);
    else if (this.data.bounds) this.map.fit(this.data.bounds);
  }

  // Incidents: read only ------------------------------------------------------------------------------

  get incidentsShown() {
    return this.room.querySelector("[data-map-incidents]")?.getAttribute("aria-pressed") === "true";
  }

  async toggleIncidents() {
    const shown = !this.incidentsShown;
    this.room.querySelector("[data-map-incidents]")?.setAttribute("aria-pressed", String(shown));
    this.incidentsAt = -1;
    if (shown) await this.loadIncidents();
    else this.map.show([]);
  }

  async loadIncidents() {
    if (this.past) return void this.dispatchEvent(new CustomEvent("seen")); // shown as they were
    const since = this.incidentsAt >= 0 ? `?since=${this.incidentsAt}` : "";
    const answer = await fetch(`${this.data.incidents}${since}`).catch(() => null);
    if (!answer?.ok || !this.incidentsShown || this.map.gone || this.past) return;
    const { seq, complete, features, gone } = await answer.json();
    this.incidentsAt = seq;
    if (complete) this.map.show(features);
    else this.map.patch(features, gone);
  }

  /** On a phone: the map, or what stands beside it. @param {string} what */
  showSide(what) {
    this.room.dataset.view = what;
    for (const tab of this.room.querySelectorAll("[data-show]"))
      tab.setAttribute("aria-pressed", String(/** @type {HTMLElement} */ (tab).dataset.show === what));
  }

  disconnect() {
    window.clearTimeout(this.later);
    window.clearTimeout(this.resized);
    document.removeEventListener("vigie:detail-closed", /** @type {EventListener} */ (this.closed));
    document.removeEventListener("vigie:entry", /** @type {EventListener} */ (this.heard));
    this.ruler.disconnect();
    this.measures.disconnect();
    this.made?.remove();
    this.map.remove();
  }
}

/** Layers this person had turned off in this operation; null when they never did. @param {string} operation @returns {number[] | null} */
function hiddenBefore(operation) {
  try {
    return JSON.parse(localStorage.getItem(`${HIDDEN_KEY} ${operation}`) ?? "null");
  } catch {
    return null;
  }
}

register("workspace", /** @type {any} */ (Workspace));
