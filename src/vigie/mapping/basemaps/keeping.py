"""Tiles on their way into a pack: kept in a file beside it, so that a cut at any moment loses none.

Equal tiles are kept once. What the source has no tile for is kept too, so that it is not asked again.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from pmtiles.tile import zxy_to_tileid

AT_ONCE: Final = 64
"""Tiles between two commits."""
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS about (word TEXT PRIMARY KEY, told TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS content (id INTEGER PRIMARY KEY, hash BLOB UNIQUE NOT NULL, data BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS tile (id INTEGER PRIMARY KEY, content INTEGER);
"""
Tile = tuple[int, int, int]


class AnotherPlan(ValueError):
    """What is kept there was fetched for something else."""


class Kept:
    """The tiles of one plan so far. `async with` is not needed: it is written at once."""

    def __init__(self, path: Path, plan: Mapping[str, Any]) -> None:
        """Go on with what is kept at `path`, or begin. `plan` is what must be the same for that.
        Raises AnotherPlan; sqlite3.DatabaseError when the file is none of ours."""
        self.path = path
        self._rows = sqlite3.connect(path, isolation_level="IMMEDIATE")
        self._rows.executescript(_TABLES)
        told = json.dumps(plan, sort_keys=True, ensure_ascii=False)
        known = self._rows.execute("SELECT told FROM about WHERE word = 'plan'").fetchone()
        if known is None:
            self._rows.execute("INSERT INTO about VALUES ('plan', ?)", (told,))
            self._rows.commit()
        elif known[0] != told:
            self._rows.close()
            raise AnotherPlan(known[0])
        self._since = 0

    def __enter__(self) -> Kept:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def has(self, tile: Tile) -> bool:
        """Whether the source was asked for it and answered, be it that it has none."""
        found = self._rows.execute("SELECT 1 FROM tile WHERE id = ?", (zxy_to_tileid(*tile),))
        return found.fetchone() is not None

    def put(self, tile: Tile, data: bytes | None) -> None:
        """Keep a tile; None: the source has none there."""
        content = None if data is None else self._content(data)
        self._rows.execute(
            "INSERT OR REPLACE INTO tile VALUES (?, ?)", (zxy_to_tileid(*tile), content)
        )
        self._since += 1
        if self._since >= AT_ONCE:
            self.commit()

    def commit(self) -> None:
        self._rows.commit()
        self._since = 0

    def close(self) -> None:
        self.commit()
        self._rows.close()

    def counts(self) -> tuple[int, int, int]:
        """Tiles, different ones among them, holes."""
        tiles, holes = self._rows.execute(
            "SELECT count(content), count(*) - count(content) FROM tile"
        ).fetchone()
        different = self._rows.execute("SELECT count(*) FROM content").fetchone()[0]
        return tiles, different, holes

    def lengths(self) -> Iterator[tuple[int, int, int]]:
        """(tile id, content, bytes of it) of every tile there is, by tile id."""
        yield from self._rows.execute(
            "SELECT tile.id, content.id, length(data) FROM tile "
            "JOIN content ON content.id = tile.content ORDER BY tile.id"
        )

    def data(self, content: int) -> bytes:
        found = self._rows.execute("SELECT data FROM content WHERE id = ?", (content,))
        return bytes(found.fetchone()[0])

    def _content(self, data: bytes) -> int:
        digest = hashlib.sha256(data).digest()
        self._rows.execute(
            "INSERT OR IGNORE INTO content (hash, data) VALUES (?, ?)", (digest, data)
        )
        found = self._rows.execute("SELECT id FROM content WHERE hash = ?", (digest,))
        return int(found.fetchone()[0])
