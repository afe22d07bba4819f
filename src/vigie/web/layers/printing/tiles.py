"""The base map below a printed map: tiles of a server through the guarded client, kept for a day, or of
a pack at hand. What cannot be had whole is not there: the sheet then says what lies below instead."""

from __future__ import annotations

import asyncio
import base64
import io
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from django.conf import settings
from PIL import Image

from vigie.contracts.ports import FetchError
from vigie.mapping.basemaps.archive import Archive, PackUnreadable
from vigie.mapping.basemaps.known import Basemap
from vigie.mapping.printing.drawing import Ground
from vigie.mapping.printing.paper import EARTH, View, project
from vigie.mapping.queries.basemaps import Pack, offered
from vigie.pipeline.http import GuardedHttp
from vigie.pipeline.ports import guarded_http

SIDE: Final = 256
TILES: Final = 120
ALL_S: Final = 8.0
ONE_S: Final = 5.0
BYTES: Final = 600_000
DEEPEST: Final = 18
DPI: Final = 170
KEPT_S: Final = 86_400
CACHE: Final = 200_000_000
"""Bytes of kept tiles beyond which the oldest go."""
FORMATS: Final = ("PNG", "JPEG", "WEBP", "AVIF")
Tile = tuple[int, int, int]
Covering = tuple[int, int, int, int, int]
"""Zoom, first column and row, last column and row."""


@dataclass(frozen=True, kw_only=True)
class Below:
    """What lies below: `ground` None for the local base map; `source` whose it is; `missing` the name
    of what was asked for and could not be had; `whole` unless a pack ends inside the sheet."""

    ground: Ground | None = None
    source: str = ""
    missing: str = ""
    whole: bool = True


def printable() -> list[tuple[str, str]]:
    """(code, name) of the base maps that may lie below a sheet."""
    return [
        (each.code, each.archive.facts.name if isinstance(each, Pack) else str(each.label))
        for each in _printable()
    ]


def below(code: str, view: View, *, now: datetime) -> Below:
    """The base map of this code ("auto": the first that can be had), or what stands in."""
    asked = [each for each in _printable() if code in ("auto", each.code)]
    missing = ""
    for each in asked:
        if isinstance(each, Pack):
            found = _of_pack(each.archive, view)
        else:
            found = _of_server(each, view, now=now)
            missing = missing or str(each.label)
        if found is not None:
            return found if not missing or isinstance(each, Basemap) else _instead(found, missing)
    if missing and code != "auto":
        for each in _printable():
            if isinstance(each, Pack) and (found := _of_pack(each.archive, view)):
                return _instead(found, missing)
    return Below(missing=missing)


def tidy(folder: Path, *, now: datetime, most: int = CACHE) -> None:
    """Take kept tiles off that are older than a day, then the oldest until no more than `most` bytes
    are left."""
    found = []
    for path in folder.rglob("*.tile*"):
        try:
            told = path.stat()
        except FileNotFoundError:  # somebody else tidies too
            continue
        if told.st_mtime < now.timestamp() - KEPT_S:
            path.unlink(missing_ok=True)
        else:
            found.append((told.st_mtime, told.st_size, path))
    size = sum(each for _, each, _ in found)
    for _, bytes_of, path in sorted(found):
        if size <= most:
            break
        path.unlink(missing_ok=True)
        size -= bytes_of
    for path in folder.glob("*"):
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()


def covering(view: View, *, deepest: int = DEEPEST) -> Covering:
    """The tiles that cover the view at the finest zoom that takes no more than TILES."""
    per_metre = DPI / 25.4 * view.mm
    finest = round(math.log2(2 * math.pi * EARTH * per_metre / SIDE))
    west, south, east, north = view.box
    left, bottom = project(west, south)
    right, top = project(east, north)
    for z in range(min(max(finest, 0), deepest), -1, -1):
        side = 2 * math.pi * EARTH / 2**z
        most = 2**z - 1
        columns = (math.floor((left / side) + 2**z / 2), math.floor((right / side) + 2**z / 2))
        rows = (math.floor(2**z / 2 - top / side), math.floor(2**z / 2 - bottom / side))
        first_x, last_x = (min(max(each, 0), most) for each in columns)
        first_y, last_y = (min(max(each, 0), most) for each in rows)
        if (last_x - first_x + 1) * (last_y - first_y + 1) <= TILES:
            return z, first_x, first_y, last_x, last_y
    return 0, 0, 0, 0, 0


def _printable() -> list[Basemap | Pack]:
    return [
        each
        for each in offered()
        if (each.kept if isinstance(each, Basemap) else not each.archive.facts.vector)
    ]


def _instead(found: Below, missing: str) -> Below:
    return Below(ground=found.ground, source=found.source, missing=missing, whole=found.whole)


