// The layers beside the map: tabs, their order, their settings that save by themselves, and how they
// look by rule, with a preview on the map.
import { drawIcon, make } from "/static/ui/js/dom.js";
import { toast } from "/static/ui/js/toast.js";
import { fill, gettext } from "/static/ui/js/words.js";
import { whenOpen } from "/static/layers/hooks.js";
import { FAMILIES } from "/static/layers/looks.js";
import { token } from "/static/layers/shapes.js";
import { drawSign } from "/static/layers/signs.js";

/** @typedef {import("/static/layers/workspace.js").Workspace} Workspace */
/** @typedef {import("/static/layers/looks.js").Style} Style */
/** @typedef {import("/static/layers/looks.js").Rule} Rule */
/** @typedef {import("/static/layers/looks.js").Condition} Condition */
/** @typedef {import("/static/layers/looks.js").Look} Look */
/** @typedef {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} Field */

const SAVE_MS = 600;

class Layers {
  /** @param {Workspace} room */
  constructor(room) {
    this.room = room;
    this.list = /** @type {HTMLElement} */ (document.getElementById("layer-list"));
    this.tabs();
    this.ordering();
    this.list.addEventListener("click", (event) => {
      const button = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("[data-layer-active]"));
      if (button) room.activate(Number(button.dataset.layerActive));
    });
    this.slot = /** @type {HTMLElement} */ (document.getElementById("detail"));
    this.slot.addEventListener("htmx:afterSettle", () => this.opened());
    this.slot.addEventListener("htmx:afterRequest", (event) => {
      const form = /** @type {HTMLElement} */ (event.target);
      if (!form.querySelector?.("[data-layer-archive]") || !/** @type {CustomEvent} */ (event).detail.successful) return;
      this.slot.replaceChildren();
      /** @type {any} */ (window).htmx.trigger(this.list, "vigie:refresh");
      toast(gettext("The layer was put away. It can be brought back below the list of layers."));
    });
  }

  tabs() {
    const tabs = /** @type {HTMLElement[]} */ ([...this.room.room.querySelectorAll("[data-side-tab]")]);
    const show = (/** @type {HTMLElement} */ tab) => {
      for (const each of tabs) {
        const chosen = each === tab;
        each.setAttribute("aria-selected", String(chosen));
        each.tabIndex = chosen ? 0 : -1;
        const side = /** @type {HTMLElement} */ (this.room.room.querySelector(`[data-side="${each.dataset.sideTab}"]`));
        side.hidden = !chosen;
      }
    };
    tabs.forEach((tab, i) => {
      tab.addEventListener("click", () => show(tab));
      tab.addEventListener("keydown", (event) => {
        if (event.key !== "ArrowRight" && event.key !== "ArrowLeft") return;
        const next = tabs[(i + (event.key === "ArrowRight" ? 1 : tabs.length - 1)) % tabs.length];
        if (!next) return;
        show(next);
        next.focus();
      });
    });
  }

  // Order ------------------------------------------------------------------------------------------------

  ordering() {
    /** @type {HTMLElement | null} */
    let taken = null;
    this.list.addEventListener("pointerdown", (event) => {
      const grip = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("[data-layer-grip]"));
      taken = grip?.closest("[data-layer]") ?? null;
      if (!grip || !taken) return;
      grip.setPointerCapture(event.pointerId);
      taken.dataset.taken = "";
    });
    this.list.addEventListener("pointermove", (event) => {
      if (!taken) return;
      for (const row of this.rows())
        if (row !== taken) {
          const { top, height } = row.getBoundingClientRect();
          const before = row.compareDocumentPosition(taken) & Node.DOCUMENT_POSITION_FOLLOWING;
          if (before ? event.clientY < top + height / 2 : event.clientY > top + height / 2) row[before ? "before" : "after"](taken);
        }
    });
    const drop = () => {
      if (!taken) return;
      delete taken.dataset.taken;
      taken = null;
      void this.keepOrder();
    };
    this.list.addEventListener("pointerup", drop);
    this.list.addEventListener("pointercancel", drop);
    this.list.addEventListener("keydown", (event) => {
      const grip = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("[data-layer-grip]"));
      const row = grip?.closest("[data-layer]");
      if (!grip || !row || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
      event.preventDefault();
      event.stopPropagation();
      const beside = event.key === "ArrowUp" ? row.previousElementSibling : row.nextElementSibling;
      if (!beside) return;
      beside[event.key === "ArrowUp" ? "before" : "after"](row);
      grip.focus();
      window.clearTimeout(this.later);
      this.later = window.setTimeout(() => void this.keepOrder(), SAVE_MS);
    });
  }

  rows() {
    return /** @type {HTMLElement[]} */ ([...this.list.querySelectorAll("[data-layer-list] > [data-layer]")]);
  }

  async keepOrder() {
    const numbers = this.rows().map((row) => Number(row.dataset.layer));
    if (numbers.join() === this.room.layers.map(({ number }) => number).join()) return;
    this.room.layers.sort((a, b) => numbers.indexOf(a.number) - numbers.indexOf(b.number));
    this.room.drawn.order();
    this.room.dispatchEvent(new CustomEvent("layers"));
    const body = new FormData();
    body.set("numbers", numbers.join());
    const answer = await fetch(this.room.data.order, { method: "POST", body, headers: { "X-CSRFToken": token() } }).catch(() => null);
    if (!answer?.ok) toast(gettext("The order could not be kept: the line is cut. Try again."), { kind: "warn" });
  }

  // Settings ---------------------------------------------------------------------------------------------

  opened() {
    const box = /** @type {HTMLElement | null} */ (this.slot.querySelector("[data-layer-settings]"));
    if (!box || box.dataset.bound) return;
    box.dataset.bound = "yes";
    this.room.choose("", "settings");
    const settings = new Settings(this.room, box);
    settings.bind();
  }
}

