"""Files read to objects ready to be stored, block by block; and a first look at what is in one."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final

import msgspec

from vigie.kernel.geojson import GeometryRefused
from vigie.kernel.shapes import Settled, settle, with_repairs
from vigie.mapping.files import columns, geojson, opening, projections, tables, xmls
from vigie.mapping.files.types import (
    BLOCK,
    OBJECTS,
    Block,
    Choices,
    Column,
    Draft,
    FileRefused,
    Raw,
    Refusal,
    Seen,
    Table,
)

LOOK: Final = 200
"""Objects of a first look."""
SHOWN: Final = 20
RAW: Final = 4_000
VERTICES: Final = 50_000


class Source:
    """A file as its format's reader gives it. Use as a context."""

    def __init__(self, path: Path, choices: Choices) -> None:
        self.path = path
        self.format = choices.format or opening.sniff(path)
        self.choices = msgspec.structs.replace(choices, format=self.format)
        self.tables: list[Table] = []
        self.hints: set[str] = set()
        self.charset = ""
        self.crs = ""
        self._folder = tempfile.TemporaryDirectory(prefix="vigie-map-")
        self._reader: geojson.Reader | None = None
        self._gdal = self.format in ("geopackage", "shapefile")
        try:
            self._open(Path(self._folder.name))
        except BaseException:
            self._folder.cleanup()
            raise

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *told: object) -> None:
        if self._reader is not None:
            self._reader.close()
        self._folder.cleanup()

    def _open(self, folder: Path) -> None:
        if self.format == "kmz":
            self.path = opening.unpack_kml(self.path, folder)
        elif self.format == "csv":
            self.charset = self.choices.charset or tables.charset_of(self.path)
        elif self._gdal:
            self._open_gdal(folder)
        elif self.format in ("geojson", "umap"):
            self._find_crs()

    def _open_gdal(self, folder: Path) -> None:
        from vigie.mapping.files import gdal

        if self.format == "shapefile":
            names = opening.shapefiles(self.path)
            chosen = self.choices.table or names[0]
            if chosen not in names:
                raise FileRefused("no_table", chosen[:80])
            self.path = opening.unpack_shapefile(self.path, chosen, folder)
            self.charset = self.choices.charset or gdal.encoding_of(self.path)
            inside = gdal.tables(self.path)
            self.tables = [
                Table(
                    name=name,
                    objects=inside[0].objects if name == chosen and inside else None,
                    crs=inside[0].crs if name == chosen and inside else "",
                )
                for name in names
            ]
            table = next(each for each in self.tables if each.name == chosen)
        else:
            link = folder / "layer.gpkg"  # its name, not what a person called it
            link.symlink_to(self.path.resolve())
            self.path = link
            self.tables = gdal.tables(self.path)
            if not self.tables:
                raise FileRefused("no_geometry")
            wanted = self.choices.table or self.tables[0].name
            found = [each for each in self.tables if each.name == wanted]
            if not found:
                raise FileRefused("no_table", wanted[:80])
            table = found[0]
        self.choices = msgspec.structs.replace(self.choices, table=table.name)
        self.crs = table.crs
        if len(self.tables) > 1:
            self.hints.add("several_tables")

    def _find_crs(self) -> None:
        """An old GeoJSON may say its projection, before its objects or after."""
        with self.path.open("rb") as file:
            start = file.read(20_000)
            file.seek(max(0, self.path.stat().st_size - 20_000))
            ending = file.read()
        if b'"crs"' in start or b'"crs"' in ending:
            reader = geojson.Reader(self.path)
            for _ in reader:
                pass
            reader.close()
            self.crs = reader.crs

    @property
    def objects(self) -> int | None:
        """How many there are, where the file says so."""
        for each in self.tables:
            if each.name == self.choices.table:
                return each.objects
        return None

    def share(self, read: int) -> float:
        """How much of it was read, 0 to 1; 0 when that cannot be told."""
        if self._reader is not None:
            return self._reader.share
        return min(1.0, read / self.objects) if self.objects else 0.0

    def raws(self) -> Iterator[Raw]:
        """The objects in their order. Raises FileRefused, also in the middle (truncated)."""
        if self.format in ("geojson", "umap"):
            self._reader = geojson.Reader(self.path)
            yield from self._folders(self._reader)
        elif self.format in ("kml", "kmz"):
            yield from xmls.kml(self.path, self.hints)
        elif self.format == "gpx":
            yield from xmls.gpx(self.path, self.hints)
        elif self.format == "georss":
            yield from xmls.georss(self.path, self.hints)
        elif self.format == "csv":
            yield from tables.table(self.path, self.choices)
        else:
            from vigie.mapping.files import gdal

            layer = "layer" if self.format == "shapefile" else self.choices.table
            encoding = self.charset if self.format == "shapefile" else None
            yield from gdal.records(self.path, layer, encoding)

    def _folders(self, reader: geojson.Reader) -> Iterator[Raw]:
        """uMap says a layer's name behind its objects: the file is gone through twice."""
        if self.format != "umap":
            yield from reader
            return
        first = geojson.Reader(self.path)
        for _ in first:
            pass
        first.close()
        starts = sorted(((at, name) for name, at in first.layers), reverse=True)
        for raw in reader:
            name = next((name for at, name in starts if at <= raw.number), "")
            if name:
                raw.properties.setdefault("folder", name)
            yield raw


