// The released map itself, loaded when somebody asks for it: the shapes of the GeoJSON, and for each line of the list
// its number, on the IGN's plan (over rivers and roads of our own, which stay when the plan cannot be reached).
import { colour, isDark } from "/static/ui/js/theme.js";
import { baseStyle, rasterPaint } from "/static/map/basemap.js";
import { boxOf, circle, feature } from "/static/map/geo.js";
import { AttributionControl, LibreMap, NavigationControl, ScaleControl } from "/static/map/libre.js";

/** @typedef {import("/static/map/geo.js").Position} Position */
/** @typedef {{ type: "Feature", geometry: any, properties: Record<string, any> }} Released */

const LEFT_OUT = ["outline", "photos"];
const FAMILIES = ["people", "water", "roads", "networks", "buildings", "hazard", "crowd", "rescue"];

/**
 * Show what was released, and let list and map lead to each other.
 * @param {{ features: Released[] }} data @param {DOMStringMap} words
 */
export async function show(data, words) {
  const place = /** @type {HTMLElement} */ (document.querySelector("[data-map]"));
  const items = /** @type {HTMLElement[]} */ ([...document.querySelectorAll(".places > li[data-at]")]);
  const dots = items.map(dotOf);
  const box = boxOf(dots.map(({ geometry }) => geometry.coordinates));
  place.hidden = false;
  document.body.classList.add("map-shown");
  const map = new LibreMap({
    container: place, style: style(), attributionControl: false, dragRotate: false, pitchWithRotate: false,
    touchPitch: false, maxZoom: 18, ...(box ? { bounds: box, fitBoundsOptions: { padding: 48, maxZoom: 14 } } : {}),
    cooperativeGestures: false,
    locale: {
      "Map.Title": words.label ?? "", "NavigationControl.ZoomIn": words.in ?? "", "NavigationControl.ZoomOut": words.out ?? "",
      "AttributionControl.ToggleAttribution": words.who ?? "", "ScaleControl.Meters": "m", "ScaleControl.Kilometers": "km",
    },
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new ScaleControl({ unit: "metric" }), "bottom-left");
  map.addControl(new AttributionControl({ compact: true, customAttribution: `© IGN · ${escaped(words.attribution ?? "")}` }), "bottom-right");
  map.on("error", () => {}); // tiles that do not come leave the local lines to be seen
  await new Promise((resolve) => map.once("load", resolve));
  lay(map, data.features, dots);
  paint(map);
  document.addEventListener("vigie:theme", () => paint(map));
  map.on("click", "numbers", (event) => toList(Number(event.features?.[0]?.properties.n)));
  map.on("mouseenter", "numbers", () => (map.getCanvas().style.cursor = "pointer"));
  map.on("mouseleave", "numbers", () => (map.getCanvas().style.cursor = ""));
  for (const item of items) lead(item, map, words.find ?? "");
  place.dataset.ready = "yes";
  place.scrollIntoView({ block: "nearest" });
}

function style() {
  const options = /** @type {HTMLOptionElement[]} */ ([...document.querySelectorAll("#near-place option[value*=',']")]);
  const names = options.map(({ value, text }) => ({
    type: "Feature", geometry: { type: "Point", coordinates: value.split(",").map(Number) }, properties: { kind: "town", rank: 2, here: true, name: text },
  }));
  const made = /** @type {any} */ (baseStyle(/** @type {any} */ ({ type: "FeatureCollection", features: names })));
  for (const each of LEFT_OUT) delete made.sources[each];
  made.layers = made.layers.filter((/** @type {any} */ each) => !LEFT_OUT.includes(each.source));
  const plan = made.layers.findIndex((/** @type {any} */ each) => each.source === "ign");
  const [ign] = made.layers.splice(plan, 1);
  made.layers.push({ ...ign, layout: { visibility: "visible" } }); // above the lines, where it comes
  for (const each of made.layers) if (each.type === "background") each.paint = { "background-color": colour("--map-land") };
  return made;
}

/** @param {HTMLElement} item */
function dotOf(item) {
  const at = /** @type {Position} */ (String(item.dataset.at).split(",").map(Number));
  const n = Number(item.id.slice(1));
  return { type: /** @type {const} */ ("Feature"), geometry: { type: /** @type {const} */ ("Point"), coordinates: at }, properties: { n, family: item.dataset.family ?? "" } };
}

/** @param {import("/static/ui/vendor/maplibre-gl.mjs").Map} map @param {Released[]} features @param {any[]} dots */
function lay(map, features, dots) {
  const points = features.filter(({ geometry }) => geometry?.type === "Point");
  const areas = [
    ...features.filter(({ geometry }) => geometry && geometry.type !== "Point"),
    ...points.filter(({ properties }) => properties.radius_m).map((each) => around(each, each.properties.radius_m)),
  ];
  const vague = points.filter(({ properties }) => properties.precision_m && !properties.radius_m).map((each) => around(each, each.properties.precision_m));
  for (const [id, held] of Object.entries({ areas, vague, dots })) map.addSource(id, { type: "geojson", data: /** @type {any} */ ({ type: "FeatureCollection", features: held }) });
  map.addLayer({ id: "vague-fill", type: "fill", source: "vague" });
  map.addLayer({ id: "vague-line", type: "line", source: "vague" });
  map.addLayer({ id: "area-fill", type: "fill", source: "areas", filter: ["==", ["geometry-type"], "Polygon"] });
  map.addLayer({ id: "area-case", type: "line", source: "areas", layout: { "line-join": "round" } });
  map.addLayer({ id: "area-line", type: "line", source: "areas", layout: { "line-join": "round" } });
  map.addLayer({ id: "numbers", type: "circle", source: "dots" });
  map.addLayer({
    id: "number-words", type: "symbol", source: "dots",
    layout: { "text-field": ["to-string", ["get", "n"]], "text-font": ["sans-serif"], "text-size": 13, "text-allow-overlap": true, "text-ignore-placement": true },
  });
}

/** @param {Released} each @param {number} metres */
const around = ({ geometry, properties }, metres) => ({ ...feature(circle(geometry.coordinates, metres)), properties });

/** @param {import("/static/ui/vendor/maplibre-gl.mjs").Map} map */
function paint(map) {
  const inks = FAMILIES.flatMap((each) => [each, colour(`--family-${each}`)]);
  const ink = /** @type {any} */ (["match", ["get", "family"], ...inks, colour("--family-talk")]);
  const halo = colour("--map-halo");
  const paints = /** @type {Record<string, Record<string, any>>} */ ({
    ign: rasterPaint(isDark()),
    "vague-fill": { "fill-color": ink, "fill-opacity": 0.12 },
    "vague-line": { "line-color": ink, "line-width": 1.5, "line-dasharray": [2, 2] },
    "area-fill": { "fill-color": ink, "fill-opacity": 0.26 },
    "area-case": { "line-color": halo, "line-width": 6, "line-opacity": 0.75 },
    "area-line": { "line-color": ink, "line-width": 3.5 },
    numbers: { "circle-color": ink, "circle-radius": 13, "circle-stroke-color": halo, "circle-stroke-width": 2 },
    "number-words": { "text-color": colour("--family-ink") },
  });
  for (const [layer, all] of Object.entries(paints))
    for (const [name, value] of Object.entries(all)) if (map.getLayer(layer)) map.setPaintProperty(layer, /** @type {any} */ (name), value);
}

/** @param {number} n */
function toList(n) {
  const item = document.getElementById(`o${n}`);
  for (const other of document.querySelectorAll(".places > .found")) other.classList.remove("found");
  item?.closest("details")?.setAttribute("open", "");
  item?.classList.add("found");
  item?.scrollIntoView({ block: "center" });
  item?.focus({ preventScroll: true });
}

/** The number of a line becomes the way to its place on the map. @param {HTMLElement} item @param {import("/static/ui/vendor/maplibre-gl.mjs").Map} map @param {string} words */
function lead(item, map, words) {
  const number = item.querySelector(".n");
  if (!number) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "n";
  button.textContent = number.textContent;
  button.setAttribute("aria-label", `${number.textContent}, ${words}`);
  button.addEventListener("click", () => {
    map.getContainer().scrollIntoView({ block: "nearest" });
    map.jumpTo({ center: dotOf(item).geometry.coordinates, zoom: Math.max(map.getZoom(), 13) });
  });
  number.replaceWith(button);
}

/** @param {string} text */
const escaped = (text) => Object.assign(document.createElement("i"), { textContent: text }).innerHTML;
