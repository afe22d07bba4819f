// @ts-nocheck: runs in a service worker, which has other types than a page.
// Opens the map's page without a network, from what shell.js kept of it on this device. With a network
// it changes nothing: pages and files come from the server as ever. It answers GET of that page, of
// the files that page needs and of what it asks beside; never anything else, never a POST.
//
// One registration an operation (scope /o/<slug>/layers/), and one for the map library's worker, whose
// own files no page's registration covers.
const PAGES = "vigie.shell."; // <person>.<slug>.<release>: the page and what it asks beside
const FILES = "vigie.files."; // <release>: scripts, styles, signs, the local base map
const PATIENCE_MS = 8_000;
const AWAY = new Set([502, 503, 504]);
const HERE = new URL(self.registration.scope).pathname;
const SLUG = /^\/o\/([^/]+)\/layers\/$/.exec(HERE)?.[1] ?? "";

/** Pages that came from the server: their files do too. @type {Set<string>} */
const warm = new Set();
/** Pages that came from this device, and of which release. @type {Map<string, string>} */
const cold = new Map();

self.addEventListener("install", () => self.skipWaiting());

self.addEventListener("fetch", (event) => {
  const { request, clientId } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (request.mode === "navigate") {
    if (SLUG && url.pathname === HERE) event.respondWith(page(event));
  } else if (!SLUG) event.respondWith(fetch(request).catch(() => kept(request)));
  else if (!warm.has(clientId) && isFile(url)) event.respondWith(file(request, clientId));
});

/** @param {URL} url */
const isFile = (url) => /^\/(static|js)\//.test(url.pathname);

/** The page: the server's when it can be reached, else the one kept here. */
async function page(event) {
  const { request, resultingClientId } = event;
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), PATIENCE_MS);
  try {
    const answer = await fetch(request, { signal: late.signal });
    clearTimeout(timer);
    if (!AWAY.has(answer.status)) {
      warm.add(resultingClientId);
      // Signed out, or not in the team any more: the page kept here is for nobody.
      if (answer.type === "opaqueredirect" || answer.status === 403 || answer.status === 404) await forget();
      return answer;
    }
    return (await opened(resultingClientId)) ?? answer;
  } catch (error) {
    clearTimeout(timer);
    const found = await opened(resultingClientId);
    if (found) return found;
    throw error;
  }
}

/** The page as it is kept, which says since when; null when none is. */
async function opened(client) {
  const name = (await caches.keys()).filter((each) => each.startsWith(PAGES) && each.includes(`.${SLUG}.`)).pop();
  const found = name && (await (await caches.open(name)).match(HERE, { ignoreVary: true }));
  if (!found) return null;
  if (Date.parse(found.headers.get("X-Vigie-Until")) < Date.now()) return over(name, found);
  const release = found.headers.get("X-Vigie-Release");
  cold.set(client, release);
  await remember(client, release);
  const text = (await found.text()).replace("<body ", `<body data-cold="${found.headers.get("X-Vigie-Kept")}" `);
  return new Response(text, { headers: found.headers });
}

/** The session is over: nothing of the map is shown, what waits stays. */
async function over(name, found) {
  const words = decodeURIComponent(found.headers.get("X-Vigie-Over") ?? "");
  await caches.delete(name);
  const text = `<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Vigie</title><h1>Vigie</h1><p>${escaped(words)}</p>`;
  return new Response(text, { headers: { "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": "default-src 'none'" } });
}

/** A file of a page kept here comes from the same release, also when the network is back. */
async function file(request, client) {
  const release = cold.get(client) ?? (await remembered(client));
  if (!release) return fetch(request);
  cold.set(client, release);
  return (await kept(request, release)) ?? fetch(request);
}

/** @param {Request} request @param {string} [release] any without */
async function kept(request, release) {
  const url = new URL(request.url);
  const names = (await caches.keys()).filter((each) => (each.startsWith(FILES) || each.startsWith(PAGES)) && (!release || each.endsWith(`.${release}`)));
  for (const name of names) {
    const found = await (await caches.open(name)).match(url.pathname.startsWith("/static/") ? url.pathname : request, { ignoreVary: true });
    if (found) return found;
  }
  return release ? undefined : Response.error();
}

// Which pages are cold is written down: a worker is put to sleep and forgets.
const NOTES = "vigie.notes.";

/** @param {string} client @param {string} release */
async function remember(client, release) {
  const notes = await caches.open(NOTES + SLUG);
  for (const each of await notes.keys()) {
    const known = new URL(each.url).pathname.split("/").pop();
    if (!(await self.clients.get(known))) await notes.delete(each);
  }
  await notes.put(`${HERE}cold/${client}`, new Response(release));
}

/** @param {string} client */
async function remembered(client) {
  const found = await caches.match(`${HERE}cold/${client}`, { cacheName: NOTES + SLUG });
  if (found) return found.text();
  warm.add(client);
  return null;
}

async function forget() {
  for (const name of await caches.keys())
    if (name.startsWith(PAGES) && name.includes(`.${SLUG}.`)) await caches.delete(name);
}

/** @param {string} text */
const escaped = (text) => text.replace(/[&<>"]/g, (each) => `&#${each.charCodeAt(0)};`);
