// Where the place is of which views are asked: chosen on a small map, in the fields otherwise.
import { askOnMap } from "/static/board/placemap.js";
import { register } from "/static/ui/js/behaviours.js";

class PlaceForm {
  /** @param {HTMLFormElement} form */
  constructor(form) {
    const button = /** @type {HTMLElement | null} */ (form.querySelector("[data-choose]"));
    if (!button) return;
    button.hidden = false;
    button.addEventListener("click", async () => {
      const said = await askOnMap();
      const point = said?.geometry ? JSON.parse(said.geometry) : null;
      if (point?.type === "Point") {
        const [lon, lat] = point.coordinates;
        for (const [name, value] of [["lon", lon], ["lat", lat]])
          /** @type {HTMLInputElement} */ (form.elements.namedItem(name)).value = value.toFixed(5);
      }
      button.focus();
    });
  }
}

register("place-form", /** @type {any} */ (PlaceForm));
