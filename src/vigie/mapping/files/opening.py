"""What a file is, told from what is in it and never from its name, and ZIPs opened with care."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Final

from vigie.mapping.files.types import FileRefused

FORMATS: Final = (
    "geojson", "umap", "kml", "kmz", "gpx", "georss", "csv", "shapefile", "geopackage",
)  # fmt: skip

UNPACKED: Final = 2_000_000_000
"""Bytes a ZIP may unpack to at most."""
RATIO: Final = 200
"""How many times larger than packed a file within a ZIP may be, from RATIO_FROM bytes on."""
RATIO_FROM: Final = 10_000_000
MEMBERS: Final = 2_000
_CHUNK: Final = 1 << 20
_SHAPE_PARTS: Final = (".shp", ".shx", ".dbf", ".prj", ".cpg")


def head(path: Path, size: int = 65_536) -> bytes:
    with path.open("rb") as file:
        return file.read(size)


def sniff(path: Path) -> str:
    """One of FORMATS. Raises FileRefused."""
    start = head(path)
    if not start.strip(b"\x00 \t\r\n"):
        raise FileRefused("empty")
    if start.startswith(b"PK\x03\x04") or start.startswith(b"PK\x05\x06"):
        return _sniff_zip(path)
    if start.startswith(b"SQLite format 3\x00"):
        return "geopackage"
    if start[:4] == b"\x00\x00\x27\x0a":
        raise FileRefused("zip_without", ".zip")  # a .shp alone lacks its attributes
    text = _text(start)
    first = text.lstrip("\ufeff \t\r\n")[:1]
    if first in ("{", "["):
        return "umap" if '"umap"' in text[:2000] and '"layers"' in _text(start) else "geojson"
    if first == "<":
        return _sniff_xml(text)
    if b"\x00" in start[:2000] and not start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise FileRefused("unknown_format")
    lines = [line for line in text.splitlines()[:20] if line.strip()]
    if lines and any(lines[0].count(mark) for mark in ";,\t|"):
        return "csv"
    raise FileRefused("unknown_format")


def _text(start: bytes) -> str:
    for mark, charset in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if start.startswith(mark):
            return start.decode(charset, errors="replace")
    return start.decode("utf-8", errors="replace")


def _sniff_xml(text: str) -> str:
    lowered = text.lower()
    if "<!doctype html" in lowered or "<html" in lowered[:2000]:
        raise FileRefused("unknown_format", "HTML")
    if "<!doctype" in lowered or "<!entity" in lowered:
        raise FileRefused("doctype")
    for mark, name in (("<kml", "kml"), ("<gpx", "gpx"), ("<rss", "georss"), ("<feed", "georss")):
        if mark in lowered:
            return name
    if ":kml" in lowered[:4000]:
        return "kml"
    raise FileRefused("unknown_format", "XML")


def _sniff_zip(path: Path) -> str:
    with opened(path) as archive:
        names = [_name(each) for each in archive.infolist() if not each.is_dir()]
    lowered = [name.lower() for name in names]
    if any(name.endswith(".shp") for name in lowered):
        return "shapefile"
    if any(name.endswith(".kml") for name in lowered):
        return "kmz"
    raise FileRefused("zip_without", ", ".join(names[:5]))


def opened(path: Path) -> zipfile.ZipFile:
    """The archive, once its contents do no harm. Raises FileRefused."""
    try:
        archive = zipfile.ZipFile(path)
        members = archive.infolist()
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, OSError, ValueError) as error:
        raise FileRefused("broken", "ZIP") from error
    try:
        _check(members)
    except FileRefused:
        archive.close()
        raise
    return archive


def _check(members: list[zipfile.ZipInfo]) -> None:
    if len(members) > MEMBERS:
        raise FileRefused("zip_bomb", f"{len(members)}")
    if sum(each.file_size for each in members) > UNPACKED:
        raise FileRefused("zip_bomb")
    for each in members:
        _name(each)
        if each.flag_bits & 1:
            raise FileRefused("zip_locked", each.filename[:80])
        if each.file_size > RATIO_FROM and each.file_size > RATIO * max(each.compress_size, 1):
            raise FileRefused("zip_bomb", each.filename[:80])


def _name(member: zipfile.ZipInfo) -> str:
    """Its name, when it leads nowhere else."""
    name = member.filename.replace("\\", "/")
    parts = PurePosixPath(name).parts
    if name.startswith("/") or ".." in parts or (parts and ":" in parts[0]):
        raise FileRefused("zip_path", name[:80])
    return name


def unpack_kml(path: Path, folder: Path) -> Path:
    """The main document of a KMZ (doc.kml, or the first). Raises FileRefused."""
    with opened(path) as archive:
        found = [each for each in archive.infolist() if _name(each).lower().endswith(".kml")]
        found.sort(key=lambda each: (each.filename.count("/"), each.filename.lower() != "doc.kml"))
        if not found:
            raise FileRefused("zip_without", ".kml")
        return _unpack(archive, found[0], folder / "doc.kml", left=[UNPACKED])


def shapefiles(path: Path) -> list[str]:
    """Names of the shapefiles of a ZIP, without their ending."""
    with opened(path) as archive:
        return sorted(
            name[:-4] for each in archive.infolist()
            if (name := _name(each)).lower().endswith(".shp") and "__MACOSX" not in name
        )  # fmt: skip


def unpack_shapefile(path: Path, name: str, folder: Path) -> Path:
    """One shapefile with what belongs to it, under names of our own. Raises FileRefused."""
    left = [UNPACKED]
    with opened(path) as archive:
        parts = {
            _name(each).lower(): each for each in archive.infolist() if not each.is_dir()
        }  # fmt: skip
        for ending in _SHAPE_PARTS:
            member = parts.get(f"{name}{ending}".lower())
            if member is not None:
                _unpack(archive, member, folder / f"layer{ending}", left=left)
    if not (folder / "layer.shp").exists():
        raise FileRefused("zip_without", ".shp")
    return folder / "layer.shp"


def _unpack(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, *, left: list[int]
) -> Path:
    """Write one member out; what it says of its size is not believed."""
    try:
        with archive.open(member) as packed, target.open("wb") as file:
            _copy(packed.read, file.write, left)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise FileRefused("broken", member.filename[:80]) from error
    except RuntimeError as error:  # a password is asked for
        raise FileRefused("zip_locked", member.filename[:80]) from error
    return target


def _copy(read: Callable[[int], bytes], write: Callable[[bytes], int], left: list[int]) -> None:
    while chunk := read(_CHUNK):
        left[0] -= len(chunk)
        if left[0] < 0:
            raise FileRefused("zip_bomb")
        write(chunk)
