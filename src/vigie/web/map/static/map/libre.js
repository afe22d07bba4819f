// The one door to the map library: nothing else imports it. Rooms come through maplib.js, which has the
// drawing library beside it; the public map, which nobody draws on, comes here and loads no more.
import { Map as GlMap, prewarm } from "/static/ui/vendor/maplibre-gl.mjs";
export { AttributionControl, Marker, NavigationControl, ScaleControl } from "/static/ui/vendor/maplibre-gl.mjs";

prewarm(); // its worker starts while the other scripts of the page are read

/** No zoom of ours: a layer that begins there is never drawn. */
const NEVER = 24;

/**
 * The map library's map, sparing what holds nothing. Left to itself it makes four tiles of each empty
 * GeoJSON source at every move, and lays a mask over the whole picture for it in every frame. Here the
 * layers of such a source sleep (from no zoom on) until it is given its first object.
 */
export class LibreMap extends GlMap {
  /** @param {import("/static/ui/vendor/maplibre-gl.mjs").MapOptions} options */
  constructor(options) {
    super(options);
    /** GeoJSON sources that hold nothing. @type {Set<string>} */
    this.empty = new Set();
    /** Layers of sources that may hold nothing, and the zooms they are seen at. @type {Map<string, { source: string, from: number, to: number }>} */
    this.sleepers = new Map();
  }

  /** @override @param {string} id @param {any} specification */
  addSource(id, specification) {
    super.addSource(id, specification);
    const { type, data } = specification;
    if (type !== "geojson" || typeof data === "string") return this;
    const source = /** @type {import("/static/ui/vendor/maplibre-gl.mjs").GeoJSONSource} */ (this.getSource(id));
    const [setData, updateData] = [source.setData.bind(source), source.updateData.bind(source)];
    source.setData = (given, ...more) => {
      this.fills(id, holds(given));
      return setData(given, ...more);
    };
    source.updateData = (given, ...more) => {
      if (given.add?.length) this.fills(id, true);
      return updateData(given, ...more);
    };
    if (!holds(data)) this.empty.add(id);
    return this;
  }

  /** @override @param {string} id */
  removeSource(id) {
    this.empty.delete(id);
    return super.removeSource(id);
  }

  /** @override @param {any} layer @param {string} [before] */
  addLayer(layer, before) {
    const [from, to] = [layer.minzoom ?? 0, layer.maxzoom ?? NEVER];
    if (typeof layer.source === "string") this.sleepers.set(layer.id, { source: layer.source, from, to });
    return super.addLayer(this.empty.has(layer.source) ? { ...layer, minzoom: NEVER } : layer, before);
  }

  /** @override @param {string} id */
  removeLayer(id) {
    this.sleepers.delete(id);
    return super.removeLayer(id);
  }

  /** A source was emptied or given something: its layers sleep or wake. @param {string} id @param {boolean} full */
  fills(id, full) {
    if (full !== this.empty.has(id)) return;
    this.empty[full ? "delete" : "add"](id);
    for (const [layer, { source, from, to }] of this.sleepers)
      if (source === id && this.getLayer(layer)) this.setLayerZoomRange(layer, full ? from : NEVER, to);
  }
}

/** Whether GeoJSON holds anything; an address may. @param {any} data */
const holds = (data) => data?.type !== "FeatureCollection" || data.features.length > 0;
