// How what is drawn looks: the one place that says so, for small layers (GeoJSON) and for tiles.
// Pure: an object, a style, a book of templates and a moment in; flat properties, shapes, a look or
// expressions of the map out. The rules are those of mapping/styles.py, tested on the same objects.
//
// A source, whatever brings it, holds features with these flat properties:
//   id          unique in the source: the object's uid, its uid + "@" for the point that carries the
//               sign and the name of a line or an area, uid + ">" for the head of an arrow
//   uid layer template name reliability credibility
//   from until  seconds since 1970, only when it has them
//   anchor      1 on the point that stands for a line or an area
//   head        1 on the head of an arrow, with `turn` in degrees
//   find        name, note and attributes folded, for the filter by text
//   "a.<key>"   an attribute that is neither null nor empty
import { boxOf, circle, positions, simple } from "/static/map/geo.js";

/** @typedef {import("/static/map/geo.js").Position} Position */
/** @typedef {import("/static/layers/store.js").Drawn} Drawn */
/** @typedef {"solid" | "dashed" | "dotted"} Dash */
/** @typedef {{ family: string, width: number, dash: Dash, opacity: number, sign: string, label: string }} Look */
/** @typedef {{ on: "template" | "attribute" | "validity" | "reliability" | "credibility", op: string, key?: string, value?: any }} Condition */
/** @typedef {{ when: Condition[], look: Partial<Look> }} Rule */
/** @typedef {{ look?: Partial<Look>, rules?: Rule[] }} Style */
/** @typedef {Record<string, Partial<Look>>} Book what each template sets */
/** @typedef {Record<string, string>} Inks colours: one per family, and "halo", "label", "accent" */
/** @typedef {{ text?: string, templates?: string[], validity?: string, reliability?: string, credibility?: number }} Wanted */

/** What a source's id adds to the uid. */
export const ANCHOR = "@";
export const HEAD = ">";
export const FAMILIES = ["water", "roads", "people", "rescue", "hazard", "crowd", "networks", "buildings", "talk"];
const FIELDS = /** @type {const} */ (["family", "width", "dash", "opacity", "sign", "label"]);
/** @type {Look} */
const PLAIN = { family: "talk", width: 3, dash: "solid", opacity: 1, sign: "", label: "name" };
const DASHES = { solid: [1, 0], dashed: [2.2, 1.4], dotted: [0.2, 1.6] };
/** Out of its time it is faint. */
const FAINT = 0.35;

/** Without accents and case, as a filter compares. @param {string} text */
export const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

// Objects as features of a source ------------------------------------------------------------------

/** @param {Drawn} drawn @returns {Record<string, any>} */
export function flat({ id, properties }) {
  /** @type {Record<string, any>} */
  const plain = {
    id, uid: id, layer: properties.layer, template: properties.template ?? "", name: properties.name ?? "",
    reliability: properties.reliability ?? "F", credibility: properties.credibility ?? 6,
  };
  if (properties.valid_from) plain.from = Date.parse(properties.valid_from) / 1000;
  if (properties.valid_until) plain.until = Date.parse(properties.valid_until) / 1000;
  const words = [plain.name, properties.note ?? ""];
  for (const [key, value] of Object.entries(properties.attributes ?? {})) {
    if (value === null || value === "") continue;
    plain[`a.${key}`] = value;
    words.push(String(value));
  }
  plain.find = folded(words.join(" "));
  return plain;
}

