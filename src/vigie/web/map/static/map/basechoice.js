// The choice of the base map in a room, and the words that say which one is seen instead.
import { fill, gettext } from "/static/ui/js/words.js";

/** @param {HTMLElement} room with [data-map-note] and radio buttons named map-base @param {import("/static/map/vigie-map.js").VigieMap} map */
export function chooseBase(room, map) {
  const note = /** @type {HTMLElement} */ (room.querySelector("[data-map-note]"));
  map.addEventListener("base", (event) => {
    const { base, label, missing } = /** @type {CustomEvent} */ (event).detail;
    room.dataset.base = base;
    note.hidden = base !== "local" && !missing;
    note.textContent = words(label, missing);
    tick();
  });
  room.addEventListener("change", (event) => {
    const box = /** @type {HTMLInputElement} */ (event.target);
    if (box.name === "map-base") map.bases.choice = box.value;
  });
  const tick = () => {
    for (const each of /** @type {NodeListOf<HTMLInputElement>} */ (room.querySelectorAll("[name=map-base]")))
      each.checked = each.value === map.bases.choice;
  };
  tick();
}

/** @param {string} label of what is seen, "" for the local map @param {string} missing what was wanted */
function words(label, missing) {
  if (!missing) return gettext("Local base map");
  return label
    ? fill(gettext("%(base)s (%(missing)s cannot be reached)"), { base: label, missing })
    : fill(gettext("Local base map (%(missing)s cannot be reached)"), { missing });
}
