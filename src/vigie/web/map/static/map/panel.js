// The panel of one incident, wherever it is shown. Its parts are replaced one by one after each
// gesture and each change by others; a part somebody writes in is left alone until it is sent, with
// the version they had read, so that the server can merge or ask.
import { register } from "/static/ui/js/behaviours.js";
import { keys } from "/static/ui/js/keyboard.js";
import { selection } from "/static/ui/js/selection.js";
import { toast } from "/static/ui/js/toast.js";
import { gettext } from "/static/ui/js/words.js";

/** @returns {any} */
const htmx = () => /** @type {any} */ (window).htmx;

class IncidentPanel {
  /** @param {HTMLElement} panel */
  constructor(panel) {
    this.panel = panel;
    this.word = `incident:${panel.dataset.vigieIncident}`;
    panel.addEventListener("input", (event) => this.writing(/** @type {HTMLElement} */ (event.target)));
    panel.addEventListener("click", (event) => this.clicked(/** @type {HTMLElement} */ (event.target)));
    panel.addEventListener("keydown", (event) => this.pressed(event));
    panel.addEventListener("htmx:beforeRequest", (event) => this.sending(/** @type {CustomEvent} */ (event)));
    panel.addEventListener("htmx:afterRequest", (event) => this.sent(/** @type {CustomEvent} */ (event)));
    panel.addEventListener("htmx:beforeSwap", (event) => this.answered(/** @type {CustomEvent} */ (event)));
    panel.addEventListener("htmx:oobBeforeSwap", (event) => this.swapping(/** @type {CustomEvent} */ (event)));
    this.line = (/** @type {Event} */ event) => {
      if (/** @type {CustomEvent} */ (event).detail === "on") this.resend();
    };
    document.addEventListener("vigie:line", this.line);
    this.offs = this.bind();
    selection.set(this.word, "panel");
  }

  /** @param {HTMLElement} field */
  writing(field) {
    if (field.dataset.noDirty !== undefined || field.matches("[type=radio], [type=search], select")) return;
    const part = partOf(field);
    if (part) part.dataset.dirty = "yes";
  }

  /** @param {CustomEvent} event */
  sending(event) {
    const form = event.detail.elt;
    if (form instanceof HTMLFormElement) form.dataset.sent = textOf(form);
  }

  /** @param {CustomEvent} event */
  sent(event) {
    const form = event.detail.elt;
    if (!(form instanceof HTMLFormElement)) return;
    const part = partOf(form);
    if (event.detail.successful) {
      if (form.dataset.resets !== undefined) form.reset();
    } else if (!event.detail.xhr?.status && part) {
      part.dataset.unsaved = "yes";
    }
  }

  /** The line is back: send what could not be. */
  resend() {
    for (const part of this.panel.querySelectorAll("[data-unsaved]")) {
      const form = part.querySelector("form");
      delete (/** @type {HTMLElement} */ (part).dataset.unsaved);
      form?.requestSubmit();
    }
  }

  /** Whose answer is being put in; none once the panel was closed. @param {CustomEvent} event */
  answered(event) {
    this.answering = event.detail.requestConfig?.elt;
    if (!this.panel.isConnected) event.detail.shouldSwap = false;
  }

  /**
   * A part is about to be replaced: not by an older one (answers may overtake each other), not while
   * it holds something unsent, nor while its own answer is still to come (that one will replace it).
   * @param {CustomEvent} event
   */
  swapping(event) {
    const old = /** @type {HTMLElement} */ (event.detail.target);
    const waiting = [...old.querySelectorAll("form.htmx-request")].filter((form) => form !== this.answering);
    if (waiting.length || versionOf(event.detail.fragment.firstElementChild) < versionOf(old)) {
      event.detail.shouldSwap = false;
      return;
    }
    const fresh = /** @type {ParentNode} */ (event.detail.fragment);
    for (const open of old.querySelectorAll("details[open]")) {
      const at = [...old.querySelectorAll("details")].indexOf(/** @type {HTMLDetailsElement} */ (open));
      const same = fresh.querySelectorAll("details")[at];
      if (same instanceof HTMLDetailsElement) same.open = true;
    }
    if (!old.dataset.dirty) return;
    const form = old.querySelector("form");
    const typing = form ? textOf(form) : "";
    if (form && form.dataset.sent === typing) return;
    event.detail.shouldSwap = false;
    if (form?.dataset.sent !== undefined) {
      const version = /** @type {HTMLInputElement | null} */ (fresh.querySelector("input[name=version]"));
      const mine = /** @type {HTMLInputElement | null} */ (form.querySelector("input[name=version]"));
      if (version && mine) mine.value = version.value;
      delete form.dataset.sent;
    }
  }

  /** @param {HTMLElement} target */
  clicked(target) {
    const button = target.closest("button");
    if (!button) return;
    if (button.dataset.incidentLocate !== undefined) this.locate();
    else if (button.dataset.incidentShow !== undefined) this.onMap("show");
    else if (button.dataset.incidentTake !== undefined) this.take(button);
    else if (button.dataset.clashDrop !== undefined) button.closest(".clash")?.remove();
  }

