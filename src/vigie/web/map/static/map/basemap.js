// The local map that needs no network (outline of France, rivers and main roads of Essonne by hand, names of towns),
// and how pictures of another base map look by night. Pure: tokens in, style out. Which one is shown: bases.js.
import { colour } from "/static/ui/js/theme.js";
import { gettext } from "/static/ui/js/words.js";

const NOTHING = /** @type {const} */ ({ type: "FeatureCollection", features: [] });
const FONT = ["sans-serif"];
const OUTLINE_URL = "/static/ui/vendor/outline.json";
const LINES_URL = "/static/map/data/essonne.json";

/** Who made the local map. */
export const localAttribution = () =>
  ["Natural Earth", "GeoNames (CC BY 4.0)", gettext("rivers and roads good to 1 km")].join(" · ");

/** Layers of the local map. */
export const LOCAL = /** @type {const} */ ([
  "around", "france", "france-edge", "squares", "rivers", "roads-edge", "roads",
  "river-names", "road-names", "town-places", "square-names", "departements", "towns",
]);

/** A base map that covers the world goes under the local one, which is then hidden; one of an area above it. */
export const BELOW = "base-below";
export const ABOVE = "base-above";

/**
 * The style of the local map, with the places where another base map goes.
 * @param {string} labelsUrl @param {{ seen?: boolean }} [options] whether it is seen from the start
 * @returns {import("/static/ui/vendor/maplibre-gl.mjs").StyleSpecification}
 */
export function baseStyle(labelsUrl, { seen = true } = {}) {
  /** @type {any} */
  const style = {
    version: 8,
    sources: {
      outline: { type: "geojson", data: OUTLINE_URL, tolerance: 0.4 },
      lines: { type: "geojson", data: LINES_URL },
      names: { type: "geojson", data: labelsUrl },
      squares: { type: "geojson", data: NOTHING },
    },
    layers: [
      { id: "sea", type: "background" },
      { id: BELOW, type: "background", layout: { visibility: "none" } },
      { id: "around", type: "fill", source: "outline", filter: ["==", ["get", "name"], "around"] },
      { id: "france", type: "fill", source: "outline", filter: ["==", ["get", "name"], "france"] },
      { id: "france-edge", type: "line", source: "outline" },
      { id: "squares", type: "line", source: "squares", filter: ["==", ["geometry-type"], "LineString"] },
      {
        id: "rivers", type: "line", source: "lines", filter: ["==", ["get", "kind"], "river"],
        layout: { "line-cap": "round", "line-join": "round" },
      },
      {
        id: "roads-edge", type: "line", source: "lines", filter: ["==", ["get", "kind"], "road"],
        layout: { "line-cap": "round", "line-join": "round" },
      },
      {
        id: "roads", type: "line", source: "lines", filter: ["==", ["get", "kind"], "road"],
        layout: { "line-cap": "round", "line-join": "round" },
      },
      {
        id: "river-names", type: "symbol", source: "lines", minzoom: 9.5,
        filter: ["==", ["get", "kind"], "river"],
        layout: {
          "symbol-placement": "line", "symbol-spacing": 320, "text-field": ["get", "name"],
          "text-font": FONT, "text-size": 12, "text-letter-spacing": 0.08, "text-max-angle": 40,
        },
      },
      {
        id: "road-names", type: "symbol", source: "lines", minzoom: 9.5,
        filter: ["==", ["get", "kind"], "road"],
        layout: {
          "symbol-placement": "line", "symbol-spacing": 260, "text-field": ["get", "name"],
          "text-font": FONT, "text-size": 11, "text-rotation-alignment": "viewport",
        },
      },
      {
        id: "town-places", type: "circle", source: "names", minzoom: 10.5,
        filter: ["all", ["==", ["get", "kind"], "town"], ["<=", ["get", "rank"], ["step", ["zoom"], 3, 11, 4]]],
      },
      {
        id: "square-names", type: "symbol", source: "squares", filter: ["==", ["geometry-type"], "Point"],
        layout: {
          "text-field": ["get", "name"], "text-font": FONT, "text-size": 11,
          "text-anchor": ["get", "anchor"], "text-offset": ["case", ["==", ["get", "anchor"], "left"], ["literal", [0.6, 0]], ["literal", [0, -3.4]]],
        },
      },
      {
        id: "departements", type: "symbol", source: "names", minzoom: 5.2, maxzoom: 9,
        filter: ["==", ["get", "kind"], "departement"],
        layout: {
          "text-field": ["get", "name"], "text-font": FONT, "text-size": 11,
          "text-transform": "uppercase", "text-letter-spacing": 0.1, "text-max-width": 9,
        },
      },
      {
        id: "towns", type: "symbol", source: "names",
        filter: [
          "all", ["==", ["get", "kind"], "town"],
          ["<=", ["get", "rank"], ["step", ["zoom"], 0, 6, 1, 8, 2, 9.5, 3, 10.5, 4]],
        ],
        layout: {
          "text-field": ["get", "name"], "text-font": FONT, "text-max-width": 8,
          "text-size": [
            "interpolate", ["linear"], ["zoom"],
            10, ["step", ["get", "rank"], 16, 1, 14, 2, 13, 3, 12], 13, ["step", ["get", "rank"], 19, 1, 17, 2, 16, 3, 14, 4, 13],
          ],
          "symbol-sort-key": ["get", "rank"], "text-padding": 3,
          "text-variable-anchor-offset": [
            "step", ["zoom"], ["literal", ["center", [0, 0]]],
            10.5, ["literal", ["top", [0, 0.4], "bottom", [0, -0.4], "left", [0.5, 0], "right", [-0.5, 0]]],
          ],
        },
      },
    ],
  };
  for (const [layer, paints] of Object.entries(paint()))
    style.layers.find((/** @type {any} */ each) => each.id === layer).paint = paints;
  if (!seen) for (const layer of style.layers) if (LOCAL.includes(layer.id)) layer.layout = { ...layer.layout, visibility: "none" };
  style.layers.push({ id: ABOVE, type: "background", layout: { visibility: "none" } });
  return style;
}

