// New posts collect behind "12 new ↑" at the head of their column. They never move what is read:
// the column is read afresh only when the person asks.
import { rove } from "./lines.js";

const EVERY_MS = 1000;

export class News {
  /** @param {HTMLElement} board @param {string} base */
  constructor(board, base) {
    this.board = board;
    this.base = base;
    /** @type {Map<HTMLElement, number>} */
    this.waiting = new Map();
    board.addEventListener("click", (event) => {
      const button = event.target instanceof Element && event.target.closest("[data-news-open]");
      const column = button && /** @type {HTMLElement | null} */ (button.closest(".column"));
      if (column) void this.open(column);
    });
  }

  /** @returns {HTMLElement[]} */
  columns() {
    return [.../** @type {NodeListOf<HTMLElement>} */ (this.board.querySelectorAll(".column"))];
  }

  /** What the journal says happened. @param {{ verb: string, touches: string[] }} entry */
  heard({ verb, touches }) {
    for (const column of this.columns()) {
      const { kind, watch } = column.dataset;
      const arrived =
        verb === "posts.arrived" && (kind === "watch" ? touches.includes(`watch:${watch}`) : kind !== "kept" && kind !== "mine");
      if (arrived || (kind === "kept" && verb === "lead.kept")) this.later(column);
    }
  }

  /** Ask at most once a second, the last time included. @param {HTMLElement} column */
  later(column) {
    if (this.waiting.has(column)) return;
    this.waiting.set(column, window.setTimeout(() => {
      this.waiting.delete(column);
      void this.count(column);
    }, EVERY_MS));
  }

  /** @param {HTMLElement} column */
  mark(column) {
    return /** @type {HTMLElement | null} */ (column.querySelector("[data-mark]"))?.dataset ?? {};
  }

  /** @param {HTMLElement} column */
  async count(column) {
    const { mark = "0", query = "" } = this.mark(column);
    const html = await this.read(`${this.base}column/${column.dataset.column}/news/?mark=${mark}&${query}`);
    const slot = column.querySelector("[data-news]");
    if (html === null || !slot || !column.isConnected) return;
    if (slot.innerHTML.trim() !== html.trim()) slot.innerHTML = html;
  }

  /** Read the column again from its head, and go there. @param {HTMLElement} column */
  async open(column) {
    await this.refresh(column);
    const feed = column.querySelector(".lines");
    if (feed) feed.scrollTop = 0;
    const first = /** @type {HTMLElement | null} */ (feed?.querySelector(".post") ?? null);
    first?.focus({ preventScroll: true });
  }

  /** @param {HTMLElement} column */
  async refresh(column) {
    const { query = "" } = this.mark(column);
    const html = await this.read(`${this.base}column/${column.dataset.column}/?${query}`);
    const feed = column.querySelector(".lines");
    if (html === null || !feed) return;
    feed.innerHTML = html;
    /** @type {any} */ (window).htmx?.process(feed);
    column.querySelector("[data-news]")?.replaceChildren();
    rove();
    this.board.dispatchEvent(new CustomEvent("board:lines"));
  }

  /** @param {string} url @returns {Promise<string | null>} */
  async read(url) {
    try {
      const response = await fetch(url, { headers: { "HX-Request": "true" } });
      return response.ok ? await response.text() : null;
    } catch {
      return null;
    }
  }

  disconnect() {
    for (const timer of this.waiting.values()) window.clearTimeout(timer);
  }
}