/** The features that show an object: itself, a circle as an area, the point of its sign. @param {Drawn} drawn @returns {any[]} */
export function shapesOf(drawn) {
  const { geometry, properties } = drawn;
  if (!geometry) return [];
  const plain = flat(drawn);
  const made = (/** @type {any} */ shape, /** @type {Record<string, any>} */ more = {}) => ({ type: "Feature", geometry: shape, properties: { ...plain, ...more } });
  const point = (/** @type {Position} */ at) => ({ type: "Point", coordinates: at });
  if (geometry.type === "Point" && properties.radius_m)
    return [made(circle(geometry.coordinates, properties.radius_m)), made(geometry, { id: plain.id + ANCHOR, anchor: 1 })];
  if (geometry.type === "Point") return [made(geometry)];
  const shown = [made(geometry), made(point(middle(geometry)), { id: plain.id + ANCHOR, anchor: 1 })];
  if (plain.template === "arrow" && geometry.type === "LineString") {
    const [before, end] = geometry.coordinates.slice(-2);
    shown.push(made(point(end), { id: plain.id + HEAD, head: 1, turn: heading(before, end) }));
  }
  return shown;
}

/** Where the sign of a line or an area stands; of several parts, on the largest. @param {{ type: string, coordinates?: any }} geometry @returns {Position} */
export function middle(geometry) {
  const parts = simple(geometry);
  const part = parts.length < 2 ? parts[0] : parts.reduce((best, each) => (spread(each) > spread(best) ? each : best));
  if (!part) return [0, 0];
  if (part.type === "Point") return part.coordinates;
  return part.type === "LineString" ? along(part.coordinates) : inside(part.coordinates[0]);
}

/** How far a part spreads, to compare it with others. @param {import("/static/map/geo.js").Geometry} part */
function spread(part) {
  const [west, south, east, north] = /** @type {[number, number, number, number]} */ (boxOf(positions(part)));
  return Math.hypot(...flatStep([west, south], [east, north]));
}

/** Half way along a line. @param {Position[]} line @returns {Position} */
function along(line) {
  const legs = line.slice(1).map((to, i) => Math.hypot(...flatStep(/** @type {Position} */ (line[i]), to)));
  let left = legs.reduce((sum, each) => sum + each, 0) / 2;
  for (const [i, leg] of legs.entries()) {
    const [from, to] = /** @type {[Position, Position]} */ ([line[i], line[i + 1]]);
    if (left <= leg) return leg === 0 ? from : [from[0] + ((to[0] - from[0]) * left) / leg, from[1] + ((to[1] - from[1]) * left) / leg];
    left -= leg;
  }
  return /** @type {Position} */ (line[0]);
}

/** The centroid of a ring when it lies in it, else the middle of the widest chord at its height. @param {Position[]} ring @returns {Position} */
function inside(ring) {
  const [x0, y0] = /** @type {Position} */ (ring[0]);
  let [area, x, y] = [0, 0, 0];
  for (let i = 1; i < ring.length; i++) {
    const [from, to] = /** @type {[Position, Position]} */ ([ring[i - 1], ring[i]]);
    const [ax, ay, bx, by] = [from[0] - x0, from[1] - y0, to[0] - x0, to[1] - y0];
    const cross = ax * by - bx * ay;
    area += cross;
    x += (ax + bx) * cross;
    y += (ay + by) * cross;
  }
  if (!area) return [x0, y0];
  const centre = /** @type {Position} */ ([x0 + x / (3 * area), y0 + y / (3 * area)]);
  const cuts = [];
  for (let i = 1; i < ring.length; i++) {
    const [[ax, ay], [bx, by]] = /** @type {[Position, Position]} */ ([ring[i - 1], ring[i]]);
    if (ay > centre[1] !== by > centre[1]) cuts.push(ax + ((centre[1] - ay) / (by - ay)) * (bx - ax));
  }
  cuts.sort((a, b) => a - b);
  let widest = /** @type {[number, number]} */ ([0, 0]);
  for (let i = 0; i + 1 < cuts.length; i += 2) {
    const [west, east] = [cuts[i] ?? 0, cuts[i + 1] ?? 0];
    if (west <= centre[0] && centre[0] <= east) return centre;
    if (east - west > widest[1] - widest[0]) widest = [west, east];
  }
  return widest[1] > widest[0] ? [(widest[0] + widest[1]) / 2, centre[1]] : centre;
}