def _of_server(base: Basemap, view: View, *, now: datetime) -> Below | None:
    """None when it cannot be had, whole, in time."""
    over = covering(view, deepest=min(DEEPEST, base.max_zoom))
    cache = settings.VIGIE_HOME / "cache" / "plan"
    folder = cache / base.code
    tidy(cache, now=now)
    try:
        found = asyncio.run(_all(base, list(_tiles(over)), folder))
    except (FetchError, TimeoutError, OSError, ValueError):
        return None
    try:
        ground = _mosaic(view, over, lambda tile: _opened(found[tile]))
    except (OSError, Image.DecompressionBombError):
        for tile in found:  # one of them is no picture, whatever its first bytes say
            (folder / _name(tile)).unlink(missing_ok=True)
        return None
    return Below(ground=ground, source=f"{base.attribution} ({base.label})")


def _of_pack(archive: Archive, view: View) -> Below | None:
    """None where the pack has nothing of the sheet's middle."""
    facts = archive.facts
    west, south, east, north = facts.box
    if not (west <= view.lon <= east and south <= view.lat <= north):
        return None
    over = covering(view, deepest=min(DEEPEST, facts.max_zoom))
    if over[0] < facts.min_zoom:
        return None
    try:
        ground = _mosaic(view, over, lambda tile: _enlarged(archive, tile))
    except (PackUnreadable, OSError, Image.DecompressionBombError):
        return None
    left, bottom, right, top = view.box
    whole = west <= left and south <= bottom and east >= right and north >= top
    return Below(ground=ground, source=f"{facts.attribution} ({facts.name})", whole=whole)


def _enlarged(archive: Archive, tile: Tile) -> Image.Image | None:
    """The tile, or its part of the nearest one above it that the pack has."""
    z, x, y = tile
    for up in range(z - archive.facts.min_zoom + 1):
        data = archive.tile(z - up, x >> up, y >> up)
        if data is None:
            continue
        picture = _opened(data)
        if up == 0:
            return picture
        side = picture.width / (1 << up)
        if side < 1:
            return None
        left, top = (x % (1 << up)) * side, (y % (1 << up)) * side
        return picture.resize((SIDE, SIDE), box=(left, top, left + side, top + side))
    return None


def _opened(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
        return picture.convert("RGB")


def _mosaic(view: View, over: Covering, tile_at: Callable[[Tile], Image.Image | None]) -> Ground:
    """All tiles as one picture, and where it lies on the paper."""
    z, first_x, first_y, last_x, last_y = over
    across, down = last_x - first_x + 1, last_y - first_y + 1
    whole = Image.new("RGB", (across * SIDE, down * SIDE), "white")
    for tile in _tiles(over):
        picture = tile_at(tile)
        if picture is not None:
            if picture.size != (SIDE, SIDE):
                picture = picture.resize((SIDE, SIDE))
            whole.paste(picture, ((tile[1] - first_x) * SIDE, (tile[2] - first_y) * SIDE))
    written = io.BytesIO()
    whole.save(written, "JPEG", quality=85)
    data = base64.b64encode(written.getvalue()).decode()
    side = 2 * math.pi * EARTH / 2**z
    middle_x, middle_y = project(view.lon, view.lat)
    left = (first_x * side - math.pi * EARTH - middle_x) * view.mm + view.width / 2
    top = (middle_y - (math.pi * EARTH - first_y * side)) * view.mm + view.height / 2
    box = (left, top, across * side * view.mm, down * side * view.mm)
    return Ground(picture=f"data:image/jpeg;base64,{data}", picture_box=box)


def _tiles(over: Covering) -> Iterator[Tile]:
    z, first_x, first_y, last_x, last_y = over
    for x in range(first_x, last_x + 1):
        for y in range(first_y, last_y + 1):
            yield z, x, y


async def _all(base: Basemap, wanted: list[Tile], folder: Path) -> Mapping[Tile, bytes]:
    """Every tile; the first that fails ends it. Raises FetchError, TimeoutError, OSError."""
    found: dict[Tile, bytes] = {}
    http = guarded_http()
    try:
        async with asyncio.timeout(ALL_S), asyncio.TaskGroup() as group:
            for tile in wanted:
                kept = folder / _name(tile)
                if kept.exists():
                    found[tile] = kept.read_bytes()
                else:
                    group.create_task(_one(http, base, tile, folder, found))
    except* (FetchError, ValueError, OSError) as errors:
        raise ValueError("the base map is not whole") from errors
    finally:
        await http.close()
    return found


async def _one(
    http: GuardedHttp, base: Basemap, tile: Tile, folder: Path, found: dict[Tile, bytes]
) -> None:
    answer = await http.get(
        base.at(*tile), headers={"Accept": "image/*"}, max_bytes=BYTES, timeout_s=ONE_S
    )
    if answer.status != 200 or not answer.body.startswith((b"\x89PNG", b"\xff\xd8", b"RIFF")):
        raise ValueError(f"no picture: {answer.status}")
    found[tile] = answer.body
    folder.mkdir(parents=True, exist_ok=True)
    half = folder / f"{_name(tile)}.half"
    half.write_bytes(answer.body)
    half.replace(folder / _name(tile))


def _name(tile: Tile) -> str:
    return "-".join(map(str, tile)) + ".tile"
