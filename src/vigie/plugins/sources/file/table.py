"""Records of a CSV file, streamed, each with the byte at which it ends; broken ones are passed by.

The csv module decides where a record ends (quoted line breaks included); we count the lines that it
takes. A quote that is never closed would swallow the rest of the file: the record is then given up
at its first line and reading goes on with the next one.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import NamedTuple

from vigie.plugins.sources.file.lines import LineReader, LineTooLong

MAX_RECORD_LINES = 2_000
csv.field_size_limit(16_000_000)  # a setting of the whole process; its default refuses long posts


class Row(NamedTuple):
    """Cells of one record, which began at line `line` (from 1)."""

    line: int
    cells: list[str]


class Broken(NamedTuple):
    """A line that is no record: `code` and what it holds."""

    line: int
    code: str
    detail: str
    raw: str


class _GiveUp(Exception):
    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


class Table:
    """Iterate over the records from where `lines` stands. Empty lines are passed over.

    `lines.offset` is, after each record, where the next one begins.
    """

    def __init__(self, lines: LineReader, *, delimiter: str) -> None:
        self.lines = lines
        self.delimiter = delimiter
        self._taken = 0
        self._ended = False

    def __iter__(self) -> Iterator[Row | Broken]:
        reader = self._reader()
        while True:
            start = self.lines.offset, self.lines.number
            self._taken, self._ended = 0, False
            try:
                cells = next(reader)
                if self._ended:
                    raise _GiveUp("unclosed_quote")
            except StopIteration:
                return
            except _GiveUp as broken:
                yield self._pass_by(start, broken.code, broken.detail)
                reader = self._reader()
            except csv.Error as error:
                yield self._pass_by(start, "bad_csv", str(error))
                reader = self._reader()
            else:
                if any(cell.strip() for cell in cells):
                    yield Row(start[1] + 1, cells)

    def _reader(self) -> Iterator[list[str]]:
        return csv.reader(self._decoded(), delimiter=self.delimiter)

    def _decoded(self) -> Iterator[str]:
        while True:
            try:
                raw = self.lines.read()
            except LineTooLong as error:
                raise _GiveUp("line_too_long", str(error)) from error
            if raw is None:
                self._ended = self._taken > 0
                return
            self._taken += 1
            if self._taken > MAX_RECORD_LINES:
                raise _GiveUp("unclosed_quote", f"{MAX_RECORD_LINES} lines")
            try:
                yield raw.decode(self.lines.encoding)
            except UnicodeDecodeError as error:
                raise _GiveUp("bad_encoding", f"byte {error.start + 1}") from error

    def _pass_by(self, start: tuple[int, int], code: str, detail: str) -> Broken:
        """Back to the record's first line, and past it."""
        self.lines.seek(*start)
        try:
            raw = self.lines.read() or b""
        except LineTooLong as error:
            raw = error.head
        text = raw.decode(self.lines.encoding, errors="replace").rstrip("\r\n")
        return Broken(start[1] + 1, code, detail, text)
