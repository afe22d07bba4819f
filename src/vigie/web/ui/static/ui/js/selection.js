// Selection is one: the same thing is selected in the list, on the map and in the detail.
//
//   import { selection } from "/static/ui/js/selection.js";
//   selection.set("incident:5", "map");                     // who sets it is told to others
//   document.addEventListener("vigie:select", (event) => …)  // detail = {word, by} (word "" = none)
//
// Rows carry data-row="incident:5"; the selected one gets aria-current. Lists of rows walk with
// step(list, ±1): the focus is the place in the list, the selection is what is open.

class Selection {
  constructor() {
    this.word = "";
    document.addEventListener("vigie:detail-closed", () => this.set("", "detail"));
  }

  /** @param {string} word "kind:id" or "" @param {string} by */
  set(word, by) {
    this.word = word;
    for (const row of document.querySelectorAll("[data-row]"))
      if (/** @type {HTMLElement} */ (row).dataset.row === word && word) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
    document.dispatchEvent(new CustomEvent("vigie:select", { detail: { word, by } }));
  }
}

export const selection = new Selection();

/** The rows of a list that can be seen. @param {ParentNode} list @returns {HTMLElement[]} */
export const rowsOf = (list) =>
  /** @type {HTMLElement[]} */ ([...list.querySelectorAll("[data-row]")]).filter((row) => row.checkVisibility());

/** The row that has the focus or holds it. @returns {HTMLElement | null} */
export const focusedRow = () => /** @type {HTMLElement | null} */ (document.activeElement?.closest("[data-row]") ?? null);

/**
 * Move the focus to the next (1) or previous (-1) row of a list; the first when none has it.
 * @param {ParentNode} list @param {1 | -1} by @returns {HTMLElement | null}
 */
export function step(list, by) {
  const rows = rowsOf(list);
  const here = focusedRow();
  const at = here ? rows.indexOf(here) : -1;
  const next = at < 0 ? rows[0] : rows[Math.min(rows.length - 1, Math.max(0, at + by))];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
  return next ?? null;
}
