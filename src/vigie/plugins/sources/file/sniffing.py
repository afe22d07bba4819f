"""What a file handed in is: posts or a table, in which characters, with which separators."""

from __future__ import annotations

import codecs
import csv
from collections import Counter
from pathlib import Path
from typing import BinaryIO

import msgspec

from vigie.contracts.plugins import SourceUnreadable
from vigie.plugins.sources.file.columns import guess_columns
from vigie.plugins.sources.file.lines import LineReader
from vigie.plugins.sources.file.table import Row, Table

PREVIEW_ROWS = 10
SAMPLE = 256_000


class FileUnusable(SourceUnreadable):
    """The file as a whole cannot be imported; `code` says why."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(detail)
        self.code = code


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What was found: `format` is "posts" or "csv"; `columns` are guesses, field → header."""

    format: str
    encoding: str
    delimiter: str = ""
    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    columns: dict[str, str] = {}


def preview(path: Path, *, encoding: str = "", delimiter: str = "") -> Preview:
    """Look at a file; `encoding` and `delimiter`, when given, go before what is found.

    Raises FileUnusable: `file_empty`, `file_is_spreadsheet`, `file_is_binary`,
    `file_is_json_array`, `file_has_no_rows`, `file_bad_header`.
    """
    with path.open("rb") as file:
        head = file.read(SAMPLE)
        _refuse_unusable(head)
        encoding = encoding or sniff_encoding(file)
        text = head.decode(encoding, errors="replace").lstrip("\ufeff \t\r\n")
        if text.startswith("["):
            raise FileUnusable("file_is_json_array")
        if text.startswith("{"):
            return Preview(format="posts", encoding=encoding)
        delimiter = delimiter or sniff_delimiter(text)
        table = open_table(file, encoding=encoding, delimiter=delimiter)
        rows = []
        for record in table[1]:
            if isinstance(record, Row):
                rows.append(tuple(record.cells))
            if len(rows) == PREVIEW_ROWS:
                break
    header = table[0]
    if not rows:
        raise FileUnusable("file_has_no_rows")
    return Preview(
        format="csv",
        encoding=encoding,
        delimiter=delimiter,
        header=tuple(header),
        rows=tuple(rows),
        columns=guess_columns(header, rows),
    )


def _refuse_unusable(head: bytes) -> None:
    if not head.strip(b" \t\r\n\0\xef\xbb\xbf\xff\xfe"):
        raise FileUnusable("file_empty")
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise FileUnusable("file_is_spreadsheet")
    is_wide = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or _wide(head)
    if head.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"\x1f\x8b")) or (
        not is_wide and head[:4096].count(0) > 8
    ):
        raise FileUnusable("file_is_binary")


def _wide(head: bytes) -> str:
    """UTF-16 without a mark: every other byte of western text is zero."""
    evens, odds = head[:400:2].count(0), head[1:400:2].count(0)
    half = min(len(head), 400) // 2
    if half and odds > half * 0.7 and evens < half * 0.1:
        return "utf-16-le"
    return "utf-16-be" if half and evens > half * 0.7 and odds < half * 0.1 else ""


def sniff_encoding(file: BinaryIO) -> str:
    """`utf-8`, `utf-16-le`, `utf-16-be` or `cp1252`, judged on the whole file.

    A file is UTF-8 when nine in ten of its lines beyond ASCII are; the others are set aside later.
    """
    file.seek(0)
    head = file.read(4096)
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8"
    if head.startswith(codecs.BOM_UTF16_LE):
        return "utf-16-le"
    if head.startswith(codecs.BOM_UTF16_BE):
        return "utf-16-be"
    if wide := _wide(head):
        return wide
    file.seek(0)
    good = bad = 0
    for line in iter(lambda: file.readline(1_000_000), b""):
        if line.isascii():
            continue
        try:
            line.decode()
            good += 1
        except UnicodeDecodeError:
            bad += 1
    return "utf-8" if good >= 9 * bad else "cp1252"


def sniff_delimiter(text: str) -> str:
    """The separator that cuts the first lines into the most columns, most steadily."""
    lines = text.splitlines()[:60]
    best, best_score = ",", 0.0
    for delimiter in (";", ",", "\t", "|"):
        try:
            widths = [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
        except csv.Error:
            continue
        if not widths:
            continue
        width, times = Counter(widths).most_common(1)[0]
        header_fits = widths[0] == width
        score = (width - 1) * (times / len(widths)) ** 2 * (1.5 if header_fits else 1.0)
        if score > best_score:
            best, best_score = delimiter, score
    return best


def open_table(
    file: BinaryIO, *, encoding: str, delimiter: str, offset: int = 0, number: int = 0
) -> tuple[list[str], Table]:
    """Header (names made unique) and the table behind it, or from `offset` on when given.

    Raises FileUnusable `file_empty`, `file_bad_header`.
    """
    lines = LineReader(file, encoding=encoding)
    table = Table(lines, delimiter=delimiter)
    first = next(iter(table), None)
    if first is None:
        raise FileUnusable("file_empty")
    if not isinstance(first, Row):
        raise FileUnusable("file_bad_header", first.raw[:200])
    if offset:
        lines.seek(offset, number)
    return unique_names(first.cells), Table(lines, delimiter=delimiter)


def unique_names(cells: list[str]) -> list[str]:
    """Names of columns: trimmed, numbered when empty or used twice."""
    names: list[str] = []
    for position, cell in enumerate(cells, start=1):
        wanted = cell.strip() or f"#{position}"
        name, count = wanted, 1
        while name in names:
            count += 1
            name = f"{wanted} ({count})"
        names.append(name)
    return names
