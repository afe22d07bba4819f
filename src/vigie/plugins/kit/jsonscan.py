"""Objects out of a JSON document too large to be read at once, each with the byte behind it.

Exports of a whole account are one document of hundreds of megabytes. The objects of the lists named
`within` (or of the outermost list) are cut out one by one; strings are jumped over as wholes, so a
brace inside a text is no brace.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO, Final, NamedTuple

BLOCK: Final = 1_000_000
LARGEST: Final = 16_000_000
"""Bytes of one object; a larger one is passed over."""

NEAR: Final = 8_192
"""Bytes before a list in which what holds it begins."""

_TOKEN: Final = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}\[\]:"]', re.DOTALL)


class Cut(NamedTuple):
    """`raw` is None for an object beyond LARGEST. `context`: what stands before the list in the
    object that holds it, at most 4 kB.
    """

    raw: bytes | None
    end: int
    context: bytes


def objects_in(file: BinaryIO, *, within: bytes = b"", offset: int = 0) -> Iterator[Cut]:
    """The objects behind `offset` (an `end` of a cut given before, or 0).

    `within` is the key of the lists whose objects are wanted, b"" for the outermost list. Ends
    quietly where the document does, or is cut short.
    """
    file.seek(0)
    scan = _Scan(within)
    while block := file.read(BLOCK):
        for cut in scan.feed(block):
            if cut.end > offset:
                yield cut


class _Scan:
    """What is known between two blocks. Places are bytes of the file."""

    def __init__(self, within: bytes) -> None:
        self.within = within
        self.held = b""
        self.position = 0
        """Of `held` in the file."""

        self.scanned = 0
        """How much of `held` has been looked at."""

        self.open: list[tuple[int, int]] = []
        """Brackets that are open: which, and where."""

        self.list_depth = 0
        """How many brackets are open within the wanted list; 0 outside of one."""

        self.start = -1
        self.context = b""
        self.key = self.string = b""
        self.over = False

    def feed(self, block: bytes) -> Iterator[Cut]:
        self.held += block
        for found in _TOKEN.finditer(self.held, self.scanned):
            token = found.group()
            if token == b'"':  # a string that goes on in the next block
                self.scanned = found.start()
                break
            self.scanned = found.end()
            if token[0] == 0x22:
                self.string = token[1:-1]
            elif token == b":":
                self.key = self.string
            elif token in b"{[":
                self._opened(token[0], self.position + found.start())
            elif self.open:
                cut = self._closed(self.position + found.end())
                if cut is not None:
                    yield cut
        else:
            self.scanned = len(self.held)
        self._forget()

    def _opened(self, bracket: int, at: int) -> None:
        if not self.list_depth and bracket == 0x5B:
            if self.key == self.within if self.within else not self.open:
                self.list_depth = len(self.open) + 1
                holder = self.open[-1][1] if self.open else at
                if holder >= self.position:
                    self.context = self.held[holder - self.position : at - self.position][-4_096:]
        elif bracket == 0x7B and self.list_depth == len(self.open) and self.list_depth:
            self.start, self.over = at, False
        self.open.append((bracket, at))
        self.key = b""

    def _closed(self, end: int) -> Cut | None:
        bracket, _ = self.open.pop()
        depth = len(self.open)
        if self.list_depth and depth == self.list_depth and bracket == 0x7B and self.start >= 0:
            raw = None if self.over else self.held[self.start - self.position : end - self.position]
            self.start = -1
            return Cut(raw, end, self.context)
        if self.list_depth and depth < self.list_depth:
            self.list_depth = 0
        return None

    def _forget(self) -> None:
        """Let go of what has been looked at and is not needed any more."""
        keep = self.scanned
        if self.start >= 0 and not self.over:
            keep = min(keep, self.start - self.position)
        elif self.open and not self.list_depth:
            begun = self.open[-1][1] - self.position
            if begun >= 0 and keep - begun < NEAR:
                keep = min(keep, begun)
        if len(self.held) - keep > LARGEST:
            keep = self.scanned
            self.over = True
            if len(self.held) - keep > LARGEST:  # a string without an end
                keep = self.scanned = len(self.held)
        self.held = self.held[keep:]
        self.position += keep
        self.scanned -= keep
