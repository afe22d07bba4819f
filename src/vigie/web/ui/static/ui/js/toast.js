// Short messages over the page: what happened, and how to take it back.
//
//   import { toast } from "/static/ui/js/toast.js";
//   toast(gettext("Post dismissed"), { undo: () => restore(id) });
//
// A server sends one in an htmx answer: web/ui/toasts.py (header HX-Trigger, event "vigie:toast";
// `undo` is then an address that is posted to). `z` takes back the newest that can be.
import { register } from "./behaviours.js";
import { drawIcon, make } from "./dom.js";
import { keys } from "./keyboard.js";
import { gettext } from "./words.js";

/** @typedef {"info" | "good" | "warn" | "bad"} Kind */
/** @typedef {{ kind?: Kind, undo?: () => void | Promise<void>, undoLabel?: string, link?: { url: string, label: string }, lasting?: boolean }} Options */

const SHOWN_MS = 6000;
const UNDO_MS = 12000;
const AT_MOST = 4;

/** @type {{ box: HTMLElement, undo: () => void }[]} */
const undoable = [];

/**
 * Show a message. Errors stay until closed; one that can be undone stays 12 s, others 6 s, and none
 * leaves while the pointer or the focus is on it.
 * @param {string} text @param {Options} [options] @returns {HTMLElement}
 */
export function toast(text, { kind = "info", undo, undoLabel, link, lasting = kind === "bad" } = {}) {
  const box = make("div", { class: `toast ${kind}` }, make("p", {}, text));
  const rack = document.getElementById("toasts") ?? document.body;
  for (const old of [...rack.children].slice(0, Math.max(0, rack.children.length - AT_MOST + 1))) close(/** @type {HTMLElement} */ (old));
  if (link) box.append(make("a", { class: "btn quiet", href: link.url }, link.label));
  if (undo) {
    const button = make("button", { type: "button", class: "btn" }, undoLabel ?? gettext("Undo"), make("kbd", {}, "z"));
    const take = () => {
      close(box);
      void undo();
    };
    button.addEventListener("click", take);
    box.append(button);
    undoable.push({ box, undo: take });
  }
  rack.append(box);
  settle(box, lasting ? 0 : undo ? UNDO_MS : SHOWN_MS);
  return box;
}

/** Close button and, unless `after` is 0, the time after which it leaves. @param {HTMLElement} box @param {number} after */
function settle(box, after) {
  const button = make("button", { type: "button", class: "btn quiet square", "aria-label": gettext("Close") });
  button.append(drawIcon("x"));
  button.addEventListener("click", () => close(box));
  box.append(button);
  if (!after) return;
  const leave = () => {
    if (box.matches(":hover, :focus-within")) setTimeout(leave, 2000);
    else close(box);
  };
  setTimeout(leave, after);
}

/** @param {HTMLElement} box */
function close(box) {
  const at = undoable.findIndex((entry) => entry.box === box);
  if (at >= 0) undoable.splice(at, 1);
  box.remove();
}

keys.bind("everywhere", "z", {
  label: gettext("Undo"),
  run: () => {
    const last = undoable.at(-1);
    if (!last) return false;
    last.undo();
  },
});

document.addEventListener("vigie:toast", (event) => {
  const { text, kind, undo, link, lasting } = /** @type {CustomEvent} */ (event).detail;
  toast(text, {
    kind,
    link,
    lasting,
    undo: undo
      ? () => /** @type {any} */ (window).htmx.ajax("POST", undo, { swap: "none", source: document.body })
      : undefined,
  });
});

/** A message that came with the page (Django's messages). */
class Toast {
  /** @param {HTMLElement} box */
  constructor(box) {
    settle(box, box.classList.contains("bad") ? 0 : SHOWN_MS);
  }
}

register("toast", Toast);
