// The watch board: its keys, its gestures, what others do, what is new.
import { register } from "/static/ui/js/behaviours.js";
import { isWriting } from "/static/ui/js/dom.js";
import { keys } from "/static/ui/js/keyboard.js";
import { selection } from "/static/ui/js/selection.js";
import { toast } from "/static/ui/js/toast.js";
import { fill, gettext, ngettext } from "/static/ui/js/words.js";
import { allLines, applyAnswer, columnOf, isPicked, linesOf, pick, pickedLines, rove, roveTo, shownIn } from "./lines.js";
import { News } from "./news.js";
import { Outbox, post } from "./outbox.js";
import { ask } from "./palette.js";
import { sweep } from "./swipe.js";
import "./veil.js";

/** @typedef {import("./outbox.js").Gesture} Gesture */
/** @typedef {import("./outbox.js").Answer} Answer */

const SOON_MS = 150;
const HOLDS_MS = 15_000;

/** @param {string} verb */
const nameOf = (verb) =>
  /** @type {Record<string, string>} */ ({
    keep: gettext("Keep it"), dismiss: gettext("Dismiss"), restore: gettext("Make new again"),
    urgency: gettext("Urgency"), category: gettext("Category"), reliability: gettext("Source"),
    credibility: gettext("Information"), locate: gettext("Locate"), note: gettext("Note"),
    take: gettext("Take"), release: gettext("Release"), fold: gettext("Fold"), unfold: gettext("Unfold"),
    incident: gettext("Incident"),
  })[verb] ?? verb;

class Board {
  /** @param {HTMLElement} element */
  constructor(element) {
    this.element = element;
    this.base = element.dataset.base ?? "";
    this.mayTriage = element.dataset.mayTriage !== undefined;
    this.said = /** @type {HTMLElement} */ (element.querySelector("[data-vigie-said]"));
    this.bulk = /** @type {HTMLElement | null} */ (element.querySelector("[data-vigie-bulk]"));
    this.detail = document.getElementById("detail");
    /** @type {HTMLElement | null} */
    this.current = null;
    /** @type {HTMLElement | null} */
    this.anchor = null;
    /** @type {Set<string>} */
    this.changed = new Set();
    /** @type {Set<number>} */
    this.own = new Set();
    /** @type {number | undefined} */
    this.soon = undefined;
    this.stale = "";
    /** @type {(() => void)[]} */
    this.offs = [];
    this.news = new News(element, this.base);
    const band = /** @type {HTMLElement} */ (element.querySelector("[data-vigie-unsent]"));
    this.outbox = new Outbox(this.base, element.dataset.store ?? "vigie.gestures", band, (...all) => this.answered(...all));
    this.bindKeys();
    this.bindPointer();
    this.bindLive();
    this.bindDetail();
    this.tabs();
    rove();
    this.follow();
  }

  // -- what a gesture is about ------------------------------------------------------------------

  /** The ticked lines, else the one in hand. @returns {HTMLElement[]} */
  aims() {
    const picked = pickedLines();
    if (picked.length) return picked;
    const one = this.here();
    return one ? [one] : [];
  }

  /** The line that has the focus, or had it last; in the detail, the post shown there. */
  here() {
    if (this.detail?.contains(document.activeElement)) return this.shown();
    const focused = document.activeElement?.closest(".post[data-lead]");
    if (focused instanceof HTMLElement) return focused;
    return this.current?.isConnected ? this.current : this.shown();
  }

  /** The post in the detail, as an element with data-lead and data-version. @returns {HTMLElement | null} */
  shown() {
    const open = /** @type {HTMLElement | null} */ (this.detail?.querySelector("[data-detail-lead]") ?? null);
    if (!open) return null;
    open.dataset.lead = open.dataset.detailLead;
    return open;
  }

  /** @param {HTMLElement[]} lines @returns {Record<string, string>} */
  seen(lines) {
    return Object.fromEntries(lines.map(({ dataset }) => [dataset.lead ?? "", dataset.version ?? ""]));
  }

