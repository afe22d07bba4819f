"""One layer in memory: its objects in Morton order, their boxes, shapes and what tiles tell of them.

An index is never changed: `updated` makes the next one, so a tile being made meanwhile sees one
state. Sums of places are kept so that how many stand in any square, and where their middle is, costs
two look-ups whatever the number of objects.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from vigie.mapping.serving.boxes import BoxTree, pack
from vigie.mapping.serving.mercator import Ints, Keys, morton, to_world
from vigie.mapping.serving.shapes import Shapes, joined, nothing

WASTE: Final = 0.25
"""Share of shapes no object has any more above which they are cleared away."""


@dataclass(frozen=True, kw_only=True)
class Rows:
    """n objects with a place, in any order. `lon`, `lat` a point of each and `box` (4, n) its west,
    south, east and north in degrees. `shape` (n,) is the place of its shape in `shapes`, -1 for a
    plain point. `told` are columns of what tiles tell (arrays of n)."""

    pk: NDArray[np.int64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    box: NDArray[np.float64]
    shape: NDArray[np.int32]
    shapes: Shapes
    told: dict[str, NDArray[Any]]


@dataclass(frozen=True, kw_only=True)
class LayerIndex:
    """The objects of a layer as of journal entry `seq`, in Morton order of their points."""

    seq: int
    pk: NDArray[np.int64]
    key: Keys
    x: Ints
    y: Ints
    boxes: NDArray[np.int32]
    shape: NDArray[np.int32]
    shapes: Shapes
    told: dict[str, NDArray[Any]]
    tree: BoxTree = field(repr=False)

    def __len__(self) -> int:
        return len(self.pk)

    @cached_property
    def sums(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Sums of x and of y of all objects before each, shape (n + 1,)."""
        return _sums(self.x), _sums(self.y)

    @cached_property
    def nbytes(self) -> int:
        """Bytes held, near enough: strings count as 80 bytes with their object."""
        arrays = (self.pk, self.key, self.x, self.y, self.boxes, self.shape, *self.sums)
        columns = sum(
            each.nbytes + (80 * len(each) if each.dtype == object else 0)
            for each in self.told.values()
        )
        return sum(each.nbytes for each in arrays) + columns + self.shapes.nbytes + self.tree.nbytes

    def within(self, starts: Keys) -> NDArray[np.int64]:
        """Where each Morton number would stand: the bounds of cells in the columns."""
        return np.searchsorted(self.key, starts)

    def updated(self, *, seq: int, without: NDArray[np.int64], rows: Rows) -> LayerIndex:
        """As of `seq`: without the objects of these primary keys, with those rows."""
        gone = np.isin(self.pk, without)
        kept = np.flatnonzero(~gone)
        new = _ordered(rows)
        shapes, shape_old, shape_new = self._shapes(kept, new)
        put = np.searchsorted(self.key[kept], new.key, side="right")

        def merged(old: NDArray[Any], more: NDArray[Any]) -> NDArray[Any]:
            return np.insert(old[kept], put, more)

        pk, key = merged(self.pk, new.pk), merged(self.key, new.key)
        columns = {
            "pk": pk, "key": key, "x": merged(self.x, new.x), "y": merged(self.y, new.y),
            "boxes": np.stack([merged(self.boxes[side], new.boxes[side]) for side in range(4)]),
            "shape": np.insert(shape_old, put, shape_new),
        }  # fmt: skip
        told = {name: merged(self.told[name], new.told[name]) for name in self.told}
        if np.any((key[1:] == key[:-1]) & (pk[1:] < pk[:-1])):  # one place: by primary key
            order = np.lexsort((pk, key))
            columns = {name: column[..., order] for name, column in columns.items()}
            told = {name: column[order] for name, column in told.items()}
        return LayerIndex(seq=seq, shapes=shapes, told=told, tree=pack(columns["boxes"]), **columns)

    def _shapes(
        self, kept: NDArray[np.int64], new: LayerIndex
    ) -> tuple[Shapes, NDArray[np.int32], NDArray[np.int32]]:
        """Shapes old and new, and the places of those of the objects kept and of the new ones."""
        shapes, old = self.shapes, self.shape[kept]
        used = old >= 0
        if len(shapes) - int(used.sum()) > WASTE * len(shapes):
            shapes = shapes.take(old[used])
            old = old.copy()
            old[used] = np.arange(len(shapes))
        moved = np.where(new.shape >= 0, new.shape + len(shapes), -1).astype(np.int32)
        if len(new.shapes):
            shapes = joined([shapes, new.shapes])
        return shapes, old, moved


def build(rows: Rows, *, seq: int) -> LayerIndex:
    """An index of these objects as of journal entry `seq`."""
    return _ordered(rows, seq=seq)


def _ordered(rows: Rows, *, seq: int = 0) -> LayerIndex:
    x, y = to_world(rows.lon, rows.lat)
    key = morton(x, y)
    order = np.lexsort((rows.pk, key))
    west, north = to_world(rows.box[0], rows.box[3])
    east, south = to_world(rows.box[2], rows.box[1])
    boxes = np.stack([west, north, east, south])[:, order]
    return LayerIndex(
        seq=seq, pk=rows.pk[order], key=key[order], x=x[order], y=y[order], boxes=boxes,
        shape=rows.shape[order], shapes=rows.shapes,
        told={name: column[order] for name, column in rows.told.items()}, tree=pack(boxes),
    )  # fmt: skip


def _sums(values: Ints) -> NDArray[np.int64]:
    return np.concatenate(([0], np.cumsum(values, dtype=np.int64)))


def concatenated(parts: Sequence[Rows]) -> Rows:
    """Rows one after the other; `parts` is not empty."""
    shapes, before = [], 0
    places = []
    for part in parts:
        places.append(np.where(part.shape >= 0, part.shape + before, -1).astype(np.int32))
        before += len(part.shapes)
        shapes.append(part.shapes)
    return Rows(
        pk=np.concatenate([each.pk for each in parts]),
        lon=np.concatenate([each.lon for each in parts]),
        lat=np.concatenate([each.lat for each in parts]),
        box=np.concatenate([each.box for each in parts], axis=1),
        shape=np.concatenate(places),
        shapes=joined(shapes) if shapes else nothing(),
        told={
            name: np.concatenate([each.told[name] for each in parts]) for name in parts[0].told
        },
    )  # fmt: skip
