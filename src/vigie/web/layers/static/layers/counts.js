// Objects of a big layer that a tile counts instead of drawing: a disc with their number. Pure.

/** @typedef {import("/static/layers/looks.js").Inks} Inks */

/** @param {{ prefix: string, source: string, inks: Inks, language: string }} from @returns {any[]} */
export function countsOf({ prefix, source, inks, language }) {
  const base = { source, "source-layer": "counts" };
  const by = (/** @type {any[]} */ ...steps) => ["step", ["get", "n"], ...steps];
  return [
    {
      ...base, id: `${prefix}-counts`, type: "circle",
      paint: {
        "circle-radius": by(13, 100, 17, 1_000, 21, 10_000, 27), "circle-color": inks.halo ?? "#fff",
        "circle-opacity": 0.92, "circle-stroke-color": inks.accent ?? "#000", "circle-stroke-width": by(2, 1_000, 3, 10_000, 4),
      },
    },
    {
      ...base, id: `${prefix}-numbers`, type: "symbol",
      layout: {
        "text-field": ["number-format", ["get", "n"], { locale: language }], "text-font": ["sans-serif"],
        "text-size": by(12, 1_000, 12.5, 10_000, 13.5), "text-allow-overlap": true, "text-ignore-placement": true,
      },
      paint: { "text-color": inks.label ?? "#000" },
    },
  ];
}
