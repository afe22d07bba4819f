// The objects as a list: the map for those who cannot use it. Filter, selection, and making an object
// from coordinates or the name of a place.
import { drawIcon, make } from "/static/ui/js/dom.js";
import { keys } from "/static/ui/js/keyboard.js";
import { selection, step } from "/static/ui/js/selection.js";
import { fill, gettext, ngettext } from "/static/ui/js/words.js";
import { whenOpen } from "/static/layers/hooks.js";
import { flat, middle, validity } from "/static/layers/looks.js";
import { layerFor, titleOf } from "/static/layers/making.js";
import { distance, sizeOf } from "/static/layers/figures.js";
import { drawSign } from "/static/layers/signs.js";
import { metresBetween } from "/static/map/geo.js";
import { read } from "/static/map/ruler.js";

/** @typedef {import("/static/layers/workspace.js").Workspace} Workspace */
/** @typedef {import("/static/layers/store.js").Drawn} Drawn */

const AT_FIRST = 200;
const SETTLE_MS = 120;
const PLACES_MS = 250;

class Objects {
  /** @param {Workspace} room */
  constructor(room) {
    this.room = room;
    this.side = /** @type {HTMLElement} */ (room.room.querySelector('[data-side="objects"]'));
    this.shown = AT_FIRST;
    /** @type {number | undefined} */
    this.timer = undefined;
    this.list = make("div", { class: "object-list", "data-object-list": "" });
    this.told = make("p", { class: "small soft list-told", role: "status" });
    this.sorted = "layer";
    this.side.replaceChildren(this.filter(), ...(room.data.mayDraw ? [this.adding()] : []), this.told, this.list);
    const soon = () => {
      window.clearTimeout(this.timer);
      this.timer = window.setTimeout(() => this.draw(), SETTLE_MS);
    };
    room.map.map.on("moveend", () => this.sorted === "near" && soon());
    void room.communes.ready.then(soon);
    room.store.addEventListener("change", soon);
    room.addEventListener("layers", soon);
    room.addEventListener("wanted", soon);
    room.addEventListener("seen", soon);
    room.addEventListener("choose", (event) => {
      const { uid, by } = /** @type {CustomEvent} */ (event).detail;
      selection.set(uid ? `object:${uid}` : "", "map");
      if (uid && by !== "list") this.row(uid)?.scrollIntoView({ block: "nearest" });
    });
    keys.bind("layers", "j", { label: gettext("Next object"), run: () => void step(this.list, 1) });
    keys.bind("layers", "k", { label: gettext("Previous object"), run: () => void step(this.list, -1) });
    keys.bind("layers", "/", { label: gettext("Filter the objects"), run: () => this.find() });
    if (room.data.mayDraw) keys.bind("layers", "n", { label: gettext("New object by coordinates or place"), run: () => this.beginAdding() });
    this.draw();
  }

  /** @param {string} uid @returns {HTMLElement | null} */
  row(uid) {
    return this.list.querySelector(`[data-row="object:${uid}"]`);
  }

  // Filter -----------------------------------------------------------------------------------------------

