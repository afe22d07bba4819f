// A part of the page is not replaced under the finger: what htmx brings waits while a pointer, Space or
// Enter is down inside what it would replace, and takes its place right after. Otherwise the button
// that was pressed is no longer there when it is let go, and the gesture is lost.

const AFTER_MS = 80; // a touch makes its click a moment after the finger left
const PRESSES = new Set([" ", "Enter"]);

/** What is held down, and where. @type {Map<string, Element>} */
const down = new Map();
/** Answers that wait, in the order they came. @type {{ waits: () => boolean, go: () => void }[]} */
const answers = [];

/** @param {string} what @param {EventTarget | null} where */
function press(what, where) {
  if (where instanceof Element) down.set(what, where);
}

/** @param {string} what */
function release(what) {
  if (down.delete(what)) window.setTimeout(flush, AFTER_MS);
}

function releaseAll() {
  down.clear();
  flush();
}

function flush() {
  while (answers.length && !answers[0]?.waits()) answers.shift()?.go();
}

/** @param {Element} target what is to be replaced @param {string} text by what */
function pressed(target, text) {
  if (text.includes("hx-swap-oob")) return down.size > 0; // it replaces other parts too
  return [...down.values()].some((each) => target.contains(each));
}

document.addEventListener("pointerdown", (event) => event.button === 0 && press(`pointer ${event.pointerId}`, event.target), true);
document.addEventListener("keydown", (event) => PRESSES.has(event.key) && press(`key ${event.key}`, event.target), true);
for (const name of /** @type {const} */ (["pointerup", "pointercancel"]))
  document.addEventListener(name, (event) => release(`pointer ${event.pointerId}`), true);
document.addEventListener("keyup", (event) => release(`key ${event.key}`), true);
document.addEventListener("pointermove", (event) => event.buttons === 0 && release(`pointer ${event.pointerId}`), true);
window.addEventListener("blur", releaseAll); // let go where we do not hear of it
document.addEventListener("visibilitychange", releaseAll);
document.addEventListener("dragstart", releaseAll);

document.addEventListener("htmx:beforeSend", (event) => {
  /** @type {{ xhr: XMLHttpRequest, target: Element }} */
  const { xhr, target } = /** @type {CustomEvent} */ (event).detail;
  const take = xhr.onload;
  if (!take) return;
  xhr.onload = function (loaded) {
    const waits = () => pressed(target, xhr.responseText);
    const go = () => take.call(xhr, loaded);
    if (!answers.length && !waits()) return go();
    answers.push({ waits, go });
    flush();
  };
});
