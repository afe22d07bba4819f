// Printing from the map: the button of the tool bar opens the form with what the screen shows.
import { toast } from "/static/ui/js/toast.js";
import { gettext } from "/static/ui/js/words.js";
import { whenOpen } from "/static/layers/hooks.js";

whenOpen(({ room, map }) => {
  const button = /** @type {HTMLAnchorElement | null} */ (room.querySelector("[data-map-print]"));
  const dialog = /** @type {HTMLDialogElement | null} */ (room.querySelector("[data-print-dialog]"));
  const tools = room.querySelector("[data-layer-tools]");
  if (!button || !dialog || !tools) return;
  tools.append(button);
  button.hidden = false;
  button.addEventListener("click", async (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const bounds = map.map.getBounds();
    const box = [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()];
    const address = new URL(button.href);
    address.searchParams.set("box", box.map((each) => each.toFixed(5)).join(","));
    address.searchParams.set("base", map.bases.choice);
    try {
      const answer = await fetch(address, { headers: { "HX-Request": "true" } });
      if (!answer.ok) throw new Error(String(answer.status));
      dialog.innerHTML = await answer.text();
    } catch {
      toast(gettext("The form could not be fetched. Check the line, then try again."), { kind: "warn" });
      return;
    }
    const close = /** @type {HTMLButtonElement} */ (dialog.querySelector("[data-print-close]"));
    close.hidden = false;
    close.addEventListener("click", () => dialog.close());
    dialog.showModal();
    /** @type {any} */ (window).htmx?.process(dialog);
  });
});
