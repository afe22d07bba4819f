"""Who in this process wants to hear at once that a chain grew. Only ever a hint: whoever listens looks
by itself after a while anyway."""

from __future__ import annotations

from collections.abc import Callable

_listeners: set[Callable[[], None]] = set()


def listen(listener: Callable[[], None]) -> None:
    """Call it, in whatever thread wrote, after each commit that made a chain grow."""
    _listeners.add(listener)


def leave(listener: Callable[[], None]) -> None:
    _listeners.discard(listener)


def tell() -> None:
    for each in tuple(_listeners):
        each()