/** Colours of the local map in the theme shown. @returns {Record<string, Record<string, any>>} */
export function paint() {
  const halo = { "text-halo-color": colour("--map-halo"), "text-halo-width": 1.4 };
  return {
    sea: { "background-color": colour("--map-sea") },
    around: { "fill-color": colour("--map-around") },
    france: { "fill-color": colour("--map-land") },
    "france-edge": { "line-color": colour("--map-border"), "line-width": ["interpolate", ["linear"], ["zoom"], 4, 0.8, 9, 1.6] },
    rivers: {
      "line-color": colour("--map-river"),
      "line-width": ["interpolate", ["linear"], ["zoom"], 8, ["match", ["get", "rank"], 1, 2, 0.8], 13, ["match", ["get", "rank"], 1, 9, 3.5]],
    },
    "roads-edge": {
      "line-color": colour("--map-road-edge"),
      "line-width": ["interpolate", ["linear"], ["zoom"], 8, ["match", ["get", "rank"], 1, 1.6, 1], 13, ["match", ["get", "rank"], 1, 7, 5]],
    },
    roads: {
      "line-color": colour("--map-road"),
      "line-width": ["interpolate", ["linear"], ["zoom"], 8, ["match", ["get", "rank"], 1, 0.8, 0.5], 13, ["match", ["get", "rank"], 1, 5, 3.4]],
    },
    squares: { "line-color": colour("--map-square"), "line-width": 1 },
    "square-names": { "text-color": colour("--map-label-soft"), ...halo },
    "town-places": {
      "circle-radius": ["interpolate", ["linear"], ["zoom"], 10.5, 1.8, 14, 4], "circle-color": colour("--map-label-soft"),
      "circle-stroke-color": colour("--map-halo"), "circle-stroke-width": 1.2,
    },
    "river-names": { "text-color": colour("--map-river-ink"), ...halo },
    "road-names": { "text-color": colour("--map-road-ink"), ...halo },
    departements: { "text-color": colour("--map-label-soft"), ...halo },
    towns: {
      "text-color": ["case", ["get", "here"], colour("--map-label"), colour("--map-label-soft")],
      ...halo,
    },
  };
}

/** From which zoom the squares have which sides, degrees. */
const SIDES = /** @type {const} */ ([[17, 0.0005], [15, 0.002], [13.5, 0.005], [12, 0.02], [10.5, 0.05], [9.2, 0.2]]);

/**
 * Squares of degrees over what is seen: where the local map knows nothing more, positions are still read off. Lines,
 * and points at the left and lower edge with what they say.
 * @param {{ west: number, south: number, east: number, north: number }} view @param {number} zoom @param {string} language
 * @returns {any} GeoJSON
 */
export function squares({ west, south, east, north }, zoom, language) {
  const side = SIDES.find(([from]) => zoom >= from)?.[1];
  if (!side) return NOTHING;
  const digits = Math.max(1, Math.ceil(-Math.log10(side)));
  const words = (/** @type {number} */ degrees) =>
    `${degrees.toLocaleString(language, { minimumFractionDigits: digits, maximumFractionDigits: digits })}°`;
  /** @type {any[]} */
  const features = [];
  const add = (/** @type {any} */ line, /** @type {any} */ at, /** @type {number} */ degrees, /** @type {string} */ anchor) =>
    features.push(
      { type: "Feature", properties: {}, geometry: { type: "LineString", coordinates: line } },
      { type: "Feature", properties: { name: words(degrees), anchor }, geometry: { type: "Point", coordinates: at } },
    );
  for (let n = Math.ceil(west / side); n * side < east; n += 1) add([[n * side, south], [n * side, north]], [n * side, south], n * side, "bottom");
  for (let n = Math.ceil(south / side); n * side < north; n += 1) add([[west, n * side], [east, n * side]], [west, n * side], n * side, "left");
  return { type: "FeatureCollection", features };
}

const AS_IT_IS = { "raster-brightness-min": 0, "raster-brightness-max": 1, "raster-hue-rotate": 0, "raster-saturation": 0 };

/**
 * Pictures by night: a plan is turned over, its hues put back; photos are dimmed.
 * @param {string} night "turned", "dimmed" or "" @param {boolean} dark @returns {any}
 */
export function rasterPaint(night, dark) {
  if (!dark || !night) return AS_IT_IS;
  if (night === "dimmed") return { ...AS_IT_IS, "raster-brightness-max": 0.72 };
  return { "raster-brightness-min": 0.92, "raster-brightness-max": 0.06, "raster-hue-rotate": 180, "raster-saturation": -0.25 };
}