  /** Enter sends a title, which is one line however long. @param {KeyboardEvent} event */
  pressed(event) {
    const field = event.target;
    if (!(field instanceof HTMLTextAreaElement) || event.key !== "Enter" || event.isComposing) return;
    if (field.dataset.vigieEnterSubmits === undefined && !event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    field.form?.requestSubmit();
    field.blur();
  }

  get place() {
    const script = this.panel.querySelector("[data-part=place] script");
    return JSON.parse(script?.textContent ?? "{}");
  }

  /** Ask the map of this page to place it; without one, go to where there is one. */
  locate() {
    const { geometry, precision_m: precision } = this.place;
    const detail = { word: this.word, geometry, precision, done: this.placed.bind(this) };
    const nobody = document.dispatchEvent(new CustomEvent("vigie:locate", { cancelable: true, detail }));
    if (nobody) this.onMap("locate");
  }

  /** It was placed: send it, by the form that is there now. @param {object | null} geometry @param {number | null} metres */
  placed(geometry, metres) {
    const form = /** @type {HTMLFormElement | null} */ (this.panel.querySelector("[data-locate-form]"));
    if (!form) return;
    const field = (/** @type {string} */ name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name));
    field("geometry").value = geometry ? JSON.stringify(geometry) : "";
    field("precision_m").value = metres === null ? "" : String(metres);
    form.requestSubmit();
  }

  /** @param {"show" | "locate"} what */
  onMap(what) {
    const event = new CustomEvent("vigie:show-on-map", { cancelable: true, detail: { word: this.word } });
    if (what === "show" && !document.dispatchEvent(event)) return;
    const query = new URLSearchParams({ incident: String(this.place.number) });
    if (what === "locate") query.set("locate", "1");
    location.assign(`${this.panel.dataset.mapUrl}?${query}`);
  }

  /** @param {HTMLButtonElement} button */
  take(button) {
    const choice = /** @type {HTMLSelectElement | null} */ (button.form?.elements.namedItem("assignee"));
    if (!choice) return;
    choice.value = button.dataset.incidentTake ?? "";
    button.form?.requestSubmit();
  }

  /** Keys of the incident that is open. On the watch board its posts have the keys. */
  bind() {
    const active = () => this.panel.isConnected && !document.querySelector("[data-vigie-board]");
    keys.scope("incident", { label: gettext("Incident open at the right"), active });
    const press = (/** @type {string} */ selector) => {
      const control = /** @type {HTMLElement | null} */ (this.panel.querySelector(selector));
      if (!control) return false;
      control.click();
    };
    /** @type {[string, string, string][]} */
    const states = [
      ["s a", "to_check", gettext("State: to check")], ["s c", "confirmed", gettext("State: confirmed")],
      ["s d", "denied", gettext("State: denied")], ["s u", "unverifiable", gettext("State: unverifiable")],
      ["s h", "handed_over", gettext("State: handed over")], ["s f", "closed", gettext("State: closed")],
    ];
    const offs = states.map(([key, state, label]) =>
      keys.bind("incident", key, { label, run: () => press(`.state-btn[data-state=${state}]`) }),
    );
    offs.push(
      keys.bind("incident", "l", { label: gettext("Place on the map"), run: () => press("[data-incident-locate]") }),
      keys.bind("incident", "t", { label: gettext("Take charge of it"), run: () => press("[data-incident-take]") }),
    );
    const [credibility, reliability] = [gettext("Credibility"), gettext("Reliability")];
    for (const digit of "123456")
      offs.push(keys.bind("incident", digit, { label: `${credibility} ${digit}`, run: () => press(`[name=credibility][value="${digit}"]`) }));
    for (const letter of "ABCDEF")
      offs.push(keys.bind("incident", `Shift+${letter}`, { label: `${reliability} ${letter}`, run: () => press(`[name=reliability][value="${letter}"]`) }));
    return offs;
  }

  disconnect() {
    document.removeEventListener("vigie:line", this.line);
    for (const off of this.offs) off();
  }
}

/** @param {Element} inside */
const partOf = (inside) => /** @type {HTMLElement | null} */ (inside.closest("[data-part]"));

/** Of the incident, when this part was drawn. @param {Element | null} part */
const versionOf = (part) => Number(/** @type {HTMLElement | null} */ (part)?.dataset.version);

/** What is written in a form, without its version. @param {HTMLFormElement} form */
function textOf(form) {
  const data = new FormData(form);
  for (const name of ["version", "csrfmiddlewaretoken"]) data.delete(name);
  return JSON.stringify([...data]);
}

register("incident", IncidentPanel);

/** A choice "join this one": says so, and shows the incident. */
class Joining {
  /** @param {HTMLFormElement} form */
  constructor(form) {
    form.addEventListener("htmx:afterRequest", (event) => {
      if (!(/** @type {CustomEvent} */ (event).detail.successful)) return;
      const url = form.action.replace(/join\/$/, "");
      toast(gettext("The post backs the incident now."), { kind: "good" });
      document.dispatchEvent(new CustomEvent("vigie:incident", { detail: { number: Number(form.dataset.vigieJoining), id: Number(form.dataset.id) } }));
      void htmx().ajax("GET", url, { target: "#detail" });
    });
  }
}

register("joining", /** @type {any} */ (Joining));
