// What lies under the incidents: the IGN plan or its aerial photos, or a local map that needs no network (outline of
// France, rivers and main roads of Essonne by hand, names of towns). Pure: tokens in, style out.
import { colour } from "/static/ui/js/theme.js";
import { gettext } from "/static/ui/js/words.js";

const IGN =
  "https://data.geopf.fr/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0" +
  "&LAYER=GEOGRAPHICALGRIDSYSTEMS.PLANIGNV2&STYLE=normal&FORMAT=image/png" +
  "&TILEMATRIXSET=PM&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}";
const PHOTOS =
  "https://data.geopf.fr/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0" +
  "&LAYER=ORTHOIMAGERY.ORTHOPHOTOS&STYLE=normal&FORMAT=image/jpeg" +
  "&TILEMATRIXSET=PM_0_19&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}";
const FONT = ["sans-serif"];
const OUTLINE_URL = "/static/ui/vendor/outline.json";
const LINES_URL = "/static/map/data/essonne.json";

/** The address of one tile of the IGN. @param {"ign" | "photos"} base @param {number} z @param {number} x @param {number} y */
export const ignTile = (base, z, x, y) =>
  (base === "ign" ? IGN : PHOTOS).replace("{z}", String(z)).replace("{x}", String(x)).replace("{y}", String(y));

/** Who made what is shown. @param {"ign" | "photos" | "local"} base */
export const attribution = (base) =>
  base !== "local"
    ? "© IGN"
    : ["Natural Earth", "GeoNames (CC BY 4.0)", gettext("rivers and roads good to 1 km")].join(" · ");

/** Layers that are only seen with one of them. */
export const LAYERS_OF = /** @type {const} */ ({
  ign: ["ign"],
  photos: ["photos"],
  local: [
    "around", "france", "france-edge", "rivers", "roads-edge", "roads",
    "river-names", "road-names", "departements", "towns",
  ],
});

/**
 * The style of the base map, with all bases in it, the IGN's hidden.
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
      ign: { type: "raster", tiles: [IGN], tileSize: 256, minzoom: 0, maxzoom: 19 },
      photos: { type: "raster", tiles: [PHOTOS], tileSize: 256, minzoom: 0, maxzoom: 19 },
    },
    layers: [
      { id: "sea", type: "background" },
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
  style.layers.splice(1, 0, {
    id: "ign", type: "raster", source: "ign", layout: { visibility: "none" }, paint: rasterPaint(false),
  }, { id: "photos", type: "raster", source: "photos", layout: { visibility: "none" } });
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

/** The IGN plan by night: inverted, its hues put back. @param {boolean} dark @returns {any} */
export const rasterPaint = (dark) =>
  dark
    ? { "raster-brightness-min": 0.92, "raster-brightness-max": 0.06, "raster-hue-rotate": 180, "raster-saturation": -0.25 }
    : { "raster-brightness-min": 0, "raster-brightness-max": 1, "raster-hue-rotate": 0, "raster-saturation": 0 };
