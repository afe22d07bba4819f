// A map of incidents over a base map. Everything a screen does with a map goes through it.
//
//   const map = new VigieMap(element, { bounds, labels, vocabulary });
//   await map.ready;
//   map.show(features);  map.patch(features, goneIds);  map.select(id);
//   map.addEventListener("pick", (event) => event.detail.id)
//
// Events: pick {id}, pick-lead {id}, together {ids}, hover {id | null}, click {point}, move,
// base {base, reason, missing} (bases.js).
import { gettext } from "/static/ui/js/words.js";
import { baseStyle, paint } from "/static/map/basemap.js";
import { Bases } from "/static/map/bases.js";
import { Editing } from "/static/map/editing.js";
import { boxOf, circle, feature, positions } from "/static/map/geo.js";
import { dataPaint, layData, TOGETHER_ZOOM } from "/static/map/layers.js";
import { LibreMap, NavigationControl, ScaleControl } from "/static/map/maplib.js";
import { PIXEL_RATIO, Signs } from "/static/map/signs.js";

/** @typedef {import("/static/map/geo.js").Position} Position */
/** @typedef {import("/static/map/geo.js").Geometry} Geometry */
/** @typedef {import("/static/map/signs.js").Vocabulary} Vocabulary */
/** @typedef {[number, number, number, number]} Box west, south, east, north */
/**
 * @typedef {{
 *   type: "Feature", id: number, geometry: Geometry | null,
 *   properties: { number: number, title: string, category: string, urgency: number, state: string,
 *     point: Position | null, precision_m: number | null, version: number } & Record<string, any>,
 * }} IncidentFeature
 */

const FRANCE = /** @type {Box} */ ([-5.2, 41.3, 9.7, 51.2]);

