// The signs of what is drawn: for the map (pictures by name) and for lists (small SVG), in the theme
// shown. Those drawn for Vigie stand in signs.svg, the others in the icon set.
//
// Names of pictures: "f|family|sign" a sign, "h|family" the head of an arrow, "w|family" a mark along
// a way that says in which direction it goes.
import { colour } from "/static/ui/js/theme.js";

/** @typedef {import("/static/map/signs.js").Signs} Signs */
/** @typedef {Record<string, { label: string, icon: string }>} Known */

const OWN = "/static/layers/signs.svg";
const SIZE = 30;

/** @param {Known} known @param {string} sign @returns {string} the address of its symbol */
export function symbolOf(known, sign) {
  const icon = known[sign]?.icon;
  return icon ? `${document.body.dataset.icons}#${icon}` : `${OWN}#${sign in known ? sign : "dot"}`;
}

/** A sign for a list: white on its family's colour. @param {Known} known @param {string} sign @param {string} family @param {string} [name] for those who cannot see it */
export function drawSign(known, sign, family, name = "") {
  const space = "http://www.w3.org/2000/svg";
  const svg = /** @type {SVGSVGElement} */ (document.createElementNS(space, "svg"));
  svg.setAttribute("class", "drawn-sign");
  svg.dataset.family = family;
  if (name) {
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", name);
  } else svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", symbolOf(known, sign));
  svg.append(use);
  return svg;
}

/** Teach the map's signs to draw ours. @param {Signs} signs @param {Known} known */
export function teach(signs, known) {
  const icon = (/** @type {string} */ sign) => (known[sign]?.icon ? signs.icon(known[sign].icon, "#ffffff") : signs.icon(sign in known ? sign : "dot", "#ffffff", OWN));
  signs.kinds.f = async ([family = "talk", sign = "dot"]) => {
    const { canvas, pen } = signs.canvas(SIZE);
    const middle = SIZE / 2;
    pen.beginPath();
    if (sign === "dot") pen.arc(middle, middle, 6.5, 0, 7);
    else pen.roundRect(2.5, 2.5, SIZE - 5, SIZE - 5, 6);
    pen.lineWidth = 3;
    pen.strokeStyle = colour("--map-halo");
    pen.stroke();
    pen.fillStyle = colour(`--family-${family}`);
    pen.fill();
    if (sign !== "dot") pen.drawImage(await icon(sign), middle - 9.5, middle - 9.5, 19, 19);
    return canvas;
  };
  signs.kinds.h = async ([family = "talk"]) => {
    const { canvas, pen } = signs.canvas(24);
    pen.beginPath();
    pen.moveTo(12, 1);
    pen.lineTo(21, 20);
    pen.lineTo(12, 15.5);
    pen.lineTo(3, 20);
    pen.closePath();
    pen.lineWidth = 3;
    pen.strokeStyle = colour("--map-halo");
    pen.stroke();
    pen.fillStyle = colour(`--family-${family}`);
    pen.fill();
    return canvas;
  };
  signs.kinds.w = async () => {
    const { canvas, pen } = signs.canvas(14);
    pen.beginPath();
    pen.moveTo(4.5, 2);
    pen.lineTo(9.5, 7);
    pen.lineTo(4.5, 12);
    pen.lineWidth = 2.4;
    pen.strokeStyle = "#ffffff";
    pen.stroke();
    return canvas;
  };
}