class Settings {
  /** @param {Workspace} room @param {HTMLElement} box */
  constructor(room, box) {
    this.room = room;
    this.box = box;
    this.number = Number(box.dataset.layerSettings);
    this.state = /** @type {HTMLElement} */ (box.querySelector("[data-layer-saved]"));
    this.place = /** @type {HTMLElement} */ (box.querySelector("[data-layer-style]"));
    const style = structuredClone(room.layer(this.number)?.style ?? {});
    /** @type {{ look: Partial<Look>, rules: Rule[] }} */
    this.style = { look: style.look ?? {}, rules: style.rules ?? [] };
  }

  bind() {
    for (const field of /** @type {NodeListOf<Field>} */ (this.box.querySelectorAll("[name]")))
      if (field.tagName !== "BUTTON" && field.type !== "hidden") field.addEventListener("change", () => void this.keep({ [field.name]: field.value }, field));
    this.draw();
  }

  /** @param {Record<string, string>} changes @param {Field} [field] */
  async keep(changes, field) {
    this.state.textContent = gettext("Saving…");
    const body = new FormData();
    for (const [name, value] of Object.entries(changes)) body.set(name, value);
    const answer = await fetch(this.box.dataset.url ?? "", { method: "POST", body, headers: { "X-CSRFToken": token() } }).catch(() => null);
    const told = await answer?.json().catch(() => null);
    field?.toggleAttribute("aria-invalid", !answer?.ok);
    this.state.textContent = answer?.ok ? gettext("Saved") : (told?.words ?? gettext("Not saved: the line is cut. Change it again when it is back."));
    if (answer?.ok) /** @type {any} */ (window).htmx.trigger("#layer-list", "vigie:refresh");
  }