export class VigieMap extends EventTarget {
  /**
   * @param {HTMLElement} element filled by the map
   * @param {{ bounds?: Box | null, labels: string, vocabulary: Vocabulary, label?: string, small?: boolean }} options
   */
  constructor(element, { bounds, labels, vocabulary, label, small = false }) {
    super();
    this.element = element;
    this.vocabulary = vocabulary;
    this.signs = new Signs(vocabulary);
    /** @type {Map<number, IncidentFeature>} */
    this.incidents = new Map();
    /** @type {number | null} */
    this.chosen = null;
    /** @type {number | null} */
    this.hovered = null;
    /** @type {Editing | null} */
    this.editing = null;
    /** Takes the points clicked while somebody measures. @type {((point: Position) => void) | null} */
    this.ruler = null;
    this.map = new LibreMap({
      container: element,
      style: baseStyle(labels, { seen: false }), // until Bases.underlay
      bounds: bounds ?? FRANCE,
      fitBoundsOptions: { padding: 24, maxZoom: 14 },
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      maxZoom: 19,
      fadeDuration: 0,
      locale: words(label ?? gettext("Map")),
      transformRequest: (url) => this.bases?.request(url),
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.keyboard.disableRotation();
    if (!small) this.map.addControl(new ScaleControl({ unit: "metric" }), "bottom-left");
    this.map.addControl(new NavigationControl({ showCompass: false }), "top-right");
    /** What lies below. @type {Bases} */
    this.bases = new Bases(this, vocabulary.basemaps ?? []);
    this.map.setMissingStyleImageResolver(async (name) => {
      const canvas = await this.signs.draw(name);
      if (canvas && !this.map.hasImage(name)) this.map.addImage(name, picture(canvas), { pixelRatio: PIXEL_RATIO });
    });
    // Once it can be drawn on: what people made does not wait for the base map, which comes under it when
    // that is drawn (or late).
    this.ready = /** @type {Promise<void>} */ (
      new Promise((resolve) => {
        this.map.once("style.load", () => {
          this.lay();
          resolve();
        });
      })
    );
    this.map.on("error", (event) => this.bases.failed(/** @type {any} */ (event)) || console.warn("map:", event.error?.message ?? event));
    this.retheme = () => this.theme();
    document.addEventListener("vigie:theme", this.retheme);
    void this.ready.then(() => this.bases.begin());
  }

  theme() {
    if (this.gone || !this.map.getLayer("sea")) return;
    for (const [layer, paints] of Object.entries(paint()))
      for (const [name, value] of Object.entries(paints)) this.map.setPaintProperty(layer, /** @type {any} */ (name), value);
    this.bases.theme();
    for (const [layer, paints] of Object.entries(dataPaint()))
      for (const [name, value] of Object.entries(paints)) this.map.setPaintProperty(layer, /** @type {any} */ (name), value);
    for (const name of this.map.listImages())
      if (/^[a-z]\|/.test(name))
        void this.signs.draw(name).then((canvas) => canvas && this.map.hasImage(name) && this.map.updateImage(name, picture(canvas)));
  }

  // Incidents -------------------------------------------------------------------------------------

  /** What people made, above the base map, and what the pointer does there. */
  lay() {
    const { map } = this;
    layData(map);
    map.on("click", (event) => this.clicked(event));
    map.on("mousemove", (event) => this.moved(event));
    map.on("mouseout", () => this.over(null));
    map.on("moveend", () => this.tell("move"));
    map.on("resize", () => {
      window.clearTimeout(this.resized); // a resize ends any move, so the move comes after it
      this.resized = window.setTimeout(() => this.keepInView(), 60);
    });
  }

  /** What a person can hit near a point of the screen. @param {import("/static/ui/vendor/maplibre-gl.mjs").Point} point */
  under(point) {
    const reach = 6;
    const box = /** @type {any} */ ([[point.x - reach, point.y - reach], [point.x + reach, point.y + reach]]);
    const layers = ["chosen", "incidents", "clusters", "shapes-line", "shapes-fill", "leads"];
    return this.map.queryRenderedFeatures(box, { layers: layers.filter((each) => this.map.getLayer(each)) })[0];
  }

  /** @param {import("/static/ui/vendor/maplibre-gl.mjs").MapMouseEvent} event */
  async clicked(event) {
    const point = /** @type {Position} */ ([event.lngLat.lng, event.lngLat.lat]);
    if (this.editing) {
      this.editing.clicked(point);
      return;
    }
    if (this.ruler) return this.ruler(point);
    const found = this.under(event.point);
    if (!found) {
      this.tell("click", { point });
    } else if (found.layer.id === "clusters") {
      await this.open(Number(found.properties.cluster_id), /** @type {any} */ (found.geometry).coordinates);
    } else if (found.layer.id === "leads") {
      this.tell("pick-lead", { id: Number(found.id) });
    } else {
      this.tell("pick", { id: Number(found.properties.id) });
    }
  }

  /** A cluster was clicked: zoom until it falls apart, or say who is in it when it never will. @param {number} cluster @param {Position} centre */
  async open(cluster, centre) {
    const source = /** @type {import("/static/ui/vendor/maplibre-gl.mjs").GeoJSONSource} */ (this.map.getSource("incidents"));
    const zoom = await source.getClusterExpansionZoom(cluster);
    if (zoom <= TOGETHER_ZOOM) {
      this.map.easeTo({ center: centre, zoom });
      return;
    }
    const leaves = await source.getClusterLeaves(cluster, 500, 0);
    this.tell("together", { ids: leaves.map((leaf) => Number(leaf.properties?.id)) });
  }

  /** @param {import("/static/ui/vendor/maplibre-gl.mjs").MapMouseEvent} event */
  moved(event) {
    if (this.editing || this.ruler) return;
    const found = this.under(event.point);
    this.map.getCanvas().style.cursor = found ? "pointer" : "";
    this.over(found && "id" in found.properties ? Number(found.properties.id) : null);
  }

  /** @param {number | null} id */
  over(id) {
    if (id === this.hovered) return;
    this.hover(id);
    this.tell("hover", { id });
  }

  /** Put all incidents on the map. @param {IncidentFeature[]} features */
  show(features) {
    this.incidents = new Map(features.map((each) => [each.id, each]));
    this.redraw();
  }

  /** Put changed ones on it and take others off. @param {IncidentFeature[]} features @param {number[]} gone */
  patch(features, gone) {
    for (const each of features) this.incidents.set(each.id, each);
    for (const id of gone) this.incidents.delete(id);
    if (features.length || gone.length) this.redraw();
  }

  redraw() {
    const all = [...this.incidents.values()];
    this.fill("incidents", all.flatMap((each) => pointOf(each) ?? []));
    this.fill(
      "shapes",
      all
        .filter(({ geometry }) => geometry && geometry.type !== "Point")
        .map(({ id, geometry, properties }) => ({
          type: "Feature", id, geometry,
          properties: { id, family: this.familyOf(properties.category), quiet: ["denied", "closed"].includes(properties.state) },
        })),
    );
    this.select(this.chosen, { quiet: true });
  }

  /** @param {string} category */
  familyOf(category) {
    return this.vocabulary.categories[category]?.family ?? "talk";
  }

  /** @param {string} source @param {any[]} features */
  fill(source, features) {
    const found = /** @type {import("/static/ui/vendor/maplibre-gl.mjs").GeoJSONSource | undefined} */ (this.map.getSource(source));
    found?.setData(/** @type {any} */ ({ type: "FeatureCollection", features }));
  }

  /** Show one as selected, with the circle it is good to; bring it into view unless quiet. @param {number | null} id @param {{ quiet?: boolean }} [options] */
  select(id, { quiet = false } = {}) {
    this.chosen = id;
    const chosen = id === null ? undefined : this.incidents.get(id);
    const point = chosen && !this.editing ? pointOf(chosen) : null;
    this.fill("chosen", point ? [point] : []);
    const metres = chosen?.properties.precision_m;
    const at = chosen?.properties.point;
    this.fill("precision", at && metres && !this.editing ? [feature(circle(at, metres))] : []);
    if (chosen && at && !quiet) this.into(chosen);
  }

  /** The panel opened or closed beside the map: what is selected stays in view. */
  keepInView() {
    const chosen = this.chosen === null ? undefined : this.incidents.get(this.chosen);
    if (chosen?.properties.point && !this.editing && !this.gone) this.into(chosen);
  }

  /** Move only when it is not in view. @param {IncidentFeature} chosen */
  into(chosen) {
    const at = /** @type {Position} */ (chosen.properties.point);
    const box = chosen.geometry && chosen.geometry.type !== "Point" ? boxOf(positions(chosen.geometry)) : null;
    if (box && !this.map.getBounds().contains([box[0], box[1]])) this.fit(box);
    else if (!this.inside(at)) this.map.easeTo({ center: at, zoom: Math.max(this.map.getZoom(), 12) });
  }

  /** Whether a point can be seen, with a margin for the bars. @param {Position} at */
  inside(at) {
    const { x, y } = this.map.project(at);
    const { clientWidth, clientHeight } = this.element;
    return x > 30 && x < clientWidth - 30 && y > 60 && y < clientHeight - 40;
  }

  /** @param {number | null} id */
  hover(id) {
    this.hovered = id;
    const found = id === null ? undefined : this.incidents.get(id);
    const point = found ? pointOf(found) : null;
    this.fill("hovered", point ? [point] : []);
  }

  /** Posts without incident as small dots; null takes them off. @param {any[] | null} features */
  leads(features) {
    this.fill("leads", features ?? []);
  }

  /** @param {Box} box */
  fit(box) {
    this.map.fitBounds(box, { padding: 60, maxZoom: 14 });
  }

  /** Show all incidents; false when none has a place. */
  fitAll() {
    const box = boxOf([...this.incidents.values()].flatMap((each) => (each.properties.point ? [each.properties.point] : [])));
    if (box) this.fit(box);
    return box !== null;
  }

  /** What is seen, as the list asks for it. @returns {string} */
  get view() {
    const bounds = this.map.getBounds();
    return [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()].map((x) => x.toFixed(5)).join(",");
  }

  /** The middle of what is seen. @returns {Position} */
  get centre() {
    const { lng, lat } = this.map.getCenter();
    return [lng, lat];
  }

  /**
   * Place or redraw one thing; ends with `stop()`. See Editing.
   * @param {{ geometry?: Geometry | null, precision?: number | null }} from @returns {Editing}
   */
  edit(from) {
    this.editing?.stop();
    this.editing = new Editing(this, from);
    this.select(this.chosen, { quiet: true });
    this.element.classList.add("locating");
    return this.editing;
  }

  /** @param {string} name @param {any} [detail] */
  tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  remove() {
    this.gone = true;
    this.bases.end();
    document.removeEventListener("vigie:theme", this.retheme);
    this.map.remove();
  }
}

/** @param {HTMLCanvasElement} canvas */
const picture = (canvas) =>
  /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")).getImageData(0, 0, canvas.width, canvas.height);

/** @param {IncidentFeature} incident */
function pointOf({ id, properties }) {
  if (!properties.point) return null;
  const { number, category, state, urgency } = properties;
  return {
    type: "Feature", id, geometry: { type: "Point", coordinates: properties.point },
    properties: { id, number, category, state, urgency },
  };
}

/** The library's own words. @param {string} label */
const words = (label) => ({
  "Map.Title": label,
  "NavigationControl.ZoomIn": gettext("Zoom in"),
  "NavigationControl.ZoomOut": gettext("Zoom out"),
  "AttributionControl.ToggleAttribution": gettext("Who made this map"),
  "ScaleControl.Meters": "m",
  "ScaleControl.Kilometers": "km",
  "Marker.Title": gettext("Cross: where it is"),
});
