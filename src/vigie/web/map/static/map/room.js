// The room of incidents: one selection across list, map and detail; what others do appears by itself.
import { register } from "/static/ui/js/behaviours.js";
import { keys } from "/static/ui/js/keyboard.js";
import { selection, step } from "/static/ui/js/selection.js";
import { toast } from "/static/ui/js/toast.js";
import { fill, gettext, ngettext } from "/static/ui/js/words.js";
import { drawLegend } from "/static/map/legend.js";
import { Locating } from "/static/map/locating.js";
import { Measures } from "/static/map/measures.js";
import { read, Ruler } from "/static/map/ruler.js";
import { vocabulary } from "/static/map/signs.js";
import { VigieMap } from "/static/map/vigie-map.js";
import { chooseBase } from "/static/map/basechoice.js";
import "/static/map/panel.js";
import "/static/map/picker.js";

/** @typedef {import("/static/map/vigie-map.js").IncidentFeature} IncidentFeature */
/**
 * @typedef {{ bounds: [number, number, number, number] | null, features: string, leads: string | null,
 *   labels: string, create: string | null, board: string | null, measures: string }} RoomData
 */

const SETTLE_MS = 120;
const VIEW_MS = 350;

/** @returns {any} */
const htmx = () => /** @type {any} */ (window).htmx;

class MapRoom {
  /** @param {HTMLElement} room */
  constructor(room) {
    this.room = room;
    /** @type {RoomData} */
    this.data = JSON.parse(document.getElementById("map-data")?.textContent ?? "{}");
    this.form = /** @type {HTMLFormElement} */ (room.querySelector("#incident-filters"));
    this.list = /** @type {HTMLElement} */ (room.querySelector("#incident-list"));
    /** Entry of the journal the map is as of. */
    this.seq = -1;
    const words = vocabulary();
    this.map = new VigieMap(/** @type {HTMLElement} */ (room.querySelector("[data-map-canvas]")), {
      bounds: this.data.bounds, labels: this.data.labels, vocabulary: words, label: gettext("Map of incidents"),
    });
    this.locating = new Locating(this.map, /** @type {HTMLElement} */ (room.querySelector("[data-map-editor]")));
    this.ruler = new Ruler(room, this.map);
    this.measures = new Measures(room, this.map, this.data.measures);
    void drawLegend(/** @type {HTMLElement} */ (room.querySelector("[data-map-legend]")), this.map.signs);
    this.fromMap();
    this.fromList();
    this.fromOthers();
    this.tools();
    this.bind();
    void this.start();
  }

  async start() {
    await this.map.ready;
    this.measures.begin();
    await this.load();
    const query = new URLSearchParams(location.search);
    const number = Number(query.get("incident"));
    const asked = [...this.map.incidents.values()].find((each) => each.properties.number === number);
    if (number) await this.open(number);
    if (asked && query.has("locate")) /** @type {HTMLElement | null} */ (document.querySelector("[data-incident-locate]"))?.click();
    const from = read(query.get("measure") ?? "");
    if (from) {
      this.show("map");
      this.ruler.begin(from);
    } else if (!number && !this.data.bounds) this.map.fitAll();
    this.room.dataset.ready = "yes";
  }

  // What comes from the map -----------------------------------------------------------------------

  fromMap() {
    const on = (/** @type {string} */ name, /** @type {(detail: any) => void} */ run) =>
      this.map.addEventListener(name, (event) => run(/** @type {CustomEvent} */ (event).detail));
    on("pick", ({ id }) => this.openId(id));
    on("hover", ({ id }) => this.markRow(id));
    on("together", ({ ids }) => this.together(ids));
    on("pick-lead", ({ id }) => this.openLead(id));
    on("click", () => this.closeMenus());
    chooseBase(this.room, this.map);
    on("move", () => {
      if (!this.onlyInView) return;
      window.clearTimeout(this.viewTimer);
      this.viewTimer = window.setTimeout(() => this.refreshList(), VIEW_MS);
    });
  }

