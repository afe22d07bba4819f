// The lines of the board in the page: a post may stand in several columns, so whatever changes is
// written into each of its lines; the focus, the tick and the place in the list stay as they are.

/** @param {ParentNode} [root] @returns {HTMLElement[]} */
export const allLines = (root = document) =>
  /** @type {HTMLElement[]} */ ([...root.querySelectorAll(".post[data-lead]")]);

/** Every line of this post. @param {string} lead @returns {HTMLElement[]} */
export const linesOf = (lead) => allLines().filter((line) => line.dataset.lead === lead);

/** The column a line stands in. @param {Element} line @returns {HTMLElement | null} */
export const columnOf = (line) => /** @type {HTMLElement | null} */ (line.closest(".column"));

/** Lines of a column that are shown. @param {Element} column @returns {HTMLElement[]} */
export const shownIn = (column) => allLines(column).filter((line) => line.checkVisibility());

/**
 * Write the lines of an answer into the page. Returns the answer's own element, or null when the
 * text holds none (an error page).
 * @param {string} html @returns {HTMLElement | null}
 */
export function applyAnswer(html) {
  const answer = new DOMParser().parseFromString(html, "text/html").querySelector(".answer");
  if (!(answer instanceof HTMLElement)) return null;
  for (const fresh of allLines(answer))
    for (const line of linesOf(fresh.dataset.lead ?? "")) rewrite(line, fresh);
  return answer;
}

/** @param {HTMLElement} line @param {HTMLElement} fresh */
function rewrite(line, fresh) {
  if (line.outerHTML === fresh.outerHTML) return;
  const focused = line.contains(document.activeElement) && document.activeElement !== line;
  const doing = focused ? /** @type {HTMLElement} */ (document.activeElement).dataset.do : undefined;
  const ticked = isPicked(line);
  for (const { name } of [...line.attributes])
    if (name.startsWith("data-") && !fresh.hasAttribute(name)) line.removeAttribute(name);
  for (const { name, value } of fresh.attributes)
    if (name.startsWith("data-") || name === "aria-label") line.setAttribute(name, value);
  line.innerHTML = fresh.innerHTML;
  /** @type {any} */ (window).htmx?.process(line);
  pick(line, ticked);
  if (focused) {
    const same = doing && line.querySelector(`[data-do="${doing}"]`);
    /** @type {HTMLElement} */ (same || line).focus();
  }
}

/** One line of each feed can be reached with Tab: the last that had the focus, else the first. */
export function rove() {
  for (const feed of document.querySelectorAll(".lines")) {
    const lines = allLines(feed);
    if (!lines.some((line) => line.tabIndex === 0) && lines[0]) lines[0].tabIndex = 0;
  }
}

/** @param {HTMLElement} line */
export function roveTo(line) {
  for (const other of allLines(line.closest(".lines") ?? document)) other.tabIndex = other === line ? 0 : -1;
}

/** @param {HTMLElement} line @returns {HTMLInputElement | null} */
const boxOf = (line) => line.querySelector(".pick");

/** @param {HTMLElement} line */
export const isPicked = (line) => boxOf(line)?.checked ?? false;

/** Tick or untick a line. @param {HTMLElement} line @param {boolean} on */
export function pick(line, on) {
  const box = boxOf(line);
  if (box) box.checked = on;
  line.classList.toggle("picked", on && box !== null);
}

/** The ticked lines, each post once. @returns {HTMLElement[]} */
export function pickedLines() {
  /** @type {Map<string, HTMLElement>} */
  const found = new Map();
  for (const line of allLines()) if (isPicked(line)) found.set(line.dataset.lead ?? "", line);
  return [...found.values()];
}
