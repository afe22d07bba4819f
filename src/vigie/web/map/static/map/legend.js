// What the signs of the map mean: drawn by the same hand.
import { make } from "/static/ui/js/dom.js";
import { gettext } from "/static/ui/js/words.js";

/** @param {HTMLElement} place @param {import("/static/map/signs.js").Signs} signs */
export async function drawLegend(place, signs) {
  const { families, categories, states, urgencies } = signs.words;
  const line = (/** @type {HTMLCanvasElement} */ sign, /** @type {string} */ words) => {
    sign.setAttribute("aria-hidden", "true");
    place.append(make("div", { class: "legend-line" }, sign, make("span", {}, words)));
  };
  for (const [family, words] of Object.entries(families)) {
    const code = Object.keys(categories).find((each) => categories[each]?.family === family && each !== "") ?? "";
    line(await signs.incident(code, "to_check", 0), words);
  }
  const example = Object.keys(categories)[0] ?? "";
  line(await signs.incident(example, "confirmed", 4), `${urgencies[4]?.word ?? ""} · ${states.confirmed?.word ?? ""}`);
  line(await signs.incident(example, "denied", 3), `${urgencies[3]?.word ?? ""} · ${states.denied?.word ?? ""}`);
  line(signs.cluster(4, 0), gettext("Several together: their number, and ▲ how many are high or critical"));
}
