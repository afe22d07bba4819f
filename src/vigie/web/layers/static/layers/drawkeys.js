// The keys of drawing, cutting and reshaping.
import { keys } from "/static/ui/js/keyboard.js";
import { gettext } from "/static/ui/js/words.js";

/** @typedef {import("/static/layers/tools.js").Tools} Tools */

/** @param {Tools} tools */
export function bindDrawingKeys(tools) {
  const { room } = tools;
  keys.scope("layers", { label: gettext("Map"), active: () => room.room.isConnected });
  const bind = (/** @type {string} */ key, /** @type {string} */ label, /** @type {(event: KeyboardEvent) => void | false} */ run, caps = key) => keys.bind("layers", key, { label, run, caps });
  const all = [...tools.buttons];
  if (room.data.mayDraw) {
    all.slice(0, 9).forEach((button, i) => bind(String(i + 1), i ? "" : gettext("Draw: flooded area … helicopter landing"), () => button.click(), "1 – 9"));
    bind("z", gettext("Undo my last change"), () => tools.undo());
    bind("Shift+Z", gettext("Redo"), () => tools.redo());
    bind("e", gettext("Reshape or move what is selected"), () => (room.chosen ? tools.reshape(room.chosen) : false));
    bind("s", gettext("Snap or not"), () => /** @type {HTMLElement | null} */ (room.room.querySelector("[data-draw-snap]"))?.click());
  }
  bind("0", gettext("Show all that is drawn"), () => room.fitAll());
  bind("Shift+M", gettext("Map or list (on a phone)"), () => room.showSide(room.room.dataset.view === "map" ? "list" : "map"));
  keys.scope("drawing", { label: gettext("Drawing"), active: () => tools.task !== null });
  const draw = (/** @type {string} */ key, /** @type {string} */ label, /** @type {(event: KeyboardEvent) => void | false} */ run) => keys.bind("drawing", key, { label, run });
  draw("Enter", gettext("Finish"), () => tools.finish());
  draw("Escape", gettext("End without it; from a corner, back to the whole shape"), () => (tools.shaping?.leave() ? tools.say() : tools.end()));
  draw("Backspace", gettext("Take the last point or the corner away"), () => (tools.shaping ? tools.corners((shaping) => shaping.drop()) : tools.takeBack()));
  draw("Delete", "", () => tools.corners((shaping) => shaping.drop()));
  draw("j", gettext("Next corner of what is reshaped"), () => tools.corners((shaping) => shaping.step(1)));
  draw("k", gettext("Previous corner"), () => tools.corners((shaping) => shaping.step(-1)));
  draw("a", gettext("Add a corner after this one"), () => tools.corners((shaping) => shaping.add()));
  draw(" ", gettext("Point under the cross"), () => tools.here());
  draw("ArrowUp", gettext("Move the cross, the corner or the shape (Shift: further)"), (event) => tools.arrow(0, -1, event.shiftKey));
  draw("ArrowDown", "", (event) => tools.arrow(0, 1, event.shiftKey));
  draw("ArrowLeft", "", (event) => tools.arrow(-1, 0, event.shiftKey));
  draw("ArrowRight", "", (event) => tools.arrow(1, 0, event.shiftKey));
}
