// @ts-nocheck: runs in a service worker, which has other types than a page.
// Shows what is pushed, and opens the alert when somebody touches it. Keeps nothing, serves nothing.
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("push", (event) => {
  let said = {};
  try {
    said = event.data?.json() ?? {};
  } catch {
    said = { title: "Vigie" };
  }
  event.waitUntil(
    self.registration.showNotification(said.title || "Vigie", {
      body: said.body || "",
      tag: said.tag || undefined,
      renotify: Boolean(said.tag),
      requireInteraction: Boolean(said.urgent),
      lang: said.lang || "fr",
      icon: "/static/ui/vigie.svg",
      data: { url: said.url || "/" },
    }),
  );
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const target = new URL(event.notification.data?.url || "/", self.location.origin);
  if (target.origin !== self.location.origin) target.href = self.location.origin;
  event.waitUntil(
    (async () => {
      const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
      const there = pages.find((page) => page.url === target.href);
      if (there) return there.focus();
      return self.clients.openWindow(target.href);
    })(),
  );
});
