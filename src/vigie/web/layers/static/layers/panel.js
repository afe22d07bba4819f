// The object that is selected, beside the map: every field saves by itself when it is left. What other
// parts show of it (history, questions, who is there) goes into [data-object-more].
import { drawIcon, make } from "/static/ui/js/dom.js";
import { toast } from "/static/ui/js/toast.js";
import { fill, gettext } from "/static/ui/js/words.js";
import { distance, sizeOf } from "/static/layers/figures.js";
import { whenOpen } from "/static/layers/hooks.js";
import { flat } from "/static/layers/looks.js";
import { fieldsLike, titleOf } from "/static/layers/making.js";
import { token } from "/static/layers/shapes.js";
import { drawSign } from "/static/layers/signs.js";
import { fromField, toField } from "/static/layers/zoned.js";
import { written } from "/static/map/geo.js";
import { read } from "/static/map/ruler.js";

/** @typedef {import("/static/layers/workspace.js").Workspace} Workspace */
/** @typedef {import("/static/layers/store.js").Drawn} Drawn */
/** @typedef {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} Field */

const MARGIN_M = 100;

class Panel {
  /** @param {Workspace} room */
  constructor(room) {
    this.room = room;
    this.slot = /** @type {HTMLElement} */ (document.getElementById("detail"));
    this.uid = "";
    room.addEventListener("choose", (event) => {
      const { uid, by } = /** @type {CustomEvent} */ (event).detail;
      if (uid) this.open(uid, by);
      else this.close();
    });
    room.addEventListener("incident", (event) => this.incident(/** @type {CustomEvent} */ (event).detail.incident));
    room.store.addEventListener("change", (event) => {
      const { uids, all } = /** @type {CustomEvent} */ (event).detail;
      if (this.uid && !this.room.past && (all || uids.has(this.uid))) this.refresh();
    });
    room.addEventListener("seen", () => this.seen());
    room.store.addEventListener("pending", () => this.saved());
  }

  get drawn() {
    return this.room.objects.get(this.uid);
  }

  /** Another moment is shown: its values, and nothing to be changed; what was not there is closed. */
  seen() {
    const { drawn } = this;
    if (!this.uid) return;
    if (!drawn) this.room.choose("", "detail");
    else if (this.may !== this.room.editable(drawn)) this.build(drawn);
    else this.refresh();
  }

  /** @param {string} uid @param {string} by */
  open(uid, by) {
    const drawn = this.room.objects.get(uid);
    if (!drawn) return;
    if (uid !== this.uid || !this.slot.querySelector("[data-object]")) {
      this.uid = uid;
      this.build(drawn);
    }
    const first = this.asked?.querySelector("input") ?? this.slot.querySelector("[data-field=name]");
    if (by === "tool" && matchMedia("(pointer: fine)").matches) /** @type {HTMLElement | null} */ (first)?.focus();
    else if (by === "list") this.slot.focus({ preventScroll: true });
  }

  close() {
    this.uid = "";
    if (this.slot.querySelector("[data-object]")) {
      this.slot.replaceChildren();
    }
  }

  // Building ---------------------------------------------------------------------------------------------

  /** @param {Drawn} drawn */
  build(drawn) {
    this.may = this.room.editable(drawn);
    this.title = make("h2", { class: "grow" });
    const cross = make("button", { type: "button", class: "btn quiet square", "data-vigie-detail-close": "", "aria-label": gettext("Close"), title: `${gettext("Close")} (${gettext("Esc")})` }, drawIcon(ICONS.close.icon));
    this.sign = make("span", { class: "object-sign" });
    this.state = make("p", { class: "small soft saved-state", role: "status" });
    this.asked = make("div", { class: "stack tight", "data-object-asked": "" });
    this.free = make("div", { class: "stack tight" });
    this.source = make("div", { class: "stack tight" });
    this.who = make("p", { class: "small soft" });
    const body = make("div", { class: "detail-body stack object-panel", "data-object": this.uid },
      this.actions(drawn), this.state,
      this.fact(gettext("Name"), this.text("name", 200)),
      this.fact(gettext("What it is"), this.templates()),
      this.asked,
      this.fact(gettext("Note"), this.area("note")),
      make("h3", { class: "part-head" }, gettext("Valid")),
      this.fact(gettext("From"), this.time("valid_from")),
      this.fact(gettext("Until"), this.time("valid_until")),
      make("h3", { class: "part-head" }, gettext("How sure it is")),
      this.fact(gettext("Source"), this.choice("reliability", this.room.data.reliabilities, (code, words) => `${code} · ${words}`)),
      this.fact(gettext("Information"), this.choice("credibility", this.room.data.credibilities, (code, words) => `${code} · ${words}`, Number)),
      this.fact(gettext("Good to"), this.choice("precision_m", { "": gettext("precision unknown"), ...Object.fromEntries(this.room.data.precisions.map((/** @type {[number, string]} */ [metres, words]) => [String(metres), words])) }, (_code, words) => words, (value) => (value ? Number(value) : null))),
      this.source,
      make("h3", { class: "part-head" }, gettext("Where")),
      ...this.where(drawn),
      make("h3", { class: "part-head" }, gettext("Other attributes")),
      this.free,
      make("div", { "data-object-more": "" }),
      this.who,
    );
    this.slot.replaceChildren(make("div", { class: "detail-head" }, this.sign, this.title, cross), body);
    this.slot.scrollTop = 0;
    this.shownTemplate = undefined;
    this.shownKeys = "";
    this.refresh();
    this.saved();
  }

