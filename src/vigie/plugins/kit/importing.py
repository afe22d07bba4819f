"""Sources that read a file handed in, once to its end, resuming where they were: the common part.

A subclass says how records are cut out of the file, each with the place behind it; batches, cursors
and progress are made here. Tables and lines have theirs already.
"""

from __future__ import annotations

import codecs
from abc import abstractmethod
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, NamedTuple

import msgspec

from vigie.contracts.drafts import Draft
from vigie.contracts.plugins import Batch, RawItem, Refusal, SourcePlugin, Undecodable
from vigie.plugins.kit.reading import load, post
from vigie.plugins.kit.settings import setting
from vigie.plugins.sources.file.columns import EXTRA
from vigie.plugins.sources.file.lines import LineReader, LineTooLong
from vigie.plugins.sources.file.sniffing import (
    FileUnusable,
    open_table,
    sniff_delimiter,
    sniff_encoding,
)
from vigie.plugins.sources.file.table import Broken

CHUNK: Final = 500
CHUNK_BYTES: Final = 2_000_000
SAMPLE: Final = 256_000


class ImportConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The file, and the zone of dates that name none."""

    blob: str
    time_zone: Annotated[
        str, setting("Fuseau des heures sans fuseau", "Zone of times without one", max_length=60)
    ] = "Europe/Paris"


class Taken(NamedTuple):
    """A record (or a refusal), and what the cursor is behind it. `done` counts bytes."""

    record: RawItem | Refusal
    place: Mapping[str, Any]
    done: int


class FileImport(SourcePlugin):
    """Reads `config.blob`. Cursor: the place of the last record taken, and `done`."""

    config: ImportConfig

    @abstractmethod
    def records(self, path: Path, place: Mapping[str, Any]) -> Iterator[Taken]:
        """Records behind the place ({} at first). Raises FileUnusable."""

    async def collect(self, cursor: Mapping[str, Any]) -> AsyncIterator[Batch]:
        """Batches to the end of the file; the last one says `done`. Raises FileUnusable."""
        if cursor.get("done"):
            return
        path = self.ports.blobs.path(self.config.blob)
        try:
            size = path.stat().st_size
        except OSError as error:
            raise FileUnusable("file_missing", error.strerror or "") from error
        if not size:
            raise FileUnusable("file_empty")
        items: list[RawItem] = []
        refusals: list[Refusal] = []
        pending = 0
        for record, place, done in self.records(path, cursor):
            if isinstance(record, RawItem):
                items.append(record)
            else:
                refusals.append(record)
            pending += len(record.payload)
            if len(items) + len(refusals) >= CHUNK or pending >= CHUNK_BYTES:
                yield Batch(
                    items=tuple(items), refusals=tuple(refusals),
                    cursor={**place, "done": False}, progress=(min(done, size), size),
                )  # fmt: skip
                items, refusals, pending = [], [], 0
        yield Batch(
            items=tuple(items), refusals=tuple(refusals),
            cursor={"done": True}, progress=(size, size),
        )  # fmt: skip


def line_records(path: Path, place: Mapping[str, Any]) -> Iterator[Taken]:
    """One JSON object a line."""
    with path.open("rb") as file:
        lines = LineReader(
            file, encoding="utf-8",
            offset=int(place.get("offset") or 0), number=int(place.get("line") or 0),
        )  # fmt: skip
        while True:
            record: RawItem | Refusal | None = None
            try:
                raw = lines.read()
                if raw is None:
                    return
                if payload := raw.strip():
                    record = RawItem(payload=payload, where=str(lines.number))
            except LineTooLong as error:
                record = Refusal(
                    code="line_too_long", detail=str(error), where=str(lines.number),
                    payload=error.head,
                )  # fmt: skip
            if record is not None:
                here = {"offset": lines.offset, "line": lines.number}
                yield Taken(record, here, lines.offset)


def table_records(
    path: Path, place: Mapping[str, Any], *, needed: tuple[tuple[str, ...], ...]
) -> Iterator[Taken]:
    """Rows of a CSV file with a header; each payload is a JSON object, column → cell.

    `needed`: for each thing a row cannot do without, the columns that may hold it. Raises
    FileUnusable.
    """
    with path.open("rb") as file:
        head = file.read(SAMPLE)
        encoding = sniff_encoding(file)
        delimiter = sniff_delimiter(head.decode(encoding, errors="replace"))
        header, table = open_table(
            file, encoding=encoding, delimiter=delimiter,
            offset=int(place.get("offset") or 0), number=int(place.get("line") or 0),
        )  # fmt: skip
        plain = {name.strip().casefold() for name in header}
        missing = [names[0] for names in needed if not plain & set(names)]
        if missing:
            raise FileUnusable("file_missing_column", ", ".join(missing))
        for row in table:
            here = {"offset": table.lines.offset, "line": table.lines.number}
            where = str(row.line)
            record: RawItem | Refusal
            if isinstance(row, Broken):
                payload = msgspec.json.encode({EXTRA: [row.raw[:100_000]]})
                record = Refusal(code=row.code, detail=row.detail, where=where, payload=payload)
            else:
                cells: dict[str, Any] = {
                    name.strip().casefold(): cell
                    for name, cell in zip(header, row.cells, strict=False)
                }
                if len(row.cells) > len(header):
                    cells[EXTRA] = row.cells[len(header) :]
                record = RawItem(payload=msgspec.json.encode(cells), where=where)
            yield Taken(record, here, table.lines.offset)


class LinesImport(FileImport):
    """One JSON object a line."""

    def records(self, path: Path, place: Mapping[str, Any]) -> Iterator[Taken]:
        return line_records(path, place)


class TableImport(FileImport):
    """A CSV file with a header; see `table_records`."""

    NEEDED: ClassVar[tuple[tuple[str, ...], ...]] = ()

    def records(self, path: Path, place: Mapping[str, Any]) -> Iterator[Taken]:
        return table_records(path, place, needed=self.NEEDED)

    @classmethod
    @abstractmethod
    def wire(cls, row: Row, config: ImportConfig) -> dict[str, Any]:
        """The wire form of a row. Raises Undecodable."""

    @classmethod
    def decode(cls, item: RawItem, config: msgspec.Struct) -> Draft:
        """Read a row. Raises Undecodable: `ragged_row` and those of the wire."""
        assert isinstance(config, ImportConfig)
        cells = load(item.payload)
        beyond = cells.pop(EXTRA, None)
        if beyond:
            raise Undecodable("ragged_row", str(beyond)[:200])
        return post(cls.wire(Row(cells), config))


class Row:
    """Cells by the name of their column in lower case. What is no text, or blank, is not there."""

    def __init__(self, cells: Mapping[str, Any]) -> None:
        self.cells = {
            str(name): cell.strip()
            for name, cell in cells.items()
            if isinstance(cell, str) and cell.strip()
        }

    def first(self, *names: str) -> str:
        """The first of the columns that says something; "" when none does."""
        return next((self.cells[name] for name in names if name in self.cells), "")

    def count(self, *names: str) -> int | None:
        """A whole number, however it is grouped; None when there is none."""
        plain = self.first(*names).replace("\u202f", "").replace("\xa0", "").replace(" ", "")
        plain = plain.removesuffix(".0").replace(",", "")
        return int(plain) if plain.isascii() and plain.isdigit() and len(plain) < 16 else None


def header_of(head: bytes) -> set[str]:
    """The column names (lower case) of what may be the beginning of a CSV file."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = head[: len(head) // 2 * 2].decode("utf-16", errors="replace")
    else:
        text = head.decode("utf-8-sig", errors="replace")
    line = next(iter(text.lstrip("\ufeff\r\n ").splitlines()), "")
    delimiter = max(",;\t", key=line.count)
    return {cell.strip().strip('"').casefold() for cell in line.split(delimiter)}


def first_object(head: bytes) -> dict[str, Any]:
    """The JSON object of the first whole line; {} when it is none."""
    line = head.removeprefix(codecs.BOM_UTF8).lstrip().split(b"\n", 1)[0]
    try:
        found = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
