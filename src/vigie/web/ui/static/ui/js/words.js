// Words of the scripts, translated by Django's JavaScript catalogue (locale/*/djangojs.po).
// Write `gettext("Undo")` so that scripts/translations.py finds the text.

/** @typedef {{ gettext(text: string): string, ngettext(one: string, many: string, n: number): string }} Catalogue */

const catalogue = () =>
  /** @type {{ django?: Catalogue }} */ (/** @type {unknown} */ (window)).django;

/** @param {string} text English, the key of the catalogue @returns {string} */
export const gettext = (text) => catalogue()?.gettext(text) ?? text;

/** @param {string} one @param {string} many @param {number} n @returns {string} */
export const ngettext = (one, many, n) =>
  catalogue()?.ngettext(one, many, n) ?? (n === 1 ? one : many);

/**
 * Fill `%(name)s` holes. Values are text, never markup.
 * @param {string} text @param {Record<string, string | number>} values @returns {string}
 */
export const fill = (text, values) =>
  text.replace(/%\((\w+)\)[sd]/g, (_, name) => String(values[name] ?? ""));
