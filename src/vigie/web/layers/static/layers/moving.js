// Moving objects to another layer: the one that is open, or several chosen in the list (x, or Ctrl and a
// click). A move is an edit like any other: it merges, waits without a line, and can be taken back.
import { make } from "/static/ui/js/dom.js";
import { keys } from "/static/ui/js/keyboard.js";
import { focusedRow } from "/static/ui/js/selection.js";
import { toast } from "/static/ui/js/toast.js";
import { fill, gettext, ngettext } from "/static/ui/js/words.js";
import { whenOpen } from "/static/layers/hooks.js";
import { titleOf } from "/static/layers/making.js";

/** @typedef {import("/static/layers/workspace.js").Workspace} Workspace */

const ROW = "object:";

class Moving {
  /** @param {Workspace} room @param {HTMLElement} box */
  constructor(room, box) {
    this.room = room;
    this.box = box;
    /** Objects to move while nothing is chosen in the list. @type {string[]} */
    this.asked = [];
    /** Where the focus was before. @type {HTMLElement | null} */
    this.from = null;
    keys.bind("layers", "m", { label: gettext("Move to another layer"), run: () => this.ask(room.chosen) });
    keys.bind("layers", "x", { label: gettext("Choose several objects, to move them together"), run: () => this.mark(focusedRow()?.dataset.row?.slice(ROW.length) || room.chosen) });
    room.addEventListener("move", (event) => void this.ask(/** @type {CustomEvent} */ (event).detail.uid));
    room.addEventListener("layers", () => this.draw());
    room.store.addEventListener("change", () => this.forgetGone());
    room.room.querySelector('[data-side="objects"]')?.addEventListener("click", (event) => {
      const row = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest(`[data-row^="${ROW}"]`));
      if (!row || !(/** @type {MouseEvent} */ (event).ctrlKey || /** @type {MouseEvent} */ (event).metaKey)) return;
      event.preventDefault();
      event.stopPropagation();
      this.mark(row.dataset.row?.slice(ROW.length) ?? "");
    }, { capture: true });
  }

  get uids() {
    return this.room.marked.size ? [...this.room.marked] : this.asked;
  }

  /** Choose an object, or no longer. @param {string} uid @returns {void | false} */
  mark(uid) {
    if (!uid || !this.room.editable(this.room.store.get(uid))) return false;
    const { marked } = this.room;
    if (!marked.delete(uid)) marked.add(uid);
    this.asked = [];
    this.changed();
  }

  /** Ask for the layer. @param {string} uid @returns {void | false} */
  ask(uid) {
    if (!this.room.marked.size && !this.room.editable(this.room.store.get(uid))) return false;
    this.from = /** @type {HTMLElement | null} */ (document.activeElement);
    this.asked = uid ? [uid] : [];
    this.draw();
    this.room.showSide("list");
    this.box.scrollIntoView({ block: "nearest" });
    this.box.querySelector("select")?.focus();
  }

  forgetGone() {
    const gone = this.uids.filter((uid) => !this.room.store.get(uid));
    for (const uid of gone) this.room.marked.delete(uid);
    this.asked = this.asked.filter((uid) => !gone.includes(uid));
    if (gone.length) this.changed();
  }

  end() {
    this.room.marked.clear();
    this.asked = [];
    this.changed();
    if (this.from?.isConnected) this.from.focus();
  }

  changed() {
    this.room.dispatchEvent(new CustomEvent("wanted")); // the list shows what is chosen
    this.draw();
  }

  draw() {
    const { uids } = this;
    this.box.hidden = !uids.length;
    if (!uids.length) return this.box.replaceChildren();
    const here = new Set(uids.map((uid) => Number(this.room.store.get(uid)?.properties.layer)));
    const targets = this.room.layers.filter((each) => each.editable && !(here.size === 1 && here.has(each.number)));
    const [only] = uids.length === 1 ? uids : [];
    const drawn = only && this.room.store.get(only);
    const what = drawn ? fill(gettext("Move “%(name)s”"), { name: titleOf(this.room, drawn) }) : fill(ngettext("%(n)s object chosen", "%(n)s objects chosen", uids.length), { n: uids.length });
    const stop = make("button", { type: "button", class: "btn quiet" }, gettext("Cancel"));
    stop.addEventListener("click", () => this.end());
    if (!targets.length) {
      this.box.replaceChildren(make("p", { class: "strong" }, what), make("p", { class: "small soft" }, gettext("There is no other layer you may draw on.")), stop);
      return;
    }
    const before = this.box.querySelector("select")?.value;
    const field = make("select", { class: "input dense" }, ...targets.map((each) => make("option", { value: String(each.number) }, each.name)));
    if (before && targets.some((each) => String(each.number) === before)) field.value = before;
    const focused = this.box.contains(document.activeElement);
    const form = make("form", { class: "stack tight" }, make("p", { class: "strong" }, what),
      make("label", { class: "stack tight small" }, gettext("To the layer"), field),
      make("div", { class: "row tight" }, make("button", { class: "btn primary" }, gettext("Move")), stop));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.move(Number(field.value));
    });
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      this.end();
    });
    this.box.replaceChildren(form);
    if (focused) field.focus();
  }

  /** @param {number} layer */
  move(layer) {
    const { room } = this;
    const uids = this.uids.filter((uid) => {
      const drawn = room.store.get(uid);
      return room.editable(drawn) && Number(drawn?.properties.layer) !== layer;
    });
    room.store.together(() => uids.forEach((uid) => room.store.change(uid, { layer })));
    const name = room.layer(layer)?.name ?? "";
    this.end();
    if (!uids.length) return;
    const words = ngettext("%(n)s object was moved to “%(layer)s”.", "%(n)s objects were moved to “%(layer)s”.", uids.length);
    toast(fill(words, { n: uids.length, layer: name }), { kind: "good", undo: () => void room.store.undo() });
  }
}

whenOpen((room) => {
  const box = /** @type {HTMLElement | null} */ (room.room.querySelector("[data-moving]"));
  if (box && room.data.mayDraw) new Moving(room, box);
});
