"""What a tile of a layer shows, and never hides: every object is drawn or counted.

A tile that holds few objects draws them all. One that holds many draws those that are large enough
to be told apart and those that stand nearly alone, and says of the rest how many they are, cell by
cell. From FULL_ZOOM on all are drawn (up to AT_FULL). Counts and objects of the tiles of one zoom sum
to the layer: each object is drawn or counted by the tile its point lies in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from vigie.mapping.serving import mvt
from vigie.mapping.serving.cutting import MARGIN, cut, inside_tile
from vigie.mapping.serving.index import LayerIndex
from vigie.mapping.serving.mercator import BITS, cells
from vigie.mapping.serving.shapes import LINE, Shapes, joined

FULL_ZOOM: Final = 16
"""From here on a tile draws all its objects; the map enlarges these tiles beyond."""
SHOWN: Final = 400
"""Objects a tile draws one by one before it starts to count."""
LARGE: Final = 64
"""Large ones drawn by a tile that counts."""
AT_FULL: Final = 20_000
"""Objects drawn even at FULL_ZOOM."""
LARGE_UNITS: Final = 128
"""From this side on (16 pixels) a shape is large."""
DEEPER: Final = 3
"""A tile counts in 8 × 8 cells (64 pixels each)."""
ALONE: Final = 4
"""Objects of a cell that are drawn, not counted."""
COARSE: Final = 4
"""Units (half a pixel) within which vertices are drawn as one below FULL_ZOOM."""

OBJECTS: Final = "objects"
COUNTS: Final = "counts"


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """Places in the index of what a tile draws, in order; and for cells that are counted how many,
    where their middle is (units of the plane), and the template when they all have the same."""

    drawn: NDArray[np.int64]
    number: NDArray[np.int64]
    x: NDArray[np.int64]
    y: NDArray[np.int64]
    template: Sequence[str | None]


def choose(index: LayerIndex, z: int, x: int, y: int) -> Chosen:
    """What of a layer a tile draws and what it counts."""
    bounds = index.within(cells(z, x, y, deeper=DEEPER))
    first, last = int(bounds[0]), int(bounds[-1])
    full = z >= FULL_ZOOM
    if full or last - first <= SHOWN:
        drawn = _touching(index, z, x, y, first, last)
        if len(drawn) <= (AT_FULL if full else 2 * SHOWN):
            none = np.zeros(0, dtype=np.int64)
            return Chosen(drawn=drawn, number=none, x=none, y=none, template=())
    large = _touching(index, z, x, y, first, last, least=_units(LARGE_UNITS, z))
    if len(large) > LARGE:
        sides = index.tree.largest[0][large]
        large = np.sort(large[np.argsort(-sides, kind="stable")[:LARGE]])
    return _counted(index, bounds, large)


def _touching(
    index: LayerIndex, z: int, x: int, y: int, first: int, last: int, *, least: int = 0
) -> NDArray[np.int64]:
    """Objects of a tile: plain points in it, shapes that touch it and its margin."""
    if not len(index):
        return np.zeros(0, dtype=np.int64)
    side = 1 << (BITS - z)
    margin = side * MARGIN // mvt.EXTENT
    west, north = x * side, y * side
    found = index.tree.touching(
        west - margin, north - margin, west + side + margin, north + side + margin, least=least
    )
    return found[(index.shape[found] >= 0) | ((found >= first) & (found < last))]


def _counted(index: LayerIndex, bounds: NDArray[np.int64], large: NDArray[np.int64]) -> Chosen:
    """Cells that hold more than a few are counted, without what is drawn as large."""
    number = np.diff(bounds)
    sum_x, sum_y = (np.diff(sums[bounds]) for sums in index.sums)
    own = large[(large >= bounds[0]) & (large < bounds[-1])]
    cell = np.searchsorted(bounds, own, side="right") - 1
    for sums, values in ((number, 1), (sum_x, index.x[own]), (sum_y, index.y[own])):
        np.subtract.at(sums, cell, values)
    few = np.flatnonzero((number <= ALONE) & (np.diff(bounds) > 0))
    alone = [np.arange(bounds[each], bounds[each + 1]) for each in few]
    drawn = np.unique(np.concatenate([large, *alone]))
    many = np.flatnonzero(number > ALONE)
    return Chosen(
        drawn=drawn, number=number[many], x=sum_x[many] // number[many],
        y=sum_y[many] // number[many],
        template=[_same(index.told["template"][bounds[each] : bounds[each + 1]]) for each in many],
    )  # fmt: skip


def _same(templates: NDArray[Any]) -> str | None:
    """The template they all have; None when they differ or have none. Looks at up to 64 of them,
    evenly spread: the sign of a count is a hint, its number is not."""
    seen = set(templates[:: max(1, len(templates) // 64)].tolist())
    return seen.pop() if len(seen) == 1 else None


def render(
    index: LayerIndex, z: int, x: int, y: int, *, number: int, attributes: Sequence[str] = ()
) -> bytes:
    """The bytes of a tile of layer `number`; none when it holds nothing.

    Layer `objects`: features with the properties that web/layers/static/layers/looks.js names, of
    the open attributes these only; large lines and areas also with the point of their sign
    (`anchor`), arrows with their `head`. Layer `counts`: points with `n` and, when all counted there
    have the same, their `template`.
    """
    chosen = choose(index, z, x, y)
    return mvt.joined((
        _objects(index, chosen.drawn, (z, x, y), number, attributes),
        mvt.layer(
            COUNTS, mvt.single_points(*inside_tile(chosen.x, chosen.y, z, x, y)),
            {"n": chosen.number.tolist(), "template": chosen.template},
        ),
    ))  # fmt: skip


def _objects(
    index: LayerIndex,
    drawn: NDArray[np.int64],
    tile: tuple[int, int, int],
    number: int,
    attributes: Sequence[str],
) -> bytes:
    shape = index.shape[drawn]
    plain, shaped = drawn[shape < 0], drawn[shape >= 0]
    if not len(drawn):
        return b""
    parts: list[Shapes] = []
    heads, turn = _heads(index, shaped, tile)
    anchors = _anchors(index, shaped, tile)
    if len(shaped):
        grid = 1 if tile[0] >= FULL_ZOOM else COARSE
        pieces, there = cut(index.shapes.take(index.shape[shaped]), *tile, grid=grid)
        shaped = shaped[there]
        parts.append(pieces)
    which = np.concatenate((shaped, plain, anchors, heads))
    if len(which) == 0:
        return b""
    at = np.concatenate((plain, anchors))
    end_x, end_y = _ends(index, heads)
    points = inside_tile(
        np.concatenate((index.x[at], end_x)), np.concatenate((index.y[at], end_y)), *tile
    )
    parts.append(mvt.single_points(*points))
    told = columns(index, which, attributes)
    before: list[mvt.Value | None] = [None] * (len(shaped) + len(plain))
    told["layer"] = [number] * len(which)
    told["anchor"] = [*before, *[1] * len(anchors), *[None] * len(heads)]
    told["head"] = [*before, *[None] * len(anchors), *[1] * len(heads)]
    told["turn"] = [*before, *[None] * len(anchors), *turn.tolist()]
    return mvt.layer(OBJECTS, joined(parts), told)


def _anchors(
    index: LayerIndex, shaped: NDArray[np.int64], tile: tuple[int, int, int]
) -> NDArray[np.int64]:
    """Lines and areas large enough here for a sign, whose point lies in this tile."""
    large = index.tree.largest[0][shaped] >= _units(LARGE_UNITS, tile[0])
    return shaped[large & _in(index.x[shaped], index.y[shaped], tile)]


def _heads(
    index: LayerIndex, shaped: NDArray[np.int64], tile: tuple[int, int, int]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Arrows that end in this tile, and where they point to in degrees from north."""
    arrow = (index.told["template"][shaped] == "arrow").astype(bool)
    arrow &= index.shapes.kind[index.shape[shaped]] == LINE
    arrows = shaped[arrow]
    arrows = arrows[_in(*_ends(index, arrows), tile)]
    x, y = _ends(index, arrows)
    from_x, from_y = _ends(index, arrows, before=1)
    east, south = (x - from_x).astype(np.float64), (y - from_y).astype(np.float64)
    return arrows, np.degrees(np.arctan2(east, -south)) % 360.0


