"""Layers in use, kept in this process within a limit of memory; tiles just made, too.

Each process keeps its own and follows the database: two of them answer alike. Nothing here asks who
the person is; what is kept is the same for all who may see the layer.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Final

from vigie.mapping.models import Layer
from vigie.mapping.serving.filtering import Wanted, left
from vigie.mapping.serving.index import LayerIndex
from vigie.mapping.serving.reading import Known, follow, read_layer

BYTES: Final = 256_000_000
"""Layers kept at most; the one asked last is kept even when it alone is larger."""
TILE_BYTES: Final = 32_000_000
FILTERED: Final = 4
"""Filters people use at once; a layer's part is at most as large as the layer."""


class Held:
    """Layers by primary key, those asked longest ago given up first. Safe between threads: a layer
    is read by one of them while the others wait for it, not for one another."""

    def __init__(self, limit: int = BYTES) -> None:
        self._limit = limit
        self._known: OrderedDict[int, Known] = OrderedDict()
        self._locks: dict[int, Lock] = {}
        self._lock = Lock()

    def layer(self, layer: Layer) -> Known:
        """The layer at least as new as `layer`, which the caller just read."""
        with self._lock:
            mine = self._locks.setdefault(layer.pk, Lock())
            known = self._known.get(layer.pk)
            if known is not None:
                self._known.move_to_end(layer.pk)
        if known is not None and _same(known, layer):
            return known
        with mine:
            with self._lock:
                known = self._known.get(layer.pk)
            if known is not None and known.index.seq > layer.changed:
                layer = Layer.objects.get(pk=layer.pk)  # it was read before another thread's
            if known is None or known.index.seq > layer.changed:  # a backup was restored
                known = read_layer(layer)
            elif not _same(known, layer):
                known = follow(known, layer)
            with self._lock:
                self._known[layer.pk] = known
                self._known.move_to_end(layer.pk)
                self._give_up()
        return known

    def clear(self) -> None:
        """Give up all of them."""
        with self._lock:
            self._known.clear()

    def _give_up(self) -> None:
        while len(self._known) > 1 and self.nbytes > self._limit:
            gone, _ = self._known.popitem(last=False)
            self._locks.pop(gone, None)

    @property
    def nbytes(self) -> int:
        return sum(each.index.nbytes for each in self._known.values())

    def __len__(self) -> int:
        return len(self._known)


def _same(known: Known, layer: Layer) -> bool:
    return known.index.seq == layer.changed and known.counted == layer.objects_number


class Tiles:
    """Bytes of tiles by what they were made from, those asked longest ago given up first."""

    def __init__(self, limit: int = TILE_BYTES) -> None:
        self._limit = limit
        self._made: OrderedDict[tuple[object, ...], bytes] = OrderedDict()
        self._size = 0
        self._lock = Lock()

    def get(self, key: tuple[object, ...]) -> bytes | None:
        with self._lock:
            made = self._made.get(key)
            if made is not None:
                self._made.move_to_end(key)
            return made

    def put(self, key: tuple[object, ...], tile: bytes) -> None:
        with self._lock:
            before = self._made.pop(key, b"")
            self._made[key] = tile
            self._size += len(tile) - len(before)
            while self._size > self._limit:
                _, gone = self._made.popitem(last=False)
                self._size -= len(gone)

    def clear(self) -> None:
        with self._lock:
            self._made.clear()
            self._size = 0


class Filtered:
    """What filters left of layers: the last few, each of the index it was made from."""

    def __init__(self, most: int = FILTERED) -> None:
        self._most = most
        self._made: OrderedDict[tuple[int, Wanted], tuple[LayerIndex, LayerIndex]] = OrderedDict()
        self._lock = Lock()

    def get(self, layer: Layer, index: LayerIndex, wanted: Wanted) -> LayerIndex:
        key = (layer.pk, wanted)
        with self._lock:
            known = self._made.get(key)
        if known is None or known[0] is not index:
            known = (index, left(index, wanted))
        with self._lock:
            self._made[key] = known
            self._made.move_to_end(key)
            while len(self._made) > self._most:
                self._made.popitem(last=False)
        return known[1]


layers: Final = Held()
filtered: Final = Filtered()
tiles: Final = Tiles()
