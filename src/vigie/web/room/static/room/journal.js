// New entries announce themselves above the journal and never move what is read: they are fetched
// when the person asks, or at once when the top of the list is in view and nothing is being written.
import { register } from "/static/ui/js/behaviours.js";
import { isWriting } from "/static/ui/js/dom.js";
import { fill, ngettext } from "/static/ui/js/words.js";

class Journal {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.seq = Number(root.dataset.asOf);
    this.waiting = 0;
    this.button = /** @type {HTMLButtonElement} */ (root.querySelector("[data-show]"));
    this.list = /** @type {HTMLElement} */ (document.getElementById("entries"));
    this.button.addEventListener("click", () => this.show());
    this.hear = () => this.announce();
    document.addEventListener("vigie:entry", this.hear);
  }

  announce() {
    this.waiting++;
    this.button.hidden = false;
    this.button.textContent = fill(ngettext("%(n)d new entry ↑", "%(n)d new entries ↑", this.waiting), { n: this.waiting });
  }

  async show() {
    const url = new URL(this.root.dataset.url ?? "", location.href);
    url.searchParams.set("after", String(this.seq));
    const answer = await fetch(url, { headers: { "HX-Request": "true" } });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = /** @type {HTMLElement[]} */ ([...page.querySelectorAll(".entry")]);
    for (const entry of fresh) entry.classList.add("arrived");
    this.list.prepend(...fresh);
    const newest = fresh[0]?.dataset.seq;
    if (newest) this.seq = Math.max(this.seq, Number(newest));
    this.waiting = 0;
    this.button.hidden = true;
    if (!isWriting(document.activeElement)) fresh[0]?.scrollIntoView({ block: "nearest" });
  }

  disconnect() {
    document.removeEventListener("vigie:entry", this.hear);
  }
}

register("journal", Journal);
