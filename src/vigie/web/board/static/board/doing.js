// Gestures: what they are about, how they are sent, what is said when the server answered.
import { toast } from "/static/ui/js/toast.js";
import { fill, gettext } from "/static/ui/js/words.js";
import { applyAnswer, linesOf, pickedLines } from "./lines.js";
import { Outbox } from "./outbox.js";
import { ask } from "./palette.js";
import { askOnMap } from "./placemap.js";

/** @typedef {import("./outbox.js").Gesture} Gesture */
/** @typedef {import("./outbox.js").Answer} Answer */

/** @param {string} verb */
const nameOf = (verb) =>
  /** @type {Record<string, string>} */ ({
    keep: gettext("Keep it"), dismiss: gettext("Dismiss"), restore: gettext("Make new again"),
    urgency: gettext("Urgency"), category: gettext("Category"), reliability: gettext("Source"),
    credibility: gettext("Information"), locate: gettext("Locate"), take: gettext("Take"),
    release: gettext("Release"), fold: gettext("Fold"), unfold: gettext("Unfold"),
    incident: gettext("Incident"), undo: gettext("Undo"),
  })[verb] ?? verb;

/** Columns that may hold another post after a gesture. @type {Record<string, string[]>} */
const CHANGES = {
  take: ["mine"], release: ["mine"], keep: ["kept"], incident: ["kept"], undo: ["mine", "kept"],
};

export class Doing {
  /**
   * @param {HTMLElement} board @param {string} base
   * @param {{ moving: import("./moving.js").Moving, picking: import("./picking.js").Picking, news: import("./news.js").News }} parts
   */
  constructor(board, base, { moving, picking, news }) {
    this.base = base;
    this.allowed = board.dataset.mayTriage !== undefined;
    this.moving = moving;
    this.picking = picking;
    this.news = news;
    /** @type {import("./openpost.js").OpenPost | null} */
    this.openPost = null;
    /** Journal numbers of what this page did itself. @type {Set<number>} */
    this.own = new Set();
    this.said = /** @type {HTMLElement} */ (board.querySelector("[data-vigie-said]"));
    const band = /** @type {HTMLElement} */ (board.querySelector("[data-vigie-unsent]"));
    this.outbox = new Outbox(base, board.dataset.store ?? "vigie.gestures", band, (...all) => this.answered(...all));
  }

  /** The ticked lines, else the one in hand; in the detail, the post shown there. @returns {HTMLElement[]} */
  aims() {
    const picked = pickedLines();
    if (picked.length) return picked;
    const inside = this.openPost?.slot.contains(document.activeElement);
    const one = inside ? this.openPost?.shown : (this.moving.line ?? this.openPost?.shown);
    return one ? [one] : [];
  }

  /**
   * A gesture by its name, as buttons and keys call it.
   * @param {string} verb @param {HTMLElement[]} lines
   * @param {Record<string, string>} [data] @param {boolean} [told] say it in a toast, with undo
   */
  do(verb, lines, data = {}, told = lines.length > 1) {
    if (verb === "none") return this.picking.none();
    if (!lines.length || !this.allowed) return;
    if (verb === "category" && data.code === undefined) void this.categorise(lines);
    else if (verb === "locate" && data.name === undefined) void this.locate(lines);
    else if (verb === "incident") void this.incident(lines);
    else if (verb === "claim") this.claim(lines);
    else if (verb === "take" && lines.every((line) => this.isMine(line))) this.send("release", lines, data, told);
    else if (verb === "fold") this.fold(lines);
    else this.send(verb, lines, data, told);
  }

  /** @param {string} verb @param {HTMLElement[]} lines @param {Record<string, string>} data @param {boolean} told */
  send(verb, lines, data, told) {
    const leads = Object.fromEntries(lines.map(({ dataset }) => [dataset.lead ?? "", dataset.version ?? ""]));
    void this.outbox.send({ verb, leads, data, label: nameOf(verb), told });
    if (verb === "dismiss") this.moving.onwards(lines, this.openPost?.lead);
    this.picking.none();
  }

  /** Take back one's last gesture, or the one of this number in the journal. @param {string} [entry] */
  undo(entry) {
    const unsent = this.outbox.takeBack();
    if (unsent) toast(fill(gettext("“%(gesture)s” will not be sent."), { gesture: unsent.label }));
    else void this.outbox.send({ verb: "undo", leads: {}, data: entry ? { entry } : {}, label: nameOf("undo"), told: true });
  }

