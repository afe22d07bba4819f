// The one door to the map library (through libre.js) and to the drawing library: nothing else imports
// them. What the rest of Vigie uses is VigieMap (vigie-map.js) and Editing (editing.js).
export { AttributionControl, LibreMap, Marker, NavigationControl, ScaleControl } from "/static/map/libre.js";
import { TerraDrawMapLibreGLAdapter } from "/static/ui/vendor/terra-draw-maplibre-gl-adapter.js";
import {
  TerraDraw, TerraDrawCircleMode, TerraDrawLineStringMode, TerraDrawPointMode, TerraDrawPolygonMode, TerraDrawSelectMode,
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

/** The key that our own keys send to the drawing library: it listens to none by itself. */
export const FINISH = "vigie-finish";

/**
 * The drawing library with all its tools, started: points, lines, areas, circles, and reshaping. `snap`
 * gives the position a pointer is drawn to, or undefined.
 * @param {any} map a LibreMap @param {string} ink "#rrggbb"
 * @param {(at: { lng: number, lat: number, containerX: number, containerY: number }) => [number, number] | undefined} snap
 */
export function drawingTools(map, ink, snap) {
  const colour = /** @type {`#${string}`} */ (ink);
  const keyEvents = { cancel: null, finish: FINISH };
  const closing = { closingPointColor: colour, closingPointWidth: 7, snappingPointColor: colour, snappingPointWidth: 6 };
  const area = { fillColor: colour, fillOpacity: 0.2, outlineColor: colour, outlineWidth: 3 };
  const snapping = { toCustom: snap };
  const coordinates = { midpoints: true, draggable: true, deletable: true, snappable: snapping };
  const modes = {
    point: new TerraDrawPointMode({ styles: { pointColor: colour, pointWidth: 8 } }),
    linestring: new TerraDrawLineStringMode({ snapping, keyEvents, styles: { ...closing, lineStringColor: colour, lineStringWidth: 4 } }),
    polygon: new TerraDrawPolygonMode({ snapping, keyEvents, styles: { ...closing, ...area } }),
    circle: new TerraDrawCircleMode({ keyEvents, drawInteraction: "click-move-or-drag", styles: area }),
    select: new TerraDrawSelectMode({
      keyEvents: null, allowManualDeselection: false,
      flags: {
        point: { feature: { draggable: true } },
        linestring: { feature: { draggable: true, coordinates } },
        polygon: { feature: { draggable: true, coordinates } },
      },
    }),
  };
  const draw = new TerraDraw({
    adapter: new TerraDrawMapLibreGLAdapter({ map, coordinatePrecision: 6 }), modes: Object.values(modes),
  });
  draw.start();
  return { draw, modes };
}
