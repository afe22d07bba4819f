// This browser's own subscription: asked for by a gesture, taken back by another.
import { register } from "/static/ui/js/behaviours.js";
import { gettext } from "/static/ui/js/words.js";

class Push {
  /** @param {HTMLElement} element */
  constructor(element) {
    this.element = element;
    this.said = /** @type {HTMLElement} */ (element.querySelector("[data-said]"));
    this.buttons = {
      allow: /** @type {HTMLButtonElement} */ (element.querySelector("[data-do=allow]")),
      refuse: /** @type {HTMLButtonElement} */ (element.querySelector("[data-do=refuse]")),
    };
    this.buttons.allow.addEventListener("click", () => void this.trying(() => this.allow()));
    this.buttons.refuse.addEventListener("click", () => void this.trying(() => this.refuse()));
    void this.look();
  }

  /** What can be done here, and what is so already. */
  async look() {
    if (!("serviceWorker" in navigator) || !("PushManager" in window)) {
      this.say(gettext("This browser cannot show notifications. On an iPhone, put Vigie on the home screen first."));
      return;
    }
    if (Notification.permission === "denied") {
      this.say(gettext("Notifications of this site are blocked in this browser. Allow them in its settings, then come back."));
      return;
    }
    const registration = await navigator.serviceWorker.getRegistration("/");
    const subscription = await registration?.pushManager.getSubscription();
    this.show(Boolean(subscription));
    if (subscription) this.say(gettext("This device is notified."));
  }

  async allow() {
    if ((await Notification.requestPermission()) !== "granted") return void this.look();
    const registration = await navigator.serviceWorker.register("/sw.js", { scope: "/" });
    await navigator.serviceWorker.ready;
    const old = await registration.pushManager.getSubscription();
    await old?.unsubscribe(); // it may have been made with a key that is no more
    const subscription = await registration.pushManager.subscribe({
      userVisibleOnly: true,
      applicationServerKey: bytesOf(this.element.dataset.key ?? ""),
    });
    const answer = await fetch(this.element.dataset.add ?? "", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": csrf() },
      body: JSON.stringify({ ...subscription.toJSON(), label: nameOf(navigator.userAgent) }),
    });
    const { words } = await answer.json();
    if (!answer.ok) {
      await subscription.unsubscribe();
      throw new Error(words);
    }
    location.reload();
  }

  async refuse() {
    const registration = await navigator.serviceWorker.getRegistration("/");
    const subscription = await registration?.pushManager.getSubscription();
    if (subscription) {
      const form = new FormData();
      form.set("endpoint", subscription.endpoint);
      await fetch(this.element.dataset.remove ?? "", { method: "POST", headers: { "X-CSRFToken": csrf() }, body: form });
      await subscription.unsubscribe();
    }
    location.reload();
  }

  /** @param {() => Promise<void>} gesture */
  async trying(gesture) {
    for (const button of Object.values(this.buttons)) button.disabled = true;
    try {
      await gesture();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.say(`${gettext("It did not work; nothing was changed.")} ${reason}`);
    }
    for (const button of Object.values(this.buttons)) button.disabled = false;
  }

  /** @param {boolean} allowed */
  show(allowed) {
    this.buttons.allow.hidden = allowed;
    this.buttons.refuse.hidden = !allowed;
  }

  /** @param {string} words */
  say(words) {
    this.said.textContent = words;
  }
}

/** @param {string} key URL-safe base64 @returns {Uint8Array<ArrayBuffer>} */
function bytesOf(key) {
  const text = atob(key.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

function csrf() {
  return JSON.parse(document.body.getAttribute("hx-headers") ?? "{}")["X-CSRFToken"] ?? "";
}

/** "Firefox · Android": enough to tell one's devices apart. @param {string} agent */
function nameOf(agent) {
  const browser = ["Edg", "OPR", "Firefox", "Chrome", "Safari"].find((name) => agent.includes(name)) ?? "";
  const system = ["Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux"].find((name) => agent.includes(name)) ?? "";
  return [{ Edg: "Edge", OPR: "Opera" }[browser] ?? browser, system].filter(Boolean).join(" · ");
}

register("push", /** @type {any} */ (Push));
