"""Files of posts handed in by a person: the wire form (JSONL) or a table (CSV), streamed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Annotated, Any, BinaryIO, Literal

import msgspec

from vigie.contracts.drafts import Draft
from vigie.contracts.plugins import (
    SOURCE,
    Batch,
    Manifest,
    RawItem,
    Refusal,
    SourcePlugin,
    Undecodable,
)
from vigie.contracts.wire import decode_object, read_line, read_post
from vigie.plugins.sources.file.columns import EXTRA, REQUIRED, wire_of
from vigie.plugins.sources.file.lines import LineReader, LineTooLong
from vigie.plugins.sources.file.sniffing import FileUnusable, open_table
from vigie.plugins.sources.file.table import Broken

CHUNK = 500
CHUNK_BYTES = 2_000_000


class FileConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The file and how to read it. `columns` (of a CSV): field of `columns.FIELDS` → header."""

    blob: str
    format: Literal["posts", "csv"] = "posts"
    encoding: Literal["utf-8", "utf-16-le", "utf-16-be", "cp1252"] = "utf-8"
    delimiter: Annotated[str, msgspec.Meta(min_length=1, max_length=1)] = ","
    columns: dict[str, str] = {}
    time_zone: str = "Europe/Paris"
    """Of dates that name none (CSV; the wire form's are UTC)."""
    day_first: bool = True
    network: str = "file"
    lang: str = ""


class FileSource(SourcePlugin):
    """Reads one file to its end, once. Cursor: the byte and line reached, and whether it is done."""

    manifest = Manifest(
        kind=SOURCE,
        name="file",
        label={"fr": "Fichier de publications", "en": "File of posts"},
        help={
            "fr": "Importe un fichier JSONL ou CSV : archives, extractions d’un outil de veille.",
            "en": "Imports a JSONL or CSV file: archives, exports of a monitoring tool.",
        },
        version="1",
        config=FileConfig,
        needs=("blobs",),
        gives=("posts",),
        mode="poll",
        interval_s=86_400.0,
    )
    config: FileConfig

    @classmethod
    def fits(cls, head: bytes, file_name: str) -> float:
        """Any text will do, when nothing that knows it better takes it."""
        wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
        return 0.1 if head.strip() and (wide or head[:4096].count(0) <= 8) else 0.0

    async def collect(self, cursor: Mapping[str, Any]) -> AsyncIterator[Batch]:
        """Batches from the cursor's byte on; the last one says `done`.

        Raises FileUnusable: `file_missing`, `file_missing_column`, and what `open_table` raises.
        """
        if cursor.get("done"):
            return
        path = self.ports.blobs.path(self.config.blob)
        try:
            file = path.open("rb")
        except OSError as error:
            raise FileUnusable("file_missing", error.strerror or "") from error
        with file:
            size = path.stat().st_size
            offset, number = int(cursor.get("offset") or 0), int(cursor.get("line") or 0)
            read = self._rows if self.config.format == "csv" else self._posts
            items: list[RawItem] = []
            refusals: list[Refusal] = []
            pending = 0
            for taken, lines in read(file, offset, number):
                if isinstance(taken, RawItem):
                    items.append(taken)
                    pending += len(taken.payload)
                else:
                    refusals.append(taken)
                if len(items) + len(refusals) >= CHUNK or pending >= CHUNK_BYTES:
                    yield _batch(items, refusals, lines, size)
                    items, refusals, pending = [], [], 0
            yield Batch(
                items=tuple(items),
                refusals=tuple(refusals),
                cursor={"offset": size, "done": True},
                progress=(size, size),
            )

    def _posts(
        self, file: BinaryIO, offset: int, number: int
    ) -> Iterator[tuple[RawItem | Refusal, LineReader]]:
        """Lines of the wire form, in UTF-8 whatever the file's encoding."""
        lines = LineReader(file, encoding=self.config.encoding, offset=offset, number=number)
        while True:
            try:
                raw = lines.read()
            except LineTooLong as error:
                where = str(lines.number)
                yield (
                    Refusal(
                        code="line_too_long", detail=str(error), where=where, payload=error.head
                    ),
                    lines,
                )
                continue
            if raw is None:
                return
            if lines.encoding != "utf-8":
                raw = raw.decode(lines.encoding, errors="replace").encode()
            if payload := raw.strip():
                yield RawItem(payload=payload, where=str(lines.number)), lines

    def _rows(
        self, file: BinaryIO, offset: int, number: int
    ) -> Iterator[tuple[RawItem | Refusal, LineReader]]:
        """Records of the table; each payload is a JSON object, column → cell."""
        header, table = open_table(
            file,
            encoding=self.config.encoding,
            delimiter=self.config.delimiter,
            offset=offset,
            number=number,
        )
        missing = [name for name in self.config.columns.values() if name not in header]
        missing += [field for field in REQUIRED if field not in self.config.columns]
        if missing:
            raise FileUnusable("file_missing_column", ", ".join(missing))
        for record in table:
            where = str(record.line)
            if isinstance(record, Broken):
                payload = msgspec.json.encode({EXTRA: [record.raw[:100_000]]})
                yield (
                    Refusal(code=record.code, detail=record.detail, where=where, payload=payload),
                    table.lines,
                )
                continue
            row: dict[str, Any] = dict(zip(header, record.cells, strict=False))
            if len(record.cells) > len(header):
                row[EXTRA] = record.cells[len(header) :]
            yield RawItem(payload=msgspec.json.encode(row), where=where), table.lines

    @classmethod
    def decode(cls, item: RawItem, config: msgspec.Struct) -> Draft:
        """Read a line or a row. Raises Undecodable: codes of `contracts.wire` and `wire_of`."""
        assert isinstance(config, FileConfig)
        if config.format == "posts":
            return read_line(item.payload).post
        try:
            row = decode_object(item.payload)
            wire = wire_of(
                row,
                columns=config.columns,
                zone=config.time_zone,
                day_first=config.day_first,
                network=config.network,
                lang=config.lang,
            )
        except RecursionError as error:
            raise Undecodable("bad_json", "RecursionError") from error
        return read_post(wire).post


def _batch(items: list[RawItem], refusals: list[Refusal], lines: LineReader, size: int) -> Batch:
    return Batch(
        items=tuple(items),
        refusals=tuple(refusals),
        cursor={"offset": lines.offset, "line": lines.number, "done": False},
        progress=(lines.offset, size),
    )
