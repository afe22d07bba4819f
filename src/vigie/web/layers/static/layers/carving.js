// Shapes made from shapes by the server: an object cut, or a hole made in it.
import { toast } from "/static/ui/js/toast.js";
import { gettext } from "/static/ui/js/words.js";
import { token } from "/static/layers/shapes.js";
import { rounded } from "/static/map/geo.js";

/** @typedef {import("/static/layers/workspace.js").Workspace} Workspace */

/**
 * The shapes it becomes; null when it was refused, which is said.
 * @param {Workspace} room @param {object} geometry @param {"split" | "hole"} how @param {object} by
 * @returns {Promise<any[] | null>}
 */
export async function carve(room, geometry, how, by) {
  const answer = await fetch(room.data.shape, {
    method: "POST", body: JSON.stringify({ geometry, [how === "hole" ? "hole" : "by"]: by }),
    headers: { "Content-Type": "application/json", "X-CSRFToken": token() },
  }).catch(() => null);
  const told = await answer?.json().catch(() => null);
  if (answer?.ok) return told.geometries;
  toast(told?.words ?? gettext("It could not be cut: the line to the server is cut. Try again."), { kind: "warn" });
  return null;
}

/** To 6 decimals, without altitude. @template {{ type: string, coordinates: any }} G @param {G} geometry @returns {G} */
export function tidy(geometry) {
  const walk = (/** @type {any} */ each) => (typeof each[0] === "number" ? rounded(each) : each.map(walk));
  return { ...geometry, coordinates: walk(geometry.coordinates) };
}
