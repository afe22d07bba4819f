// The page of a grid: its table and its map say the same thing; one selection; the next cell from here.
import { register } from "/static/ui/js/behaviours.js";
import { gettext } from "/static/ui/js/words.js";
import { Cells } from "/static/layers/cells.js";
import { vocabulary } from "/static/map/signs.js";
import { VigieMap } from "/static/map/vigie-map.js";

/** @returns {any} */
const htmx = () => /** @type {any} */ (window).htmx;

class GridRoom {
  /** @param {HTMLElement} room */
  constructor(room) {
    this.room = room;
    this.data = JSON.parse(document.getElementById("grid-data")?.textContent ?? "{}");
    this.board = /** @type {HTMLElement} */ (room.querySelector("#grid-board"));
    this.map = new VigieMap(/** @type {HTMLElement} */ (room.querySelector("[data-map-canvas]")), {
      bounds: this.data.bounds, labels: this.data.labels, vocabulary: vocabulary(), label: gettext("Map of the cells"),
    });
    this.cells = new Cells(this.map, this.data);
    this.cells.addEventListener("pick", (event) => this.open(/** @type {CustomEvent} */ (event).detail.position));
    this.cells.addEventListener("hover", (event) => this.mark(/** @type {CustomEvent} */ (event).detail.position));
    this.cells.addEventListener("stale", () => {
      htmx().trigger(this.board, "vigie:refresh");
      const cell = document.querySelector(".grid-cell");
      if (cell) htmx().trigger(cell, "vigie:refresh");
    });
    room.addEventListener("click", (event) => this.clicked(/** @type {HTMLElement} */ (event.target)));
    room.querySelector("[data-grid-next]")?.addEventListener("htmx:configRequest", (event) => {
      const { parameters } = /** @type {CustomEvent} */ (event).detail;
      if (this.moved) [parameters.lon, parameters.lat] = this.map.centre.map(String);
    });
    this.swapped = () => this.chosen();
    document.addEventListener("htmx:afterSettle", this.swapped);
    document.addEventListener("vigie:detail-closed", this.swapped);
    void this.start();
  }

  async start() {
    await this.map.ready;
    await this.cells.begin("leads");
    this.map.map.on("dragend", () => (this.moved = true)); // only then "nearest" means what is looked at
    this.chosen();
    this.room.dataset.ready = "yes";
  }

  /** @param {HTMLElement} target */
  clicked(target) {
    const state = target.closest("[data-grid-state]");
    const show = target.closest("[data-show]");
    if (state instanceof HTMLElement) {
      const field = /** @type {HTMLInputElement} */ (this.room.querySelector("#grid-state"));
      field.value = state.getAttribute("aria-pressed") === "true" ? "" : (state.dataset.gridState ?? "");
      htmx().trigger(this.board, "vigie:refresh");
    }
    if (show instanceof HTMLElement) {
      this.room.dataset.view = show.dataset.show;
      for (const tab of this.room.querySelectorAll("[data-show]")) tab.setAttribute("aria-pressed", String(tab === show));
      this.map.map.resize();
    }
  }

  /** @param {number} position */
  open(position) {
    const url = this.data.features.replace(/[^/]*$/, `cells/${position}/`);
    void htmx().ajax("GET", url, { target: "#detail", swap: "innerHTML" });
  }

  /** The cell whose panel is open stands out on the map. */
  chosen() {
    const panel = /** @type {HTMLElement | null} */ (document.querySelector(".grid-cell[data-cell]"));
    if (this.map.map.getLayer("cells-chosen")) this.cells.choose(panel ? Number(panel.dataset.cell) : null);
  }

  /** @param {number | null} position */
  mark(position) {
    this.map.map.getCanvas().style.cursor = position ? "pointer" : "";
    for (const row of this.board.querySelectorAll("[data-hovered]")) row.removeAttribute("data-hovered");
    this.board.querySelector(`[data-row="cell:${position}"]`)?.setAttribute("data-hovered", "");
  }

  disconnect() {
    document.removeEventListener("htmx:afterSettle", this.swapped);
    document.removeEventListener("vigie:detail-closed", this.swapped);
    this.cells.disconnect();
    this.map.remove();
  }
}

register("grid-room", GridRoom);
