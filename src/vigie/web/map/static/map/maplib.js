// The one door to the map library and to the drawing library: nothing else imports them.
// What the rest of Vigie uses is VigieMap (vigie-map.js) and Editing (editing.js).
export {
  AttributionControl, Map as LibreMap, Marker, NavigationControl, ScaleControl,
} from "/static/ui/vendor/maplibre-gl.mjs";
import { TerraDrawMapLibreGLAdapter } from "/static/ui/vendor/terra-draw-maplibre-gl-adapter.js";
import {
  TerraDraw, TerraDrawLineStringMode, TerraDrawPolygonMode, TerraDrawSelectMode,
} from "/static/ui/vendor/terra-draw.js";

/**
 * The drawing library on a map, started: lines, areas, and moving their points.
 * @param {any} map a LibreMap @param {string} ink "#rrggbb" @returns {TerraDraw}
 */
export function drawingOn(map, ink) {
  const colour = /** @type {`#${string}`} */ (ink);
  const shared = { closingPointColor: colour, closingPointWidth: 7 };
  const points = {
    feature: { draggable: true, coordinates: { midpoints: true, draggable: true, deletable: true } },
  };
  const draw = new TerraDraw({
    adapter: new TerraDrawMapLibreGLAdapter({ map, coordinatePrecision: 6 }),
    modes: [
      new TerraDrawLineStringMode({ styles: { ...shared, lineStringColor: colour, lineStringWidth: 4 } }),
      new TerraDrawPolygonMode({
        styles: { ...shared, fillColor: colour, fillOpacity: 0.2, outlineColor: colour, outlineWidth: 3 },
      }),
      new TerraDrawSelectMode({ flags: { linestring: points, polygon: points } }),
    ],
  });
  draw.start();
  return draw;
}
