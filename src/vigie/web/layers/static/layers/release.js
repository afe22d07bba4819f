// From the map to releasing it, by key.
import { keys } from "/static/ui/js/keyboard.js";
import { gettext } from "/static/ui/js/words.js";
import { whenOpen } from "/static/layers/hooks.js";

whenOpen(() => {
  keys.bind("layers", "Shift+P", {
    label: gettext("Release the map to the public"),
    run: () => {
      const way = /** @type {HTMLAnchorElement | null} */ (document.querySelector("[data-map-release]"));
      if (!way) return false;
      location.assign(way.href);
    },
  });
});