  filter() {
    const words = make("input", { class: "input dense", type: "search", placeholder: gettext("Filter by text"), "aria-label": gettext("Filter by text"), name: "text", autocomplete: "off" });
    const choice = (/** @type {string} */ name, /** @type {string} */ label, /** @type {[string, string][]} */ choices) => {
      const field = make("select", { class: "input dense", name, "aria-label": label });
      for (const [code, word] of choices) field.append(make("option", { value: code }, word));
      return field;
    };
    const templates = [...this.room.templates.values()];
    const form = make("form", { class: "object-filter", role: "search", "aria-label": gettext("Filter the objects") },
      words,
      choice("template", gettext("What it is"), [["", gettext("All kinds")], ...templates.map((each) => /** @type {[string, string]} */ ([each.code, each.label])), ["-", gettext("Drawn freely")]]),
      choice("validity", gettext("Validity"), [["", gettext("At any time")], ["now", gettext("Valid now")], ["future", gettext("To come")], ["past", gettext("No longer valid")]]),
      choice("credibility", gettext("Rating"), [["", gettext("Any rating")], ["1", gettext("Confirmed (1)")], ["2", gettext("Probable or better (1–2)")], ["3", gettext("Possible or better (1–3)")]]));
    const sort = choice("sort", gettext("Sort by"), [["layer", gettext("By layer")], ["recent", gettext("Last changed first")], ["near", gettext("Nearest the middle")]]);
    form.append(sort);
    const apply = () => {
      const asked = new FormData(form);
      const template = String(asked.get("template"));
      this.shown = AT_FIRST;
      this.sorted = String(asked.get("sort"));
      this.room.want({
        text: String(asked.get("text")), templates: template ? [template === "-" ? "" : template] : [],
        validity: String(asked.get("validity")), credibility: Number(asked.get("credibility")) || 0,
      });
    };
    form.addEventListener("input", () => {
      window.clearTimeout(this.typing);
      this.typing = window.setTimeout(apply, SETTLE_MS);
    });
    form.addEventListener("submit", (event) => event.preventDefault());
    this.words = words;
    return form;
  }

  find() {
    this.room.showSide("list");
    /** @type {HTMLElement | null} */ (this.room.room.querySelector('[data-side-tab="objects"]'))?.click();
    this.words?.focus();
    this.words?.select();
  }

  // List -------------------------------------------------------------------------------------------------

  draw() {
    const all = this.room.objects.all();
    const left = all.filter((each) => this.room.leaves(each));
    const count = this.room.room.querySelector("[data-object-count]");
    if (count) count.textContent = String(left.length);
    this.told.textContent = all.length && left.length < all.length ? fill(ngettext("%(n)s object of %(all)s", "%(n)s objects of %(all)s", left.length), { n: left.length, all: all.length }) : "";
    const focused = document.activeElement?.closest("[data-row]")?.getAttribute("data-row");
    const inside = this.list.contains(document.activeElement);
    this.list.replaceChildren(...(left.length ? this.groups(left) : [this.empty(all.length)]));
    if (this.room.chosen) selection.set(`object:${this.room.chosen}`, "map");
    if (inside && focused) /** @type {HTMLElement | null} */ (this.list.querySelector(`[data-row="${focused}"]`))?.focus({ preventScroll: true });
  }

  /** @param {Drawn[]} left @returns {HTMLElement[]} */
  groups(left) {
    const made = this.sorted === "layer" ? this.byLayer(left) : [this.inOneRow(left)];
    if (left.length > this.shown) {
      const more = make("button", { type: "button", class: "btn block" }, fill(gettext("Show %(n)s more"), { n: Math.min(AT_FIRST, left.length - this.shown) }));
      more.addEventListener("click", () => {
        this.shown += AT_FIRST;
        this.draw();
      });
      made.push(more);
    }
    return made;
  }

  /** The last changed first, or the nearest to the middle of the map. @param {Drawn[]} left @returns {HTMLElement} */
  inOneRow(left) {
    const centre = this.room.map.centre;
    const far = new Map(left.map((each) => [each.id, each.geometry ? metresBetween(centre, middle(each.geometry)) : Infinity]));
    const at = (/** @type {Drawn} */ each) => (this.room.store.own.has(each.id) ? "~" : String(each.properties.updated_at ?? ""));
    left.sort((a, b) => (this.sorted === "near" ? (far.get(a.id) ?? 0) - (far.get(b.id) ?? 0) : at(b).localeCompare(at(a))));
    return make("ul", { class: "rows" }, ...left.slice(0, this.shown).map((each) => this.line(each, this.sorted === "near" && each.geometry ? distance(far.get(each.id) ?? 0) : "")));
  }

