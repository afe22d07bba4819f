// The bar under the map while something is drawn, reshaped or cut: what to do, and a button for every key.
import { drawIcon, make } from "/static/ui/js/dom.js";
import { fill, gettext } from "/static/ui/js/words.js";

/** @typedef {import("/static/layers/tools.js").Tools} Tools */
/** @typedef {import("/static/layers/tools.js").Task} Task */
/** @typedef {import("/static/layers/reshaping.js").Reshaping} Reshaping */
/** @typedef {import("/static/layers/workspace.js").Workspace} Workspace */

const CIRCLE_M = 500;

/** Named literally so that the sprite has them. */
export const DRAW_ICONS = {
  finish: { icon: "check" }, back: { icon: "arrow-back-up" }, cancel: { icon: "x" }, post: { icon: "message-pin" },
  previous: { icon: "chevron-left" }, next: { icon: "chevron-right" }, add: { icon: "plus" }, drop: { icon: "minus" },
};

/** Build the bar for what the tools are doing. @param {Tools} tools */
export function buildBar(tools) {
  const task = /** @type {Task} */ (tools.task);
  const button = (/** @type {string} */ word, /** @type {string} */ icon, /** @type {string} */ key, /** @type {() => void} */ run, style = "") => {
    const square = style.includes("square");
    const made = make("button", { type: "button", class: `btn ${style}`, title: `${word} (${key})`, ...(square ? { "aria-label": word } : {}) }, drawIcon(icon), square ? "" : word);
    made.addEventListener("click", () => {
      run();
      if (tools.task && !tools.shaping) tools.room.map.map.getCanvas().focus({ preventScroll: true });
    });
    return made;
  };
  const row = make("div", { class: "row tight" });
  if (task.kind === "draw" && task.shape === "Circle") {
    tools.radius = make("input", { class: "input dense radius-field", type: "number", min: "1", step: "any", value: String(CIRCLE_M), id: "draw-radius" });
    row.append(make("label", { class: "small", for: "draw-radius" }, gettext("Radius (m)")), tools.radius);
  }
  if (task.kind === "reshape" || task.shape !== "Point")
    row.append(button(gettext("Finish"), DRAW_ICONS.finish.icon, gettext("Enter"), () => tools.finish(), "primary"));
  if (task.kind === "reshape") {
    if (tools.shaping?.hasCorners) row.append(corners(tools, button));
  } else {
    if (task.shape === "LineString" || task.shape === "Polygon")
      row.append(button(gettext("Take the last point back"), DRAW_ICONS.back.icon, "⌫", () => tools.takeBack()));
    row.append(button(gettext("Cancel"), DRAW_ICONS.cancel.icon, gettext("Esc"), () => tools.end()));
  }
  if (task.kind === "draw") row.append(otherShapes(tools, task), layerChoice(tools, task), severalInARow(tools));
  tools.bar.replaceChildren(make("p", { class: "row tight" }, tools.words, tools.size), row);
}

/**
 * For who cannot drag: one corner after the other.
 * @param {Tools} tools @param {(word: string, icon: string, key: string, run: () => void, style?: string) => HTMLElement} button
 */
function corners(tools, button) {
  const run = (/** @type {(shaping: Reshaping) => void} */ gesture) => () => void tools.corners(gesture);
  return make("span", { class: "btn-group", role: "group", "aria-label": gettext("Corners") },
    button(gettext("Previous corner"), DRAW_ICONS.previous.icon, "k", run((shaping) => shaping.step(-1)), "square"),
    button(gettext("Next corner"), DRAW_ICONS.next.icon, "j", run((shaping) => shaping.step(1)), "square"),
    button(gettext("Add a corner after this one"), DRAW_ICONS.add.icon, "a", run((shaping) => shaping.add()), "square"),
    button(gettext("Take this corner away"), DRAW_ICONS.drop.icon, "⌫", run((shaping) => shaping.drop()), "square"));
}

/** Other shapes the template may have. @param {Tools} tools @param {Extract<Task, { kind: "draw" }>} task @returns {HTMLElement} */
function otherShapes(tools, task) {
  const { shapes } = tools.room.templates.get(task.template) ?? { shapes: [] };
  const group = make("span", { class: "btn-group", role: "group", "aria-label": gettext("Shape") });
  if (shapes.length < 2) return make("span");
  const words = /** @type {Record<string, string>} */ ({ Point: gettext("Point"), LineString: gettext("Line"), Polygon: gettext("Area"), Circle: gettext("Circle") });
  for (const shape of shapes) {
    const made = make("button", { type: "button", class: "btn", "aria-pressed": String(shape === task.shape) }, words[shape] ?? shape);
    made.addEventListener("click", () => void tools.begin(task.template, shape));
    group.append(made);
  }
  return group;
}

/** The layer it goes to, to be changed. @param {Tools} tools @param {Extract<Task, { kind: "draw" }>} task */
function layerChoice({ room }, task) {
  const choice = make("select", { class: "input dense", "aria-label": gettext("Draw on the layer") });
  for (const each of room.layers.filter(({ editable }) => editable)) {
    const option = make("option", { value: String(each.number) }, each.name);
    option.selected = each.number === task.layer;
    choice.append(option);
  }
  choice.addEventListener("change", () => {
    task.layer = Number(choice.value);
    room.activate(task.layer);
  });
  return choice;
}

/** @param {Tools} tools */
function severalInARow(tools) {
  const again = make("input", { type: "checkbox" });
  again.checked = tools.again;
  again.addEventListener("change", () => (tools.again = again.checked));
  return make("label", { class: "check small" }, again, gettext("Several in a row"));
}

/** The post that is drawn from, until one no longer does. @param {{ text: string }} lead @param {() => void} off */
export function leadBox(lead, off) {
  const button = make("button", { type: "button", class: "btn quiet square", "aria-label": gettext("No longer draw from this post") }, drawIcon(DRAW_ICONS.cancel.icon));
  const box = make("div", { class: "draw-lead" }, drawIcon(DRAW_ICONS.post.icon), make("span", { class: "grow" }, make("strong", {}, gettext("Drawing from this post")), " ", lead.text), button);
  button.addEventListener("click", () => {
    off();
    box.remove();
  });
  return box;
}

/** What to do now. @param {Workspace} room @param {Task} task */
export function hintOf(room, task) {
  if (task.kind === "hole") return gettext("Draw the hole inside the area; click its first point again to finish.");
  if (task.kind === "reshape") return gettext("Drag its corners, or move it with the arrow keys; j and k choose a corner. Each change is kept at once.");
  if (task.kind !== "draw") return task.shape === "Point" ? gettext("Click on the line where it is to be cut.") : gettext("Draw a line across the area, from outside to outside.");
  const what = room.templates.get(task.template)?.label ?? "";
  const how = {
    Point: gettext("Click where it is."),
    LineString: gettext("Click along the line; click the last point again to finish."),
    Polygon: gettext("Click around the area; click the first point again to finish."),
    Circle: gettext("Click its centre, then its edge; or type the radius and finish."),
  }[task.shape] ?? "";
  return what ? fill(gettext("%(what)s: %(how)s"), { what, how }) : how;
}
