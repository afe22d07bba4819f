// Keeps the map's page on this device, so that it opens without a network (map-worker.js), and says so:
// what is kept here, for whom, and how to keep nothing on a shared computer.
import { drawIcon, make } from "/static/ui/js/dom.js";
import { forget, forgetPages, maps, MAPS, PAGES, setShared, shared } from "/static/ui/js/kept.js";
import { short } from "/static/ui/js/time.js";
import { toast } from "/static/ui/js/toast.js";
import { fill, gettext, ngettext } from "/static/ui/js/words.js";
import { whenOpen } from "/static/layers/hooks.js";

/** @typedef {import("/static/layers/workspace.js").Workspace} Workspace */
/** @typedef {{ person: number, release: string, files: Record<string, string>, page: string, beside: string[], until: string, over: string }} Facts */

const WORKER = "/map-worker.js";
const LIBRARY = "/static/ui/vendor/maplibre-gl-worker.mjs";
const FILES = "vigie.files.";
const AFTER_MS = 4_000;
const AT_ONCE = 4;
const MAPS_KEPT = 3;
const SOON_MS = 24 * 3_600_000;

class Device {
  /** @param {Workspace} room @param {HTMLElement} box */
  constructor(room, box) {
    this.room = room;
    this.store = room.store;
    this.said = /** @type {HTMLElement} */ (box.querySelector("[data-device-said]"));
    this.others = /** @type {HTMLElement} */ (box.querySelector("[data-device-others]"));
    this.box = /** @type {HTMLInputElement} */ (box.querySelector("[data-device-shared]"));
    this.box.checked = shared();
    this.box.addEventListener("change", () => void this.turn());
    this.cold = document.body.dataset.cold ?? "";
    this.say(this.cold ? "kept" : "");
    this.tellOthers();
    this.store.addEventListener("state", () => this.tellOthers());
    window.setTimeout(() => void this.keep(), AFTER_MS);
    window.addEventListener("online", () => window.setTimeout(() => void this.keep(), AFTER_MS));
    document.addEventListener("vigie:line", (event) => {
      if (/** @type {CustomEvent} */ (event).detail === "on" && this.cold) this.back();
    });
  }

  /** The page came from this device and the server can be reached again: what is not followed is asked anew. */
  back() {
    this.cold = "";
    delete document.body.dataset.cold;
    document.getElementById("layer-list")?.dispatchEvent(new CustomEvent("vigie:refresh"));
    void this.keep();
  }

  /** @param {"" | "kept" | "shared" | "no" | "wait"} state */
  say(state) {
    const words = {
      "": gettext("What you draw stays on this device until the server has it."),
      kept: gettext("This map opens without a network on this device: as you saw it last, for you alone, until you sign out."),
      shared: gettext("Nothing is kept on this computer: close no page before what you drew has left."),
      no: gettext("What you draw stays on this device until the server has it. This page does not open without a network: the browser keeps pages only over https."),
      wait: gettext("What you drew is still on its way. Try again when it has left."),
    };
    this.said.textContent = words[shared() && state !== "wait" ? "shared" : state];
  }

  tellOthers() {
    const now = new Date();
    const lines = this.store.others.map(({ n, until }) => {
      const day = short(new Date(until), now, document.body.dataset.zone ?? "UTC", document.documentElement.lang);
      const words = ngettext(
        "%(n)s change of somebody else waits on this device, sealed. It leaves when they sign in here again and open the map; after %(day)s it is forgotten.",
        "%(n)s changes of somebody else wait on this device, sealed. They leave when they sign in here again and open the map; after %(day)s they are forgotten.", n,
      );
      const soon = until - now.getTime() < SOON_MS;
      return make("p", { class: soon ? "notice warn" : "" }, drawIcon(soon ? "alert-triangle" : "lock"), fill(words, { n, day }));
    });
    this.others.replaceChildren(...lines);
  }

  /** Keep everything, or nothing from now on. */
  async turn() {
    if (!this.box.checked) {
      setShared(false);
      toast(gettext("From the next time you open the map, this device keeps it."), { kind: "good" });
      return this.say("");
    }
    await this.store.send();
    if (this.store.pending.length || this.store.aside.length) {
      this.box.checked = false;
      return this.say("wait");
    }
    setShared(true);
    this.store.fullness = "shared";
    await this.store.keep.stop();
    const own = (await maps()).filter((name) => name.startsWith(`${MAPS}${document.body.dataset.person}.`));
    await Promise.all(own.map(forget));
    await forgetPages("").catch(() => {});
    for (const each of (await navigator.serviceWorker?.getRegistrations()) ?? [])
      if (each.active?.scriptURL.endsWith(WORKER)) await each.unregister();
    for (const name of (await window.caches?.keys()) ?? []) if (name.startsWith(FILES)) await caches.delete(name);
    this.say("shared");
    this.store.sender.tell();
  }

