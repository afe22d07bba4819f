"""What passes between those who read a file and those who store what was in it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import msgspec
from shapely.geometry.base import BaseGeometry

from vigie.kernel.geojson import GeometryRefused, Position

BLOCK: Final = 2_000
"""Objects that are read, stored and recorded together."""
OBJECTS: Final = 1_000_000
"""Objects of one file at most."""

TARGETS: Final = (
    "id", "name", "note", "template", "valid_from", "valid_until", "reliability", "credibility",
    "precision_m", "radius_m",
)  # fmt: skip
"""What a column can become besides an attribute."""

Geometry = Literal["own", "lonlat", "point", "wkt", "geojson", "commune"]


class FileRefused(ValueError):
    """The file cannot be read at all. `code` is stable and translated, `detail` completes it.

    Codes: unknown_format, empty, truncated, broken, doctype, too_large, zip_bomb, zip_path,
    zip_locked, zip_without, needs_projection, unknown_projection, no_geometry, no_table,
    too_slow, too_hungry, crashed.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


@dataclass(kw_only=True, slots=True)
class Raw:
    """An object as the file tells it. `number` counts from 1 (a line, a record, an element)."""

    number: int
    properties: dict[str, Any]
    shape: BaseGeometry | None = None
    id: str = ""
    refused: GeometryRefused | None = None
    repairs: set[str] = field(default_factory=set)


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A column or property of a file. `kind`: text, integer, number, boolean, time, other."""

    name: str
    kind: str = "text"
    samples: tuple[str, ...] = ()


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """One of the things a file holds: a layer of a GeoPackage, a shapefile of a ZIP."""

    name: str
    objects: int | None = None
    crs: str = ""


class Choices(msgspec.Struct, frozen=True, kw_only=True):
    """How a file is to be read. `crs`: "" as the file says, else "EPSG:…". `columns`: target →
    column. `skip`: columns that are dropped. `near`: where one expects the objects."""

    format: str = ""
    table: str = ""
    crs: str = ""
    swap: bool = False
    charset: str = ""
    delimiter: str = ""
    geometry: Geometry = "own"
    x: str = ""
    y: str = ""
    place: str = ""
    columns: dict[str, str] = {}
    skip: tuple[str, ...] = ()
    template: str = ""
    zone: str = "UTC"
    near: Position | None = None


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What was found in a file, and the choices proposed for it. `crs_told`: file, guessed,
    missing. `extent`: box of the first objects, degrees. `hints`: codes of what a person should
    know (styles, network_link, swapped, several_tables)."""

    format: str
    tables: tuple[Table, ...] = ()
    columns: tuple[Column, ...] = ()
    choices: Choices
    crs: str = ""
    crs_name: str = ""
    crs_told: str = "file"
    charset: str = ""
    objects: int | None = None
    read: int = 0
    kinds: dict[str, int] = {}
    refused: int = 0
    extent: tuple[float, float, float, float] | None = None
    preview: tuple[dict[str, Any], ...] = ()
    hints: tuple[str, ...] = ()


class Draft(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """An object ready to be stored. `fields` are as `mapping.values.read` gives them; `foreign` is
    the same when the same object comes again."""

    number: int
    foreign: str
    fields: dict[str, Any]
    attributes: dict[str, Any]
    geometry: str | None
    box: tuple[float, float, float, float] | None
    lon: float | None
    lat: float | None
    repairs: tuple[str, ...] = ()


class Refusal(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """An object that could not be read. `raw` is what it was, as JSON, cut to 4,000 characters."""

    number: int
    code: str
    detail: str
    raw: str


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """Objects in their order. `read`: objects of the file so far; `share`: how much of the file was
    read, 0 to 1. `last`: the file ends here."""

    drafts: tuple[Draft, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    read: int = 0
    share: float = 0.0
    last: bool = False
    seen: bytes = b""
    """With the last: `fingerprint` of every `foreign` of the file, 8 bytes each."""


def fingerprint(foreign: str) -> bytes:
    """8 bytes that stand for an id."""
    return hashlib.blake2b(foreign.encode(errors="replace"), digest_size=8).digest()


class Failed(msgspec.Struct, frozen=True, kw_only=True):
    """The reader gave up (see FileRefused)."""

    code: str
    detail: str = ""
