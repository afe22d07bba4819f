// Sources and layers of what people made: incidents, their shapes, what is selected, posts.
import { colour } from "/static/ui/js/theme.js";

/** Clusters fall apart up to this zoom; what is still together then is at one place. */
export const TOGETHER_ZOOM = 15;
const EMPTY = () => /** @type {any} */ ({ type: "FeatureCollection", features: [] });

/** Add them above the base map. @param {import("/static/ui/vendor/maplibre-gl.mjs").Map} map */
export function layData(map) {
  map.addSource("shapes", { type: "geojson", data: EMPTY() });
  map.addSource("precision", { type: "geojson", data: EMPTY() });
  map.addSource("leads", { type: "geojson", data: EMPTY() });
  map.addSource("incidents", {
    type: "geojson", data: EMPTY(), cluster: true, clusterRadius: 46, clusterMaxZoom: TOGETHER_ZOOM,
    clusterProperties: {
      worst: ["max", ["get", "urgency"]],
      urgent: ["+", ["case", [">=", ["get", "urgency"], 3], 1, 0]],
    },
  });
  map.addSource("chosen", { type: "geojson", data: EMPTY() });
  map.addSource("ruler", { type: "geojson", data: EMPTY() });
  map.addSource("hovered", { type: "geojson", data: EMPTY() });
  const paints = dataPaint();
  const sign = /** @type {any} */ (["concat", "i|", ["get", "category"], "|", ["get", "state"], "|", ["get", "urgency"]]);
  /** @type {any[]} */
  const layers = [
    { id: "shapes-fill", type: "fill", source: "shapes", filter: ["==", ["geometry-type"], "Polygon"] },
    { id: "shapes-line", type: "line", source: "shapes", layout: { "line-cap": "round", "line-join": "round" } },
    { id: "precision-fill", type: "fill", source: "precision" },
    { id: "precision-line", type: "line", source: "precision" },
    { id: "leads", type: "circle", source: "leads" },
    { id: "hovered", type: "circle", source: "hovered" },
    {
      id: "clusters", type: "symbol", source: "incidents", filter: ["has", "point_count"],
      layout: {
        "icon-image": ["concat", "c|", ["get", "worst"], "|", ["step", ["get", "point_count"], "0", 10, "1", 50, "2"]],
        "icon-allow-overlap": true, "text-allow-overlap": true, "icon-ignore-placement": true,
        "text-font": ["sans-serif"], "text-size": 14, "text-line-height": 1.05,
        "text-field": [
          "case", [">", ["get", "urgent"], 0],
          ["format", ["get", "point_count_abbreviated"], {}, ["concat", "\n▲ ", ["get", "urgent"]], { "font-scale": 0.72 }],
          ["get", "point_count_abbreviated"],
        ],
      },
    },
    {
      id: "incidents", type: "symbol", source: "incidents", filter: ["!", ["has", "point_count"]],
      layout: {
        "icon-image": sign, "icon-allow-overlap": true, "icon-ignore-placement": true,
        "symbol-sort-key": ["get", "urgency"],
        "text-field": ["step", ["zoom"], "", 11, ["to-string", ["get", "number"]]],
        "text-font": ["sans-serif"], "text-size": 12, "text-offset": [0, 1.9], "text-optional": true,
      },
    },
    { id: "chosen-ring", type: "circle", source: "chosen" },
    {
      id: "chosen", type: "symbol", source: "chosen",
      layout: {
        "icon-image": sign, "icon-size": 1.15, "icon-allow-overlap": true, "icon-ignore-placement": true,
        "text-field": ["to-string", ["get", "number"]], "text-font": ["sans-serif"], "text-size": 13,
        "text-offset": [0, 2.35], "text-allow-overlap": true,
      },
    },
    { id: "ruler-line", type: "line", source: "ruler", filter: ["==", ["geometry-type"], "LineString"] },
    { id: "ruler-points", type: "circle", source: "ruler", filter: ["==", ["geometry-type"], "Point"] },
  ];
  for (const layer of layers) map.addLayer({ ...layer, paint: paints[layer.id] ?? {} });
}

/** Colours of what people made, in the theme shown. @returns {Record<string, Record<string, any>>} */
export function dataPaint() {
  const families = ["people", "water", "roads", "networks", "buildings", "hazard", "crowd"];
  const byFamily = ["match", ["get", "family"], ...families.flatMap((each) => [each, colour(`--family-${each}`)]), colour("--family-talk")];
  const label = { "text-color": colour("--map-label"), "text-halo-color": colour("--map-halo"), "text-halo-width": 1.6 };
  return {
    "shapes-fill": { "fill-color": byFamily, "fill-opacity": ["case", ["get", "quiet"], 0.06, 0.18] },
    "shapes-line": { "line-color": byFamily, "line-width": 4, "line-opacity": ["case", ["get", "quiet"], 0.4, 0.9] },
    "precision-fill": { "fill-color": colour("--accent"), "fill-opacity": 0.1 },
    "precision-line": { "line-color": colour("--accent"), "line-width": 1.5, "line-dasharray": [3, 2] },
    leads: {
      "circle-radius": 5, "circle-color": colour("--surface"), "circle-stroke-width": 2,
      "circle-stroke-color": ["match", ["get", "urgency"], 4, colour("--urgency-critical"), 3, colour("--urgency-high"), colour("--ink-soft")],
    },
    hovered: { "circle-radius": 25, "circle-color": colour("--accent"), "circle-opacity": 0.22 },
    clusters: { "text-color": colour("--ink-strong") },
    incidents: label,
    "chosen-ring": {
      "circle-radius": 26, "circle-color": colour("--accent"), "circle-opacity": 0.2,
      "circle-stroke-width": 3, "circle-stroke-color": colour("--accent"),
    },
    chosen: label,
    "ruler-line": { "line-color": colour("--accent"), "line-width": 3 },
    "ruler-points": {
      "circle-radius": 6, "circle-color": colour("--surface"), "circle-stroke-width": 3,
      "circle-stroke-color": colour("--accent"),
    },
  };
}
