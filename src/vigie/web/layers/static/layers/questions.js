// Questions: the same thing changed by two people. On the object a "?", beside the map both versions
// with who and when; a shape's two versions are drawn dashed. One key or click chooses.
import { make } from "/static/ui/js/dom.js";
import { keys } from "/static/ui/js/keyboard.js";
import { colour } from "/static/ui/js/theme.js";
import { toast } from "/static/ui/js/toast.js";
import { fill, gettext } from "/static/ui/js/words.js";
import { whenOpen } from "/static/layers/hooks.js";
import { token } from "/static/layers/shapes.js";
import { boxOf, positions } from "/static/map/geo.js";
import { Marker } from "/static/map/maplib.js";

/** @typedef {import("/static/layers/workspace.js").Workspace} Workspace */

const APART_MS = 500;

class Questions {
  /** @param {Workspace} room @param {HTMLElement} box */
  constructor(room, box) {
    this.room = room;
    this.store = room.store;
    this.box = box;
    /** How many questions each object has. @type {Map<string, number>} */
    this.asked = new Map();
    /** @type {Map<string, InstanceType<typeof Marker>>} */
    this.signs = new Map();
    /** Questions told of already. @type {Set<string> | null} */
    this.seen = null;
    /** @type {number | undefined} */
    this.timer = undefined;
    const { map } = room.map;
    map.addSource("asked", { type: "geojson", data: { type: "FeatureCollection", features: [] } });
    for (const side of ["kept", "offered"]) {
      const ink = colour(side === "kept" ? "--accent" : "--warn");
      /** @param {"==" | "!="} is @returns {any} */
      const shapes = (is) => ["all", ["==", ["get", "side"], side], [is, ["geometry-type"], "Point"]];
      map.addLayer({ id: `asked-${side}`, type: "line", source: "asked", filter: shapes("!="), paint: { "line-color": ink, "line-width": 4, "line-dasharray": side === "kept" ? [3, 1] : [1, 1] } });
      map.addLayer({ id: `asked-${side}-point`, type: "circle", source: "asked", filter: shapes("=="), paint: { "circle-radius": 9, "circle-opacity": 0.25, "circle-color": ink, "circle-stroke-color": ink, "circle-stroke-width": 3 } });
    }
    this.store.addEventListener("change", (event) => this.changed(/** @type {CustomEvent} */ (event).detail));
    this.store.addEventListener("outcome", (event) => {
      const { outcome } = /** @type {CustomEvent} */ (event).detail;
      if (outcome.status === "asked") this.soon();
    });
    document.addEventListener("vigie:entry", (event) => {
      const { verb, data } = /** @type {CustomEvent} */ (event).detail;
      if (verb === "map.settled" || (verb === "map.edited" && data.asked)) this.soon();
    });
    box.addEventListener("click", (event) => {
      const button = /** @type {HTMLElement} */ (event.target).closest("[data-choose]");
      if (button instanceof HTMLElement) void this.choose(button, button.dataset.choose ?? "");
    });
    box.addEventListener("focusin", () => this.show());
    box.addEventListener("focusout", () => window.setTimeout(() => this.show()));
    const focused = () => /** @type {HTMLElement | null} */ (document.activeElement?.closest("[data-question]") ?? null);
    keys.scope("questions", { label: gettext("Questions on the map"), active: () => box.contains(document.activeElement) });
    keys.bind("questions", "1", { label: gettext("Keep what stands"), run: () => this.press(focused(), "kept") });
    keys.bind("questions", "2", { label: gettext("Take what is offered"), run: () => this.press(focused(), "offered") });
    this.changed({ uids: new Set(), all: true });
    void this.load();
  }

  /** @param {{ uids: Set<string>, all: boolean }} told */
  changed({ uids, all }) {
    const look = all ? this.store.all().map((each) => each.id) : uids;
    let moved = false;
    if (all) for (const uid of [...this.asked.keys()]) if (!this.store.get(uid)) moved = this.count(uid) || moved;
    for (const uid of look) moved = this.count(uid) || moved;
    if (moved) this.soon();
  }

  /** @param {string} uid @returns {boolean} whether it changed */
  count(uid) {
    const n = this.store.get(uid)?.properties.asked ?? 0;
    if (n === (this.asked.get(uid) ?? 0)) return false;
    if (n) this.asked.set(uid, n);
    else this.asked.delete(uid);
    return true;
  }

  soon() {
    this.timer ??= window.setTimeout(() => {
      this.timer = undefined;
      void this.load();
    }, APART_MS);
  }