  /** @param {string} word @param {...(Node | string)} inside */
  fact(word, ...inside) {
    const label = make("label", { class: "fact" }, make("span", { class: "fact-name" }, word));
    label.append(...inside);
    return label;
  }

  /** @param {Field} field @param {string} name @param {(value: string) => any} as @param {(value: any) => string} write */
  bound(field, name, as, write) {
    field.dataset.field = name;
    field.disabled = !this.may;
    field.addEventListener("change", () => {
      const value = as(field.value);
      const wrong = value === undefined;
      field.toggleAttribute("aria-invalid", wrong);
      if (wrong) toast(gettext("That is not a number: it was not kept."), { kind: "warn" });
      else this.room.store.change(this.uid, { [name]: value });
    });
    field.addEventListener("keydown", (event) => {
      if (/** @type {KeyboardEvent} */ (event).key === "Enter" && field instanceof HTMLInputElement) field.blur();
    });
    fields.set(field, { name, write });
    return field;
  }

  /** @param {string} name @param {number} most @param {Record<string, string>} [more] */
  text(name, most, more = {}) {
    return this.bound(make("input", { class: "input dense", maxlength: String(most), autocomplete: "off", ...more }), name, (value) => value.trim() || (name.startsWith("attributes.") ? null : ""), (value) => String(value ?? ""));
  }