  // -- doing ------------------------------------------------------------------------------------

  /**
   * @param {string} verb @param {HTMLElement[]} lines
   * @param {Record<string, string>} [data] @param {boolean} [told] say it in a toast, with undo
   */
  perform(verb, lines, data = {}, told = lines.length > 1) {
    if (!lines.length || !this.mayTriage) return;
    const gesture = { verb, leads: this.seen(lines), data, label: nameOf(verb), told };
    void this.outbox.send(gesture);
    if (verb === "dismiss") this.moveOn(lines);
    for (const line of pickedLines()) pick(line, false);
    this.count();
  }

  /** @param {Gesture & { told?: boolean }} gesture @param {Answer} answer @param {boolean} late */
  answered(gesture, { status, html }, late) {
    const answer = applyAnswer(html);
    this.outbox.show();
    const { said = "", kind, entry, incident } = answer?.dataset ?? {};
    if (entry) this.own.add(Number(entry));
    if (status >= 400 || !answer) return this.refused(gesture, said, status, late);
    this.said.textContent = said;
    if (gesture.verb === "incident" && incident) {
      const url = this.base.replace(/board\/$/, `incidents/${incident}/`);
      toast(said, { kind: "good", link: { url, label: gettext("Show it") } });
    } else if (gesture.told || late || kind === "warn")
      toast(said, { kind: kind === "warn" ? "warn" : "good", undo: entry ? () => this.undo(entry) : undefined });
    this.afterwards(gesture);
  }

  /** @param {Gesture} gesture @param {string} said @param {number} status @param {boolean} late */
  refused(gesture, said, status, late) {
    const why =
      said ||
      (status === 403
        ? gettext("Your role does not allow this. Nothing was changed.")
        : status === 404
          ? gettext("That post is not in this operation any more.")
          : gettext("The server could not do it. Nothing was changed; try again."));
    toast(late ? fill(gettext("“%(gesture)s” was not kept. %(why)s"), { gesture: gesture.label, why }) : why, { kind: "warn" });
    this.refreshDetail(Object.keys(gesture.leads));
  }

  /** Columns and detail that show what was just done. @param {Gesture} gesture */
  afterwards({ verb, leads }) {
    const kinds = /** @type {Record<string, string[]>} */ ({
      take: ["mine"], release: ["mine"], keep: ["kept"], incident: ["kept"],
    })[verb];
    for (const column of this.news.columns())
      if (kinds?.includes(column.dataset.kind ?? "") && !column.contains(document.activeElement)) void this.news.refresh(column);
    if (verb === "fold" || verb === "unfold")
      for (const column of this.news.columns()) void this.news.refresh(column);
    this.refreshDetail(Object.keys(leads));
  }

  /** @param {string} [entry] the gesture's number in the journal; the last one without it */
  async undo(entry) {
    const unsent = this.outbox.takeBack();
    if (unsent) return void toast(fill(gettext("“%(gesture)s” will not be sent."), { gesture: unsent.label }));
    void this.outbox.send({ verb: "undo", leads: {}, data: entry ? { entry } : {}, label: gettext("Undo"), ...{ told: true } });
  }

  async categorise() {
    const lines = this.aims();
    if (!lines.length) return;
    const option = await ask("category");
    if (option) this.perform("category", lines, { code: option.dataset.value ?? "" });
    this.refocus(lines);
  }

  async locate() {
    const lines = this.aims();
    if (!lines.length) return;
    const option = await ask("place", { lead: lines[0]?.dataset.lead ?? "" });
    if (option) {
      const { name = "", code = "", lon = "", lat = "", precision = "" } = option.dataset;
      this.perform("locate", lines, { name, code, lon, lat, precision_m: precision });
    }
    this.refocus(lines);
  }

  async incident() {
    const lines = this.aims();
    if (!lines.length) return;
    const option = await ask("incident", { lead: lines[0]?.dataset.lead ?? "" });
    const { title, incident } = option?.dataset ?? {};
    if (title) this.perform("incident", lines, { title });
    else if (incident) this.perform("incident", lines, { incident });
    this.refocus(lines);
  }

