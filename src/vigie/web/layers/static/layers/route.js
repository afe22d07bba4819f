// A route's page: its map, and the list of what lies along it, at one time that both share.
import { register } from "/static/ui/js/behaviours.js";
import { gettext } from "/static/ui/js/words.js";
import { layRoute, paintRoute } from "/static/layers/routeline.js";
import { vocabulary } from "/static/map/signs.js";
import { VigieMap } from "/static/map/vigie-map.js";

const NOW_MS = 30_000;
const SETTLE_MS = 150;

class RoutePage {
  /** @param {HTMLElement} page */
  constructor(page) {
    this.page = page;
    this.data = JSON.parse(document.getElementById("route-data")?.textContent ?? "{}");
    this.field = /** @type {HTMLInputElement} */ (page.querySelector("#at"));
    this.list = /** @type {HTMLElement} */ (page.querySelector("#route-along"));
    this.map = new VigieMap(/** @type {HTMLElement} */ (page.querySelector("[data-map-canvas]")), {
      bounds: this.data.bounds, labels: this.data.labels, vocabulary: vocabulary(), label: gettext("Map of the route"),
    });
    this.field.addEventListener("input", () => this.later());
    page.querySelector("[data-route-now]")?.addEventListener("click", (event) => {
      event.preventDefault();
      this.field.value = "";
      this.show();
    });
    page.querySelector("[data-route-time]")?.addEventListener("submit", (event) => {
      event.preventDefault();
      this.show();
    });
    this.slide();
    this.tick = window.setInterval(() => this.field.value === "" && this.show(), NOW_MS);
    this.retheme = () => this.map.map.getSource("route") && paintRoute(this.map.map, "route");
    document.addEventListener("vigie:theme", this.retheme);
    this.list.addEventListener("htmx:afterSwap", () => void this.draw());
    void this.start();
  }

  async start() {
    await this.map.ready;
    layRoute(this.map.map, "route");
    await this.draw();
  }

  /** The slider goes along the timetable; the field says the time it stands at. */
  slide() {
    const box = /** @type {HTMLElement | null} */ (this.page.querySelector("[data-route-slide]"));
    const range = box?.querySelector("input");
    if (!box || !range || !this.data.from) return;
    const from = Date.parse(this.data.from);
    const span = Date.parse(this.data.until) - from;
    box.hidden = false;
    range.max = String(Math.round(span / 60_000));
    const asked = new URLSearchParams(location.search).get("at") ? Date.parse(`${this.field.value}`) : Date.now();
    range.value = String(Math.round((asked - from) / 60_000));
    range.addEventListener("input", () => {
      this.field.value = this.local(new Date(from + Number(range.value) * 60_000));
      range.setAttribute("aria-valuetext", this.field.value.replace("T", " "));
      this.later();
    });
  }

  /** As the field writes it, in the operation's time. @param {Date} moment */
  local(moment) {
    return moment.toLocaleString("sv-SE", { timeZone: this.data.zone, dateStyle: "short", timeStyle: "short" }).replace(" ", "T");
  }

  later() {
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.show(), SETTLE_MS);
  }

  /** Ask the list for the time; the map follows when it came. */
  show() {
    this.list.dispatchEvent(new CustomEvent("vigie:at"));
    const url = new URL(location.href);
    if (this.field.value) url.searchParams.set("at", this.field.value);
    else url.searchParams.delete("at");
    history.replaceState(history.state, "", url);
  }

  async draw() {
    const url = new URL(this.data.along, location.href);
    if (this.field.value) url.searchParams.set("at", this.field.value);
    try {
      const answer = await fetch(url);
      if (!answer.ok) return;
      const source = /** @type {import("/static/ui/vendor/maplibre-gl.mjs").GeoJSONSource | undefined} */ (this.map.map.getSource("route"));
      source?.setData(await answer.json());
    } catch {
      // the line is cut: the next time asks again
    }
  }

  disconnect() {
    window.clearInterval(this.tick);
    document.removeEventListener("vigie:theme", this.retheme);
    this.map.remove();
  }
}

register("route", RoutePage);
