// How a pack of vector tiles looks: the layers of the Protomaps scheme (earth, landcover, landuse, water, roads,
// buildings, boundaries, places) in Vigie's own colours and the browser's own font. Pure: tokens in, layers out.
import { colour } from "/static/ui/js/theme.js";

const FONT = ["sans-serif"];
const NAME = ["coalesce", ["get", "name:fr"], ["get", "name"]];
const GREEN = ["forest", "wood", "park", "grass", "grassland", "scrub", "nature_reserve", "national_park", "protected_area", "cemetery", "golf_course", "village_green", "allotments"];
const BUILT = ["urban_area", "residential", "industrial", "commercial", "railway", "aerodrome", "hospital", "school", "university", "college"];

/** @param {string} field @param {string[]} words */
const oneOf = (field, words) => ["in", ["get", field], ["literal", words]];
/** @param {...(number | any)} stops zoom, width, … */
const wide = (...stops) => ["interpolate", ["exponential", 1.6], ["zoom"], ...stops];

/**
 * The layers, from the lowest, in the theme shown.
 * @param {string} source its name, with which the ids of the layers begin @returns {any[]}
 */
export function vectorLayers(source) {
  const halo = { "text-halo-color": colour("--map-halo"), "text-halo-width": 1.4 };
  const ink = (/** @type {string} */ name) => colour(`--map-${name}`);
  const round = { "line-cap": "round", "line-join": "round" };
  const roads = /** @type {const} */ ([
    ["minor", ["minor_road", "other"], 11.5, wide(12, 0.6, 16, 6, 19, 22), "road-minor"],
    ["major", ["major_road", "medium_road"], 8, wide(8, 0.5, 12, 1.8, 16, 9, 19, 28), "road"],
    ["highway", ["highway"], 5, wide(6, 0.6, 10, 1.8, 14, 5, 17, 14, 19, 34), "road"],
  ]);
  const made = [
    { id: "earth", type: "fill", layer: "earth", filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": ink("land") } },
    { id: "cover-green", type: "fill", layer: "landcover", filter: oneOf("kind", GREEN), paint: { "fill-color": ink("green"), "fill-opacity": 0.6 } },
    { id: "cover-built", type: "fill", layer: "landcover", filter: oneOf("kind", BUILT), paint: { "fill-color": ink("built"), "fill-opacity": 0.6 } },
    { id: "use-built", type: "fill", layer: "landuse", filter: oneOf("kind", BUILT), paint: { "fill-color": ink("built") } },
    { id: "use-green", type: "fill", layer: "landuse", filter: oneOf("kind", GREEN), paint: { "fill-color": ink("green") } },
    { id: "water", type: "fill", layer: "water", filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": ink("sea") } },
    {
      id: "rivers", type: "line", layer: "water", filter: ["==", ["geometry-type"], "LineString"], layout: round,
      paint: { "line-color": ink("river"), "line-width": ["interpolate", ["linear"], ["zoom"], 8, 0.6, 13, ["match", ["get", "kind"], "river", 3, 1.2], 18, 8] },
    },
    { id: "buildings", type: "fill", layer: "buildings", minzoom: 13.5, filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": ink("building"), "fill-outline-color": ink("border") } },
    { id: "paths", type: "line", layer: "roads", minzoom: 14, filter: ["==", ["get", "kind"], "path"], layout: round, paint: { "line-color": ink("road-edge"), "line-width": 1, "line-dasharray": [2, 2] } },
    ...roads.flatMap(([name, kinds, minzoom, width, tone]) => {
      const filter = oneOf("kind", [...kinds]);
      const edge = name === "minor" ? ink("border") : ink("road-edge");
      return [
        { id: `${name}-edge`, type: "line", layer: "roads", minzoom, filter, layout: round, paint: { "line-color": edge, "line-width": width, "line-gap-width": 0.6 } },
        { id: name, type: "line", layer: "roads", minzoom, filter, layout: round, paint: { "line-color": ink(tone), "line-width": width } },
      ];
    }),
    { id: "rails", type: "line", layer: "roads", minzoom: 9, filter: ["==", ["get", "kind"], "rail"], paint: { "line-color": ink("label-soft"), "line-width": wide(10, 0.6, 16, 2), "line-dasharray": [6, 2] } },
    { id: "boundaries", type: "line", layer: "boundaries", filter: oneOf("kind", ["country", "region", "county"]), paint: { "line-color": ink("border"), "line-width": 1.2, "line-dasharray": [4, 3] } },
    {
      id: "river-names", type: "symbol", layer: "water", minzoom: 11, filter: ["all", ["has", "name"], ["==", ["geometry-type"], "LineString"]],
      layout: { "symbol-placement": "line", "symbol-spacing": 320, "text-field": NAME, "text-font": FONT, "text-size": 12, "text-letter-spacing": 0.06 },
      paint: { "text-color": ink("river-ink"), ...halo },
    },
    {
      id: "water-names", type: "symbol", layer: "water", minzoom: 12, filter: ["all", ["has", "name"], ["==", ["geometry-type"], "Point"]],
      layout: { "text-field": NAME, "text-font": FONT, "text-size": 12, "text-max-width": 7 }, paint: { "text-color": ink("river-ink"), ...halo },
    },
    {
      id: "road-names", type: "symbol", layer: "roads", minzoom: 13.5, filter: ["all", ["has", "name"], ["!=", ["get", "kind"], "rail"]],
      layout: { "symbol-placement": "line", "symbol-spacing": 280, "text-field": NAME, "text-font": FONT, "text-size": wide(13, 10, 18, 14) },
      paint: { "text-color": ink("road-ink"), ...halo },
    },
    {
      id: "road-refs", type: "symbol", layer: "roads", minzoom: 9, filter: ["all", ["has", "ref"], oneOf("kind", ["highway", "major_road"])],
      layout: { "symbol-placement": "line", "symbol-spacing": 300, "text-field": ["get", "ref"], "text-font": FONT, "text-size": 11, "text-rotation-alignment": "viewport" },
      paint: { "text-color": ink("road-ink"), ...halo },
    },
    {
      id: "quarters", type: "symbol", layer: "places", minzoom: 12, filter: oneOf("kind", ["neighbourhood", "macrohood"]),
      layout: { "text-field": NAME, "text-font": FONT, "text-size": 12, "text-max-width": 8 }, paint: { "text-color": ink("label-soft"), ...halo },
    },
    {
      id: "places", type: "symbol", layer: "places", filter: oneOf("kind", ["locality", "country", "region"]),
      layout: {
        "text-field": NAME, "text-font": FONT, "text-max-width": 8, "text-padding": 3, "symbol-sort-key": ["-", 0, ["coalesce", ["get", "population_rank"], 0]],
        "text-size": ["interpolate", ["linear"], ["zoom"], 8, ["step", ["coalesce", ["get", "population_rank"], 0], 11, 7, 13, 10, 16], 14, ["step", ["coalesce", ["get", "population_rank"], 0], 14, 7, 17, 10, 20]],
      },
      paint: { "text-color": ink("label"), ...halo },
    },
  ];
  return made.map(({ id, layer, ...rest }) => ({ ...rest, id: `${source}-${id}`, source, "source-layer": layer }));
}