  /** Several at one place: the list shows just them. @param {number[]} ids */
  together(ids) {
    const rows = /** @type {HTMLElement[]} */ ([...this.list.querySelectorAll("[data-row]")]);
    const first = rows.find((row) => ids.some((id) => row.dataset.row === `incident:${id}`));
    for (const row of rows) row.toggleAttribute("data-hovered", ids.some((id) => row.dataset.row === `incident:${id}`));
    this.show("list");
    first?.focus();
    first?.scrollIntoView({ block: "start" });
    toast(fill(ngettext("%(n)s incident at this place: it is marked in the list.", "%(n)s incidents at this place: they are marked in the list.", ids.length), { n: ids.length }));
  }

  /** @param {number | null} id */
  markRow(id) {
    for (const row of this.list.querySelectorAll("[data-hovered]")) row.removeAttribute("data-hovered");
    if (id !== null) this.row(id)?.setAttribute("data-hovered", "");
  }

  /** @param {number} id @returns {HTMLElement | null} */
  row(id) {
    return this.list.querySelector(`[data-row="incident:${id}"]`);
  }

  // What comes from the list ----------------------------------------------------------------------

  fromList() {
    const over = (/** @type {Event} */ event) => {
      const row = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("[data-row]"));
      this.map.hover(row ? idOf(row.dataset.row) : null);
    };
    this.list.addEventListener("pointerover", over);
    this.list.addEventListener("focusin", over);
    this.list.addEventListener("pointerleave", () => this.map.hover(null));
    this.list.addEventListener("htmx:configRequest", (event) => {
      const { detail } = /** @type {CustomEvent} */ (event);
      if (detail.elt === this.list) detail.parameters.shown = String(this.list.querySelectorAll("[data-row]").length);
    });
    this.list.addEventListener("htmx:afterSettle", () => selection.set(selection.word, "list"));
    this.form.addEventListener("change", (event) => this.filtered(/** @type {HTMLElement} */ (event.target)));
    this.form.addEventListener("input", (event) => {
      if (/** @type {HTMLElement} */ (event.target).id === "filter-text") this.reloadSoon();
    });
    this.countFilters();
  }

  /** @param {HTMLElement} field */
  filtered(field) {
    if (field.matches("[data-map-inview]")) return this.inView();
    const range = this.form.querySelector(".filter-range");
    range?.toggleAttribute("hidden", value(this.form, "period") !== "range");
    this.countFilters();
    if (!field.matches("[name=sort]")) this.reloadSoon();
  }

  countFilters() {
    for (const badge of /** @type {NodeListOf<HTMLElement>} */ (this.form.querySelectorAll("[data-filter-count]"))) {
      const n = this.form.querySelectorAll(`[name=${badge.dataset.filterCount}]:checked`).length;
      badge.textContent = String(n);
      badge.hidden = n === 0;
    }
  }

  get onlyInView() {
    return /** @type {HTMLInputElement} */ (this.form.querySelector("[data-map-inview]")).checked;
  }

  inView() {
    const field = /** @type {HTMLInputElement} */ (this.form.elements.namedItem("inside"));
    field.disabled = !this.onlyInView;
    this.refreshList();
  }

  refreshList() {
    const field = /** @type {HTMLInputElement} */ (this.form.elements.namedItem("inside"));
    field.value = this.onlyInView ? this.map.view : "";
    htmx().trigger(this.list, "vigie:refresh");
  }

  // Loading ---------------------------------------------------------------------------------------

  get query() {
    const query = new URLSearchParams(/** @type {any} */ (new FormData(this.form)));
    query.delete("inside");
    query.delete("sort");
    return query;
  }

  reloadSoon() {
    window.clearTimeout(this.loadTimer);
    this.loadTimer = window.setTimeout(() => void this.load(), 300);
  }

  /** All that match, anew. */
  async load() {
    const found = await this.fetch(this.query);
    if (!found) return;
    this.seq = found.seq;
    this.map.show(found.features);
    this.count();
  }

  /** How many the map has, for who looks at the page from outside (tests, a wall's script). */
  count() {
    const all = [...this.map.incidents.values()];
    this.room.dataset.shown = String(all.length);
    this.room.dataset.placed = String(all.filter((each) => each.properties.point).length);
  }

  /** Only what changed since. */
  async catchUp() {
    const query = this.query;
    query.set("since", String(this.seq));
    const found = await this.fetch(query);
    if (!found || found.seq < this.seq) return;
    this.seq = found.seq;
    if (found.complete) this.map.show(found.features);
    else this.map.patch(found.features, found.gone);
    this.count();
  }

  /** @param {URLSearchParams} query @returns {Promise<{seq: number, complete: boolean, features: IncidentFeature[], gone: number[]} | null>} */
  async fetch(query) {
    try {
      const answer = await fetch(`${this.data.features}?${query}`, { headers: { Accept: "application/geo+json" } });
      return answer.ok ? await answer.json() : null;
    } catch {
      return null; // the line is cut: line.js says so, the next entry or the line's return asks again
    }
  }

  fromOthers() {
    this.heard = (/** @type {Event} */ event) => {
      const { touches } = /** @type {CustomEvent} */ (event).detail;
      if (!touches.includes("incidents")) return;
      window.clearTimeout(this.entryTimer);
      this.entryTimer = window.setTimeout(() => void this.catchUp(), SETTLE_MS);
      if (this.leadsShown) void this.loadLeads();
    };
    this.lineBack = (/** @type {Event} */ event) => {
      if (/** @type {CustomEvent} */ (event).detail === "on" && this.seq >= 0) void this.catchUp();
    };
    this.chosen = (/** @type {Event} */ event) => this.selected(/** @type {CustomEvent} */ (event).detail);
    this.toLocate = (/** @type {Event} */ event) => {
      event.preventDefault();
      this.show("map");
      this.locating.begin(/** @type {CustomEvent} */ (event).detail);
    };
    this.toShow = (/** @type {Event} */ event) => {
      event.preventDefault();
      this.show("map");
      this.map.select(idOf(/** @type {CustomEvent} */ (event).detail.word));
    };
    document.addEventListener("vigie:entry", this.heard);
    document.addEventListener("vigie:line", this.lineBack);
    document.addEventListener("vigie:select", this.chosen);
    document.addEventListener("vigie:locate", this.toLocate);
    document.addEventListener("vigie:show-on-map", this.toShow);
  }

  // Selection -------------------------------------------------------------------------------------

  /** @param {{ word: string, by: string }} about */
  selected({ word, by }) {
    const id = word.startsWith("incident:") ? idOf(word) : null;
    if (id !== this.map.chosen) this.map.select(id);
    if (id !== null && by !== "list") this.row(id)?.scrollIntoView({ block: "nearest" });
    const number = id === null ? undefined : this.map.incidents.get(id)?.properties.number;
    this.room.dataset.chosen = number ? String(number) : "";
    const url = new URL(location.href);
    if (number) url.searchParams.set("incident", String(number));
    else url.searchParams.delete("incident");
    url.searchParams.delete("locate");
    history.replaceState(history.state, "", url);
  }

  /** @param {number} id */
  openId(id) {
    const number = this.map.incidents.get(id)?.properties.number;
    if (number) void this.open(number);
  }

  /** @param {number} number */
  open(number) {
    return htmx().ajax("GET", `${location.pathname.replace(/map\/$/, "")}incidents/${number}/`, { target: "#detail", swap: "innerHTML" });
  }

  /** A post without incident: make or join one. @param {number} id */
  openLead(id) {
    if (this.data.create) void htmx().ajax("GET", `${this.data.create}?lead=${id}`, { target: "#detail" });
  }

  // Tools -----------------------------------------------------------------------------------------

  tools() {
    for (const tab of this.room.querySelectorAll("[data-show]"))
      tab.addEventListener("click", () => this.show(/** @type {HTMLElement} */ (tab).dataset.show ?? "list"));
    this.on("[data-map-new]", "click", () => this.create());
    this.on("[data-map-fit]", "click", () => this.fitAll());
    this.on("[data-map-leads]", "click", () => this.toggleLeads());
    for (const link of /** @type {NodeListOf<HTMLAnchorElement>} */ (this.room.querySelectorAll("[data-map-export]")))
      link.addEventListener("click", () => (link.search = this.query.toString()));
  }

  /** @param {string} selector @param {string} name @param {() => void} run */
  on(selector, name, run) {
    this.room.querySelector(selector)?.addEventListener(name, run);
  }

  /** On a phone one at a time. @param {string} what */
  show(what) {
    this.room.dataset.view = what;
    for (const tab of this.room.querySelectorAll("[data-show]"))
      tab.setAttribute("aria-pressed", String(/** @type {HTMLElement} */ (tab).dataset.show === what));
  }

  fitAll() {
    if (!this.map.fitAll() && this.data.bounds) this.map.fit(this.data.bounds);
  }

  closeMenus() {
    for (const menu of /** @type {NodeListOf<HTMLDetailsElement>} */ (this.room.querySelectorAll("details[open].menu"))) menu.open = false;
  }

  /** Say where first, then what. */
  create() {
    if (!this.data.create) return;
    this.show("map");
    this.locating.begin({
      word: "", geometry: null, precision: 100, creating: true,
      done: (geometry, precision) => {
        const query = new URLSearchParams({ geometry: JSON.stringify(geometry), precision_m: precision === null ? "" : String(precision) });
        void htmx().ajax("GET", `${this.data.create}?${query}`, { target: "#detail" });
      },
    });
  }

  async toggleLeads() {
    this.leadsShown = !this.leadsShown;
    this.room.querySelector("[data-map-leads]")?.setAttribute("aria-pressed", String(this.leadsShown));
    if (this.leadsShown) await this.loadLeads();
    else this.map.leads(null);
  }

  async loadLeads() {
    if (!this.data.leads) return;
    const answer = await fetch(this.data.leads).catch(() => null);
    if (answer?.ok && this.leadsShown) this.map.leads((await answer.json()).features);
  }

  bind() {
    keys.scope("map", { label: gettext("Incidents"), active: () => this.room.isConnected });
    const bind = (/** @type {string} */ key, /** @type {string} */ label, /** @type {() => void | false} */ run) => keys.bind("map", key, { label, run });
    this.offs = [
      bind("j", gettext("Next incident"), () => void step(this.list, 1)),
      bind("k", gettext("Previous incident"), () => void step(this.list, -1)),
      bind("i", gettext("New incident"), () => (this.data.create ? this.create() : false)),
      bind("0", gettext("Show all incidents"), () => this.fitAll()),
      bind("Shift+M", gettext("List or map (on a phone)"), () => this.show(this.room.dataset.view === "map" ? "list" : "map")),
    ];
  }

  disconnect() {
    for (const off of this.offs ?? []) off();
    this.ruler.disconnect();
    document.removeEventListener("vigie:entry", /** @type {EventListener} */ (this.heard));
    document.removeEventListener("vigie:line", /** @type {EventListener} */ (this.lineBack));
    document.removeEventListener("vigie:select", /** @type {EventListener} */ (this.chosen));
    document.removeEventListener("vigie:locate", /** @type {EventListener} */ (this.toLocate));
    document.removeEventListener("vigie:show-on-map", /** @type {EventListener} */ (this.toShow));
    this.locating.end();
    this.measures.disconnect();
    this.map.remove();
  }
}

/** @param {string | undefined} word "incident:5" @returns {number} */
const idOf = (word) => Number(word?.split(":")[1]);

/** @param {HTMLFormElement} form @param {string} name */
const value = (form, name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name)).value;

register("map", MapRoom);
