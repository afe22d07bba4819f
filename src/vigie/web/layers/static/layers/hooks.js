// Where the parts of the map room meet: each part is a module of its own that asks for the open room.
// A part never imports another part; it uses the room's store, its map and its places on the screen.

/** @typedef {import("/static/layers/workspace.js").Workspace} Workspace */

/** @type {Workspace | null} */
let open = null;
/** @type {((room: Workspace) => void)[]} */
const waiting = [];

/** @type {Workspace | null} */
let laid = null;
/** @type {((room: Workspace) => void)[]} */
const early = [];

/** Call it with the room as soon as its map can be drawn on, before it is known what stands on it. @param {(room: Workspace) => void} part */
export function whenDrawable(part) {
  if (laid) part(laid);
  else early.push(part);
}

/** @param {Workspace} room */
export function drawable(room) {
  laid = room;
  for (const part of early.splice(0)) part(room);
}

/** Call it with the room once its map is drawn. @param {(room: Workspace) => void} part */
export function whenOpen(part) {
  if (open) part(open);
  else waiting.push(part);
}

/** @param {Workspace} room */
export function opened(room) {
  open = room;
  for (const part of waiting.splice(0)) part(room);
}