def _ends(
    index: LayerIndex, which: NDArray[np.int64], *, before: int = 0
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The last vertex of each shape, or the one `before` it."""
    shapes = index.shapes
    at = shapes.first_vertex[shapes.first_ring[index.shape[which] + 1]] - 1 - before
    return shapes.x[at].astype(np.int64), shapes.y[at].astype(np.int64)


def _in(x: NDArray[Any], y: NDArray[Any], tile: tuple[int, int, int]) -> NDArray[np.bool_]:
    z, tile_x, tile_y = tile
    inside: NDArray[np.bool_] = (x >> (BITS - z) == tile_x) & (y >> (BITS - z) == tile_y)
    return inside


def _units(in_tile: int, z: int) -> int:
    """Units of a tile of zoom z in those of the plane, at least one."""
    return max(1, (in_tile << (BITS - z)) // mvt.EXTENT)


def columns(
    index: LayerIndex, which: NDArray[np.int64], attributes: Sequence[str] = ()
) -> dict[str, list[mvt.Value | None]]:
    """What tiles and lists tell of these objects, a list a property; open attributes as
    `a.<key>`, none where one is empty."""
    told: dict[str, list[Any]] = {"uid": uids(index.told["uid"][which])}
    told |= {
        name: column[which].tolist()
        for name, column in index.told.items()
        if name not in ("uid", "note", "attributes")
    }
    if attributes and len(which):
        read = [
            msgspec.json.decode(text) if text else {}
            for text in index.told["attributes"][which].tolist()
        ]
        for key in attributes:
            values = [each.get(key) for each in read]
            told[f"a.{key}"] = [None if value == "" else value for value in values]
    return told


def attributes_of(style: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the open attributes that a layer's style asks for, in order."""
    rules = [rule for rule in style.get("rules", ()) if isinstance(rule, Mapping)]
    asked = {
        str(each.get("key", ""))
        for rule in rules
        for each in rule.get("when", ())
        if isinstance(each, Mapping) and each.get("on") == "attribute"
    }
    for looked in (style, *rules):
        label = str((looked.get("look") or {}).get("label") or "")
        if label.startswith("attributes."):
            asked.add(label.removeprefix("attributes."))
    return tuple(sorted(asked - {""}))


def uids(raw: NDArray[Any]) -> list[str]:
    """Identifiers kept as 16 bytes, as they are written."""
    digits = raw.tobytes().hex()
    return [
        f"{each[:8]}-{each[8:12]}-{each[12:16]}-{each[16:20]}-{each[20:]}"
        for each in (digits[at : at + 32] for at in range(0, len(digits), 32))
    ]