/** @param {Position} from @param {Position} to @returns {[number, number]} degrees of the same length both ways */
const flatStep = ([lon, lat], [lon2, lat2]) => [(lon2 - lon) * Math.cos((lat * Math.PI) / 180), lat2 - lat];

/** @param {Position} from @param {Position} to */
function heading(from, to) {
  const [east, north] = flatStep(from, to);
  return ((Math.atan2(east, north) * 180) / Math.PI + 360) % 360;
}

/** West, south, east, north of what shows an object. @param {Drawn} drawn @returns {[number, number, number, number] | null} */
export function boxOfDrawn(drawn) {
  const points = shapesOf(drawn).flatMap((each) => positions(each.geometry));
  if (!points.length) return null;
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of points) {
    [west, east] = [Math.min(west, x), Math.max(east, x)];
    [south, north] = [Math.min(south, y), Math.max(north, y)];
  }
  return [west, south, east, north];
}

// The look of one object ---------------------------------------------------------------------------

/** @param {Record<string, any>} plain flat properties @param {Style} style @param {Book} book @param {number} now seconds @returns {Look} */
export function lookOf(plain, style, book, now) {
  const rules = (style.rules ?? []).filter((rule) => rule.when.every((asked) => holds(asked, plain, now)));
  const looks = [...rules.map((rule) => rule.look), style.look ?? {}, book[plain.template] ?? {}, PLAIN];
  return /** @type {Look} */ (Object.fromEntries(FIELDS.map((name) => [name, looks.find((look) => look[name] !== undefined)?.[name]])));
}

/** @param {Condition} asked @param {Record<string, any>} plain @param {number} now */
export function holds({ on, op, key, value }, plain, now) {
  if (on === "template") return (plain.template === value) === (op === "is");
  if (on === "validity") return (validity(plain, now) === value) === (op === "is");
  if (on === "reliability") return plain.reliability <= value === (op === "at_least");
  if (on === "credibility") return plain.credibility <= value === (op === "at_most");
  const found = plain[`a.${key}`];
  const missing = found === undefined;
  if (op === "given" || op === "missing") return missing === (op === "missing");
  if (op === "is_not") return missing || text(found) !== text(value);
  if (missing) return false;
  if (op === "is") return text(found) === text(value);
  if (op === "contains") return text(found).includes(text(value));
  const n = typeof found === "string" && !found.trim() ? NaN : Number(found);
  return op === "at_least" ? n >= value : n <= value;
}

/** @param {Record<string, any>} plain @param {number} now @returns {"now" | "past" | "future"} */
export function validity({ from, until }, now) {
  if (until !== undefined && until <= now) return "past";
  return from !== undefined && from > now ? "future" : "now";
}

/** @param {any} value */
const text = (value) => String(value).toLowerCase();

/** The words beside a sign. @param {Record<string, any>} plain @param {Look} look */
export function labelOf(plain, { label }) {
  if (label === "none") return "";
  return label.startsWith("attributes.") ? String(plain[`a.${label.slice(11)}`] ?? "") : plain.name;
}

// The look of a layer, as expressions --------------------------------------------------------------

/** The name of the picture of a sign. @param {string} family @param {string} sign */
export const picture = (family, sign) => `f|${family}|${sign}`;

/**
 * The layers of the map that show a layer of objects, from the lowest up.
 * @param {{ prefix: string, source: string, sourceLayer?: string, style: Style, book: Book, inks: Inks, now: number, wanted?: Wanted }} from
 * @returns {any[]}
 */
