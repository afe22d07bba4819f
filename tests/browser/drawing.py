"""Drawing through the room's store, as its tools do, and reading what a page shows."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

OPEN = """async () => {
  const { whenOpen } = await import("/static/layers/hooks.js");
  await new Promise((resolve) => whenOpen((room) => {
    window.room = room;
    if (room.store.ready) resolve();
    else room.store.addEventListener("ready", resolve, { once: true });
  }));
}"""


def open_room(page: Page) -> Page:
    """Wait until the room is open and its objects are known."""
    page.evaluate(OPEN)
    return page


def draw(page: Page, layer: int, lon: float, lat: float, **fields: Any) -> str:
    """A point; its id."""
    made: str = page.evaluate(
        "([layer, fields]) => room.store.create(layer, fields)",
        [layer, {"geometry": {"type": "Point", "coordinates": [lon, lat]}, **fields}],
    )
    return made


def change(page: Page, uid: str, **fields: Any) -> None:
    page.evaluate("([uid, fields]) => room.store.change(uid, fields)", [uid, fields])


def shown(page: Page) -> dict[str, Any]:
    """Name of each object shown, by id."""
    found: dict[str, Any] = page.evaluate(
        "() => Object.fromEntries(room.store.all().map((each) => [each.id, each.properties.name ?? '']))"
    )
    return found


def until(page: Page, what: str, argument: Any = None) -> None:
    """Wait for something to be so of the room."""
    page.wait_for_function(what, arg=argument)


SENT = "() => !room.store.pending.length"