  async load() {
    try {
      const answer = await fetch(this.room.data.questions, { headers: { "HX-Request": "true" }, redirect: "manual" });
      if (!answer.ok) return;
      const held = /** @type {HTMLElement | null} */ (document.activeElement?.closest("[data-question]") ?? null)?.dataset.question;
      this.box.innerHTML = await answer.text();
      const rows = this.rows();
      this.box.hidden = !rows.length;
      if (held) (rows.find((row) => row.dataset.question === held) ?? rows[0])?.focus();
      this.announce(rows);
      this.sign(rows);
      this.show();
    } catch {
      // the line is cut: asked again with the next change
    }
  }

  rows() {
    return /** @type {HTMLElement[]} */ ([...this.box.querySelectorAll("[data-question]")]);
  }

  /** Tell both people whose versions meet. @param {HTMLElement[]} rows */
  announce(rows) {
    const seen = this.seen;
    this.seen = new Set(rows.map((row) => row.dataset.question ?? ""));
    for (const row of rows) {
      const { question = "", mine, who = "", object = "" } = row.dataset;
      if (!seen || seen.has(question) || !mine) continue;
      const words = mine === "kept"
        ? gettext("%(who)s offers another version of “%(object)s”. Yours stands until somebody chooses.")
        : gettext("%(who)s changed “%(object)s” before you. Your version is kept beside it until somebody chooses.");
      toast(fill(words, { who: who || gettext("Somebody"), object }), { kind: "warn" });
    }
  }

  /** A "?" on each object that is asked about. @param {HTMLElement[]} rows */
  sign(rows) {
    const wanted = new Map(rows.map((row) => [row.dataset.uid ?? "", row]));
    for (const [uid, marker] of this.signs)
      if (!wanted.has(uid)) {
        marker.remove();
        this.signs.delete(uid);
      }
    for (const [uid, row] of wanted) {
      const shape = JSON.parse(row.dataset.kept || "null") ?? JSON.parse(row.dataset.offered || "null");
      const box = shape && boxOf(positions(shape));
      if (!box) continue;
      /** @type {[number, number]} */
      const at = [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2];
      const known = this.signs.get(uid);
      if (known) {
        known.setLngLat(at);
        continue;
      }
      const button = make("button", { type: "button", class: "map-asked", "aria-label": fill(gettext("Question about %(object)s"), { object: row.dataset.object ?? "" }) }, "?");
      button.addEventListener("click", (event) => {
        event.stopPropagation();
        const here = this.rows().find((each) => each.dataset.uid === uid);
        here?.scrollIntoView({ block: "nearest" });
        here?.focus();
      });
      this.signs.set(uid, new Marker({ element: button, anchor: "bottom" }).setLngLat(at).addTo(this.room.map.map));
    }
  }

  /** Both versions of the shape in question, dashed. */
  show() {
    const row = /** @type {HTMLElement | null} */ (document.activeElement?.closest("[data-question]") ?? null);
    const features = row && row.dataset.offered !== "null"
      ? ["kept", "offered"].flatMap((side) => {
          const geometry = JSON.parse(row.dataset[side] || "null");
          return geometry ? [{ type: "Feature", geometry, properties: { side } }] : [];
        })
      : [];
    this.room.map.fill("asked", features);
  }

  /** @param {HTMLElement | null} row @param {string} choice @returns {void | false} */
  press(row, choice) {
    const button = row?.querySelector(`[data-choose="${choice}"]`);
    if (!(button instanceof HTMLElement)) return false;
    void this.choose(button, choice);
  }

  /** @param {HTMLElement} button @param {string} choice */
  async choose(button, choice) {
    const row = /** @type {HTMLElement} */ (button.closest("[data-question]"));
    for (const each of row.querySelectorAll("button")) each.disabled = true;
    const form = new FormData();
    form.set("choice", choice);
    const url = this.room.data.conflict.replace("/0/", `/${row.dataset.question}/`);
    try {
      const answer = await fetch(url, { method: "POST", body: form, redirect: "manual", headers: { "X-CSRFToken": token() } });
      if (!answer.ok && answer.status !== 404) throw new Error(String(answer.status));
      if (answer.status === 404) toast(gettext("Somebody has chosen already."));
      this.store.soon();
      await this.load();
    } catch {
      for (const each of row.querySelectorAll("button")) each.disabled = false;
      toast(gettext("It could not be told to the server. Nothing was changed: choose again when the line is back."), { kind: "warn" });
    }
  }
}

whenOpen((room) => {
  const box = /** @type {HTMLElement | null} */ (room.room.querySelector("[data-questions]"));
  if (box && room.data.mayDraw) new Questions(room, box);
});
