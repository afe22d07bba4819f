"""Lines of a file with the exact byte at which each ends, whatever the encoding."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import BinaryIO

MAX_LINE = 8_000_000
"""Bytes. A post of a million characters, each escaped, still fits."""


class LineTooLong(Exception):
    """The line was read past, up to its end; `head` is its beginning."""

    def __init__(self, head: bytes) -> None:
        super().__init__(f"more than {MAX_LINE} bytes")
        self.head = head


def _after_mark(file: BinaryIO) -> int:
    """Where the text begins: behind a byte order mark if there is one."""
    file.seek(0)
    head = file.read(3)
    if head == codecs.BOM_UTF8:
        return 3
    return 2 if head[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else 0


class LineReader:
    """Reads lines one by one; `offset` is where the next begins, `number` how many were read."""

    def __init__(self, file: BinaryIO, *, encoding: str, offset: int = 0, number: int = 0) -> None:
        self.file = file
        self.encoding = encoding
        self.offset = offset
        self.number = number
        if offset == 0:
            self.offset = _after_mark(file)
        file.seek(self.offset)
        self._wide = {"utf-16-le": b"\n\0", "utf-16-be": b"\0\n"}.get(encoding)

    def seek(self, offset: int, number: int) -> None:
        """Go back (or on) to a place that `offset` and `number` had."""
        self.file.seek(offset)
        self.offset, self.number = offset, number

    def read(self) -> bytes | None:
        """The next line with its end, in the file's encoding; None at the end of the file.

        Raises LineTooLong, after which reading goes on with the line behind it.
        """
        line = self._read_wide() if self._wide else self.file.readline(MAX_LINE + 1)
        if not line:
            return None
        self.number += 1
        self.offset += len(line)
        if len(line) <= MAX_LINE:
            return line
        end = self._wide or b"\n"
        rest = line
        while rest and not rest.endswith(end):
            rest = self._read_wide() if self._wide else self.file.readline(MAX_LINE)
            self.offset += len(rest)
        raise LineTooLong(line[:2_000])

    def _read_wide(self) -> bytes:
        """A line of UTF-16: a byte 10 ends it only as half of the character U+000A."""
        line = b""
        while len(line) <= MAX_LINE:
            piece = self.file.readline(MAX_LINE + 1)
            line += piece
            if not piece.endswith(b"\n"):
                break
            if self.encoding == "utf-16-le":
                if len(line) % 2:
                    line += self.file.read(1)
                    if line.endswith(b"\n\0"):
                        break
            elif len(line) % 2 == 0 and line.endswith(b"\0\n"):
                break
        return line

    def __iter__(self) -> Iterator[bytes]:
        while (line := self.read()) is not None:
            yield line
