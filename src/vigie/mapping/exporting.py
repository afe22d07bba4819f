"""Layers as files: streamed as they are made, or packed first where a format asks for that."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Final
from zoneinfo import ZoneInfo

from vigie.kernel.text import fold
from vigie.mapping.files import packing, writing
from vigie.mapping.queries.exporting import Export
from vigie.operations.models import Operation

MIME: Final = {
    "geojson": "application/geo+json; charset=utf-8",
    "gpkg": "application/geopackage+sqlite3",
    "shp": "application/zip",
    "kml": "application/vnd.google-earth.kml+xml; charset=utf-8",
    "kmz": "application/vnd.google-earth.kmz",
    "gpx": "application/gpx+xml; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
}
"""Formats by their short names, the most faithful first."""
_TEXTS: Final = {
    "geojson": writing.geojson, "kml": writing.kml, "gpx": writing.gpx, "csv": writing.csv,
}  # fmt: skip
CHUNK: Final = 1 << 18
JOINED: Final = 500


@dataclass(kw_only=True)
class Made:
    """A file that was packed: it goes when it is closed. `notes` as `packing.Packed`."""

    file: IO[bytes]
    notes: packing.Packed = field(default_factory=packing.Packed)

    def chunks(self) -> Iterator[bytes]:
        self.file.seek(0)
        try:
            while chunk := self.file.read(CHUNK):
                yield chunk
        finally:
            self.file.close()


def streamed(kind: str, export: Export, *, now: datetime) -> Iterator[bytes]:
    """The file, piece by piece. Raises KeyError for an unknown kind, FileRefused."""
    if kind in _TEXTS:
        held: list[str] = []
        for text in _TEXTS[kind](export, export.head(now=now)):
            held.append(text)
            if len(held) == JOINED:
                yield "".join(held).encode(errors="replace")
                held = []
        yield "".join(held).encode(errors="replace")
        return
    yield from packed(kind, export, now=now).chunks()


def packed(kind: str, export: Export, *, now: datetime) -> Made:
    """The file as a whole, on disk. Raises KeyError for an unknown kind, FileRefused."""
    if kind == "kmz":
        return _kmz(export, now=now)
    format_ = {"gpkg": "geopackage", "shp": "shapefile"}[kind]
    head = export.head(now=now)
    plan = packing.Plan(name="objets", columns=writing.kinds_of(head))
    lines = (
        packing.Line(values=writing.flat(each, head), geometry=each.written) for each in export
    )
    with tempfile.TemporaryDirectory(prefix="vigie-map-") as folder:
        notes = packing.pack(format_, Path(folder), plan, lines)
        if kind == "shp":
            return Made(file=_zipped(Path(folder), head, notes), notes=notes)
        file = tempfile.TemporaryFile()  # noqa: SIM115  (closed by who reads it)
        with (Path(folder) / "layer.gpkg").open("rb") as made:
            while chunk := made.read(CHUNK):
                file.write(chunk)
        return Made(file=file, notes=notes)


def _kmz(export: Export, *, now: datetime) -> Made:
    file = tempfile.TemporaryFile()  # noqa: SIM115  (closed by who reads it)
    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("doc.kml", "w", force_zip64=True) as document,
    ):
        for piece in streamed("kml", export, now=now):
            document.write(piece)
    return Made(file=file)


def _zipped(folder: Path, head: writing.Head, notes: packing.Packed) -> IO[bytes]:
    file = tempfile.TemporaryFile()  # noqa: SIM115  (closed by who reads it)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in sorted(folder.iterdir()):
            archive.write(part, part.name)
        archive.writestr("LISEZMOI.txt", _read_me(head, notes))
    return file


def _read_me(head: writing.Head, notes: packing.Packed) -> str:
    """What a Shapefile cannot keep, said beside it. In French, as its reader is."""
    lines = [head.name, f"Exporté de Vigie le {head.at}. WGS 84 (EPSG:4326), UTF-8.", ""]
    if notes.renamed:
        lines.append("Noms de colonnes raccourcis (un Shapefile n’en garde que dix caractères) :")
        lines += [f"  {short} = {name}" for name, short in notes.renamed.items()]
    if notes.cut:
        lines.append(f"Textes coupés à 254 octets : {notes.cut}.")
    if notes.split:
        lines.append(f"Objets de plusieurs natures, répartis entre les fichiers : {notes.split}.")
    return "\n".join(lines) + "\n"


def file_name(operation: Operation, layers: str, now: datetime, kind: str) -> str:
    """ "EXERCICE_crue-orge_abris_20261124-0400.gpkg", in the operation's time."""
    local = now.astimezone(ZoneInfo(operation.time_zone))
    mark = f"{writing.EXERCISE}_" if operation.is_exercise else ""
    plain = "-".join(
        "".join(c if c.isascii() and c.isalnum() else " " for c in fold(layers)).split()
    )
    ending = "zip" if kind == "shp" else kind
    return f"{mark}{operation.slug}_{plain[:40] or 'carte'}_{local:%Y%m%d-%H%M}.{ending}"