  /** @param {HTMLElement[]} lines */
  take(lines) {
    const mine = lines.length > 0 && lines.every((line) => this.isMine(line));
    this.perform(mine ? "release" : "take", lines);
  }

  /** @param {HTMLElement} line */
  isMine(line) {
    return linesOf(line.dataset.lead ?? "").concat(line).some((each) => each.dataset.hold === "mine");
  }

  /** The first that arrived stands for the others. @param {HTMLElement[]} lines */
  fold(lines) {
    const head = lines.reduce((a, b) => (Number(a.dataset.lead) <= Number(b.dataset.lead) ? a : b), /** @type {HTMLElement} */ (lines[0]));
    const others = lines.filter((line) => line !== head);
    if (others.length) this.perform("fold", others, { into: head.dataset.lead ?? "" }, true);
    else toast(gettext("Tick at least two posts that say the same."));
  }

  /**
   * A gesture by its name, as buttons and keys call it.
   * @param {string} verb @param {HTMLElement[]} lines @param {boolean} [told]
   */
  do(verb, lines, told) {
    if (verb === "category") void this.categorise();
    else if (verb === "locate") void this.locate();
    else if (verb === "incident") void this.incident();
    else if (verb === "take") this.take(lines);
    else if (verb === "fold") this.fold(lines);
    else if (verb === "none") this.unpick();
    else this.perform(verb, lines, {}, told);
  }

  // -- moving -----------------------------------------------------------------------------------

  /** @param {HTMLElement | null | undefined} line */
  goTo(line) {
    if (!line) return;
    line.focus({ preventScroll: true });
    line.scrollIntoView({ block: "nearest" });
  }

  /** @param {1 | -1} by @param {boolean} [picking] */
  step(by, picking = false) {
    const here = this.current?.isConnected ? this.current : null;
    const column = (here && columnOf(here)) ?? this.element.querySelector(".column");
    if (!column) return;
    const lines = shownIn(column);
    const at = here ? lines.indexOf(here) : -1;
    const next = lines[at < 0 ? 0 : Math.min(lines.length - 1, Math.max(0, at + by))];
    if (picking && here && next) {
      pick(here, true);
      pick(next, true);
      this.count();
    }
    this.goTo(next);
  }

  /** @param {1 | -1} by */
  across(by) {
    const columns = this.news.columns();
    const here = this.current?.isConnected ? columnOf(this.current) : null;
    const at = here ? columns.indexOf(here) : -1;
    for (let to = at + by; to >= 0 && to < columns.length; to += by) {
      const column = columns[to];
      if (!column) return;
      this.activate(column);
      const lines = shownIn(column);
      const line = lines.find((each) => each.tabIndex === 0) ?? lines[0];
      column.scrollIntoView({ inline: "nearest", block: "nearest" });
      if (line) return this.goTo(line);
    }
  }

  /** After dismissing, the next line that still waits. @param {HTMLElement[]} gone */
  moveOn(gone) {
    const last = gone.findLast((line) => line.classList.contains("post"));
    const column = last && columnOf(last);
    const leads = new Set(gone.map((line) => line.dataset.lead));
    const shown = this.shown();
    const open = shown !== null && leads.has(shown.dataset.lead);
    const from = last ?? (open ? linesOf(shown?.dataset.lead ?? "")[0] : undefined);
    const lines = from ? shownIn(column ?? columnOf(from) ?? this.element) : [];
    const rest = from ? lines.slice(lines.indexOf(from) + 1) : [];
    const next = rest.find((line) => !leads.has(line.dataset.lead) && line.dataset.state !== "dismissed");
    if (!next) return;
    this.goTo(next);
    if (open) this.open(next);
  }

  /** After a dialog the focus is where it was. @param {HTMLElement[]} lines */
  refocus(lines) {
    const line = lines.find((each) => each.isConnected && each.classList.contains("post"));
    if (line && document.activeElement === document.body) line.focus({ preventScroll: true });
  }

