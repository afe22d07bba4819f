// The theme changes at once; the form behind the button keeps it for the next page.
// "vigie:theme" is sent on document; colour() resolves a token for canvases and maps.
import { register } from "./behaviours.js";

/**
 * The colour of a token in the theme shown, as "rgb(…)": `colour("--urgency-critical")`.
 * @param {string} token @returns {string}
 */
export function colour(token) {
  const probe = document.createElement("i");
  probe.hidden = true;
  probe.style.setProperty("forced-color-adjust", "none"); // else every colour is the text's, and the map black
  document.body.append(probe);
  probe.style.setProperty("color", `var(${token})`);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

/** Whether what is shown is dark. @returns {boolean} */
export function isDark() {
  const { theme } = document.documentElement.dataset;
  return theme === "dark" || (theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
}

const tell = () => document.dispatchEvent(new CustomEvent("vigie:theme", { detail: isDark() ? "dark" : "light" }));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", tell);

class Theme {
  /** @param {HTMLButtonElement} button */
  constructor(button) {
    button.addEventListener("click", async (event) => {
      const { form } = button;
      if (!form) return;
      event.preventDefault();
      document.documentElement.dataset.theme = button.dataset.vigieTheme;
      for (const other of form.querySelectorAll("[data-vigie-theme]"))
        other.setAttribute("aria-pressed", String(other === button));
      tell();
      const body = new FormData(form, button);
      await fetch(form.action, { method: "POST", body, headers: { "X-Requested-With": "fetch" } });
    });
  }
}

register("theme", /** @type {any} */ (Theme));