  /** @param {Drawn[]} left @returns {HTMLElement[]} */
  byLayer(left) {
    /** @type {Map<number, Drawn[]>} */
    const byLayer = new Map();
    for (const each of left) {
      const number = Number(each.properties.layer);
      const there = byLayer.get(number);
      if (there) there.push(each);
      else byLayer.set(number, [each]);
    }
    let room = this.shown;
    const made = [];
    for (const layer of this.room.layers) {
      const here = byLayer.get(layer.number);
      if (!here || room <= 0) continue;
      here.sort((a, b) => String(titleOf(this.room, a)).localeCompare(String(titleOf(this.room, b)), document.documentElement.lang, { numeric: true }));
      const rows = make("ul", { class: "rows" }, ...here.slice(0, room).map((each) => this.line(each)));
      room -= here.length;
      made.push(make("section", { "aria-label": layer.name }, make("h2", { class: "list-group" }, layer.name, " ", make("span", { class: "soft" }, String(here.length))), rows));
    }
    return made;
  }

  /** @param {Drawn} drawn @param {string} [first] what is said of it before all else */
  line(drawn, first = "") {
    const { properties } = drawn;
    const plain = flat(drawn);
    const look = this.room.drawn.look(plain);
    const template = this.room.templates.get(properties.template);
    const when = validity(plain, this.room.drawn.now);
    const facts = [first, properties.name && template ? template.label : "", sizeOf(drawn.geometry, properties.radius_m), first ? "" : this.room.communes.of(drawn.geometry)];
    if (when !== "now") facts.push(when === "past" ? gettext("no longer valid") : gettext("to come"));
    if (properties.reliability !== "F" || properties.credibility !== 6) facts.push(`${properties.reliability}${properties.credibility}`);
    if (this.room.marked.has(drawn.id)) facts.unshift(gettext("chosen"));
    if (properties.asked) facts.push(gettext("two versions: to choose"));
    const button = make("button", { type: "button", class: "object-row", "data-row": `object:${drawn.id}` },
      drawSign(this.room.data.signs, look.sign && look.sign !== "none" ? look.sign : "dot", look.family),
      make("span", { class: "object-text" }, make("span", { class: "object-title" }, titleOf(this.room, drawn)), make("span", { class: "object-facts" }, facts.filter(Boolean).join(" · "))));
    button.toggleAttribute("data-faint", when !== "now");
    button.toggleAttribute("data-marked", this.room.marked.has(drawn.id));
    button.addEventListener("click", () => this.room.choose(drawn.id, "list"));
    return make("li", {}, button);
  }

  /** @param {number} all */
  empty(all) {
    if (this.room.layers.some((each) => each.tiles)) return make("div"); // listed below, by what is in view
    const words = all
      ? gettext("Nothing is left by this filter, or its layers are hidden.")
      : this.room.data.mayDraw
        ? gettext("Nothing is drawn yet. Choose a sign above the map, then click; or add an object by its coordinates.")
        : gettext("Nothing is drawn yet.");
    return make("div", { class: "empty" }, drawIcon(ICONS.empty.icon), make("p", {}, words));
  }

  // By coordinates or place ----------------------------------------------------------------------------------

  adding() {
    const { room } = this;
    const template = make("select", { class: "input dense", name: "template" });
    for (const each of [...room.templates.values()]) template.append(make("option", { value: each.code }, each.label));
    template.append(make("option", { value: "" }, gettext("Something else")));
    const where = make("textarea", { class: "input dense", name: "where", rows: "2", autocomplete: "off", "aria-describedby": "adding-help", placeholder: "48.69310, 2.29430" });
    const radius = make("input", { class: "input dense", name: "radius", type: "number", min: "1", step: "any", inputmode: "decimal" });
    const choices = make("ul", { class: "place-choices" });
    const wrong = make("p", { class: "error small", role: "alert" });
    const label = (/** @type {string} */ word, /** @type {HTMLElement} */ field) => make("label", { class: "stack tight small" }, word, field);
    const form = make("form", { class: "stack tight" },
      label(gettext("What it is"), template),
      label(gettext("Where: coordinates, commune or place"), where), choices,
      make("p", { class: "help", id: "adding-help" }, gettext("One position per line, latitude first: one makes a point, two or more a line, three or more an area where the thing is one.")),
      label(gettext("Radius in metres (for a circle)"), radius), wrong,
      make("button", { class: "btn primary" }, gettext("Add the object")));
    where.addEventListener("input", () => {
      wrong.textContent = "";
      window.clearTimeout(this.looking);
      this.looking = window.setTimeout(() => void this.look(where, choices), PLACES_MS);
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.add(template.value, where, Number(radius.value) || 0).then((refused) => {
        wrong.textContent = refused;
        where.toggleAttribute("aria-invalid", Boolean(refused));
        if (refused) return;
        form.reset();
        choices.replaceChildren();
        if (this.box) this.box.open = false;
      });
    });
    this.box = make("details", { class: "object-adding" }, make("summary", { class: "btn" }, drawIcon(ICONS.add.icon), gettext("Add by coordinates or place")), form);
    this.where = where;
    return this.box;
  }

