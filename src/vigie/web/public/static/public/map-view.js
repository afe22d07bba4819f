// The released map itself, loaded when somebody asks for it: the shapes of the GeoJSON, and for each line of the list
// its number, on the installation's first base map (over rivers and roads of our own, which stay when it cannot be reached).
import { colour, isDark } from "/static/ui/js/theme.js";
import { baseStyle, rasterPaint } from "/static/map/basemap.js";
import { boxOf, circle, feature } from "/static/map/geo.js";
import { AttributionControl, LibreMap, NavigationControl, ScaleControl } from "/static/map/libre.js";

/** @typedef {import("/static/map/geo.js").Position} Position */
/** @typedef {{ type: "Feature", geometry: any, properties: Record<string, any> }} Released */

const LEFT_OUT = "outline"; // half a megabyte that only shows from afar
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
    container: place, style: style(words), attributionControl: false, dragRotate: false, pitchWithRotate: false,
    touchPitch: false, maxZoom: 18, ...(box ? { bounds: box, fitBoundsOptions: { padding: 48, maxZoom: 14 } } : {}),
    transformRequest: (url) => (words.named && words.tiles && url.startsWith(new URL(words.tiles).origin) ? { url, referrerPolicy: "strict-origin" } : undefined),
    locale: {
      "Map.Title": words.label ?? "", "NavigationControl.ZoomIn": words.in ?? "", "NavigationControl.ZoomOut": words.out ?? "",
      "AttributionControl.ToggleAttribution": words.who ?? "", "ScaleControl.Meters": "m", "ScaleControl.Kilometers": "km",
    },
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new ScaleControl({ unit: "metric" }), "top-left");
  map.addControl(new AttributionControl({ compact: true, customAttribution: [words.credit, "GeoNames (CC BY 4.0)", words.attribution].filter(Boolean).map((each) => escaped(String(each))).join(" · ") }), "bottom-right");
  map.on("error", () => {}); // tiles that do not come leave the local lines to be seen
  await new Promise((resolve) => map.once("load", resolve));
  lay(map, data.features, dots);
  paint(map, words);
  document.addEventListener("vigie:theme", () => paint(map, words));
  map.on("click", "numbers", (event) => toList(Number(event.features?.[0]?.properties.n)));
  map.on("mouseenter", "numbers", () => (map.getCanvas().style.cursor = "pointer"));
  map.on("mouseleave", "numbers", () => (map.getCanvas().style.cursor = ""));
  for (const item of items) lead(item, map, words.find ?? "");
  place.dataset.ready = "yes";
  place.scrollIntoView({ block: "nearest" });
  map.getCanvas().focus({ preventScroll: true }); // the button that was pressed goes away
}

/** @param {DOMStringMap} words */
function style(words) {
  const options = /** @type {HTMLOptionElement[]} */ ([...document.querySelectorAll("#near-place option[value*=',']")]);
  const names = options.map(({ value, text }) => ({
    type: "Feature", geometry: { type: "Point", coordinates: value.split(",").map(Number) }, properties: { kind: "town", rank: 2, here: true, name: text },
  }));
  const made = /** @type {any} */ (baseStyle(/** @type {any} */ ({ type: "FeatureCollection", features: names })));
  delete made.sources[LEFT_OUT];
  made.layers = made.layers.filter((/** @type {any} */ each) => each.source !== LEFT_OUT);
  for (const each of made.layers) if (each.id === "sea") each.paint = { "background-color": colour("--map-land") };
  if (words.tiles) {
    made.sources.plan = { type: "raster", tiles: [words.tiles], tileSize: 256, maxzoom: Number(words.maxZoom) };
    made.layers.push({ id: "plan", type: "raster", source: "plan" }); // above the lines, where it comes
  }
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

/** @param {import("/static/ui/vendor/maplibre-gl.mjs").Map} map @param {DOMStringMap} words */
function paint(map, words) {
  const inks = FAMILIES.flatMap((each) => [each, colour(`--family-${each}`)]);
  const ink = /** @type {any} */ (["match", ["get", "family"], ...inks, colour("--family-talk")]);
  const halo = colour("--map-halo");
  const paints = /** @type {Record<string, Record<string, any>>} */ ({
    plan: rasterPaint(words.night ?? "", isDark()),
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