  /** @param {string} name @param {string} [unit] */
  number(name, unit = "") {
    const field = this.bound(make("input", { class: "input dense number", inputmode: "decimal", autocomplete: "off" }), name, numberOf, (value) => (value === null || value === undefined ? "" : new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 6, useGrouping: false }).format(value)));
    return unit ? make("span", { class: "with-unit" }, field, make("span", { class: "soft small" }, unit)) : field;
  }

  /** @param {string} name */
  area(name) {
    return this.bound(make("textarea", { class: "input dense", rows: "2", maxlength: "10000" }), name, (value) => value.trim(), (value) => String(value ?? ""));
  }

  /** @param {string} name */
  time(name) {
    return this.bound(make("input", { class: "input dense", type: "datetime-local" }), name, fromField, toField);
  }

  /**
   * @param {string} name @param {Record<string, string>} choices @param {(code: string, words: string) => string} say
   * @param {(value: string) => any} [as]
   */
  choice(name, choices, say, as = (value) => value) {
    const field = make("select", { class: "input dense" });
    for (const [code, words] of Object.entries(choices)) field.append(make("option", { value: code }, say(code, words)));
    return this.bound(field, name, as, (value) => {
      const code = value === null || value === undefined ? "" : String(value);
      if (![...field.options].some((option) => option.value === code)) field.append(make("option", { value: code }, name === "precision_m" ? distance(Number(code)) : code));
      return code;
    });
  }

  templates() {
    const choices = Object.fromEntries([...this.room.templates.values()].map((each) => [each.code, each.label]));
    return this.choice("template", { "": gettext("Drawn freely"), ...choices }, (_code, words) => words);
  }

  /** @param {Drawn} drawn @returns {HTMLElement[]} */
  where({ geometry, properties }) {
    const layer = Number(properties.layer);
    const choices = Object.fromEntries(this.room.layers.filter((each) => each.editable || each.number === layer).map((each) => [each.number, each.name]));
    this.shownLayer = layer;
    const facts = [this.fact(gettext("Layer"), this.choice("layer", choices, (_code, words) => words, Number))];
    const size = make("span", { class: "number" });
    this.size = size;
    if (geometry?.type === "Point") {
      const field = make("input", { class: "input dense number", autocomplete: "off", "data-field": "geometry", "aria-describedby": "point-help" });
      field.disabled = !this.may;
      field.addEventListener("change", () => {
        const point = read(field.value);
        field.toggleAttribute("aria-invalid", !point);
        if (point) this.room.store.change(this.uid, { geometry: { type: "Point", coordinates: point } });
        else toast(gettext("Write latitude, then longitude, for example 48.69310, 2.29430."), { kind: "warn" });
      });
      fields.set(field, { name: "geometry", write: (value) => (value?.type === "Point" ? written(value.coordinates) : "") });
      facts.push(this.fact(gettext("Position"), field));
      facts.push(this.fact(gettext("Radius"), this.number("radius_m", "m")));
    }
    facts.push(this.fact(gettext("Size"), size));
    return facts;
  }

  /** @param {Drawn} drawn @returns {HTMLElement} */
  actions(drawn) {
    const row = make("div", { class: "row tight object-actions" });
    const button = (/** @type {string} */ word, /** @type {string} */ icon, /** @type {() => void} */ run, style = "") => {
      const made = make("button", { type: "button", class: `btn ${style}` }, drawIcon(icon), word);
      made.addEventListener("click", run);
      row.append(made);
    };
    if (this.room.past) return make("p", { class: "small soft" }, gettext("As it was at the moment shown. Go back to now to change it."));
    if (!this.may) return make("p", { class: "small soft" }, gettext("You can read this object; others edit this layer."));
    const tell = (/** @type {string} */ name) => this.room.dispatchEvent(new CustomEvent(name, { detail: { uid: this.uid } }));
    button(gettext("Reshape, move"), ICONS.reshape.icon, () => tell("reshape"));
    if (["LineString", "Polygon"].includes(drawn.geometry?.type ?? "")) button(gettext("Cut"), ICONS.cut.icon, () => tell("split"), "quiet");
    if (drawn.geometry?.type.endsWith("Polygon")) button(gettext("Make a hole"), ICONS.hole.icon, () => tell("hole"), "quiet");
    button(gettext("Area around"), ICONS.margin.icon, () => this.askMargin(row), "quiet");
    button(gettext("Move to another layer"), ICONS.move.icon, () => tell("move"), "quiet");
    button(gettext("Copy"), ICONS.copy.icon, () => this.copy(), "quiet");
    button(gettext("Delete"), ICONS.remove.icon, () => this.remove(), "quiet");
    return row;
  }

  // Keeping up -------------------------------------------------------------------------------------------

  refresh() {
    const { drawn } = this;
    if (!drawn) {
      if (this.slot.querySelector("[data-object]")) this.room.choose("", "gone");
      return;
    }
    const { properties } = drawn;
    if (this.shownLayer !== Number(properties.layer)) return this.build(drawn); // moved: other rights
    if (this.title) this.title.textContent = titleOf(this.room, drawn);
    const look = this.room.drawn.look(flat(drawn));
    this.sign?.replaceChildren(drawSign(this.room.data.signs, look.sign && look.sign !== "none" ? look.sign : "dot", look.family));
    if (this.shownTemplate !== properties.template) {
      this.shownTemplate = properties.template;
      this.ask();
      this.shownKeys = "";
    }
    this.attributes();
    this.post(properties.lead);
    if (this.size) this.size.textContent = [sizeOf(drawn.geometry, properties.radius_m) || gettext("a point"), this.room.communes.of(drawn.geometry)].filter(Boolean).join(", ");
    const on = this.slot.querySelectorAll("[data-field]");
    for (const field of /** @type {NodeListOf<Field>} */ (on)) {
      const known = fields.get(field);
      if (!known || (field === document.activeElement && field.matches(":focus") && field.tagName !== "SELECT")) continue;
      const value = known.name === "geometry" ? drawn.geometry : known.name.startsWith("attributes.") ? properties.attributes?.[known.name.slice(11)] : properties[known.name];
      const text = known.write(value);
      if (field.value !== text) field.value = text;
    }
    if (this.who) this.who.textContent = properties.updated_at ? fill(gettext("Last changed by %(who)s, %(when)s"), { who: properties.updated_by || "?", when: when(properties.updated_at) }) : "";
  }

  /** What its template asks for, in its order. */
  ask() {
    const asks = this.room.templates.get(this.shownTemplate ?? "")?.asks ?? [];
    this.asked?.replaceChildren(...asks.map((code) => {
      const { label, kind, unit, proposals } = this.room.data.asked[code];
      const name = `attributes.${code}`;
      if (kind === "number") return this.fact(label, this.number(name, unit));
      const field = this.text(name, 4000, kind === "phone" ? { type: "tel" } : {});
      if (!proposals.length) return this.fact(label, field);
      const list = make("datalist", { id: `proposals-${code}` }, ...proposals.map((/** @type {string} */ value) => make("option", { value })));
      field.setAttribute("list", list.id);
      return this.fact(label, field, list);
    }));
  }

  /** The others, and a line to add one. */
  attributes() {
    const asks = new Set(this.room.templates.get(this.shownTemplate ?? "")?.asks ?? []);
    const { drawn, free } = this;
    const own = Object.entries(drawn?.properties.attributes ?? {}).filter(([key, value]) => !asks.has(key) && value !== null).map(([key]) => key).sort();
    if (!free || (own.join("\n") === this.shownKeys && free.hasChildNodes()) || free.contains(document.activeElement) && free.hasChildNodes() && own.join("\n") === this.shownKeys) return;
    this.shownKeys = own.join("\n");
    free.replaceChildren(...own.map((key) => {
      const row = this.fact(this.room.data.asked[key]?.label ?? key, this.text(`attributes.${key}`, 4000));
      if (!this.may) return row;
      const off = make("button", { type: "button", class: "btn quiet square", "aria-label": fill(gettext("Take %(key)s away"), { key }) }, drawIcon(ICONS.close.icon));
      off.addEventListener("click", () => this.room.store.change(this.uid, { [`attributes.${key}`]: null }));
      return make("div", { class: "attribute-row" }, row, off);
    }));
    if (!this.may) return void (own.length || free.append(make("p", { class: "small soft" }, gettext("None."))));
    const key = make("input", { class: "input dense", maxlength: "60", placeholder: gettext("attribute"), "aria-label": gettext("Name of a new attribute"), autocomplete: "off" });
    const value = make("input", { class: "input dense", maxlength: "4000", placeholder: gettext("value"), "aria-label": gettext("Its value"), autocomplete: "off" });
    const add = () => {
      const name = key.value.trim();
      if (!name || !value.value.trim()) return;
      this.room.store.change(this.uid, { [`attributes.${name}`]: value.value.trim() });
    };
    const form = make("form", { class: "attribute-new" }, key, value, make("button", { class: "btn quiet square", "aria-label": gettext("Add the attribute") }, drawIcon(ICONS.add.icon)));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      add();
    });
    free.append(form);
  }

  /** The post it comes from. @param {number | null} lead */
  post(lead) {
    const { source } = this;
    if (!source || this.shownLead === `${this.uid} ${lead}` && source.hasChildNodes()) return;
    this.shownLead = `${this.uid} ${lead}`;
    if (lead) {
      const words = make("p", { class: "post-quote small" }, fill(gettext("post %(n)s"), { n: lead }));
      source.replaceChildren(words);
      void this.findLead(String(lead)).then((found) => {
        if (!found) return;
        words.replaceChildren(found.text, " ", make("a", { href: found.url }, gettext("Open the post")));
      });
      if (!this.may) return;
      const off = make("button", { type: "button", class: "btn quiet" }, gettext("It does not come from this post"));
      off.addEventListener("click", () => this.room.store.change(this.uid, { lead: null }));
      source.append(off);
      return;
    }
    if (!this.may || !this.room.data.leads) return source.replaceChildren();
    const field = make("input", { class: "input dense", autocomplete: "off", placeholder: gettext("number or address of the post") });
    field.addEventListener("change", () => {
      if (!field.value.trim()) return;
      void this.findLead(field.value).then((found) => {
        field.toggleAttribute("aria-invalid", !found);
        if (found) this.room.store.change(this.uid, { lead: found.id });
        else toast(gettext("No post of this operation has this number or address."), { kind: "warn" });
      });
    });
    source.replaceChildren(this.fact(gettext("From the post"), field));
  }

  /** @param {string} asked @returns {Promise<{ id: number, text: string, url: string } | null>} */
  async findLead(asked) {
    if (!this.room.data.leads) return null;
    const answer = await fetch(`${this.room.data.leads}?q=${encodeURIComponent(asked)}`).catch(() => null);
    return answer?.ok ? (await answer.json()).lead : null;
  }

  saved() {
    if (!this.state || !this.uid) return;
    const waiting = this.room.store.own.has(this.uid);
    this.state.textContent = waiting ? (navigator.onLine ? gettext("Saving…") : gettext("Kept here: it is sent when the line is back.")) : gettext("Saved");
    this.state.dataset.state = waiting ? "waiting" : "saved";
  }

  // Doing ------------------------------------------------------------------------------------------------

  copy() {
    const { drawn } = this;
    if (drawn) this.room.choose(this.room.store.create(Number(drawn.properties.layer), fieldsLike(drawn, drawn.geometry)), "list");
  }

  remove() {
    const { uid } = this;
    const name = this.drawn ? titleOf(this.room, this.drawn) : "";
    this.room.store.remove(uid);
    this.room.choose("", "panel");
    toast(fill(gettext("“%(name)s” was deleted."), { name }), { undo: () => this.room.store.restore(uid) });
    this.room.map.map.getCanvas().focus({ preventScroll: true });
  }

  /** @param {HTMLElement} row */
  askMargin(row) {
    const there = this.slot.querySelector("[data-object-margin]");
    if (there) return there.remove();
    const field = make("input", { class: "input dense radius-field", type: "number", min: "1", max: "100000", step: "any", value: String(MARGIN_M), id: "margin-metres" });
    const form = make("form", { class: "row tight", "data-object-margin": "" }, make("label", { class: "small", for: "margin-metres" }, gettext("Distance (m)")), field, make("button", { class: "btn primary" }, gettext("Draw the area around")));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.margin(Number(field.value), form);
    });
    row.after(form);
    field.focus();
    field.select();
  }

  /** @param {number} metres @param {HTMLElement} form */
  async margin(metres, form) {
    const { drawn } = this;
    if (!drawn?.geometry) return;
    const all = metres + (drawn.geometry.type === "Point" ? (drawn.properties.radius_m ?? 0) : 0);
    const answer = await fetch(this.room.data.shape, {
      method: "POST", body: JSON.stringify({ geometry: drawn.geometry, metres: all }),
      headers: { "Content-Type": "application/json", "X-CSRFToken": token() },
    }).catch(() => null);
    const told = await answer?.json().catch(() => null);
    if (!answer?.ok) {
      toast(told?.words ?? gettext("The area could not be drawn: the line to the server is cut. Try again."), { kind: "warn" });
      return;
    }
    form.remove();
    const name = fill(gettext("%(distance)s around %(name)s"), { distance: distance(metres), name: titleOf(this.room, drawn) });
    this.room.choose(this.room.store.create(Number(drawn.properties.layer), { geometry: told.geometries[0], template: "perimeter", name: name.slice(0, 200) }), "list");
  }

  // An incident: read only -------------------------------------------------------------------------------

  /** @param {import("/static/map/vigie-map.js").IncidentFeature} incident */
  incident({ properties }) {
    this.room.choose("", "incident");
    const { categories, states, urgencies } = this.room.map.vocabulary;
    const cross = make("button", { type: "button", class: "btn quiet square", "data-vigie-detail-close": "", "aria-label": gettext("Close") }, drawIcon(ICONS.close.icon));
    const url = new URL(this.room.data.incident, location.href);
    url.searchParams.set("incident", String(properties.number));
    this.slot.replaceChildren(
      make("div", { class: "detail-head" }, make("h2", { class: "grow" }, fill(gettext("Incident %(n)s"), { n: properties.number })), cross),
      make("div", { class: "detail-body stack" },
        make("p", { class: "strong" }, properties.title),
        make("p", { class: "small" }, [categories[properties.category]?.word, states[properties.state]?.word, urgencies[properties.urgency]?.word].filter(Boolean).join(" · ")),
        make("p", { class: "small soft" }, gettext("Incidents are shown here to draw beside them; they are edited in their own room.")),
        make("p", {}, make("a", { class: "btn", href: url.href }, gettext("Open the incident")))),
    );
    this.uid = "";
  }
}

/** What a field of the panel is about, and how its value is written. @type {WeakMap<Element, { name: string, write: (value: any) => string }>} */
const fields = new WeakMap();

/** A number as people write it; null of nothing, undefined when it is none. @param {string} value */
function numberOf(value) {
  const text = value.replace(/[\s\u00a0\u202f]/g, "").replace(",", ".");
  if (!text) return null;
  const found = Number(text);
  return Number.isFinite(found) ? found : undefined;
}

/** @param {string} text */
const when = (text) => new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "short", timeStyle: "short", timeZone: document.body.dataset.zone || "UTC" }).format(new Date(text));

/** Named literally so that the sprite has them. */
const ICONS = {
  close: { icon: "x" }, reshape: { icon: "vector" }, cut: { icon: "scissors" }, hole: { icon: "circle-minus" }, margin: { icon: "circle-dashed" },
  copy: { icon: "copy" }, move: { icon: "stack-push" }, remove: { icon: "trash" }, add: { icon: "plus" },
};

whenOpen((room) => void new Panel(room));
