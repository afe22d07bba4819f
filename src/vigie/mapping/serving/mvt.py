"""Writing a vector tile (Mapbox Vector Tile 2.1) from flat arrays.

Our own writer, because the one Python library for it (mapbox-vector-tile) walks shapely objects one
by one: `vigie bench map_scale` measures both on the same tile, ours takes a twentieth of the time.
The tests read every tile back with that library.
Source: https://github.com/mapbox/vector-tile-spec/tree/master/2.1
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from vigie.mapping.serving.shapes import LINE, POINT, Shapes, spans

EXTENT: Final = 4096
"""Units along a tile's side."""
Value = str | float | int | bool


def layer(name: str, shapes: Shapes, columns: Mapping[str, Sequence[Value | None]]) -> bytes:
    """One layer of a tile. `shapes` are in tile units; each column has a value per shape, None
    where a shape has no such property. Polygons' rings are open, the outer ones clockwise on the
    screen. Nothing for no shapes."""
    if not len(shapes):
        return b""
    keys, values, tags, tag_ends = _tags(columns, len(shapes))
    numbers, ends = _commands(shapes)
    tag_bytes, tag_at = _varints(tags, tag_ends)
    bytes_, at = _varints(numbers, ends)
    parts = [_field(1, name.encode())]
    kinds = shapes.kind.tolist()
    from_tag, from_byte = 0, 0
    for kind, to_tag, to_byte in zip(kinds, tag_at, at, strict=True):
        written = tag_bytes[from_tag:to_tag]
        drawn = bytes_[from_byte:to_byte]
        feature = b"".join((
            b"\x12", _varint(len(written)), written, b"\x18", _varint(kind),
            b"\x22", _varint(len(drawn)), drawn,
        ))  # fmt: skip
        parts += (b"\x12", _varint(len(feature)), feature)
        from_tag, from_byte = to_tag, to_byte
    parts += [_field(3, key.encode()) for key in keys]
    parts += [_field(4, _value(value)) for value in values]
    parts += [b"\x28", _varint(EXTENT), b"\x78\x02"]
    return _field(3, b"".join(parts))


def _tags(
    columns: Mapping[str, Sequence[Value | None]], n: int
) -> tuple[list[str], list[Value], NDArray[np.uint32], NDArray[np.int64]]:
    """Keys and values of a layer, each written once a column; then for one shape after the other
    the numbers of its keys and values, and where those of each shape end."""
    keys: list[str] = []
    values: list[Value] = []
    numbers: list[NDArray[np.int64]] = []
    for name, column in columns.items():
        known: dict[Any, int] = {None: -1}
        if len({type(value) for value in column} - {type(None)}) > 1:  # 1, 1.0 and True are equal
            column = [None if value is None else (type(value), value) for value in column]  # type: ignore[misc]
        first = len(values) - 1
        codes = np.fromiter((known.setdefault(value, len(known)) for value in column), np.int64, n)
        del known[None]
        if known:
            keys.append(name)
            values += [value[1] if isinstance(value, tuple) else value for value in known]
            numbers.append(np.where(codes < 0, -1, codes + first))
    table = np.array(numbers).T.reshape(n, len(keys))
    pairs = np.stack([np.broadcast_to(np.arange(len(keys)), table.shape), table], axis=2)
    given = table >= 0
    return keys, values, pairs[given].ravel().astype(np.uint32), np.cumsum(2 * given.sum(axis=1))


def _commands(shapes: Shapes) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Drawing commands of all shapes one after the other, and where each shape's end."""
    rings = np.diff(shapes.first_ring)
    vertices = np.diff(shapes.first_vertex)  # per ring
    kind = np.repeat(shapes.kind, rings)  # per ring
    length = 2 * vertices + np.where(kind == POINT, 1, np.where(kind == LINE, 2, 3))
    start = np.concatenate(([0], np.cumsum(length)))
    out = np.zeros(int(start[-1]), dtype=np.uint32)

    steps_x, steps_y = np.diff(shapes.x, prepend=0), np.diff(shapes.y, prepend=0)
    begins = shapes.first_vertex[shapes.first_ring[:-1]]  # the pen starts anew with each shape
    steps_x[begins], steps_y[begins] = shapes.x[begins], shapes.y[begins]
    nth = np.arange(len(shapes.x)) - np.repeat(shapes.first_vertex[:-1], vertices)
    drawn = np.repeat(kind != POINT, vertices) & (nth > 0)  # after the command that draws lines
    at = np.repeat(start[:-1], vertices) + 1 + 2 * nth + drawn
    out[at], out[at + 1] = _zigzag(steps_x), _zigzag(steps_y)

    out[start[:-1]] = np.where(kind == POINT, (vertices << 3) | 1, 9)
    lines = kind != POINT
    out[start[:-1][lines] + 3] = ((vertices[lines] - 1) << 3) | 2
    out[start[1:][kind > LINE] - 1] = 15
    return out, start[shapes.first_ring[1:]]


def _zigzag(values: NDArray[Any]) -> NDArray[np.uint32]:
    wide = values.astype(np.int64)
    return ((wide << 1) ^ (wide >> 63)).astype(np.uint32)


def _varints(numbers: NDArray[np.uint32], ends: NDArray[np.int64]) -> tuple[bytes, list[int]]:
    """Numbers in protobuf's base 128, and where in the bytes those up to each of `ends` stop."""
    size = np.ones(len(numbers), dtype=np.int64)
    for bits in (7, 14, 21, 28):
        size += numbers >= (1 << bits)
    stop = np.cumsum(size)
    start = stop - size
    out = np.zeros(int(stop[-1]) if len(stop) else 0, dtype=np.uint8)
    left = numbers
    here = np.arange(len(numbers))
    for nth in range(5):
        if not len(here):
            break
        more = size[here] > nth + 1
        out[start[here] + nth] = (left & 0x7F).astype(np.uint8) | (more.astype(np.uint8) << 7)
        here, left = here[more], left[more] >> np.uint32(7)
    at = np.concatenate(([0], stop))[ends]
    return out.tobytes(), at.tolist()


_ONE: Final = [bytes((n,)) for n in range(128)]


def _varint(number: int) -> bytes:
    if number < 128:
        return _ONE[number]
    out = bytearray()
    while number > 127:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _field(number: int, content: bytes) -> bytes:
    return b"".join((_ONE[number << 3 | 2], _varint(len(content)), content))


def _value(value: Value) -> bytes:
    if isinstance(value, str):
        return _field(1, value.encode("utf-8", "replace"))
    if isinstance(value, bool):
        return b"\x38" + _ONE[value]
    if isinstance(value, int) and -(2**62) < value < 2**62:
        return b"\x30" + _varint(value << 1 if value >= 0 else (-value << 1) - 1)
    return b"\x19" + struct.pack("<d", value)


def single_points(x: NDArray[Any], y: NDArray[Any]) -> Shapes:
    """Points as shapes, one each."""
    n = len(x)
    return Shapes(
        kind=np.full(n, POINT, dtype=np.uint8), first_ring=np.arange(n + 1),
        first_vertex=np.arange(n + 1), hole=np.zeros(n, dtype=bool), x=x, y=y,
    )  # fmt: skip


def joined(layers: Iterable[bytes]) -> bytes:
    """A tile of several layers."""
    return b"".join(layers)


__all__ = ["EXTENT", "Value", "joined", "layer", "single_points", "spans"]