export function layersOf({ prefix, source, sourceLayer, style, book, inks, now, wanted }) {
  const of = expressions(style, book, inks, now);
  const kept = filterOf(wanted ?? {}, now);
  const base = sourceLayer ? { source, "source-layer": sourceLayer } : { source };
  const only = (/** @type {any[]} */ ...tests) => ["all", ...tests, ...(kept ? [kept] : [])];
  const type = (/** @type {string} */ kind) => ["==", ["geometry-type"], kind];
  const round = { "line-cap": "butt", "line-join": "round" };
  return [
    {
      ...base, id: `${prefix}-fill`, type: "fill", filter: only(type("Polygon")),
      paint: { "fill-antialias": false, "fill-color": of.colour, "fill-opacity": ["*", 0.24, of.opacity] },
    },
    {
      ...base, id: `${prefix}-case`, type: "line", layout: round, filter: only(type("LineString")),
      paint: { "line-color": inks.halo ?? "#fff", "line-width": ["+", of.width, 2.5], "line-opacity": ["*", 0.75, of.opacity] },
    },
    {
      ...base, id: `${prefix}-line`, type: "line", layout: round, filter: only(["!=", ["geometry-type"], "Point"]),
      paint: { "line-color": of.colour, "line-width": of.width, "line-opacity": of.opacity, "line-dasharray": of.dash },
    },
    {
      ...base, id: `${prefix}-way`, type: "symbol", minzoom: 10, filter: only(type("LineString"), ["==", ["get", "template"], "diversion"]),
      layout: {
        "symbol-placement": "line", "symbol-spacing": 70, "icon-image": ["concat", "w|", of.family], "icon-size": 0.8,
        "icon-allow-overlap": true, "icon-ignore-placement": true,
      },
      paint: { "icon-opacity": of.opacity },
    },
    {
      ...base, id: `${prefix}-head`, type: "symbol", filter: only(type("Point"), ["has", "head"]),
      layout: {
        "icon-image": ["concat", "h|", of.family], "icon-rotate": ["get", "turn"], "icon-rotation-alignment": "map",
        "icon-anchor": "top", "icon-allow-overlap": true, "icon-ignore-placement": true,
      },
      paint: { "icon-opacity": of.opacity },
    },
    {
      ...base, id: `${prefix}-sign`, type: "symbol", filter: only(type("Point"), ["!", ["has", "head"]]),
      layout: {
        "icon-image": of.picture, "icon-allow-overlap": true, "icon-ignore-placement": true, "symbol-z-order": "source",
        "text-field": of.label, "text-font": ["sans-serif"], "text-max-width": 9, "text-optional": true,
        "text-size": ["case", ["==", ["get", "template"], "text"], 15, 12],
        "text-offset": ["case", ["==", of.sign, "none"], ["literal", [0, 0]], ["literal", [0, 1.35]]],
        "text-anchor": ["case", ["==", of.sign, "none"], "center", "top"],
      },
      paint: {
        "icon-opacity": of.opacity, "text-opacity": of.opacity, "text-color": inks.label ?? "#000",
        "text-halo-color": inks.halo ?? "#fff", "text-halo-width": 1.6,
      },
    },
  ];
}

/** @param {Style} style @param {Book} book @param {Inks} inks @param {number} now */
function expressions(style, book, inks, now) {
  /** For each field: the first rule that holds and sets it, else the layer's, else the template's. @param {keyof Look} name @param {(value: any) => any} [as] */
  const field = (name, as = (value) => value) => {
    const rules = (style.rules ?? []).filter((rule) => rule.look[name] !== undefined);
    const set = Object.entries(book).filter(([, look]) => look[name] !== undefined);
    const own = style.look?.[name];
    /** @type {any} */
    let rest = as(PLAIN[name]);
    if (own !== undefined) rest = as(own);
    else if (set.length) rest = ["match", ["get", "template"], ...set.flatMap(([code, look]) => [code, as(look[name])]), rest];
    if (!rules.length) return rest;
    return ["case", ...rules.flatMap((rule) => [["all", ...rule.when.map((asked) => condition(asked, now))], as(rule.look[name])]), rest];
  };
  const sign = ["case", ["!=", field("sign"), ""], field("sign"), ["has", "anchor"], "none", "dot"];
  const family = field("family");
  return {
    family, sign,
    colour: ["match", family, ...FAMILIES.slice(0, -1).flatMap((each) => [each, inks[each] ?? "#777"]), inks.talk ?? "#777"],
    width: field("width"),
    dash: field("dash", (value) => ["literal", DASHES[/** @type {Dash} */ (value)]]),
    opacity: ["*", ["to-number", field("opacity")], ["case", is("now", now), 1, FAINT]],
    picture: ["case", ["==", sign, "none"], "", ["concat", "f|", family, "|", sign]],
    label: field("label", (value) =>
      value === "none" ? "" : value.startsWith("attributes.") ? ["to-string", ["coalesce", ["get", `a.${value.slice(11)}`], ""]] : ["to-string", ["coalesce", ["get", "name"], ""]]),
  };
}

