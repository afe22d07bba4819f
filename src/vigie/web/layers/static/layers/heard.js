// What others change, said to who does not see it move: one sentence for what came within a few seconds.
import { fill, gettext, ngettext } from "/static/ui/js/words.js";
import { whenOpen } from "/static/layers/hooks.js";
import { titleOf } from "/static/layers/making.js";

/** @typedef {import("/static/layers/workspace.js").Workspace} Workspace */
/** @typedef {{ who: string, title: string, how: "drew" | "changed" | "deleted" }} Told */

const GATHER_MS = 2_500;

class Heard {
  /** @param {Workspace} room @param {HTMLElement} place */
  constructor(room, place) {
    this.room = room;
    this.place = place;
    /** What each object was when last told of: its stamp and its title. @type {Map<string, { stamp: number, title: string }>} */
    this.before = new Map();
    /** @type {Map<string, Told>} */
    this.waiting = new Map();
    /** @type {number | undefined} */
    this.timer = undefined;
    this.all();
    room.store.addEventListener("change", (event) => {
      const { uids, all } = /** @type {CustomEvent} */ (event).detail;
      if (all) this.all();
      else for (const uid of uids) this.look(uid);
      if (this.waiting.size && this.timer === undefined) this.timer = window.setTimeout(() => this.say(), GATHER_MS);
    });
  }

  all() {
    this.before.clear();
    for (const uid of this.room.store.known.keys()) this.note(uid);
  }

  /** @param {string} uid */
  note(uid) {
    const known = this.room.store.known.get(uid);
    if (known) this.before.set(uid, { stamp: known.stamps["*"] ?? 0, title: titleOf(this.room, known) });
    else this.before.delete(uid);
  }

  /** @param {string} uid */
  look(uid) {
    const { store } = this.room;
    const known = store.known.get(uid);
    const before = this.before.get(uid);
    const stamp = known?.stamps["*"] ?? 0;
    this.note(uid);
    if (known && (stamp === before?.stamp || store.mine.has(stamp))) return;
    if (!known && (!before || store.undoing.deleted.has(uid))) return;
    this.waiting.set(uid, {
      who: known?.properties.updated_by || gettext("Somebody"), title: known ? titleOf(this.room, known) : (before?.title ?? ""),
      how: known ? (before ? "changed" : "drew") : "deleted",
    });
  }

  say() {
    this.timer = undefined;
    const told = [...this.waiting.values()];
    this.waiting.clear();
    const [one] = told;
    if (!one) return;
    const many = fill(ngettext("%(n)s object was changed by others.", "%(n)s objects were changed by others.", told.length), { n: told.length });
    const words = { drew: gettext("%(who)s drew %(what)s."), changed: gettext("%(who)s changed %(what)s."), deleted: gettext("%(what)s was deleted.") };
    this.place.textContent = told.length > 1 ? many : fill(words[one.how], { who: one.who, what: one.title });
  }
}

whenOpen((room) => {
  const place = /** @type {HTMLElement | null} */ (room.room.querySelector("[data-heard]"));
  if (place) new Heard(room, place);
});
