// The keys, the same everywhere. A module of a room says what a key does:
//
//   import { keys } from "/static/ui/js/keyboard.js";
//   import { gettext } from "/static/ui/js/words.js";
//   keys.scope("board", { label: gettext("Watch board"), active: () => !!board });
//   const off = keys.bind("board", "e", { label: gettext("Keep"), run: (event) => keep() });
//
// A key is written as it is said: "e", "Enter", "ArrowDown", "/", "1", "Shift+A", "g w" (a sequence).
// Keys never fire while somebody writes (Esc gives them back), in an open dialog, or with Ctrl, Alt or
// Meta held. Digits also work unshifted on AZERTY. `run` may return false to say "not for me": then the
// next binding is asked, newest scope first. `?` lists what is bound in active scopes; single keys can
// be switched off there.
import { register } from "./behaviours.js";
import { isWriting, make } from "./dom.js";
import { gettext } from "./words.js";

/** @typedef {{ label: string, caps?: string, run: (event: KeyboardEvent) => void | false, when?: () => boolean }} Binding */
/** @typedef {{ label: string, active: () => boolean, keys: Map<string, Binding> }} Scope */

const SWITCH = "vigie.keys";
const SEQUENCE_MS = 1200;

class Keys {
  constructor() {
    /** @type {Map<string, Scope>} */
    this.scopes = new Map();
    this.pending = "";
    this.pendingUntil = 0;
    this.scope("everywhere", { label: gettext("Everywhere") });
    this.scope("rooms", { label: gettext("Rooms") });
    document.addEventListener("keydown", (event) => this.press(event));
  }

  get on() {
    return localStorage.getItem(SWITCH) !== "off";
  }

  set on(value) {
    localStorage.setItem(SWITCH, value ? "on" : "off");
  }

  /**
   * Declare a scope. Declaring it again changes its label and condition and keeps its keys.
   * @param {string} name @param {{ label: string, active?: () => boolean }} about
   */
  scope(name, { label, active = () => true }) {
    const kept = this.scopes.get(name)?.keys ?? new Map();
    this.scopes.delete(name);
    this.scopes.set(name, { label, active, keys: kept });
  }

  /**
   * Bind a key in a scope; returns the function that unbinds it.
   * @param {string} scope @param {string} key @param {Binding} binding @returns {() => void}
   */
  bind(scope, key, binding) {
    if (!this.scopes.has(scope)) this.scope(scope, { label: scope });
    const map = /** @type {Scope} */ (this.scopes.get(scope)).keys;
    map.set(key, binding);
    return () => {
      if (map.get(key) === binding) map.delete(key);
    };
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.isComposing) return;
    if (event.altKey && !event.getModifierState("AltGraph")) return;
    if (document.querySelector("dialog[open]")) return;
    if (isWriting(event.target)) return void (event.key === "Escape" && leaveField(event.target));
    if (!this.on && event.key.length === 1) return;
    const onControl =
      event.target instanceof Element &&
      event.target.closest("a[href], button, summary, input, [role=option], [role=tab]");
    if (onControl && (event.key === "Enter" || event.key === " ")) return;
    const names = namesOf(event);
    const waiting = this.pending && performance.now() < this.pendingUntil ? this.pending : "";
    this.pending = "";
    if (waiting) {
      for (const name of names) if (this.fire(`${waiting} ${name}`, event)) return;
    }
    for (const name of names) if (this.fire(name, event)) return;
    if (names.some((name) => this.starts(name))) {
      this.pending = names[0] ?? "";
      this.pendingUntil = performance.now() + SEQUENCE_MS;
    }
  }

  /** @param {string} name @param {KeyboardEvent} event */
  fire(name, event) {
    for (const scope of this.active()) {
      const binding = scope.keys.get(name);
      if (!binding || (binding.when && !binding.when())) continue;
      if (binding.run(event) === false) continue;
      event.preventDefault();
      return true;
    }
    return false;
  }

  /** @param {string} name */
  starts(name) {
    return this.active().some((scope) => [...scope.keys.keys()].some((key) => key.startsWith(`${name} `)));
  }

  active() {
    return [...this.scopes.values()].reverse().filter((scope) => scope.active());
  }

  /** The list of the help dialog: one section per active scope. @returns {HTMLElement[]} */
  list() {
    return this.active()
      .filter((scope) => scope.keys.size > 0)
      .map((scope) => {
        const lines = make("dl");
        for (const [key, { label, caps: written = key }] of scope.keys) {
          if (!label) continue; // one of a family whose first key is listed for all ("1 – 6")
          const caps = make("dt");
          for (const part of written.split(/[ +]/))
            caps.append(part === "–" ? part : make("kbd", {}, capOf(part)), " ");
          lines.append(make("div", {}, caps, make("dd", {}, label)));
        }
        return make("section", {}, make("h3", {}, scope.label), lines);
      });
  }

  help() {
    const dialog = /** @type {HTMLDialogElement | null} */ (document.getElementById("keys-dialog"));
    if (!dialog || dialog.open) return;
    document.getElementById("keys-list")?.replaceChildren(...this.list());
    dialog.showModal();
  }
}

/** Esc while writing gives the keys back to the row, the detail or the page. @param {EventTarget | null} target */
function leaveField(target) {
  const field = /** @type {HTMLElement} */ (target);
  const home = field.closest("[data-row], [data-vigie-detail]") ?? document.getElementById("main");
  field.blur();
  if (home instanceof HTMLElement) home.focus();
}

/**
 * Every name a key press may be bound under, the likeliest first.
 * @param {KeyboardEvent} event @returns {string[]}
 */
function namesOf(event) {
  const { key, code, shiftKey } = event;
  const names = [];
  if (/^\p{L}$/u.test(key)) names.push(shiftKey ? `Shift+${key.toUpperCase()}` : key.toLowerCase());
  else names.push(key);
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(code)?.[1];
  if (digit && digit !== key) names.push(digit);
  return names;
}

/** @param {string} part */
function capOf(part) {
  /** @type {Record<string, string>} */
  const caps = {
    Enter: "⏎", Escape: gettext("Esc"), ArrowUp: "↑", ArrowDown: "↓", ArrowLeft: "←", ArrowRight: "→",
    Shift: "⇧", " ": gettext("Space"),
  };
  return caps[part] ?? part;
}

export const keys = new Keys();

keys.bind("everywhere", "?", { label: gettext("Show the shortcuts"), run: () => keys.help() });
keys.bind("everywhere", "/", {
  label: gettext("Search"),
  run: () => {
    const field = /** @type {HTMLInputElement | null} */ (document.querySelector("[data-vigie-search]"));
    if (!field || !field.checkVisibility()) return false;
    field.focus();
    field.select();
  },
});

/** `g` and the room's letter, read from the left bar. */
class RoomKey {
  /** @param {HTMLAnchorElement} link */
  constructor(link) {
    this.off = keys.bind("rooms", `g ${link.dataset.vigieRoomKey}`, {
      label: link.textContent?.trim() ?? "",
      run: () => link.click(),
    });
  }

  disconnect() {
    this.off();
  }
}

class HelpButton {
  /** @param {HTMLElement} button */
  constructor(button) {
    button.addEventListener("click", () => keys.help());
  }
}

class Switch {
  /** @param {HTMLInputElement} box */
  constructor(box) {
    box.checked = keys.on;
    box.addEventListener("change", () => (keys.on = box.checked));
  }
}

register("room-key", /** @type {any} */ (RoomKey));
register("keys-help", HelpButton);
register("keys-switch", /** @type {any} */ (Switch));
