// The list of the public map: nearest first when a person says from where, the map when they ask for it.
// Nothing they say leaves the browser; without this script the list is whole all the same.

/** @typedef {[number, number]} Position longitude, latitude */

const EARTH_M = 6_371_008.8;

/** @template {Element} T @param {string} selector @returns {T | null} */
const find = (selector) => document.querySelector(selector);

/** @param {string} text "lon,lat" @returns {Position} */
const position = (text) => /** @type {Position} */ (text.split(",").map(Number));

/** Metres along a great circle. @param {Position} from @param {Position} to */
function metres([lon, lat], [lon2, lat2]) {
  const rad = (/** @type {number} */ degrees) => (degrees * Math.PI) / 180;
  const h = Math.sin(rad(lat2 - lat) / 2) ** 2 + Math.cos(rad(lat)) * Math.cos(rad(lat2)) * Math.sin(rad(lon2 - lon) / 2) ** 2;
  return 2 * EARTH_M * Math.asin(Math.min(1, Math.sqrt(h)));
}

/** "400 m", "2,5 km": rounded, as what is listed may be blurred. @param {number} distance */
function said(distance) {
  if (distance < 950) return `${Math.max(100, Math.round(distance / 100) * 100)} m`;
  const km = distance / 1000;
  return `${km.toLocaleString(document.documentElement.lang, { maximumFractionDigits: km < 10 ? 1 : 0 })} km`;
}

class Nearest {
  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.form = form;
    this.list = /** @type {HTMLElement} */ (find("[data-nearest]"));
    this.grouped = /** @type {HTMLElement} */ (find("[data-listed]"));
    this.back = /** @type {HTMLButtonElement} */ (form.querySelector("[data-grouped]"));
    this.place = /** @type {HTMLSelectElement} */ (form.querySelector("select"));
    this.words = /** @type {HTMLElement} */ (form.querySelector("[data-near-said]"));
    this.items = /** @type {HTMLElement[]} */ ([...this.grouped.querySelectorAll("li")]);
    this.homes = this.items.map((item) => /** @type {HTMLElement} */ (item.parentElement));
    form.addEventListener("submit", (event) => event.preventDefault());
    this.place.addEventListener("change", () => (this.place.value ? this.sort(position(this.place.value)) : this.group()));
    this.back.addEventListener("click", () => this.group());
    const here = /** @type {HTMLButtonElement} */ (form.querySelector("[data-here]"));
    if ("geolocation" in navigator) here.addEventListener("click", () => this.locate());
    else here.remove();
    form.hidden = false;
  }

  locate() {
    this.place.value = "";
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => this.sort([coords.longitude, coords.latitude]),
      () => (this.words.textContent = this.form.dataset.refused ?? ""),
      { timeout: 10_000, maximumAge: 60_000 },
    );
  }

  /** @param {Position} from */
  sort(from) {
    const far = this.items.map((item) => (item.dataset.at ? metres(from, position(item.dataset.at)) : Infinity));
    const order = this.items.map((_, at) => at).sort((a, b) => Number(far[a]) - Number(far[b]));
    const list = /** @type {HTMLElement} */ (this.list.querySelector("ol"));
    for (const at of order) {
      const item = /** @type {HTMLElement} */ (this.items[at]);
      const distance = Number(far[at]);
      this.tell(item, distance < Infinity ? said(distance) : (this.form.dataset.unplaced ?? ""));
      list.append(item);
    }
    this.show(true);
    this.words.textContent = this.form.dataset.sorted ?? "";
  }

  /** @param {HTMLElement} item @param {string} text */
  tell(item, text) {
    let line = item.querySelector(".far");
    if (!line) {
      line = Object.assign(document.createElement("p"), { className: "far" });
      item.querySelector(".what")?.after(line);
    }
    line.textContent = text;
  }

  group() {
    this.items.forEach((item, at) => {
      item.querySelector(".far")?.remove();
      this.homes[at]?.append(item);
    });
    this.place.value = "";
    this.show(false);
    this.words.textContent = "";
  }

  /** @param {boolean} nearest */
  show(nearest) {
    this.list.hidden = !nearest;
    this.grouped.hidden = nearest;
    this.back.hidden = !nearest;
  }
}

/** @param {HTMLButtonElement} button */
function offerMap(button) {
  const offer = /** @type {HTMLElement} */ (find("[data-map-offer]"));
  const line = /** @type {HTMLElement} */ (find("[data-map-said]"));
  offer.hidden = false;
  button.addEventListener("click", async () => {
    button.disabled = true;
    line.textContent = button.dataset.loading ?? "";
    try {
      const [view, answer] = await Promise.all([
        import(button.dataset.view ?? ""), fetch(button.dataset.data ?? ""), ...(button.dataset.styles ?? "").split(" ").map(styled),
      ]);
      if (!answer.ok) throw new Error(String(answer.status));
      await view.show(await answer.json(), button.dataset);
      offer.hidden = true;
      line.textContent = "";
    } catch (error) {
      console.warn("map:", error);
      line.textContent = button.dataset.failed ?? "";
      button.disabled = false;
    }
  });
}

/** Load a style sheet under the page's own. @param {string} href */
function styled(href) {
  if (document.querySelector(`link[href="${href}"]`)) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href });
    link.addEventListener("load", resolve);
    link.addEventListener("error", reject);
    document.head.prepend(link);
  });
}

const form = /** @type {HTMLFormElement | null} */ (find("[data-near]"));
if (form) new Nearest(form);
const button = /** @type {HTMLButtonElement | null} */ (find("[data-map-show]"));
if (button) offerMap(button);
