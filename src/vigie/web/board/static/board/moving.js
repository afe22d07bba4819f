// The place in the board: which line has the focus, or had it last; one line, one column further.
import { columnOf, linesOf, roveTo, shownIn } from "./lines.js";

export class Moving {
  /** @param {HTMLElement} board */
  constructor(board) {
    this.board = board;
    /** @type {HTMLElement | null} */
    this.last = null;
    board.addEventListener("focusin", (event) => {
      const line = event.target instanceof Element && event.target.closest(".post[data-lead]");
      if (!(line instanceof HTMLElement)) return;
      this.last = line;
      roveTo(line);
    });
    for (const tab of this.tabs())
      tab.addEventListener("click", (event) => {
        event.preventDefault();
        const column = document.getElementById(`column-${tab.dataset.tab}`);
        if (column) this.activate(column);
        column?.scrollIntoView({ inline: "start", block: "nearest" });
      });
    const first = this.columns()[0];
    if (first) this.activate(first);
  }

  /** @returns {HTMLElement[]} */
  columns() {
    return [.../** @type {NodeListOf<HTMLElement>} */ (this.board.querySelectorAll(".column"))];
  }

  /** @returns {NodeListOf<HTMLElement>} */
  tabs() {
    return this.board.querySelectorAll("[data-tab]");
  }

  /** The line of the focus, or the last that had it. @returns {HTMLElement | null} */
  get line() {
    const focused = document.activeElement?.closest(".post[data-lead]");
    if (focused instanceof HTMLElement) return focused;
    return this.last?.isConnected ? this.last : null;
  }

  /** The column one is in, else the first. @returns {HTMLElement | null} */
  get column() {
    return (this.line && columnOf(this.line)) ?? this.columns().find((each) => each.checkVisibility()) ?? null;
  }

  /** @param {HTMLElement | null | undefined} line */
  goTo(line) {
    if (!line) return;
    line.focus({ preventScroll: true });
    line.scrollIntoView({ block: "nearest" });
  }

  /** Open a line's post beside the board. @param {HTMLElement | null} line */
  open(line) {
    /** @type {HTMLElement | null} */ (line?.querySelector("a.post-when") ?? null)?.click();
  }

  /** The next (1) or previous (-1) line of the column; the first when one is nowhere.
   * @param {1 | -1} by @returns {HTMLElement | null} */
  step(by) {
    const { line, column } = this;
    const lines = column ? shownIn(column) : [];
    const at = line ? lines.indexOf(line) : -1;
    const next = lines[at < 0 ? 0 : Math.min(lines.length - 1, Math.max(0, at + by))] ?? null;
    this.goTo(next);
    return next;
  }

  /** To the next column that has a line. @param {1 | -1} by */
  across(by) {
    const columns = this.columns();
    const here = this.column;
    for (let to = (here ? columns.indexOf(here) : -1) + by; to >= 0 && to < columns.length; to += by) {
      const column = columns[to];
      if (!column) return;
      this.activate(column);
      const lines = shownIn(column);
      column.scrollIntoView({ inline: "nearest", block: "nearest" });
      if (lines.length) return this.goTo(lines.find((each) => each.tabIndex === 0) ?? lines[0]);
    }
  }

  /**
   * After dismissing, the next line that still waits; the open post follows if it was dismissed.
   * @param {HTMLElement[]} gone @param {string | undefined} open the lead of the open post
   */
  onwards(gone, open) {
    const leads = new Set(gone.map((line) => line.dataset.lead));
    const follow = open !== undefined && leads.has(open);
    const from = gone.findLast((line) => line.classList.contains("post")) ?? (follow ? linesOf(open)[0] : undefined);
    const column = from && columnOf(from);
    if (!from || !column) return;
    const lines = shownIn(column);
    const next = lines
      .slice(lines.indexOf(from) + 1)
      .find((line) => !leads.has(line.dataset.lead) && line.dataset.state !== "dismissed");
    if (!next) return;
    this.goTo(next);
    if (follow) this.open(next);
  }

  /** On a phone one column is shown at a time. @param {HTMLElement} column */
  activate(column) {
    for (const each of this.columns()) each.toggleAttribute("data-active", each === column);
    for (const tab of this.tabs())
      if (tab.dataset.tab === column.dataset.column) tab.setAttribute("aria-current", "true");
      else tab.removeAttribute("aria-current");
  }
}
