// The past of the object that is selected, and objects that were deleted. Going back to a version is an
// edit like any other: it can be undone, and waits on this device without a line.
import { colour } from "/static/ui/js/theme.js";
import { toast } from "/static/ui/js/toast.js";
import { gettext } from "/static/ui/js/words.js";
import { whenOpen } from "/static/layers/hooks.js";

/** @typedef {import("/static/layers/workspace.js").Workspace} Workspace */

const APART_MS = 400;

class Past {
  /** @param {Workspace} room @param {HTMLElement} box */
  constructor(room, box) {
    this.room = room;
    this.store = room.store;
    this.box = box;
    this.uid = "";
    /** @type {number | undefined} */
    this.timer = undefined;
    const { map } = room.map;
    const ink = colour("--ink-strong");
    map.addSource("past", { type: "geojson", data: { type: "FeatureCollection", features: [] } });
    map.addLayer({ id: "past", type: "line", source: "past", filter: ["!=", ["geometry-type"], "Point"], paint: { "line-color": ink, "line-width": 3, "line-dasharray": [2, 2] } });
    map.addLayer({ id: "past-point", type: "circle", source: "past", filter: ["==", ["geometry-type"], "Point"], paint: { "circle-radius": 9, "circle-opacity": 0.2, "circle-color": ink, "circle-stroke-color": ink, "circle-stroke-width": 2 } });
    document.addEventListener("vigie:object", (event) => this.select(/** @type {CustomEvent} */ (event).detail?.uid ?? ""));
    this.store.addEventListener("change", (event) => {
      const { uids, all } = /** @type {CustomEvent} */ (event).detail;
      if (this.uid && (all || uids.has(this.uid))) this.soon();
    });
    box.addEventListener("click", (event) => {
      const target = /** @type {HTMLElement} */ (event.target);
      const back = /** @type {HTMLElement | null} */ (target.closest("[data-back]"));
      const show = /** @type {HTMLElement | null} */ (target.closest("[data-show-shape]"));
      if (back) this.restore(JSON.parse(back.dataset.back ?? "{}"));
      if (show) this.show(show);
    });
  }

  /** @param {string} uid */
  select(uid) {
    if (uid === this.uid) return;
    this.uid = uid;
    this.room.map.fill("past", []);
    if (uid) return this.soon();
    this.box.hidden = true;
    this.box.replaceChildren();
  }

  soon() {
    this.timer ??= window.setTimeout(() => {
      this.timer = undefined;
      void this.load();
    }, APART_MS);
  }

  async load() {
    const { uid } = this;
    if (!uid || this.store.own.has(uid)) return; // what waits is told when it has left
    try {
      const answer = await fetch(this.room.data.past.replace("00000000-0000-0000-0000-000000000000", uid), { headers: { "HX-Request": "true" }, redirect: "manual" });
      if (!answer.ok || uid !== this.uid) return;
      this.box.innerHTML = await answer.text();
      this.box.hidden = false;
    } catch {
      // the line is cut: what stands on the screen stays
    }
  }

  /** @param {HTMLElement} button */
  show(button) {
    const on = button.getAttribute("aria-pressed") !== "true";
    for (const each of this.box.querySelectorAll("[data-show-shape]")) each.setAttribute("aria-pressed", "false");
    button.setAttribute("aria-pressed", String(on));
    const geometry = JSON.parse(/** @type {HTMLElement | null} */ (button.closest("[data-shape]"))?.dataset.shape || "null");
    this.room.map.fill("past", on && geometry ? [{ type: "Feature", geometry, properties: {} }] : []);
  }

  /** @param {Record<string, any>} fields */
  restore(fields) {
    const { uid } = this;
    if (fields.deleted === false) this.store.together(() => this.bring(uid, fields));
    else this.store.change(uid, fields);
    toast(gettext("The earlier version stands again."), { kind: "good", undo: () => void this.store.undo() });
  }

  /** @param {string} uid @param {Record<string, any>} fields */
  bring(uid, fields) {
    const stamps = /** @type {HTMLElement | null} */ (this.box.querySelector("[data-stamps]"))?.dataset.stamps;
    const { deleted, ...rest } = fields;
    this.store.restore(uid, JSON.parse(stamps ?? "{}"));
    if (Object.keys(rest).length) this.store.change(uid, rest);
  }
}

class Deleted {
  /** @param {Workspace} room @param {HTMLDetailsElement} box */
  constructor(room, box) {
    this.room = room;
    this.box = box;
    this.list = /** @type {HTMLElement} */ (box.querySelector("[data-deleted-list]"));
    box.addEventListener("toggle", () => box.open && void this.load());
    room.store.addEventListener("change", () => {
      if (box.open) this.timer ??= window.setTimeout(() => void this.load(), 1_000);
    });
    /** @type {number | undefined} */
    this.timer = undefined;
    box.addEventListener("click", (event) => {
      const button = /** @type {HTMLElement | null} */ (/** @type {HTMLElement} */ (event.target).closest("[data-bring-back]"));
      if (!button) return;
      room.store.restore(button.dataset.bringBack ?? "", JSON.parse(button.dataset.stamps ?? "{}"));
      button.closest("li")?.remove();
      toast(gettext("It is on the map again."), { kind: "good", undo: () => void room.store.undo() });
    });
  }

  async load() {
    this.timer = undefined;
    try {
      const answer = await fetch(this.room.data.deleted, { headers: { "HX-Request": "true" }, redirect: "manual" });
      if (answer.ok) this.list.innerHTML = await answer.text();
    } catch {
      if (!this.list.childElementCount) this.list.textContent = gettext("What was deleted is told when the line is back.");
    }
  }
}

whenOpen((room) => {
  const past = /** @type {HTMLElement | null} */ (room.room.querySelector("[data-past]"));
  const deleted = /** @type {HTMLDetailsElement | null} */ (room.room.querySelector("[data-deleted]"));
  if (past) new Past(room, past);
  if (deleted) new Deleted(room, deleted);
});
