"""Incidents as files, a few at a time: CSV that runs nothing in a spreadsheet, and GeoJSON."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from asgiref.sync import sync_to_async
from django.utils import translation

from vigie.kernel.clock import rfc3339
from vigie.kernel.spreadsheet import csv_line
from vigie.operations.models import Operation
from vigie.triage.models import Incident
from vigie.triage.queries.incident_features import feature
from vigie.triage.vocabulary import INCIDENT_STATES, URGENCIES, category_label

COLUMNS = (
    "exercise", "number", "title", "category", "category_name", "urgency", "urgency_name", "state",
    "state_name", "reliability", "credibility", "occurred_at", "place_name", "place_code",
    "longitude", "latitude", "precision_m", "geometry", "posts", "assignee", "description",
    "created_at", "updated_at",
)  # fmt: skip
EXERCISE = "EXERCICE"
MIME = {"csv": "text/csv; charset=utf-8", "geojson": "application/geo+json; charset=utf-8"}


BATCH = 500


async def streamed(
    kind: str, rows: Iterator[Incident], operation: Operation
) -> AsyncIterator[bytes]:
    """The file of a kind of MIME, some hundred incidents at a time, in the language active now."""
    language = translation.get_language()
    lines = {"csv": csv_lines, "geojson": geojson_lines}[kind](rows, operation)

    def piece() -> bytes:
        with translation.override(language):
            return "".join(itertools.islice(lines, BATCH)).encode()

    while made := await sync_to_async(piece)():
        yield made


def file_name(operation: Operation, now: datetime, kind: str) -> str:
    """ "EXERCICE_crue-orge_signalements_20261124-0400.csv", in the operation's time."""
    local = now.astimezone(ZoneInfo(operation.time_zone))
    mark = f"{EXERCISE}_" if operation.is_exercise else ""
    return f"{mark}{operation.slug}_signalements_{local:%Y%m%d-%H%M}.{kind}"


def csv_lines(rows: Iterator[Incident], operation: Operation) -> Iterator[str]:
    """A byte order mark (for spreadsheets), the header, one line an incident; `;` between cells."""
    yield "\ufeff" + csv_line(COLUMNS)
    for row in rows:
        values = {
            "exercise": EXERCISE if operation.is_exercise else "",
            "number": row.number,
            "title": row.title,
            "category": row.category,
            "category_name": category_label(row.category),
            "urgency": row.urgency,
            "urgency_name": URGENCIES[row.urgency].label,
            "state": row.state,
            "state_name": INCIDENT_STATES[row.state].label,
            "reliability": row.reliability,
            "credibility": row.credibility,
            "occurred_at": rfc3339(row.occurred_at) if row.occurred_at else None,
            "place_name": row.place_name,
            "place_code": row.place_code,
            "longitude": row.lon,
            "latitude": row.lat,
            "precision_m": row.precision_m,
            "geometry": json.dumps(row.geometry) if row.geometry else None,
            "posts": getattr(row, "posts", None),
            "assignee": row.assignee.display if row.assignee else None,
            "description": row.description,
            "created_at": rfc3339(row.created_at),
            "updated_at": rfc3339(row.updated_at),
        }
        cells = (values[name] for name in COLUMNS)
        yield csv_line(["" if cell is None else str(cell) for cell in cells])


def geojson_lines(rows: Iterator[Incident], operation: Operation) -> Iterator[str]:
    """One FeatureCollection, written feature by feature."""
    head = {"type": "FeatureCollection", "exercise": operation.is_exercise, "name": operation.title}
    yield json.dumps(head, ensure_ascii=False)[:-1] + ', "features": [\n'
    first = True
    for row in rows:
        made = feature(row)
        made["properties"] |= {
            "exercise": operation.is_exercise,
            "description": row.description,
            "occurred_at": rfc3339(row.occurred_at) if row.occurred_at else None,
        }
        yield ("" if first else ",\n") + json.dumps(made, ensure_ascii=False)
        first = False
    yield "\n]}\n"