def look(path: Path, choices: Choices) -> Seen:
    """What is in a file and how it would be read. Raises FileRefused."""
    with Source(path, choices) as source:
        if source.format == "csv":
            source.choices = _csv_choices(source.path, source.choices)
        raws: list[Raw] = []
        try:
            raws.extend(islice(source.raws(), LOOK))
        except FileRefused:
            if not raws:
                raise
        if not raws:
            raise FileRefused("empty")
        found = _columns(raws) if source.format != "csv" else _csv_columns(source, raws)
        chosen = source.choices
        if not chosen.columns:
            chosen = msgspec.structs.replace(
                chosen, columns=_proposed(source.format, found),
                skip=chosen.skip or columns.skipped(found),
            )  # fmt: skip
        crs, swap, told = _projection(source, raws)
        chosen = msgspec.structs.replace(chosen, crs=crs, swap=swap or chosen.swap)
        if swap:
            source.hints.add("swapped")
        drafts, refusals = _block(raws, chosen, columns.Fields(chosen)) if crs else ([], [])
        return Seen(
            format=source.format, tables=tuple(source.tables), columns=tuple(found), choices=chosen,
            crs=crs, crs_name=projections.name_of(crs), crs_told=told, charset=source.charset,
            objects=source.objects, read=len(raws), refused=len(refusals),
            kinds=dict(Counter(json.loads(each.geometry)["type"] for each in drafts if each.geometry)),
            extent=_extent(drafts), hints=tuple(sorted(source.hints)),
            preview=tuple(
                {"fields": each.fields, "attributes": each.attributes, "number": each.number}
                for each in drafts[:SHOWN]
            ),
        )  # fmt: skip


def _proposed(format_: str, found: list[Column]) -> dict[str, str]:
    made = columns.proposed(found)
    if format_ == "georss" and any(each.name == "guid" for each in found):
        made["id"] = "guid"
    return made


def _csv_choices(path: Path, choices: Choices) -> Choices:
    """Separator and where the place is told, as proposed; what was chosen stays."""
    charset = choices.charset or tables.charset_of(path)
    delimiter = choices.delimiter or tables.delimiter_of(path, charset)
    chosen = msgspec.structs.replace(choices, charset=charset, delimiter=delimiter)
    if chosen.geometry != "own":
        return chosen
    header: list[str] = []
    first: list[dict[str, str]] = []
    for _, cells, names in islice(tables.rows(path, chosen), 50):
        if cells:
            first.append(cells)
        elif not header:
            header = names
    return msgspec.structs.replace(chosen, **tables.proposed(header, first))


def _csv_columns(source: Source, raws: list[Raw]) -> list[Column]:
    for _, _, names in tables.rows(source.path, source.choices):
        return [
            Column(name=name, samples=_samples([raw.properties.get(name) for raw in raws]))
            for name in names
        ]
    return []


def _columns(raws: list[Raw]) -> list[Column]:
    names = dict.fromkeys(name for raw in raws for name in raw.properties if name)
    found = []
    for name in list(names)[: tables.COLUMNS]:
        held = [raw.properties.get(name) for raw in raws]
        found.append(Column(name=name, kind=columns.kind_of(held), samples=_samples(held)))
    return found


def _samples(held: list[Any]) -> tuple[str, ...]:
    told = dict.fromkeys(str(each)[:80] for each in held if each not in (None, ""))
    return tuple(islice(told, 3))


