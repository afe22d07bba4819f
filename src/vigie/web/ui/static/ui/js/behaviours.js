// One small class per data-vigie-* attribute. A behaviour's constructor takes its element;
// its optional disconnect() is called when the element leaves the page.

/** @typedef {new (element: HTMLElement) => { disconnect?: () => void }} Behaviour */

/** @type {Map<string, Behaviour>} */
const registry = new Map();
/** @type {WeakMap<HTMLElement, Map<string, { disconnect?: () => void }>>} */
const running = new WeakMap();

/**
 * Register the behaviour of `data-vigie-<name>` and start it on what is already there.
 * @param {string} name
 * @param {Behaviour} behaviour
 */
export function register(name, behaviour) {
  registry.set(name, behaviour);
  if (document.readyState !== "loading") startIn(document.body, name, behaviour);
}

/** @param {ParentNode} root @param {string} name @param {Behaviour} behaviour */
function startIn(root, name, behaviour) {
  const selector = `[data-vigie-${name}]`;
  const found = /** @type {HTMLElement[]} */ ([...root.querySelectorAll(selector)]);
  if (root instanceof HTMLElement && root.matches(selector)) found.unshift(root);
  for (const element of found) {
    const mine = running.get(element) ?? new Map();
    if (mine.has(name)) continue;
    running.set(element, mine);
    mine.set(name, new behaviour(element));
  }
}

/** @param {HTMLElement} root */
function stopIn(root) {
  for (const element of [root, ...root.querySelectorAll("*")]) {
    const mine = running.get(/** @type {HTMLElement} */ (element));
    if (!mine) continue;
    for (const behaviour of mine.values()) behaviour.disconnect?.();
    running.delete(/** @type {HTMLElement} */ (element));
  }
}

/** Start all registered behaviours now and whenever the page changes. */
export function start() {
  const all = (/** @type {ParentNode} */ root) => {
    for (const [name, behaviour] of registry) startIn(root, name, behaviour);
  };
  const go = () => {
    all(document.body);
    new MutationObserver((changes) => {
      for (const change of changes) {
        for (const node of change.removedNodes)
          if (node instanceof HTMLElement && !node.isConnected) stopIn(node);
        for (const node of change.addedNodes) if (node instanceof HTMLElement) all(node);
      }
    }).observe(document.body, { childList: true, subtree: true });
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", go);
  else go();
}