  /** Show it on the map at once; keep it when the hand rests. */
  changed() {
    const facts = this.room.layer(this.number);
    const ready = this.style.rules.filter((rule) => rule.when.every(isWhole) && Object.keys(rule.look).length);
    const style = structuredClone({ look: this.style.look, rules: ready });
    if (facts) facts.style = style;
    this.room.drawn.restyle([this.number]);
    this.room.dispatchEvent(new CustomEvent("wanted"));
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.keep({ style: JSON.stringify(style) }), SAVE_MS);
  }

  draw() {
    const add = make("button", { type: "button", class: "btn" }, drawIcon(ICONS.add.icon), gettext("Add a rule"));
    add.addEventListener("click", () => {
      this.style.rules.push({ when: [{ on: "attribute", op: "at_least", key: this.keys()[0] ?? "", value: "" }], look: {} });
      this.draw();
      /** @type {HTMLElement | null} */ (this.place.querySelector("li:last-of-type select"))?.focus();
    });
    this.place.replaceChildren(
      make("p", { class: "small soft" }, gettext("Each object looks as its kind does. Here you change it for the whole layer, or by rule: the first rule that holds wins. You see it on the map at once.")),
      make("fieldset", { class: "stack tight style-look" }, make("legend", { class: "small strong" }, gettext("All objects of the layer")), ...this.look(this.style.look)),
      make("ol", { class: "style-rules" }, ...this.style.rules.map((rule, at) => this.rule(rule, at))),
      add);
  }

  /** Attributes that objects of this layer have. */
  keys() {
    const found = new Set(this.room.store.all().filter(({ properties }) => properties.layer === this.number).flatMap(({ properties }) => Object.keys(properties.attributes ?? {})));
    return [...found].sort();
  }

  /** @param {Rule} rule @param {number} at */
  rule(rule, at) {
    const tool = (/** @type {string} */ word, /** @type {string} */ icon, /** @type {() => void} */ run) => {
      const made = make("button", { type: "button", class: "btn quiet square", "aria-label": word, title: word }, drawIcon(icon));
      made.addEventListener("click", () => {
        run();
        this.draw();
        this.changed();
      });
      return made;
    };
    const rules = this.style.rules;
    const more = make("button", { type: "button", class: "btn quiet" }, drawIcon(ICONS.add.icon), gettext("And also"));
    more.addEventListener("click", () => {
      rule.when.push({ on: "template", op: "is", value: "" });
      this.draw();
    });
    const head = make("div", { class: "row tight" }, make("strong", { class: "grow small" }, fill(gettext("Rule %(n)s: if"), { n: at + 1 })));
    if (at) head.append(tool(gettext("Move the rule up"), ICONS.up.icon, () => rules.splice(at - 1, 0, ...rules.splice(at, 1))));
    head.append(tool(gettext("Take the rule away"), ICONS.remove.icon, () => rules.splice(at, 1)));
    return make("li", { class: "stack tight style-rule" }, head,
      ...rule.when.map((asked, i) => this.condition(asked, rule, i)), more,
      make("span", { class: "small strong" }, gettext("then")), ...this.look(rule.look));
  }

  /** @param {Condition} asked @param {Rule} rule @param {number} i */
  condition(asked, rule, i) {
    const about = pick(gettext("About"), { template: gettext("kind"), attribute: gettext("attribute"), validity: gettext("validity"), reliability: gettext("source"), credibility: gettext("information") }, asked.on);
    about.addEventListener("change", () => {
      rule.when[i] = { on: /** @type {any} */ (about.value), op: Object.keys(this.operations(about.value))[0] ?? "is", value: "" };
      this.draw();
      this.changed();
    });
    const op = pick(gettext("Comparison"), this.operations(asked.on), asked.op);
    op.addEventListener("change", () => {
      asked.op = op.value;
      if (op.value === "given" || op.value === "missing") delete asked.value;
      this.draw();
      this.changed();
    });
    const row = make("div", { class: "row tight style-condition" }, about);
    if (asked.on === "attribute") {
      const key = make("input", { class: "input dense", value: asked.key ?? "", "aria-label": gettext("Name of the attribute"), list: "style-keys", autocomplete: "off" });
      key.addEventListener("change", () => {
        asked.key = key.value.trim();
        this.changed();
      });
      row.append(key, make("datalist", { id: "style-keys" }, ...this.keys().map((value) => make("option", { value }))));
    }
    row.append(op);
    if (asked.op !== "given" && asked.op !== "missing") row.append(this.value(asked));
    if (rule.when.length > 1) {
      const off = make("button", { type: "button", class: "btn quiet square", "aria-label": gettext("Take the condition away") }, drawIcon(ICONS.remove.icon));
      off.addEventListener("click", () => {
        rule.when.splice(i, 1);
        this.draw();
        this.changed();
      });
      row.append(off);
    }
    return row;
  }

  /** @param {string} on @returns {Record<string, string>} */
  operations(on) {
    if (on === "attribute")
      return {
        at_least: gettext("is at least"), at_most: gettext("is at most"), is: gettext("is"), is_not: gettext("is not"),
        contains: gettext("contains"), given: gettext("is given"), missing: gettext("is missing"),
      };
    if (on === "reliability") return { at_least: gettext("is at least"), below: gettext("is below") };
    if (on === "credibility") return { at_most: gettext("is at least"), above: gettext("is below") };
    return { is: gettext("is"), is_not: gettext("is not") };
  }

  /** @param {Condition} asked @returns {HTMLElement} */
  value(asked) {
    const label = gettext("Value");
    const { data, templates } = this.room;
    const all = /** @type {Record<string, Record<string, string> | null>} */ ({
      template: { "": gettext("Choose…"), ...Object.fromEntries([...templates.values()].map((each) => [each.code, each.label])) },
      validity: { "": gettext("Choose…"), now: gettext("now"), past: gettext("no longer valid"), future: gettext("to come") },
      reliability: { "": gettext("Choose…"), ...Object.fromEntries(Object.entries(data.reliabilities).map(([code, words]) => [code, `${code} · ${words}`])) },
      credibility: { "": gettext("Choose…"), ...Object.fromEntries(Object.entries(data.credibilities).map(([code, words]) => [code, `${code} · ${words}`])) },
      attribute: null,
    });
    const choices = all[asked.on];
    const field = choices ? pick(label, choices, String(asked.value ?? "")) : make("input", { class: "input dense", value: String(asked.value ?? ""), "aria-label": label, autocomplete: "off" });
    field.addEventListener("change", () => {
      const number = Number(field.value.replace(",", "."));
      const figure = asked.on === "credibility" || asked.op === "at_least" || asked.op === "at_most";
      const wrong = figure && asked.on === "attribute" && (!field.value.trim() || !Number.isFinite(number));
      field.toggleAttribute("aria-invalid", wrong);
      asked.value = wrong ? "" : figure && asked.on !== "reliability" && field.value ? number : field.value;
      this.changed();
    });
    return field;
  }

  /** @param {Partial<Look>} look @returns {HTMLElement[]} */
  look(look) {
    const { data } = this.room;
    const as = gettext("as its kind");
    const set = (/** @type {keyof Look} */ name, /** @type {any} */ value) => {
      if (value === "") delete look[name];
      else /** @type {any} */ (look)[name] = value;
      this.changed();
    };
    const choice = (/** @type {keyof Look} */ name, /** @type {string} */ label, /** @type {Record<string, string>} */ choices, /** @type {(value: string) => any} */ read = (value) => value) => {
      const field = pick(label, { "": as, ...choices }, String(look[name] ?? ""));
      field.addEventListener("change", () => {
        set(name, field.value === "" ? "" : read(field.value));
        if (name === "sign" || name === "family") sample();
      });
      return make("label", { class: "fact" }, make("span", { class: "fact-name" }, label), field);
    };
    const shown = make("span", { class: "style-sample" });
    const sample = () => shown.replaceChildren(drawSign(data.signs, look.sign && look.sign !== "none" ? look.sign : "dot", look.family ?? "talk"));
    sample();
    const signs = Object.fromEntries(Object.entries(data.signs).map(([code, each]) => [code, /** @type {any} */ (each).label]));
    const keys = Object.fromEntries(this.keys().map((key) => [`attributes.${key}`, data.asked[key]?.label ?? key]));
    const widths = Object.fromEntries([1, 2, 3, 4, 6, 8, 12].map((each) => [String(each), `${each} px`]));
    const shares = Object.fromEntries([1, 0.8, 0.6, 0.4, 0.2].map((each) => [String(each), `${each * 100} %`]));
    return [
      make("div", { class: "row tight" }, shown, choice("family", gettext("Colour"), Object.fromEntries(FAMILIES.map((each) => [each, data.families[each]])))),
      choice("sign", gettext("Sign"), signs),
      choice("width", gettext("Width"), widths, Number),
      choice("dash", gettext("Stroke"), { solid: gettext("solid"), dashed: gettext("dashed"), dotted: gettext("dotted") }),
      choice("opacity", gettext("Opacity"), shares, Number),
      choice("label", gettext("Label"), { name: gettext("its name"), none: gettext("none"), ...keys }),
    ];
  }
}

/** Whether a condition can be kept. @param {Condition} asked */
const isWhole = ({ on, op, key, value }) => (on !== "attribute" || Boolean(key)) && (op === "given" || op === "missing" || (value !== "" && value !== undefined));

/** @param {string} label @param {Record<string, string>} choices @param {string} chosen */
function pick(label, choices, chosen) {
  const field = make("select", { class: "input dense", "aria-label": label });
  for (const [code, words] of Object.entries(choices)) field.append(make("option", { value: code }, words));
  if (!(chosen in choices)) field.append(make("option", { value: chosen }, chosen));
  field.value = chosen;
  return field;
}

/** Named literally so that the sprite has them. */
const ICONS = { add: { icon: "plus" }, up: { icon: "arrow-up" }, remove: { icon: "x" } };

whenOpen((room) => void new Layers(room));
