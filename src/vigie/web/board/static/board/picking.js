// Ticked lines: what a bulk gesture is about, and the bar that says how many they are.
import { fill, ngettext } from "/static/ui/js/words.js";
import { allLines, columnOf, isPicked, pick, pickedLines, shownIn } from "./lines.js";

export class Picking {
  /** @param {HTMLElement} board */
  constructor(board) {
    this.board = board;
    this.bar = /** @type {HTMLElement | null} */ (board.querySelector("[data-vigie-bulk]"));
    /** @type {HTMLElement | null} */
    this.anchor = null;
    board.addEventListener("change", (event) => {
      const box = event.target;
      if (!(box instanceof HTMLInputElement) || !box.matches(".pick")) return;
      const line = /** @type {HTMLElement | null} */ (box.closest(".post"));
      if (line) this.set(line, box.checked);
    });
  }

  /** @param {HTMLElement} line @param {boolean} on */
  set(line, on) {
    pick(line, on);
    this.anchor = line;
    this.count();
  }

  /** @param {HTMLElement} line */
  toggle(line) {
    this.set(line, !isPicked(line));
  }

  /** From the last ticked line to this one. @param {HTMLElement} line */
  upTo(line) {
    const column = columnOf(line);
    const lines = column ? shownIn(column) : [];
    const to = lines.indexOf(line);
    const from = this.anchor ? lines.indexOf(this.anchor) : to;
    const [first, last] = from < 0 ? [to, to] : [Math.min(from, to), Math.max(from, to)];
    for (const each of lines.slice(first, last + 1)) pick(each, true);
    this.count();
  }

  /** Untick all; false when none was. @returns {void | false} */
  none() {
    const picked = allLines(this.board).filter(isPicked);
    if (!picked.length) return false;
    for (const line of picked) pick(line, false);
    this.count();
  }

  count() {
    if (!this.bar) return;
    const n = pickedLines().length;
    this.bar.hidden = n === 0;
    this.board.toggleAttribute("data-picking", n > 0);
    const label = this.bar.querySelector("[data-bulk-count]");
    if (label) label.textContent = fill(ngettext("%(n)d selected", "%(n)d selected", n), { n });
  }
}
