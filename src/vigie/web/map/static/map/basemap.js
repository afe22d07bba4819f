// The local map that needs no network (outline of France, rivers and main roads of Essonne by hand, names of towns),
// and how pictures of another base map look by night. Pure: tokens in, style out. Which one is shown: bases.js.
import { colour } from "/static/ui/js/theme.js";
import { gettext } from "/static/ui/js/words.js";

const FONT = ["sans-serif"];
const OUTLINE_URL = "/static/ui/vendor/outline.json";
const LINES_URL = "/static/map/data/essonne.json";

/** Who made the local map. */
export const localAttribution = () =>
  ["Natural Earth", "GeoNames (CC BY 4.0)", gettext("rivers and roads good to 1 km")].join(" · ");

/** Layers of the local map. */
export const LOCAL = /** @type {const} */ ([
  "around", "france", "france-edge", "rivers", "roads-edge", "roads",
  "river-names", "road-names", "departements", "towns",
]);

/** A base map that covers the world goes under the local one, which is then hidden; one of an area above it. */
export const BELOW = "base-below";
export const ABOVE = "base-above";

/**
 * The style of the local map, with the places where another base map goes.
 * @param {string} labelsUrl
 * @returns {import("/static/ui/vendor/maplibre-gl.mjs").StyleSpecification}
 */
export function baseStyle(labelsUrl) {
  /** @type {any} */
  const style = {
    version: 8,
    sources: {
      outline: { type: "geojson", data: OUTLINE_URL, tolerance: 0.4 },
      lines: { type: "geojson", data: LINES_URL },
      names: { type: "geojson", data: labelsUrl },
    },
    layers: [
      { id: "sea", type: "background" },
      { id: BELOW, type: "background", layout: { visibility: "none" } },
      { id: "around", type: "fill", source: "outline", filter: ["==", ["get", "name"], "around"] },
      { id: "france", type: "fill", source: "outline", filter: ["==", ["get", "name"], "france"] },
      { id: "france-edge", type: "line", source: "outline" },
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
          "text-size": ["step", ["get", "rank"], 16, 1, 14, 2, 13, 3, 12],
          "symbol-sort-key": ["get", "rank"], "text-padding": 3,
        },
      },
    ],
  };
  for (const [layer, paints] of Object.entries(paint()))
    style.layers.find((/** @type {any} */ each) => each.id === layer).paint = paints;
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
    "river-names": { "text-color": colour("--map-river-ink"), ...halo },
    "road-names": { "text-color": colour("--map-road-ink"), ...halo },
    departements: { "text-color": colour("--map-label-soft"), ...halo },
    towns: {
      "text-color": ["case", ["get", "here"], colour("--map-label"), colour("--map-label-soft")],
      ...halo,
    },
  };
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
