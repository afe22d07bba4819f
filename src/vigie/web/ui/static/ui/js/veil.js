// Pictures that may shock are blurred and grey until the person asks, one by one, and can be covered
// again. Each look is counted for the person's own sake (data-looked on body: where to); the server
// answers with a proposal to pause when there were many.
//
//   <figure class="veiled" data-vigie-veil><img …><button type="button" class="btn" data-unveil>…</button></figure>
//
// `data-uncounted`: covered as a precaution, nobody knows that it shocks. "vigie:veil" tells the
// element's other behaviours.
import { register } from "./behaviours.js";
import { drawIcon } from "./dom.js";
import { toast } from "./toast.js";
import { gettext } from "./words.js";

class Veil {
  /** @param {HTMLElement} box */
  constructor(box) {
    this.box = box;
    this.button = /** @type {HTMLButtonElement | null} */ (box.querySelector("[data-unveil]"));
    if (!this.button) return;
    this.words = [...this.button.childNodes];
    this.turn = () => this.set(!this.box.classList.contains("veiled"));
    this.button.addEventListener("click", this.turn);
  }

  /** @param {boolean} veiled */
  set(veiled) {
    this.box.classList.toggle("veiled", veiled);
    if (veiled) this.button?.replaceChildren(...(this.words ?? []));
    else this.button?.replaceChildren(drawIcon("eye-off"), gettext("Cover again"));
    this.box.dispatchEvent(new CustomEvent("vigie:veil"));
    if (!veiled && !this.box.hasAttribute("data-uncounted")) void counted();
  }

  disconnect() {
    if (this.turn) this.button?.removeEventListener("click", this.turn);
  }
}

/** Count one look. Nothing stands in the way of the person when that fails. */
async function counted() {
  const address = document.body.dataset.looked;
  if (!address) return;
  const headers = JSON.parse(document.body.getAttribute("hx-headers") ?? "{}");
  try {
    const answer = await fetch(address, { method: "POST", headers, keepalive: true });
    if (!answer.ok) return;
    const { text, link } = await answer.json();
    if (text) toast(text, { link, lasting: true });
  } catch {
    // the line is cut: a look more or less does not matter
  }
}

register("veil", Veil);