  /** @param {HTMLElement | null} line */
  open(line) {
    /** @type {HTMLElement | null} */ (line?.querySelector("a.post-when") ?? null)?.click();
  }

  // -- ticking ----------------------------------------------------------------------------------

  count() {
    const n = pickedLines().length;
    if (!this.bulk) return;
    this.bulk.hidden = n === 0;
    this.element.toggleAttribute("data-picking", n > 0);
    const label = this.bulk.querySelector("[data-bulk-count]");
    if (label) label.textContent = fill(ngettext("%(n)d selected", "%(n)d selected", n), { n });
  }

  /** @returns {void | false} */
  unpick() {
    const picked = allLines().filter(isPicked);
    if (!picked.length) return false;
    for (const line of picked) pick(line, false);
    this.count();
  }

  /** From the last ticked line to this one. @param {HTMLElement} line */
  pickTo(line) {
    const column = columnOf(line);
    const lines = column ? shownIn(column) : [];
    const from = this.anchor ? lines.indexOf(this.anchor) : -1;
    const to = lines.indexOf(line);
    for (const each of lines.slice(Math.min(from < 0 ? to : from, to), Math.max(from, to) + 1)) pick(each, true);
    this.count();
  }

  // -- keys and pointer -------------------------------------------------------------------------

  bindKeys() {
    keys.scope("board", { label: gettext("Watch board"), active: () => this.element.isConnected });
    /** @param {string} key @param {string} label @param {() => void | false} run */
    const bind = (key, label, run) => this.offs.push(keys.bind("board", key, { label, run }));
    bind("j", gettext("Next post"), () => this.step(1));
    bind("k", gettext("Previous post"), () => this.step(-1));
    bind("ArrowDown", gettext("Next post"), () => this.step(1));
    bind("ArrowUp", gettext("Previous post"), () => this.step(-1));
    bind("ArrowLeft", gettext("Column to the left"), () => this.across(-1));
    bind("ArrowRight", gettext("Column to the right"), () => this.across(1));
    bind("Enter", gettext("Open"), () => (this.here() ? this.open(this.here()) : false));
    bind("n", gettext("Show new posts of this column"), () => {
      const column = (this.current?.isConnected && columnOf(this.current)) || this.news.columns()[0];
      return column?.querySelector("[data-news-open]") ? void this.news.open(column) : false;
    });
    if (!this.mayTriage) return;
    bind("x", gettext("Select"), () => {
      const line = this.here();
      if (!line?.classList.contains("post")) return false;
      pick(line, !isPicked(line));
      this.anchor = line;
      this.count();
    });
    bind("Shift+J", gettext("Select down"), () => this.step(1, true));
    bind("Shift+K", gettext("Select up"), () => this.step(-1, true));
    bind("e", gettext("Keep it"), () => this.perform("keep", this.aims()));
    bind("d", gettext("Dismiss"), () => this.perform("dismiss", this.aims()));
    bind("t", gettext("Take, release"), () => this.take(this.aims()));
    bind("i", gettext("Make or join an incident"), () => void this.incident());
    bind("l", gettext("Locate"), () => void this.locate());
    bind("c", gettext("Category"), () => void this.categorise());
    for (const value of ["1", "2", "3", "4", "5", "6"])
      bind(value, fill(gettext("Information rated %(value)s"), { value }), () => this.perform("credibility", this.aims(), { value }));
    for (const value of ["A", "B", "C", "D", "E", "F"])
      bind(`Shift+${value}`, fill(gettext("Source rated %(value)s"), { value }), () => this.perform("reliability", this.aims(), { value }));
    bind("z", gettext("Undo my last gesture"), () => void this.undo());
    bind("Escape", gettext("Select none"), () => this.unpick());
  }

