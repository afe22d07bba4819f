"""Bodies as they come off the wire, decompressed no further than there is room."""

from __future__ import annotations

import zlib
from typing import Protocol


class Unreadable(Exception):
    """The body is not compressed in the way it says, or in one that we did not ask for."""


class Unpacker(Protocol):
    def feed(self, data: bytes, room: int) -> bytes:
        """What `data` adds, at most `room` bytes of it; the rest is lost. Raises Unreadable."""
        ...

    @property
    def spare(self) -> int:
        """Bytes of the last `feed` that were not even looked at, for want of room."""
        ...


class _Plain:
    spare = 0

    def feed(self, data: bytes, room: int) -> bytes:
        return data[:room]


class _Zipped:
    """gzip or deflate, with or without its wrapping."""

    def __init__(self, encoding: str) -> None:
        self._bits = 31 if encoding in ("gzip", "x-gzip") else 15
        self._engine = zlib.decompressobj(self._bits)
        self._begun = False
        self.spare = 0

    def feed(self, data: bytes, room: int) -> bytes:
        parts, size = [], 0
        while data and size < room:
            try:
                part = self._engine.decompress(data, room - size)
            except zlib.error as error:
                if self._begun or self._bits != 15:
                    raise Unreadable("cannot be decompressed") from error
                self._bits = -15  # deflate as some servers understand it
                self._engine = zlib.decompressobj(self._bits)
                continue
            self._begun = True
            parts.append(part)
            size += len(part)
            data = self._engine.unconsumed_tail
        self.spare = len(data)
        return b"".join(parts)


def unpacker(encoding: str) -> Unpacker:
    """For a Content-Encoding. Raises Unreadable."""
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        return _Plain()
    if encoding in ("gzip", "x-gzip", "deflate"):
        return _Zipped(encoding)
    raise Unreadable(f"compressed in a way we did not ask for: {encoding[:40]}")
