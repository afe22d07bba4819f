// The watch board: its keys, its pointer, and what others do meanwhile.
import { register } from "/static/ui/js/behaviours.js";
import { keys } from "/static/ui/js/keyboard.js";
import { selection } from "/static/ui/js/selection.js";
import { gettext } from "/static/ui/js/words.js";
import { Doing } from "./doing.js";
import { applyAnswer, linesOf, pick, rove } from "./lines.js";
import { Moving } from "./moving.js";
import { News } from "./news.js";
import { OpenPost } from "./openpost.js";
import { Picking } from "./picking.js";
import { sweep } from "./swipe.js";

const SOON_MS = 150;
const HOLDS_MS = 15_000;
const AT_ONCE = 200;

class Board {
  /** @param {HTMLElement} element */
  constructor(element) {
    this.element = element;
    const base = (this.base = element.dataset.base ?? "");
    this.news = new News(element, base);
    this.moving = new Moving(element);
    this.picking = new Picking(element);
    this.doing = new Doing(element, base, this);
    this.openPost = new OpenPost(base, (verb, line, data) =>
      this.doing.do(verb, [line], data, verb === "keep" || verb === "dismiss"),
    );
    this.doing.openPost = this.openPost;
    /** @type {(() => void)[]} */
    this.offs = [];
    /** @type {Set<string>} */
    this.changed = new Set();
    /** @type {number | undefined} */
    this.soon = undefined;
    this.bindKeys();
    this.bindPointer();
    this.bindLive();
    this.settle();
  }

  /** After lines came: one can be reached with Tab, the open one shows, the unsent say so. */
  settle() {
    rove();
    this.doing.outbox.show();
    this.picking.count();
    if (selection.word) selection.set(selection.word, "board");
  }

  bindKeys() {
    const { moving, doing, picking } = this;
    keys.scope("board", { label: gettext("Watch board"), active: () => this.element.isConnected });
    /** @param {string} key @param {string} label @param {() => void | false} run @param {string} [caps] */
    const bind = (key, label, run, caps) => this.offs.push(keys.bind("board", key, { label, run, caps }));
    bind("j", gettext("Next post"), () => void moving.step(1));
    bind("k", gettext("Previous post"), () => void moving.step(-1));
    bind("ArrowDown", "", () => void moving.step(1));
    bind("ArrowUp", "", () => void moving.step(-1));
    bind("ArrowLeft", gettext("Column to the left"), () => moving.across(-1));
    bind("ArrowRight", gettext("Column to the right"), () => moving.across(1));
    bind("Enter", gettext("Open"), () => (moving.line ? moving.open(moving.line) : false));
    bind("n", gettext("Show new posts of this column"), () => {
      const { column } = moving;
      return column?.querySelector("[data-news-open]") ? void this.news.open(column) : false;
    });
    if (!doing.allowed) return;
    bind("x", gettext("Select"), () => (moving.line ? picking.toggle(moving.line) : false));
    bind("Shift+J", gettext("Select down"), () => this.pickStep(1));
    bind("Shift+K", gettext("Select up"), () => this.pickStep(-1));
    const gestures = {
      e: ["keep", gettext("Keep it")], d: ["dismiss", gettext("Dismiss")], t: ["take", gettext("Take, release")],
      i: ["incident", gettext("Open or complete an incident")], l: ["locate", gettext("Locate")],
      c: ["category", gettext("Category")], v: ["claim", gettext("Write down what it claims")],
    };
    for (const [key, [verb = "", label = ""]] of Object.entries(gestures))
      bind(key, label, () => void doing.do(verb, doing.aims()));
    // each half of the rating is one line in the list of keys
    [..."123456"].forEach((value, at) =>
      bind(value, at ? "" : gettext("Rate the information"), () => void doing.do("credibility", doing.aims(), { value }), "1 – 6"));
    [..."ABCDEF"].forEach((value, at) =>
      bind(`Shift+${value}`, at ? "" : gettext("Rate the source"), () => void doing.do("reliability", doing.aims(), { value }), "Shift+A – F"));
    bind("z", gettext("Undo my last gesture"), () => doing.undo());
    bind("Escape", gettext("Select none"), () => picking.none());
  }