  bindPointer() {
    this.element.addEventListener("focusin", (event) => {
      const line = event.target instanceof Element && event.target.closest(".post[data-lead]");
      if (!(line instanceof HTMLElement)) return;
      this.current = line;
      roveTo(line);
    });
    this.element.addEventListener("change", (event) => {
      const box = event.target;
      if (!(box instanceof HTMLInputElement) || !box.matches(".pick")) return;
      const line = /** @type {HTMLElement | null} */ (box.closest(".post"));
      if (line) pick(line, box.checked);
      this.anchor = line;
      this.count();
    });
    const clicked = (/** @type {MouseEvent} */ event) => {
      if (!(event.target instanceof Element)) return;
      const line = /** @type {HTMLElement | null} */ (event.target.closest(".post[data-lead]"));
      const button = /** @type {HTMLElement | null} */ (event.target.closest("[data-do]"));
      if (button) {
        const inDetail = this.detail?.contains(button);
        const lines = line ? [line] : inDetail ? [this.shown()].filter((each) => each !== null) : this.aims();
        if (line) this.goTo(line);
        return this.do(button.dataset.do ?? "", lines, true);
      }
      if (!line || event.target.closest("a, button, input")) return;
      if (String(getSelection())) return;
      if (event.shiftKey && this.mayTriage) return this.pickTo(line);
      if ((event.ctrlKey || event.metaKey) && this.mayTriage) {
        pick(line, !isPicked(line));
        this.anchor = line;
        return this.count();
      }
      this.goTo(line);
      this.open(line);
    };
    this.element.addEventListener("click", clicked);
    this.detail?.addEventListener("click", clicked);
    if (this.mayTriage) sweep(this.element, (line, verb) => this.perform(verb, [line], {}, true));
  }

  // -- what others do ---------------------------------------------------------------------------

  bindLive() {
    const heard = (/** @type {Event} */ event) => {
      const entry = /** @type {CustomEvent} */ (event).detail;
      this.news.heard(entry);
      if (this.own.delete(entry.seq)) return;
      const leads = /** @type {string[]} */ (entry.touches).filter((word) => word.startsWith("lead:")).map((word) => word.slice(5));
      if (leads.length) this.refreshLines(leads);
    };
    document.addEventListener("vigie:entry", heard);
    this.offs.push(() => document.removeEventListener("vigie:entry", heard));
    const holds = window.setInterval(() => {
      const now = Date.now();
      const over = /** @type {HTMLElement[]} */ ([...document.querySelectorAll(".post[data-held-until]")]);
      this.refreshLines(over.filter((line) => Date.parse(line.dataset.heldUntil ?? "") <= now).map((line) => line.dataset.lead ?? ""));
    }, HOLDS_MS);
    this.offs.push(() => window.clearInterval(holds));
    this.element.addEventListener("board:lines", () => {
      this.outbox.show();
      this.count();
      this.follow();
    });
  }

  /** Fetch these lines again, those of the next moments with them. @param {string[]} leads */
  refreshLines(leads) {
    if (!leads.length) return;
    for (const lead of leads) this.changed.add(lead);
    this.soon ??= window.setTimeout(async () => {
      this.soon = undefined;
      const here = [...this.changed].filter((lead) => linesOf(lead).length);
      const all = [...this.changed];
      this.changed.clear();
      for (let at = 0; at < here.length; at += 200) {
        const html = await this.news.read(`${this.base}lines/?ids=${here.slice(at, at + 200).join(",")}`);
        if (html !== null) applyAnswer(html);
      }
      this.outbox.show();
      this.refreshDetail(all);
    }, SOON_MS);
  }

  // -- the detail -------------------------------------------------------------------------------

  bindDetail() {
    const swapped = () => {
      const shown = this.shown();
      if (shown) selection.set(`lead:${shown.dataset.lead}`, "board");
    };
    this.detail?.addEventListener("htmx:afterSwap", swapped);
    swapped();
    const closed = () => {
      if (location.pathname !== this.base) history.pushState({}, "", this.base);
    };
    document.addEventListener("vigie:detail-closed", closed);
    this.offs.push(() => document.removeEventListener("vigie:detail-closed", closed));
    const submitted = (/** @type {SubmitEvent} */ event) => {
      const form = event.target;
      if (!(form instanceof HTMLFormElement) || !form.dataset.vigieGesture) return;
      event.preventDefault();
      this.submit(form, event.submitter);
    };
    this.detail?.addEventListener("submit", submitted);
    this.detail?.addEventListener("change", (event) => {
      const field = event.target;
      if (field instanceof HTMLSelectElement && field.matches("[data-vigie-submit]")) field.form?.requestSubmit();
    });
    this.detail?.addEventListener("focusout", () => {
      if (this.stale) setTimeout(() => this.refreshDetail(this.stale ? [this.stale] : []), 0);
    });
  }