  /** @param {HTMLElement[]} lines */
  async categorise(lines) {
    const option = await ask("category");
    if (option) this.send("category", lines, { code: option.dataset.value ?? "" }, lines.length > 1);
    this.back(lines);
  }

  /** @param {HTMLElement[]} lines */
  async locate(lines) {
    const option = await ask("place", { lead: lines[0]?.dataset.lead ?? "" });
    if (option?.dataset.map !== undefined) {
      const placed = await askOnMap();
      if (placed) this.send("locate", lines, placed, lines.length > 1);
    } else if (option) {
      const { name = "", code = "", lon = "", lat = "", precision = "" } = option.dataset;
      this.send("locate", lines, { name, code, lon, lat, precision_m: precision }, lines.length > 1);
    }
    this.back(lines);
  }

  /** @param {HTMLElement[]} lines */
  async incident(lines) {
    const option = await ask("incident", { lead: lines[0]?.dataset.lead ?? "" });
    const { title, incident } = option?.dataset ?? {};
    if (title) this.send("incident", lines, { title }, true);
    else if (incident) this.send("incident", lines, { incident }, true);
    this.back(lines);
  }

  /** To the page on which what these posts claim is written down. @param {HTMLElement[]} lines */
  claim(lines) {
    const leads = [...new Set(lines.map(({ dataset }) => dataset.lead ?? ""))].slice(0, 200);
    location.assign(`${this.base.replace(/board\/$/, "claims/new/")}?${leads.map((lead) => `lead=${lead}`).join("&")}`);
  }

  /** The first that arrived stands for the others. @param {HTMLElement[]} lines */
  fold(lines) {
    const [head, ...others] = [...lines].sort((a, b) => Number(a.dataset.lead) - Number(b.dataset.lead));
    if (others.length) this.send("fold", others, { into: head?.dataset.lead ?? "" }, true);
    else toast(gettext("Tick at least two posts that say the same."));
  }

  /** @param {HTMLElement} line */
  isMine(line) {
    return [line, ...linesOf(line.dataset.lead ?? "")].some((each) => each.dataset.hold === "mine");
  }

  /** After a dialog the focus is where it was. @param {HTMLElement[]} lines */
  back(lines) {
    const line = lines.find((each) => each.isConnected && each.classList.contains("post"));
    if (line && document.activeElement === document.body) line.focus({ preventScroll: true });
  }

  // -- what the server answered -----------------------------------------------------------------

  /** @param {Gesture} gesture @param {Answer} answer @param {boolean} late */
  answered(gesture, { status, html }, late) {
    const answer = applyAnswer(html);
    this.outbox.show();
    const { said = "", kind, entry, incident } = answer?.dataset ?? {};
    if (entry) this.own.add(Number(entry));
    if (status >= 400 || !answer) return this.refused(gesture, said, status, late);
    this.said.textContent = said;
    if (incident) {
      const url = this.base.replace(/board\/$/, `incidents/${incident}/`);
      toast(said, { kind: "good", link: { url, label: gettext("Show it") } });
    } else if (gesture.told || late || kind === "warn")
      toast(said, { kind: kind === "warn" ? "warn" : "good", undo: entry ? () => this.undo(entry) : undefined });
    this.afterwards(gesture, answer);
  }

  /** @param {Gesture} gesture @param {string} said @param {number} status @param {boolean} late */
  refused(gesture, said, status, late) {
    /** @type {Record<number, string>} */
    const known = {
      403: gettext("Your role does not allow this. Nothing was changed."),
      404: gettext("That post is not in this operation any more."),
    };
    const why = said || known[status] || gettext("The server could not do it. Nothing was changed; try again.");
    const text = late ? fill(gettext("“%(gesture)s” was not kept. %(why)s"), { gesture: gesture.label, why }) : why;
    toast(text, { kind: "warn" });
    this.openPost?.refresh(Object.keys(gesture.leads));
  }

  /** Columns and detail that show what was just done. @param {Gesture} gesture @param {HTMLElement} answer */
  afterwards({ verb, leads }, answer) {
    const folding = verb === "fold" || verb === "unfold";
    for (const column of this.news.columns()) {
      const concerned = folding || CHANGES[verb]?.includes(column.dataset.kind ?? "");
      if (concerned && !column.contains(document.activeElement)) void this.news.refresh(column);
    }
    const changed = /** @type {HTMLElement[]} */ ([...answer.querySelectorAll("[data-lead]")]);
    this.openPost?.refresh([...Object.keys(leads), ...changed.map(({ dataset }) => dataset.lead ?? "")]);
  }

  disconnect() {
    this.outbox.disconnect();
  }
}
