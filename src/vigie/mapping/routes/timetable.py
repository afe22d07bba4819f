"""Reading a timetable as it is pasted from a table: kilometre, place, when the first and the last pass."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from vigie.kernel.text import clean_line
from vigie.mapping.routes.decide import Row

ROWS: Final = 1_000
_CLOCK: Final = re.compile(r"^\s*(\d{1,2})\s*[:hH.]\s*(\d{2})(?:\s*[:mM.]\s*(\d{2}))?\s*s?\s*$")
_KM: Final = re.compile(r"^\s*(?:km|pk)?\s*(\d{1,4}(?:[.,]\d+)?)\s*(?:km)?\s*$", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Unread:
    """A line that is left out. `code`: no_km, no_time, km_goes_back, time_goes_back, too_many."""

    line: int
    text: str
    code: str


@dataclass(frozen=True, kw_only=True)
class Timetable:
    rows: tuple[Row, ...] = ()
    unread: tuple[Unread, ...] = ()


def read_timetable(text: str, *, day: date, zone: ZoneInfo) -> Timetable:
    """Read lines of `km; place; first; last` (tabs, semicolons or bars between; place and last may be
    missing; of several times, as for three average speeds, the earliest and the latest count). Clock
    times are of `day` in `zone`, later ones after midnight of the next day. A first
    line of headings is passed over. What cannot be read is left out and told.
    """
    rows: list[Row] = []
    unread: list[Unread] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        told = clean_line(line, limit=120)
        cells = _cells(line)
        km = _km(cells)
        if km is None:
            if rows or unread:
                unread.append(Unread(line=number, text=told, code="no_km"))
            continue
        times = [found for cell in cells[1:] if (found := _clock(cell)) is not None]
        place = next(
            (
                cell.strip()
                for cell in cells[1:]
                if cell.strip() and _clock(cell) is None and not _KM.match(cell)
            ),
            "",
        )
        before = rows[-1].first if rows else None
        moments = sorted(_on(day, clock, zone, before) for clock in times)
        first = moments[0] if moments else None
        last = moments[-1] if len(moments) > 1 else None
        code = _problem(rows, km, first)
        if code:
            unread.append(Unread(line=number, text=told, code=code))
            continue
        rows.append(Row(km=km, place=clean_line(place, limit=80), first=first, last=last))
    return Timetable(rows=tuple(rows), unread=tuple(unread))


def _problem(rows: list[Row], km: float, first: datetime | None) -> str:
    if len(rows) >= ROWS:
        return "too_many"
    if first is None:
        return "no_time"
    if rows and km < rows[-1].km:
        return "km_goes_back"
    before = rows[-1].first if rows else None
    if before is not None and first - before > timedelta(hours=18):
        return "time_goes_back"
    return ""


def _cells(line: str) -> list[str]:
    mark = next((each for each in ("\t", ";", "|") if each in line), None)
    if mark is None:
        return re.split(r"\s{2,}|,\s", line.strip())
    return next(csv.reader(io.StringIO(line.strip("|")), delimiter=mark), [])


def _km(cells: list[str]) -> float | None:
    found = _KM.match(cells[0]) if cells else None
    return None if found is None else float(found[1].replace(",", "."))


def _clock(cell: str) -> timedelta | None:
    found = _CLOCK.match(cell)
    if found is None or ("." in cell and ":" not in cell and "h" not in cell.lower()):
        return None
    hours, minutes, seconds = int(found[1]), int(found[2]), int(found[3] or 0)
    if hours > 23 or minutes > 59 or seconds > 59:
        return None
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


def _on(day: date, clock: timedelta, zone: ZoneInfo, after: datetime | None) -> datetime:
    """The moment of a clock time, on the next day when it would lie before what it follows."""
    naive = datetime.combine(day, datetime.min.time()) + clock
    moment = naive.replace(tzinfo=zone).astimezone(UTC)
    while after is not None and moment < after:
        naive += timedelta(days=1)
        moment = naive.replace(tzinfo=zone).astimezone(UTC)
    return moment
