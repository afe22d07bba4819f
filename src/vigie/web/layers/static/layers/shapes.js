// Small shapes of the store: an object with edits laid over it, ids, and whose map this is.

/** @typedef {import("/static/layers/store.js").Drawn} Drawn */
/** @typedef {import("/static/layers/store.js").Edit} Edit */

/**
 * An object with edits on it; what the server said stays as it is. One that went (`gone`) is shown
 * again only by an edit that brings it back.
 * @param {string} uid @param {Drawn | undefined} known @param {Edit[]} edits @param {Drawn | undefined} gone @returns {Drawn}
 */
export function shownWith(uid, known, edits, gone) {
  const from = known ?? gone ?? { type: "Feature", id: uid, geometry: null, properties: { attributes: {} }, stamps: {} };
  const away = !known && !edits.some((each) => each.create);
  /** @type {Drawn} */
  const shown = { ...from, properties: { ...from.properties, attributes: { ...from.properties.attributes }, ...(away ? { deleted: true } : {}) } };
  for (const edit of edits) {
    if (edit.create) shown.properties.layer = edit.layer;
    for (const [field, value] of Object.entries(edit.set)) put(shown, field, value);
  }
  return shown;
}

/** @param {Drawn} feature @param {string} field @param {any} value */
export function put(feature, field, value) {
  if (field === "geometry") feature.geometry = value;
  else if (!field.startsWith("attributes.")) feature.properties[field] = value;
  else if (value === null) delete feature.properties.attributes[field.slice(11)];
  else feature.properties.attributes[field.slice(11)] = value;
}

/** @param {Drawn | undefined} feature @param {string} field @returns {any} null when it is not set */
export function valueOf(feature, field) {
  if (!feature) return field === "deleted" ? true : null;
  if (field === "geometry") return feature.geometry;
  if (field === "deleted") return Boolean(feature.properties.deleted);
  if (field.startsWith("attributes.")) return feature.properties.attributes[field.slice(11)] ?? null;
  return feature.properties[field] ?? null;
}

/** Whether two values of a field say the same. @param {any} one @param {any} other @returns {boolean} */
export function same(one, other) {
  if (one === other || ((one ?? "") === "" && (other ?? "") === "")) return true;
  if (typeof one !== "object" || typeof other !== "object" || !one || !other) return false;
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => same(one[key], other[key]));
}

/** Also where the page came without https and `randomUUID` is not there. @returns {string} */
export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (/** @type {number} */ (bytes[6]) & 0x0f) | 0x40;
  bytes[8] = (/** @type {number} */ (bytes[8]) & 0x3f) | 0x80;
  const hex = [...bytes].map((each) => each.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** Whose map of which operation, from the page and the address of the room. @param {string} url */
export function scopeOf(url) {
  const person = document.body.dataset.person || "0";
  const operation = /\/o\/([^/]+)\//.exec(url)?.[1] ?? "";
  return { person, name: `vigie.map.${person}.${operation}` };
}

/** The token a POST needs; the cookie follows a new session, the page's own does not. */
export const token = () =>
  /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1] ??
  JSON.parse(document.body.getAttribute("hx-headers") ?? "{}")["X-CSRFToken"] ?? "";
