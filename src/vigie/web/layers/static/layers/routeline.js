// How a route looks on a map: its line, the part the race is on, kilometres, head and tail, marks.
import { colour } from "/static/ui/js/theme.js";
import { gettext } from "/static/ui/js/words.js";

/** @typedef {import("/static/ui/vendor/maplibre-gl.mjs").Map} Map */
export const EMPTY = /** @type {any} */ ({ type: "FeatureCollection", features: [] });

/** @param {string} role */
const is = (role) => /** @type {any} */ (["==", ["get", "role"], role]);

/** Lay the layers of a route's features above what is there. @param {Map} map @param {string} source */
export function layRoute(map, source) {
  map.addSource(source, { type: "geojson", data: EMPTY });
  const round = { "line-cap": "round", "line-join": "round" };
  const text = { "text-font": ["sans-serif"], "text-size": 12 };
  /** @type {any[]} */
  const layers = [
    { id: "line", type: "line", filter: is("line"), layout: round },
    { id: "zone", type: "line", filter: ["all", is("mark"), ["==", ["geometry-type"], "LineString"]], layout: round },
    { id: "race", type: "line", filter: is("race"), layout: round },
    { id: "km", type: "symbol", filter: ["all", is("km"), ["<=", ["get", "rank"], ["step", ["zoom"], 0, 8, 1, 10, 2, 12, 3]]], layout: { ...text, "text-field": ["concat", ["to-string", ["get", "km"]]] } },
    { id: "mark", type: "circle", filter: ["all", is("mark"), ["==", ["geometry-type"], "Point"]] },
    { id: "mark-name", type: "symbol", minzoom: 9, filter: is("mark"), layout: { ...text, "text-field": ["get", "name"], "text-offset": [0, 1.2], "text-optional": true } },
    { id: "ends", type: "circle", filter: ["in", ["get", "role"], ["literal", ["head", "tail"]]] },
    { id: "ends-name", type: "symbol", filter: ["in", ["get", "role"], ["literal", ["head", "tail"]]], layout: { ...text, "text-size": 13, "text-offset": [0, -1.5], "text-allow-overlap": true, "text-field": ["match", ["get", "role"], "head", gettext("head"), gettext("tail")] } },
  ];
  const paints = paint();
  for (const layer of layers)
    map.addLayer({ ...layer, id: `${source}-${layer.id}`, source, paint: paints[layer.id] });
}

/** Put the colours of the theme shown. @param {Map} map @param {string} source */
export function paintRoute(map, source) {
  for (const [layer, values] of Object.entries(paint()))
    for (const [name, value] of Object.entries(values))
      if (map.getLayer(`${source}-${layer}`)) map.setPaintProperty(`${source}-${layer}`, /** @type {any} */ (name), value);
}

/** @returns {Record<string, Record<string, any>>} */
function paint() {
  const label = { "text-color": colour("--map-label"), "text-halo-color": colour("--map-halo"), "text-halo-width": 1.6 };
  return {
    line: { "line-color": colour("--family-talk"), "line-width": 4 },
    zone: { "line-color": colour("--family-crowd"), "line-width": 9, "line-opacity": 0.55 },
    race: { "line-color": colour("--accent"), "line-width": 6 },
    km: label,
    mark: {
      "circle-radius": 6, "circle-color": colour("--surface"), "circle-stroke-width": 3,
      "circle-stroke-color": ["match", ["get", "state"], "closed", colour("--urgency-high"), colour("--family-crowd")],
    },
    "mark-name": label,
    ends: {
      "circle-radius": 8, "circle-color": ["match", ["get", "role"], "head", colour("--accent"), colour("--surface")],
      "circle-stroke-width": 3, "circle-stroke-color": colour("--accent"),
    },
    "ends-name": label,
  };
}