  /** Keep page and files of one release together: all of them, or what was kept before. */
  async keep() {
    if (shared() || this.keeping || document.body.dataset.cold) return;
    if (!("serviceWorker" in navigator) || !("caches" in window)) return this.say("no");
    this.keeping = true;
    try {
      const answer = await fetch(this.room.data.device, { redirect: "manual", headers: this.store.headers });
      if (!answer.ok) return;
      /** @type {Facts} */
      const facts = await answer.json();
      if (String(facts.person) !== document.body.dataset.person || !Object.keys(facts.files).length) return;
      await navigator.serviceWorker.register(WORKER, { scope: facts.page });
      await navigator.serviceWorker.register(WORKER, { scope: LIBRARY });
      await keepFiles(facts);
      await keepPage(facts);
      await tidy(facts);
      this.say("kept");
    } catch (error) {
      // cut in the middle, no room, a file of another release: what was kept before stays
      console.warn("map: this page is not kept:", /** @type {Error} */ (error)?.message);
    } finally {
      this.keeping = false;
    }
  }
}

/** @param {Facts} facts */
async function keepFiles({ release, files }) {
  const cache = await caches.open(`${FILES}${release}`);
  const there = new Set((await cache.keys()).map((each) => new URL(each.url).pathname));
  const missing = Object.keys(files).filter((url) => !there.has(url));
  for (let at = 0; at < missing.length; at += AT_ONCE)
    await Promise.all(missing.slice(at, at + AT_ONCE).map(async (url) => {
      const answer = await fetch(url, { cache: "no-cache" });
      const body = await answer.clone().arrayBuffer();
      if (!answer.ok || (await digest(body)) !== files[url]) throw new Error(`${url} is of another release`);
      await cache.put(url, answer);
    }));
}

/** The page last: with it the new one counts. @param {Facts} facts */
async function keepPage({ person, release, page, beside, until, over }) {
  const slug = page.split("/")[2];
  const cache = await caches.open(`${PAGES}${person}.${slug}.${release}`);
  for (const url of beside) {
    const answer = await fetch(url, { cache: "no-cache", redirect: "error" });
    if (answer.ok) await cache.put(url, answer);
  }
  const answer = await fetch(page, { cache: "no-store", redirect: "error", headers: { Accept: "text/html" } });
  if (!answer.ok) throw new Error(`the page answered ${answer.status}`);
  const text = await answer.text();
  const shown = new DOMParser().parseFromString(text, "text/html");
  if (shown.body.dataset.person !== String(person)) throw new Error("somebody else signed in");
  const headers = new Headers(answer.headers);
  headers.set("X-Vigie-Kept", new Date().toISOString());
  headers.set("X-Vigie-Release", release);
  headers.set("X-Vigie-Until", until);
  headers.set("X-Vigie-Over", encodeURIComponent(over));
  await cache.put(page, new Response(text, { headers }));
}

/** Older releases go, and maps of operations opened long ago. @param {Facts} facts */
async function tidy({ person, release, page }) {
  const mine = `${PAGES}${person}.${page.split("/")[2]}.`;
  const names = (await caches.keys()).filter((name) => name.startsWith(PAGES));
  for (const name of names) if (name.startsWith(mine) && !name.endsWith(`.${release}`)) await caches.delete(name);
  const rest = (await caches.keys()).filter((name) => name.startsWith(PAGES));
  for (const name of rest.filter((each) => !each.startsWith(mine)).slice(0, -MAPS_KEPT)) await caches.delete(name);
  const releases = new Set(rest.map((name) => name.split(".").pop()));
  for (const name of await caches.keys())
    if (name.startsWith(FILES) && !releases.has(name.slice(FILES.length))) await caches.delete(name);
}

/** @param {ArrayBuffer} body */
async function digest(body) {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", body));
  return [...bytes].map((each) => each.toString(16).padStart(2, "0")).join("");
}

whenOpen((room) => {
  const box = /** @type {HTMLElement | null} */ (room.room.querySelector("[data-map-device]"));
  if (box) new Device(room, box);
});
