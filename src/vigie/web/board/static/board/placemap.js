// Saying where on a small map, in a dialog. The map's code and styles are fetched when first asked for.
import { toast } from "/static/ui/js/toast.js";
import { make } from "/static/ui/js/dom.js";
import { gettext } from "/static/ui/js/words.js";

/** @param {string[]} styles */
function dress(styles) {
  for (const href of styles)
    if (!document.querySelector(`link[href="${href}"]`)) document.head.append(make("link", { rel: "stylesheet", href }));
}

/**
 * Show the map; gives name, geometry (a GeoJSON Point) and precision_m, or null.
 * @returns {Promise<Record<string, string> | null>}
 */
export async function askOnMap() {
  const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("place-map-dialog"));
  try {
    const response = await fetch(dialog.dataset.source ?? "", { headers: { "HX-Request": "true" } });
    if (!response.ok) throw new Error(String(response.status));
    dialog.innerHTML = await response.text();
    dress((dialog.dataset.styles ?? "").split(" "));
    await import("/static/map/picker.js");
  } catch {
    toast(gettext("The map could not be fetched. Choose a commune instead, or try again."), { kind: "warn" });
    return null;
  }
  const form = /** @type {HTMLFormElement} */ (dialog.querySelector("form"));
  const place = /** @type {HTMLButtonElement} */ (form.querySelector("[data-place]"));
  form.addEventListener("vigie:placed", (event) => (place.disabled = !(/** @type {CustomEvent} */ (event).detail.geometry)));
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      const said = /** @type {Record<string, string>} */ (Object.fromEntries([...new FormData(form)].map(([k, v]) => [k, String(v)])));
      resolve(dialog.returnValue === "yes" && said.geometry ? said : null);
      dialog.replaceChildren();
    }, { once: true });
  });
}
