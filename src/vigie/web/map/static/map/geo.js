// Small geometry for the map: circles of metres, steps of pixels, boxes. Longitude first.

/** @typedef {[number, number]} Position */
/** @typedef {{ type: "Point" | "LineString" | "Polygon", coordinates: any }} Geometry */

const METRES_PER_DEGREE = 111_195;

/** A circle of a radius in metres as a polygon. @param {Position} centre @param {number} metres @returns {Geometry} */
export function circle([lon, lat], metres) {
  const ring = [];
  const wide = metres / (METRES_PER_DEGREE * Math.cos((lat * Math.PI) / 180));
  const high = metres / METRES_PER_DEGREE;
  for (let i = 0; i <= 64; i++) {
    const angle = (2 * Math.PI * i) / 64;
    ring.push([lon + wide * Math.cos(angle), lat + high * Math.sin(angle)]);
  }
  return { type: "Polygon", coordinates: [ring] };
}

/**
 * Metres between two positions along a great circle (haversine, mean radius).
 * @param {Position} from @param {Position} to
 */
export function metresBetween([lon, lat], [lon2, lat2]) {
  const [a, b] = [rad(lat), rad(lat2)];
  const h = Math.sin((b - a) / 2) ** 2 + Math.cos(a) * Math.cos(b) * Math.sin(rad(lon2 - lon) / 2) ** 2;
  return 2 * 6_371_008.8 * Math.asin(Math.min(1, Math.sqrt(h)));
}

/** Degrees from north, clockwise, in which `to` is seen from `from`. @param {Position} from @param {Position} to */
export function bearing([lon, lat], [lon2, lat2]) {
  const [a, b, turn] = [rad(lat), rad(lat2), rad(lon2 - lon)];
  const angle = Math.atan2(Math.sin(turn) * Math.cos(b), Math.cos(a) * Math.sin(b) - Math.sin(a) * Math.cos(b) * Math.cos(turn));
  return ((angle * 180) / Math.PI + 360) % 360;
}

/** @param {number} degrees */
const rad = (degrees) => (degrees * Math.PI) / 180;

/**
 * The points, lines and areas a geometry is made of; of a Multi… or a collection, each of its parts.
 * @param {{ type: string, coordinates?: any, geometries?: any[] }} geometry @returns {Geometry[]}
 */
export function simple({ type, coordinates, geometries = [] }) {
  if (type === "GeometryCollection") return geometries.flatMap(simple);
  const plain = /** @type {Geometry["type"]} */ (type.replace("Multi", ""));
  if (plain === type) return [{ type: plain, coordinates }];
  return coordinates.map((/** @type {any} */ each) => ({ type: plain, coordinates: each }));
}

/** Every position of a geometry. @param {{ type: string, coordinates?: any, geometries?: any[] }} geometry @returns {Position[]} */
export function positions(geometry) {
  return simple(geometry).flatMap(({ type, coordinates }) => (type === "Point" ? [coordinates] : type === "LineString" ? coordinates : coordinates.flat()));
}

/** West, south, east, north; null of nothing. @param {Position[]} points @returns {[number, number, number, number] | null} */
export function boxOf(points) {
  if (!points.length) return null;
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

/** The middle of its box. @param {Geometry} geometry @returns {Position} */
export function centreOf(geometry) {
  const [west, south, east, north] = /** @type {[number, number, number, number]} */ (boxOf(positions(geometry)));
  return [(west + east) / 2, (south + north) / 2];
}

/** "48.69310, 2.29430" @param {Position} point */
export const written = ([lon, lat]) => `${lat.toFixed(5)}, ${lon.toFixed(5)}`;

/** Rounded to what is kept (0.1 m). @param {Position} point @returns {Position} */
export const rounded = ([lon, lat]) => [Math.round(lon * 1e6) / 1e6, Math.round(lat * 1e6) / 1e6];

/** The tile of a position at a zoom. @param {Position} point @param {number} z @returns {[number, number]} */
export function tileOf([lon, lat], z) {
  const n = 2 ** z;
  const phi = (lat * Math.PI) / 180;
  return [
    Math.floor(((lon + 180) / 360) * n),
    Math.floor(((1 - Math.log(Math.tan(phi) + 1 / Math.cos(phi)) / Math.PI) / 2) * n),
  ];
}

/** @param {Geometry} geometry */
export const feature = (geometry) => ({ type: "Feature", geometry, properties: {} });
