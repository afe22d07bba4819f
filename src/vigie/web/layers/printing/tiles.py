"""The IGN plan below a printed map: tiles through the guarded client, kept for a day."""

from __future__ import annotations

import asyncio
import base64
import io
import math
from datetime import datetime
from pathlib import Path
from typing import Final

from django.conf import settings
from PIL import Image

from vigie.contracts.ports import FetchError
from vigie.mapping.printing.drawing import Ground
from vigie.mapping.printing.paper import EARTH, View, project
from vigie.pipeline.http import GuardedHttp
from vigie.pipeline.ports import guarded_http

SOURCE: Final = "© IGN (Plan IGN)"
ADDRESS: Final = (
    "https://data.geopf.fr/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0"
    "&LAYER=GEOGRAPHICALGRIDSYSTEMS.PLANIGNV2&STYLE=normal&FORMAT=image/png"
    "&TILEMATRIXSET=PM&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}"
)
SIDE: Final = 256
TILES: Final = 120
ALL_S: Final = 8.0
ONE_S: Final = 5.0
BYTES: Final = 600_000
DEEPEST: Final = 18
DPI: Final = 170
Tile = tuple[int, int, int]


def plan(view: View, *, now: datetime) -> tuple[Ground | None, str]:
    """The plan under the view and whose it is; (None, "") when it cannot be had, whole, in time."""
    z, first_x, first_y, last_x, last_y = covering(view)
    wanted = [
        (z, x, y) for x in range(first_x, last_x + 1) for y in range(first_y, last_y + 1)
    ]  # fmt: skip
    folder = settings.VIGIE_HOME / "cache" / "plan" / f"{now:%Y-%m-%d}"
    try:
        found = asyncio.run(_all(wanted, folder))
    except (FetchError, TimeoutError, OSError, ValueError):
        return None, ""
    across, down = last_x - first_x + 1, last_y - first_y + 1
    whole = Image.new("RGB", (across * SIDE, down * SIDE), "white")
    for (_z, x, y), body in found.items():
        try:
            with Image.open(io.BytesIO(body), formats=("PNG", "JPEG")) as tile:
                whole.paste(tile.convert("RGB"), ((x - first_x) * SIDE, (y - first_y) * SIDE))
        except (OSError, Image.DecompressionBombError):
            (folder / _name((z, x, y))).unlink(missing_ok=True)
            return None, ""
    written = io.BytesIO()
    whole.save(written, "JPEG", quality=85)
    data = base64.b64encode(written.getvalue()).decode()
    side = 2 * math.pi * EARTH / 2**z
    middle_x, middle_y = project(view.lon, view.lat)
    left = (first_x * side - math.pi * EARTH - middle_x) * view.mm + view.width / 2
    top = (middle_y - (math.pi * EARTH - first_y * side)) * view.mm + view.height / 2
    box = (left, top, across * side * view.mm, down * side * view.mm)
    return Ground(picture=f"data:image/jpeg;base64,{data}", picture_box=box), SOURCE


def covering(view: View) -> tuple[int, int, int, int, int]:
    """Zoom, first and last column and row of the tiles that cover the view, no more than TILES."""
    per_metre = DPI / 25.4 * view.mm
    deepest = round(math.log2(2 * math.pi * EARTH * per_metre / SIDE))
    for z in range(min(max(deepest, 0), DEEPEST), -1, -1):
        side = 2 * math.pi * EARTH / 2**z
        west, south, east, north = view.box
        left, bottom = project(west, south)
        right, top = project(east, north)
        most = 2**z - 1
        columns = (math.floor((left / side) + 2**z / 2), math.floor((right / side) + 2**z / 2))
        rows = (math.floor(2**z / 2 - top / side), math.floor(2**z / 2 - bottom / side))
        first_x, last_x = (min(max(each, 0), most) for each in columns)
        first_y, last_y = (min(max(each, 0), most) for each in rows)
        if (last_x - first_x + 1) * (last_y - first_y + 1) <= TILES:
            return z, first_x, first_y, last_x, last_y
    return 0, 0, 0, 0, 0


async def _all(wanted: list[Tile], folder: Path) -> dict[Tile, bytes]:
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
                    group.create_task(_one(http, tile, folder, found))
    except* (FetchError, ValueError, OSError) as errors:
        raise ValueError("the plan is not whole") from errors
    finally:
        await http.close()
    return found


async def _one(http: GuardedHttp, tile: Tile, folder: Path, found: dict[Tile, bytes]) -> None:
    z, x, y = tile
    answer = await http.get(
        ADDRESS.format(z=z, x=x, y=y), headers={"Accept": "image/png"}, max_bytes=BYTES,
        timeout_s=ONE_S,
    )  # fmt: skip
    if answer.status != 200 or not answer.body.startswith((b"\x89PNG", b"\xff\xd8")):
        raise ValueError(f"no picture: {answer.status}")
    found[tile] = answer.body
    folder.mkdir(parents=True, exist_ok=True)
    half = folder / f"{_name(tile)}.half"
    half.write_bytes(answer.body)
    half.replace(folder / _name(tile))


def _name(tile: Tile) -> str:
    return "-".join(map(str, tile)) + ".tile"
