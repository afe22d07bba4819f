"""The base maps of this installation: those of `VIGIE_BASEMAPS` and the packs in its data folder."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.conf import settings
from django.utils.text import slugify

from vigie.mapping.basemaps.archive import Archive, PackUnreadable
from vigie.mapping.basemaps.known import Basemap

log = logging.getLogger("vigie.basemaps")
SUFFIX: Final = ".pmtiles"
PREFIX: Final = "pack-"


@dataclass(frozen=True, kw_only=True)
class Pack:
    """A pack that can be read. `code` is its name in addresses."""

    code: str
    archive: Archive


def folder() -> Path:
    """Where packs are put. It need not exist."""
    found: Path = settings.VIGIE_HOME / "basemaps"
    return found


def offered() -> list[Basemap | Pack]:
    """In the order in which they are tried; the local base map comes after all of them."""
    found: list[Basemap | Pack] = []
    taken: set[str] = set()
    for each in (*settings.VIGIE_BASEMAPS, folder()):
        if isinstance(each, Basemap):
            found.append(each)
        else:
            for path in pack_files(each):
                pack = _pack(path)
                if pack is not None and pack.code not in taken:
                    taken.add(pack.code)
                    found.append(pack)
    return found


def pack_named(code: str) -> Pack | None:
    """The pack of this code."""
    return next((each for each in offered() if isinstance(each, Pack) and each.code == code), None)


def pack_files(path: Path) -> Iterator[Path]:
    """The files that should be packs: the path itself, or what lies in the folder."""
    if path.is_dir():
        yield from sorted(each for each in path.iterdir() if each.suffix == SUFFIX)
    elif path.exists():
        yield path


def code_of(path: Path) -> str:
    return f"{PREFIX}{slugify(path.stem)[:60] or 'x'}"


def _pack(path: Path) -> Pack | None:
    try:
        return Pack(code=code_of(path), archive=Archive.open(path))
    except PackUnreadable as error:
        log.warning("pack %s is left out: %s", path.name, error.code)
        return None
