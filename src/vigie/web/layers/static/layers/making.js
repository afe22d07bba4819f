// Making objects: which layer they go to, what they begin with, what they are called.
import { gettext } from "/static/ui/js/words.js";
import { token } from "/static/layers/shapes.js";
import { toast } from "/static/ui/js/toast.js";

/** @typedef {import("/static/layers/workspace.js").Workspace} Workspace */
/** @typedef {import("/static/layers/workspace.js").Template} Template */
/** @typedef {import("/static/layers/store.js").Drawn} Drawn */

const PATIENCE_MS = 8_000;

/** What an object is called: its name, else what it is. @param {Workspace} room @param {{ properties: Record<string, any> }} drawn */
export function titleOf(room, { properties }) {
  return properties.name || room.templates.get(properties.template)?.label || properties.template || gettext("Object without a name");
}

/**
 * The layer a thing of this template goes to: the active one when it fits, else one of its theme, else
 * a new one. 0 when there is none this person may draw on.
 * @param {Workspace} room @param {Template | undefined} template @returns {Promise<number>}
 */
export async function layerFor(room, template) {
  const theme = template?.theme && template.theme !== "other" ? template.theme : "";
  const active = room.layer(room.active);
  if (active?.editable && (!theme || active.theme === theme)) return active.number;
  const fit = room.layers.find((each) => each.editable && each.theme === theme);
  if (fit) return fit.number;
  if (room.data.mayEdit) return openLayer(room, theme || "other");
  const any = active?.editable ? active : room.layers.find((each) => each.editable);
  if (!any) toast(gettext("There is no layer you may draw on yet. A mapper or the coordination can open one."), { kind: "warn" });
  return any?.number ?? 0;
}

/** @param {Workspace} room @param {string} theme */
async function openLayer(room, theme) {
  const body = new FormData();
  body.set("name", theme === "other" ? gettext("Drawings") : room.data.themes[theme]);
  body.set("theme", theme);
  const answer = await fetch(room.data.open, { method: "POST", body, headers: { Accept: "application/json", "X-CSRFToken": token() } }).catch(() => null);
  const told = await answer?.json().catch(() => null);
  if (!answer?.ok) {
    toast(told?.words ?? gettext("The layer could not be opened: the line is cut. Try again."), { kind: "bad" });
    return 0;
  }
  await new Promise((resolve) => {
    room.addEventListener("layers", () => resolve(undefined), { once: true });
    window.setTimeout(resolve, PATIENCE_MS);
    /** @type {any} */ (window).htmx.trigger("#layer-list", "vigie:refresh");
  });
  return /** @type {number} */ (told.number);
}

/** An object again, without what says who and when. @param {Drawn} drawn @param {any} geometry @returns {Record<string, any>} */
export function fieldsLike({ properties }, geometry) {
  /** @type {Record<string, any>} */
  const fields = { geometry };
  for (const name of ["template", "name", "note", "valid_from", "valid_until", "reliability", "credibility", "precision_m", "radius_m", "lead"])
    if (properties[name] !== null && properties[name] !== undefined && properties[name] !== "") fields[name] = properties[name];
  for (const [key, value] of Object.entries(properties.attributes ?? {})) fields[`attributes.${key}`] = value;
  return fields;
}