/** @param {string} value @param {number} now */
function is(value, now) {
  const past = ["all", ["has", "until"], ["<=", ["to-number", ["get", "until"]], now]];
  const ahead = ["all", ["has", "from"], [">", ["to-number", ["get", "from"]], now]];
  if (value === "past") return past;
  if (value === "future") return ["all", ["!", past], ahead];
  return ["all", ["!", past], ["!", ahead]];
}

/** @param {Condition} asked @param {number} now @returns {any} */
function condition({ on, op, key, value }, now) {
  const unless = (/** @type {boolean} */ so, /** @type {any} */ test) => (so ? test : ["!", test]);
  if (on === "template") return unless(op === "is", ["==", ["get", "template"], value]);
  if (on === "validity") return unless(op === "is", is(value, now));
  if (on === "reliability") return unless(op === "at_least", ["in", ["get", "reliability"], ["literal", [..."ABCDEF"].slice(0, "ABCDEF".indexOf(value) + 1)]]);
  if (on === "credibility") return unless(op === "at_most", ["<=", ["to-number", ["get", "credibility"]], value]);
  const name = `a.${key}`;
  if (op === "given" || op === "missing") return unless(op === "given", ["has", name]);
  const said = ["downcase", ["to-string", ["get", name]]];
  if (op === "is_not") return ["any", ["!", ["has", name]], ["!=", said, text(value)]];
  if (op === "is") return ["all", ["has", name], ["==", said, text(value)]];
  if (op === "contains") return ["all", ["has", name], ["in", text(value), said]];
  const [least, sense] = op === "at_least" ? [-1e300, ">="] : [1e300, "<="];
  return ["all", ["has", name], [sense, ["to-number", ["get", name], least], value]];
}

/** What is left by the filter, as an expression; null when nothing is asked. @param {Wanted} wanted @param {number} now @returns {any} */
export function filterOf({ text: words, templates, validity: when, reliability, credibility }, now) {
  const tests = [];
  if (words?.trim()) for (const word of folded(words).trim().split(/\s+/)) tests.push(["in", word, ["to-string", ["coalesce", ["get", "find"], ["get", "name"], ""]]]);
  if (templates?.length) tests.push(["in", ["get", "template"], ["literal", templates]]);
  if (when) tests.push(is(when, now));
  if (reliability) tests.push(condition({ on: "reliability", op: "at_least", value: reliability }, now));
  if (credibility) tests.push(condition({ on: "credibility", op: "at_most", value: credibility }, now));
  return tests.length ? ["all", ...tests] : null;
}

/** The same for one object. @param {Record<string, any>} plain @param {Wanted} wanted @param {number} now */
export function matches(plain, { text: words, templates, validity: when, reliability, credibility }, now) {
  if (words?.trim() && !folded(words).trim().split(/\s+/).every((word) => (plain.find ?? "").includes(word))) return false;
  if (templates?.length && !templates.includes(plain.template)) return false;
  if (when && validity(plain, now) !== when) return false;
  if (reliability && plain.reliability > reliability) return false;
  return !credibility || plain.credibility <= credibility;
}