def _projection(source: Source, raws: list[Raw]) -> tuple[str, bool, str]:
    """(projection, axes swapped, how it is known: file, chosen, guessed, missing)."""
    chosen = source.choices
    if chosen.crs:
        projections.known(chosen.crs)
        return chosen.crs, False, "chosen"
    if source.crs:
        return projections.code_of(source.crs), False, "file"
    if source.format in ("kml", "kmz", "gpx", "georss") or chosen.geometry == "commune":
        return projections.WGS84, False, "file"
    points = [
        (raw.shape.bounds[0], raw.shape.bounds[1])
        for raw in raws
        if raw.shape is not None and not raw.shape.is_empty
    ]
    if not points:
        return projections.WGS84, False, "guessed"
    crs, swap = projections.guessed(points, chosen.near)
    if source.format in ("geojson", "umap") and crs == projections.WGS84 and not swap:
        return crs, swap, "file"
    return crs, swap, "guessed" if crs else "missing"


def _extent(drafts: list[Draft]) -> tuple[float, float, float, float] | None:
    boxes = [each.box for each in drafts if each.box]
    if not boxes:
        return None
    wests, souths, easts, norths = zip(*boxes, strict=True)
    return min(wests), min(souths), max(easts), max(norths)


def blocks(path: Path, choices: Choices, *, skip: int = 0) -> Iterator[Block]:
    """The whole file, BLOCK objects at a time; the first `skip` objects are gone through only.

    The end of a file that stops in the middle is told as a refusal. Raises FileRefused when nothing
    of it can be read.
    """
    with Source(path, choices) as source:
        chosen = source.choices
        if source.format == "csv":
            chosen = source.choices = _csv_choices(source.path, chosen)
        if not chosen.crs:
            crs, swap, _ = _projection(source, list(_first(source)))
            if not crs:
                raise FileRefused("needs_projection")
            chosen = msgspec.structs.replace(chosen, crs=crs, swap=swap or chosen.swap)
        fields = columns.Fields(chosen)
        read = 0
        raws = source.raws()
        while True:
            held: list[Raw] = []
            broken: FileRefused | None = None
            try:
                held.extend(islice(raws, BLOCK))
            except FileRefused as refusal:
                if read + len(held) == 0:
                    raise
                broken = refusal
            read += len(held)
            if read > OBJECTS:
                raise FileRefused("too_large", f"{OBJECTS}")
            drafts, refusals = _block(held, chosen, fields)
            if broken is not None:
                refusals.append(
                    Refusal(
                        number=read + 1, code=f"file_{broken.code}", detail=broken.detail, raw=""
                    )
                )
            last = broken is not None or len(held) < BLOCK
            if read > skip or last:
                yield Block(
                    drafts=tuple(drafts) if read > skip else (),
                    refusals=tuple(refusals) if read > skip or broken is not None else (),
                    read=read, share=1.0 if last else source.share(read), last=last,
                    seen=fields.seen if last and broken is None else b"",
                )  # fmt: skip
            if last:
                return


def _first(source: Source) -> Iterator[Raw]:
    try:
        yield from islice(source.raws(), LOOK)
    except FileRefused:
        return


def _block(
    raws: list[Raw], choices: Choices, fields: columns.Fields
) -> tuple[list[Draft], list[Refusal]]:
    """Objects as they are stored, and those that cannot be."""
    shapes = [raw.shape for raw in raws]
    if choices.swap:
        shapes = projections.swapped(shapes)
    shapes = projections.to_wgs84(shapes, choices.crs)
    near = choices.near if not choices.swap else None
    made = settle(shapes, near=near, vertices=VERTICES)
    drafts: list[Draft] = []
    refusals: list[Refusal] = []
    for raw, settled in zip(raws, made, strict=True):
        if raw.refused is not None:
            refusals.append(_refusal(raw, raw.refused))
            fields.met(raw)
        elif isinstance(settled, Settled):
            drafts.append(_draft(raw, with_repairs(settled, raw.repairs), fields))
        else:
            refusals.append(_refusal(raw, settled))
            fields.met(raw)
    return drafts, refusals


def _draft(raw: Raw, settled: Settled, fields: columns.Fields) -> Draft:
    raw.repairs = set(settled.repairs)
    found, attributes = fields.of(raw)
    return Draft(
        number=raw.number, foreign=fields.foreign(raw, settled.json), fields=found,
        attributes=attributes, geometry=settled.json, box=settled.box, lon=settled.lon,
        lat=settled.lat, repairs=tuple(sorted(raw.repairs)),
    )  # fmt: skip


def _refusal(raw: Raw, why: GeometryRefused) -> Refusal:
    told = why.details
    detail = ", ".join(f"{key} {value}" for key, value in told.items())[:200]
    text = json.dumps(raw.properties, ensure_ascii=False, default=str)[:RAW]
    return Refusal(number=raw.number, code=why.code, detail=detail, raw=text)