  /** @param {1 | -1} by */
  pickStep(by) {
    const from = this.moving.line;
    const to = this.moving.step(by);
    for (const line of [from, to]) if (line) pick(line, true);
    this.picking.anchor = to;
    this.picking.count();
  }

  bindPointer() {
    const { moving, doing, picking, openPost } = this;
    const clicked = (/** @type {MouseEvent} */ event) => {
      if (!(event.target instanceof Element)) return;
      const line = /** @type {HTMLElement | null} */ (event.target.closest(".post[data-lead]"));
      const button = /** @type {HTMLElement | null} */ (event.target.closest("[data-do]"));
      if (button) {
        moving.goTo(line);
        const inside = openPost.slot.contains(button) ? openPost.shown : line;
        return void doing.do(button.dataset.do ?? "", inside ? [inside] : doing.aims(), {}, true);
      }
      if (!line || event.target.closest("a, button, input") || String(getSelection())) return;
      if (event.shiftKey && doing.allowed) return picking.upTo(line);
      if ((event.ctrlKey || event.metaKey) && doing.allowed) return picking.toggle(line);
      moving.goTo(line);
      moving.open(line);
    };
    for (const part of [this.element, openPost.slot]) {
      part.addEventListener("click", clicked);
      this.offs.push(() => part.removeEventListener("click", clicked));
    }
    if (doing.allowed) sweep(this.element, (line, verb) => void doing.do(verb, [line], {}, true));
  }

  // -- what others do ---------------------------------------------------------------------------

  bindLive() {
    const heard = (/** @type {Event} */ event) => {
      const entry = /** @type {CustomEvent} */ (event).detail;
      this.news.heard(entry);
      if (this.doing.own.delete(entry.seq)) return;
      const words = /** @type {string[]} */ (entry.touches).filter((word) => word.startsWith("lead:"));
      this.refresh(words.map((word) => word.slice(5)));
    };
    document.addEventListener("vigie:entry", heard);
    const holds = window.setInterval(() => {
      const held = /** @type {NodeListOf<HTMLElement>} */ (this.element.querySelectorAll(".post[data-held-until]"));
      const over = [...held].filter(({ dataset }) => Date.parse(dataset.heldUntil ?? "") <= Date.now());
      this.refresh(over.map(({ dataset }) => dataset.lead ?? ""));
    }, HOLDS_MS);
    this.offs.push(
      () => document.removeEventListener("vigie:entry", heard),
      () => window.clearInterval(holds),
    );
    this.element.addEventListener("board:lines", () => this.settle());
    this.element.addEventListener("htmx:afterSwap", () => this.settle());
  }

  /** Fetch these lines again, those of the next moments with them. @param {string[]} leads */
  refresh(leads) {
    if (!leads.length) return;
    for (const lead of leads) this.changed.add(lead);
    this.soon ??= window.setTimeout(async () => {
      this.soon = undefined;
      const all = [...this.changed];
      this.changed.clear();
      const here = all.filter((lead) => linesOf(lead).length);
      for (let at = 0; at < here.length; at += AT_ONCE) {
        const html = await this.news.read(`${this.base}lines/?ids=${here.slice(at, at + AT_ONCE).join(",")}`);
        if (html !== null) applyAnswer(html);
      }
      this.doing.outbox.show();
      this.openPost.refresh(all);
    }, SOON_MS);
  }

  disconnect() {
    for (const off of this.offs) off();
    this.doing.disconnect();
    this.news.disconnect();
    this.openPost.disconnect();
    window.clearTimeout(this.soon);
  }
}

register("board", Board);