  beginAdding() {
    if (!this.box) return;
    this.room.showSide("list");
    /** @type {HTMLElement | null} */ (this.room.room.querySelector('[data-side-tab="objects"]'))?.click();
    this.box.open = true;
    this.box.querySelector("select")?.focus();
  }

  /** Places of that name; one chosen puts its coordinates in the field. @param {HTMLTextAreaElement} where @param {HTMLElement} choices */
  async look(where, choices) {
    const text = where.value.trim();
    choices.replaceChildren();
    if (!this.room.data.places || text.length < 2 || /^[-\d]/.test(text) || text.includes("\n")) return;
    const answer = await fetch(`${this.room.data.places}?q=${encodeURIComponent(text)}`).catch(() => null);
    if (!answer?.ok || where.value.trim() !== text) return;
    const { places } = await answer.json();
    choices.replaceChildren(...places.map((/** @type {{ name: string, hint: string, point: [number, number], precision_m: number | null }} */ place) => {
      const button = make("button", { type: "button", class: "btn quiet" }, place.name, ...(place.hint ? [make("span", { class: "soft" }, place.hint)] : []));
      button.addEventListener("click", () => {
        where.value = `${place.point[1]}, ${place.point[0]}`;
        this.place = { text: where.value, name: place.name, precision: place.precision_m };
        choices.replaceChildren();
        where.focus();
      });
      return make("li", {}, button);
    }));
  }

  /** Gives what is wrong, "" when it was added. @param {string} code @param {HTMLTextAreaElement} where @param {number} radius @returns {Promise<string>} */
  async add(code, where, radius) {
    const lines = where.value.split("\n").map((each) => each.trim()).filter(Boolean);
    const points = lines.map(read);
    if (!points.length || points.some((each) => !each)) return gettext("Write latitude, then longitude, for example 48.69310, 2.29430; or choose one of the places proposed.");
    const template = this.room.templates.get(code);
    /** @type {any} */
    let geometry = { type: "Point", coordinates: points[0] };
    if (points.length > 2 && (!template || template.shapes.includes("Polygon")) && !template?.shapes.includes("LineString"))
      geometry = { type: "Polygon", coordinates: [[...points, points[0]]] };
    else if (points.length > 1) geometry = { type: "LineString", coordinates: points };
    const layer = await layerFor(this.room, template);
    if (!layer) return gettext("There is no layer you may draw on yet. A mapper or the coordination can open one.");
    /** @type {Record<string, any>} */
    const fields = { geometry };
    if (code) fields.template = code;
    if (geometry.type === "Point" && radius > 0) fields.radius_m = radius;
    if (this.place?.text === where.value.trim()) {
      fields.name = this.place.name;
      if (this.place.precision) fields.precision_m = this.place.precision;
    }
    this.room.choose(this.room.store.create(layer, fields), "list");
    return "";
  }
}

/** Named literally so that the sprite has them. */
const ICONS = { empty: { icon: "map-pin" }, add: { icon: "plus" } };

whenOpen((room) => void new Objects(room));
