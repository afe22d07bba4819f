// Where a pointer is drawn to: the corner, else the edge, of what is already drawn near it.
import { simple } from "/static/map/geo.js";

/** @typedef {import("/static/layers/workspace.js").Workspace} Workspace */
/** @typedef {import("/static/map/geo.js").Position} Position */

const CORNER_PX = 12;
const EDGE_PX = 8;

/**
 * @param {Workspace} room
 * @returns {(at: { lng: number, lat: number, containerX: number, containerY: number }, but: string) => Position | undefined}
 */
export function snapper(room) {
  const { map } = room.map;
  return ({ containerX: x, containerY: y }, but) => {
    /** @type {{ at: Position, far: number } | undefined} */
    let corner;
    /** @type {{ at: Position, far: number } | undefined} */
    let edge;
    for (const uid of room.drawn.near({ x, y }, CORNER_PX)) {
      const geometry = uid === but ? null : room.store.get(uid)?.geometry;
      for (const path of geometry ? paths(geometry) : []) {
        const pixels = path.map((each) => map.project(each));
        pixels.forEach((here, i) => {
          const far = Math.hypot(here.x - x, here.y - y);
          if (far <= CORNER_PX && far < (corner?.far ?? Infinity)) corner = { at: /** @type {Position} */ (path[i]), far };
          const next = pixels[i + 1];
          if (!next) return;
          const [dx, dy] = [next.x - here.x, next.y - here.y];
          const share = Math.max(0, Math.min(1, ((x - here.x) * dx + (y - here.y) * dy) / (dx * dx + dy * dy || 1)));
          const foot = { x: here.x + share * dx, y: here.y + share * dy };
          const away = Math.hypot(foot.x - x, foot.y - y);
          if (away <= EDGE_PX && away < (edge?.far ?? Infinity)) {
            const { lng, lat } = map.unproject([foot.x, foot.y]);
            edge = { at: [lng, lat], far: away };
          }
        });
      }
    }
    return (corner ?? edge)?.at;
  };
}

/** Every path of a geometry. @param {{ type: string, coordinates?: any }} geometry @returns {Position[][]} */
const paths = (geometry) => simple(geometry).flatMap(({ type, coordinates }) => (type === "Point" ? [[coordinates]] : type === "LineString" ? [coordinates] : coordinates));
