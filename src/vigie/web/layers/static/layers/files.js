// Files in and out from the map: dropped on it, they are handed in; the export knows what is shown.
import { toast } from "/static/ui/js/toast.js";
import { gettext } from "/static/ui/js/words.js";
import { whenOpen } from "/static/layers/hooks.js";

/** @param {DragEvent} event */
const carriesFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");

const token = () =>
  /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1] ??
  JSON.parse(document.body.getAttribute("hx-headers") ?? "{}")["X-CSRFToken"] ??
  "";

/** @param {HTMLElement} room @param {string} address @param {File} file */
async function handIn(room, address, file) {
  const body = new FormData();
  body.append("file", file);
  room.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(address, { method: "POST", body, headers: { Accept: "application/json", "X-CSRFToken": token() } });
    const told = await answer.json();
    if (answer.ok) location.assign(told.go);
    else toast(`${told.what} ${told.advice}`, { kind: "bad" });
  } catch {
    toast(gettext("The file did not get through. Check the line, then drop it again."), { kind: "bad" });
  } finally {
    room.removeAttribute("aria-busy");
  }
}

whenOpen(({ room, map }) => {
  const ways = document.querySelector("[data-map-files]");
  const upload = ways?.getAttribute("data-upload");
  const leave = ways?.querySelector("[data-map-export]");
  leave?.addEventListener("click", (event) => {
    const link = /** @type {HTMLAnchorElement} */ (event.currentTarget);
    const bounds = map.map.getBounds();
    const sides = [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()];
    const whole = new URL(link.href);
    whole.searchParams.set("bbox", sides.map((side) => side.toFixed(5)).join(","));
    link.href = whole.toString();
  });
  if (!upload) return;
  room.addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    room.classList.add("is-dropping");
  });
  room.addEventListener("dragleave", (event) => {
    if (!room.contains(/** @type {Node | null} */ (event.relatedTarget))) room.classList.remove("is-dropping");
  });
  room.addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    room.classList.remove("is-dropping");
    const file = event.dataTransfer?.files[0];
    if (file) void handIn(room, upload, file);
  });
});
