// Lengths and areas of what is drawn, and how they are written. Pure.
import { metresBetween, simple } from "/static/map/geo.js";
import { fill, gettext, ngettext } from "/static/ui/js/words.js";

/** @typedef {import("/static/map/geo.js").Position} Position */

const RADIUS_M = 6_371_008.8;

/** Metres along a line. @param {Position[]} line */
export const lengthOf = (line) => line.slice(1).reduce((sum, to, i) => sum + metresBetween(/** @type {Position} */ (line[i]), to), 0);

/** Square metres of a polygon's rings, on the sphere (Chamberlain and Duquette 2007). @param {Position[][]} rings */
export function areaOf(rings) {
  const of = (/** @type {Position[]} */ ring) => {
    let sum = 0;
    for (let i = 1; i < ring.length; i++) {
      const [[lon, lat], [lon2, lat2]] = /** @type {[Position, Position]} */ ([ring[i - 1], ring[i]]);
      sum += rad(lon2 - lon) * (2 + Math.sin(rad(lat)) + Math.sin(rad(lat2)));
    }
    return Math.abs((sum * RADIUS_M * RADIUS_M) / 2);
  };
  return rings.reduce((sum, ring, i) => sum + (i ? -1 : 1) * of(ring), 0);
}

/** @param {number} degrees */
const rad = (degrees) => (degrees * Math.PI) / 180;

/** @param {number} value @param {number} digits */
const number = (value, digits) => new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: digits }).format(value);

/** "350 m", "1,2 km" @param {number} metres */
export const distance = (metres) => (metres < 1000 ? `${number(metres, 0)}\u00a0m` : `${number(metres / 1000, metres < 10_000 ? 2 : 1)}\u00a0km`);

/** "420 m²", "3,5 ha", "12 km²" @param {number} metres square metres */
export function surface(metres) {
  if (metres < 10_000) return `${number(metres, 0)}\u00a0m²`;
  return metres < 1_000_000 ? `${number(metres / 10_000, 1)}\u00a0ha` : `${number(metres / 1_000_000, 2)}\u00a0km²`;
}

/** What one reads of a geometry: its size. @param {any} geometry @param {number | null} [radius] metres */
export function sizeOf(geometry, radius = null) {
  if (!geometry) return gettext("not on the map yet");
  if (geometry.type === "Point") return radius ? fill(gettext("circle of %(size)s, %(area)s"), { size: distance(radius), area: surface(Math.PI * radius * radius) }) : "";
  if (geometry.type === "LineString") return fill(gettext("line of %(size)s"), { size: distance(lengthOf(geometry.coordinates)) });
  if (geometry.type === "Polygon")
    return fill(gettext("area of %(size)s, %(around)s around"), { size: surface(areaOf(geometry.coordinates)), around: distance(lengthOf(geometry.coordinates[0])) });
  return partsOf(simple(geometry));
}

/** "3 areas, 12 ha in all": what several parts come to. @param {import("/static/map/geo.js").Geometry[]} parts */
function partsOf(parts) {
  const of = (/** @type {string} */ kind) => parts.filter(({ type }) => type === kind);
  const [points, lines, areas] = [of("Point"), of("LineString"), of("Polygon")];
  const metres = lines.reduce((sum, { coordinates }) => sum + lengthOf(coordinates), 0);
  const square = areas.reduce((sum, { coordinates }) => sum + areaOf(coordinates), 0);
  return [
    areas.length ? fill(ngettext("%(n)s area of %(size)s", "%(n)s areas, %(size)s in all", areas.length), { n: areas.length, size: surface(square) }) : "",
    lines.length ? fill(ngettext("%(n)s line of %(size)s", "%(n)s lines, %(size)s in all", lines.length), { n: lines.length, size: distance(metres) }) : "",
    points.length ? fill(ngettext("%(n)s point", "%(n)s points", points.length), { n: points.length }) : "",
  ].filter(Boolean).join(" · ");
}
