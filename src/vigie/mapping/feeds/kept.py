"""Tiles of sources of pictures, kept on disk for as long as their layer's interval says.

What browsers get are pictures only: known by how they begin, opened, of a decent size. Anything else a
source answers goes no further.
"""

from __future__ import annotations

import hashlib
import io
import shutil
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
from django.conf import settings
from PIL import Image, UnidentifiedImageError

from vigie.mapping.feeds.contract import Pictures
from vigie.mapping.feeds.tiling import tile_address
from vigie.mapping.feeds.trying import picture_kind
from vigie.mapping.models import LayerFeed

BYTES: Final = 2_000_000
SIDE: Final = 1_024
"""Pixels of a tile at most, each way."""
ALL_BYTES: Final = 1_000_000_000
FREE_BYTES: Final = 2_000_000_000
"""Left on the disk, or nothing is kept."""
LONGEST_S: Final = 86_400
Tile = tuple[int, int, int]


class NoPicture(ValueError):
    """The source answered something else than a picture."""


def address_of(row: LayerFeed, tile: Tile) -> str | None:
    """Where the tile is at the source; None where it has none."""
    if not row.facts:
        return None
    return tile_address(msgspec.convert(row.facts, Pictures), *tile)


def period(row: LayerFeed, *, now: datetime) -> str:
    """Changes when tiles are to be fetched anew: with the source, its choices and its interval."""
    told = f"{row.address} {sorted(row.options.items())} {row.facts}"
    turn = int(now.timestamp() // min(row.interval_s, LONGEST_S))
    return f"{hashlib.sha256(told.encode()).hexdigest()[:12]}-{turn}"


def found(row: LayerFeed, tile: Tile, *, now: datetime) -> tuple[bytes, str] | None:
    """A kept tile and its media type."""
    try:
        body = _path(row, tile, now=now).read_bytes()
    except OSError:
        return None
    return body, picture_kind(body)


def keep(row: LayerFeed, tile: Tile, body: bytes, *, now: datetime) -> str:
    """Keep a tile that is one; its media type. Raises NoPicture."""
    kind = checked(body)
    path = _path(row, tile, now=now)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(path.parent).free > FREE_BYTES:
            half = path.with_suffix(f".{hashlib.sha256(body).hexdigest()[:8]}.half")
            half.write_bytes(body)
            half.replace(path)
    except OSError:
        return kind  # a full disk keeps nothing and draws all the same
    return kind


def checked(body: bytes) -> str:
    """The media type of a picture of a decent size. Raises NoPicture."""
    kind = picture_kind(body)
    if not kind or len(body) > BYTES:
        raise NoPicture(kind or "not a picture")
    try:
        with Image.open(io.BytesIO(body), formats=("PNG", "JPEG", "WEBP", "GIF")) as picture:
            wide, high = picture.size
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError, ValueError) as error:
        raise NoPicture("broken") from error
    if max(wide, high) > SIDE:
        raise NoPicture(f"{wide} × {high}")
    return kind


def tidy(*, now: datetime) -> None:
    """Let go of tiles of other periods than the current one, and of all when they are too many."""
    folder = _folder()
    if not folder.exists():
        return
    current = {f"{row.pk}-{period(row, now=now)}" for row in LayerFeed.objects.exclude(facts={})}
    left = 0
    for each in folder.iterdir():
        if each.name not in current:
            shutil.rmtree(each, ignore_errors=True)
        else:
            left += sum(path.stat().st_size for path in each.iterdir())
    if left > ALL_BYTES:
        for each in folder.iterdir():
            shutil.rmtree(each, ignore_errors=True)


def _folder() -> Path:
    return Path(settings.VIGIE_HOME) / "cache" / "outside"


def _path(row: LayerFeed, tile: Tile, *, now: datetime) -> Path:
    return _folder() / f"{row.pk}-{period(row, now=now)}" / f"{'-'.join(map(str, tile))}.tile"
