"""Where tiles are taken from: a server, an MBTiles file, a pack, a folder of z/x/y files."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from vigie.mapping.basemaps import terms
from vigie.mapping.basemaps.archive import TILE, Archive, PackUnreadable, packed, plain
from vigie.mapping.basemaps.known import KNOWN, LICENCE_OUVERTE
from vigie.mapping.basemaps.writing import kind_of

SUFFIXES: Final = ("png", "jpg", "jpeg", "webp", "avif", "pbf", "mvt")
Tile = tuple[int, int, int]


class SourceRefused(ValueError):
    """Tiles cannot, or may not, be taken from there; the message says why and what to do."""


class Files(Protocol):
    """Tiles at hand, without network."""

    @property
    def zooms(self) -> tuple[int, int] | None:
        """First and last zoom it says to have; None when it says nothing."""
        ...

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        """As a pack stores it: a picture, or a vector tile gzipped."""
        ...


@dataclass(frozen=True, kw_only=True)
class Source:
    """A source with what its tiles are to be credited to. `files` is None for a server, of which
    `address` is the template; `identity` tells one source from another."""

    name: str
    attribution: str
    licence: str
    identity: str
    address: str = ""
    files: Files | None = None


def source_of(text: str, *, attribution: str = "", licence: str = "") -> Source:
    """A source from what a person writes: a known base map's code, an address with {z}, {x}, {y}, a
    path. Raises SourceRefused."""
    if text in KNOWN:
        known = KNOWN[text]
        if not known.kept:
            raise SourceRefused(terms.refusal(known.address))
        return Source(
            name=str(known.label), attribution=attribution or known.attribution,
            licence=licence or known.licence, identity=text, address=known.address,
        )  # fmt: skip
    if text.startswith(("http://", "https://")):
        return _server(text, attribution, licence)
    path = Path(text).expanduser()
    try:
        return _file(path, attribution, licence)
    except PackUnreadable as error:
        raise SourceRefused(f"{path.name} is no pack that can be read: {error}") from error
    except sqlite3.DatabaseError as error:
        raise SourceRefused(f"{path.name} is no MBTiles file: {error}") from error


def _server(text: str, attribution: str, licence: str) -> Source:
    if not all(hole in text for hole in ("{z}", "{x}", "{y}")):
        raise SourceRefused("An address of tiles holds {z}, {x} and {y}.")
    if why := terms.refusal(text):
        raise SourceRefused(why)
    host = urlsplit(text).hostname or ""
    if host == "data.geopf.fr":
        attribution, licence = attribution or "© IGN", licence or LICENCE_OUVERTE
    if not attribution or not licence:
        raise SourceRefused(
            "Say under which licence these tiles may be kept and whose they are: "
            '--licence "…" --attribution "© …".'
        )
    return Source(name=host, attribution=attribution, licence=licence, identity=text, address=text)


def _file(path: Path, attribution: str, licence: str) -> Source:
    if not path.exists():
        raise SourceRefused(
            f"'{path}' is no file, no folder, no address, and no base map Vigie knows "
            f"({', '.join(code for code, each in KNOWN.items() if each.kept)})."
        )
    told: Mapping[str, Any]
    files: Files
    if path.is_dir():
        files, told = Folder(path), {}
    elif path.suffix.lower() == ".mbtiles":
        files = Mbtiles(path)
        told = files.about
    else:
        archive = Archive.open(path)
        files, told = Pack(archive), archive.facts.metadata
    ours = told.get("vigie")
    return Source(
        name=plain(told.get("name")) or path.stem,
        attribution=attribution or plain(told.get("attribution")),
        licence=licence or plain(told.get("license"))
        or (plain(ours.get("licence")) if isinstance(ours, dict) else ""),
        identity=str(path.resolve()), files=files,
    )  # fmt: skip


def fit(data: bytes) -> bytes:
    """A tile as packs store it: vector tiles are gzipped."""
    return data if kind_of(data) is not None else packed(data)


class Pack:
    """Another pack."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive

    @property
    def zooms(self) -> tuple[int, int] | None:
        return self.archive.facts.min_zoom, self.archive.facts.max_zoom

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        found = self.archive.tile(z, x, y)
        return None if found is None else fit(found)


class Mbtiles:
    """An MBTiles file (SQLite; its rows count from the south)."""

    def __init__(self, path: Path) -> None:
        self._rows = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
        self.about = dict(self._rows.execute("SELECT name, value FROM metadata"))
        first, last = self._rows.execute(
            "SELECT min(zoom_level), max(zoom_level) FROM tiles"
        ).fetchone()
        self.zooms: tuple[int, int] | None = None if first is None else (first, last)

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        found = self._rows.execute(
            "SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?",
            (z, x, (1 << z) - 1 - y),
        ).fetchone()
        if found is None or not isinstance(found[0], bytes) or not found[0]:
            return None
        return None if len(found[0]) > TILE else fit(found[0])


class Folder:
    """A folder of files z/x/y.png (or jpg, webp, avif, pbf, mvt)."""

    def __init__(self, path: Path) -> None:
        self._path = path
        levels = [int(each.name) for each in path.iterdir() if each.name.isdecimal()]
        self.zooms: tuple[int, int] | None = (min(levels), max(levels)) if levels else None

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        for suffix in SUFFIXES:
            path = self._path / str(z) / str(x) / f"{y}.{suffix}"
            if path.is_file() and 0 < path.stat().st_size <= TILE:
                return fit(path.read_bytes())
        return None
