"""Refused items as files: as they came (JSONL), or as a table with their reasons (CSV). Streamed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from asgiref.sync import sync_to_async
from django.utils import translation
from django.utils.translation import gettext as _

from vigie.collection import imports
from vigie.collection.models import RefusedItem, Source
from vigie.kernel.clock import rfc3339
from vigie.kernel.spreadsheet import csv_line
from vigie.web.sources.messages import refusal

PAGE = 500


async def as_jsonl(source: Source, *, code: str = "") -> AsyncIterator[bytes]:
    """The payloads, one a line, of one reason when it is given."""
    async for page in _pages(source, code, _jsonl_page):
        yield page


async def as_csv(source: Source, *, code: str = "", language: str) -> AsyncIterator[bytes]:
    """Where, why, when, then the columns of the source's own table, or the payload in one column.

    In UTF-8 with a mark for spreadsheets; formulas are made harmless.
    """
    columns = list((source.config.get("columns") or {}).values())

    def header() -> str:
        with translation.override(language):
            names = [_("position in the source"), _("reason"), _("detail"), _("set aside at")]
            return "\ufeff" + csv_line([*names, *(columns or ["payload"])])

    def lines(items: Sequence[RefusedItem]) -> bytes:
        with translation.override(language):
            return "".join(_csv_line(item, columns) for item in items).encode(errors="replace")

    yield (await sync_to_async(header)()).encode()
    async for page in _pages(source, code, lines):
        yield page


async def _pages(
    source: Source, code: str, write: Callable[[Sequence[RefusedItem]], bytes]
) -> AsyncIterator[bytes]:
    after = 0
    while True:

        def page(after: int = after) -> tuple[bytes, int | None]:
            items = imports.refused_page(source, code=code, after=after, limit=PAGE)
            return write(items), items[-1].pk if len(items) == PAGE else None

        content, last = await sync_to_async(page)()
        yield content
        if last is None:
            return
        after = last


def _jsonl_page(items: Sequence[RefusedItem]) -> bytes:
    return b"".join(bytes(item.payload).replace(b"\n", b" ") + b"\n" for item in items)


def _csv_line(item: RefusedItem, columns: list[str]) -> str:
    raw = bytes(item.payload)
    cells = _cells(raw, columns) if columns else [raw.decode(errors="replace")]
    return csv_line([item.where, refusal(item.code).what, item.detail, rfc3339(item.at), *cells])


def _cells(raw: bytes, columns: list[str]) -> list[str]:
    """The row's cells; what stands in no column comes last."""
    row = row_of(raw)
    if row is None:
        return [raw.decode(errors="replace")]
    beyond = " ".join(map(str, row.get("", ())))
    if not any(name in row for name in columns):
        return [beyond]
    return [*(str(row.get(name, "")) for name in columns), *([beyond] if beyond else [])]


def row_of(raw: bytes) -> dict[str, Any] | None:
    """The row (column → cell) that a payload is; None when it is none."""
    try:
        row = json.loads(raw)
    except ValueError:
        return None
    return row if isinstance(row, dict) else None