  /** @param {HTMLFormElement} form @param {HTMLElement | null} submitter */
  async submit(form, submitter) {
    const verb = form.dataset.vigieGesture ?? "";
    /** @type {Record<string, string>} */
    const data = {};
    for (const [name, value] of new FormData(form, submitter))
      if (name !== "lead" && name !== "csrfmiddlewaretoken") data[name] = String(value);
    const [lead = "", version = ""] = String(new FormData(form).get("lead")).split(":");
    const line = document.createElement("div");
    line.dataset.lead = lead;
    line.dataset.version = version;
    if (verb !== "note") return this.perform(verb, [linesOf(lead)[0] ?? line], data, verb === "keep" || verb === "dismiss");
    try {
      const body = new URLSearchParams({ ...data, lead });
      const { status, html } = await post(`${this.base}do/note/`, body);
      const said = applyAnswer(html)?.dataset.said ?? "";
      if (status >= 400) return void toast(said || gettext("The note was not kept. It stays here; try again."), { kind: "warn" });
      form.dispatchEvent(new CustomEvent("vigie:draft-sent"));
      form.reset();
      this.said.textContent = said;
      this.refreshDetail([lead]);
    } catch {
      toast(gettext("The line is cut: the note was not kept. It stays here; try again."), { kind: "warn" });
    }
  }

  /** Show the open post as it is now, unless somebody writes there. @param {string[]} leads */
  refreshDetail(leads) {
    const shown = this.shown();
    const lead = shown?.dataset.lead;
    if (!this.detail || !lead || !leads.includes(lead)) return;
    const field = document.activeElement;
    if (this.detail.contains(field) && isWriting(field) && /** @type {HTMLInputElement} */ (field).value) {
      this.stale = lead;
      return;
    }
    this.stale = "";
    const focus = this.detail.contains(field) ? field?.id : "";
    const top = this.detail.scrollTop;
    /** @type {any} */ (window).htmx
      .ajax("GET", `${this.base}lead/${lead}/`, { target: "#detail", source: this.detail, swap: "innerHTML" })
      .then(() => {
        if (this.detail) this.detail.scrollTop = top;
        if (focus) document.getElementById(focus)?.focus();
      });
  }

  // -- columns on a phone -----------------------------------------------------------------------

  tabs() {
    const tabs = /** @type {NodeListOf<HTMLAnchorElement>} */ (this.element.querySelectorAll("[data-tab]"));
    for (const tab of tabs)
      tab.addEventListener("click", (event) => {
        event.preventDefault();
        const column = document.getElementById(`column-${tab.dataset.tab}`);
        if (column) this.activate(column);
        column?.scrollIntoView({ inline: "start", block: "nearest" });
      });
    const first = this.news.columns()[0];
    if (first) this.activate(first);
  }

  /** @param {HTMLElement} column */
  activate(column) {
    for (const each of this.news.columns()) each.toggleAttribute("data-active", each === column);
    for (const tab of this.element.querySelectorAll("[data-tab]"))
      if (/** @type {HTMLElement} */ (tab).dataset.tab === column.dataset.column) tab.setAttribute("aria-current", "true");
      else tab.removeAttribute("aria-current");
  }

  /** The line of the open post shows that it is open. */
  follow() {
    if (selection.word) selection.set(selection.word, "board");
  }

  disconnect() {
    for (const off of this.offs) off();
    this.outbox.disconnect();
    this.news.disconnect();
  }
}

register("board", Board);
