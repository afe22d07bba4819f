"""The choices of an import as its form sends and shows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from django.http import QueryDict

from vigie.mapping.files.projections import OFFERED
from vigie.mapping.files.types import TARGETS, Choices, Column, Seen
from vigie.mapping.vocabulary import TEMPLATES
from vigie.operations.access import Desk
from vigie.triage.queries import incidents
from vigie.web.layers import file_words

GEOMETRIES = ("own", "lonlat", "point", "wkt", "geojson", "commune")
CHARSETS = tuple(file_words.CHARSETS)
DELIMITERS = (";", ",", "\t", "|")


@dataclass(frozen=True, kw_only=True)
class ColumnChoice:
    """A column with what it becomes. `options`: (code, words, chosen)."""

    place: int
    column: Column
    options: tuple[tuple[str, str, bool], ...]


def base(desk: Desk) -> Choices:
    """What is known before anything is chosen: where and when the operation is."""
    return Choices(near=incidents.territory_centre(desk), zone=desk.operation.time_zone)


def sent(data: QueryDict, desk: Desk, columns: Iterable[str]) -> Choices:
    """What a person chose. `columns` are the file's, in their order."""
    chosen: dict[str, str] = {}
    skip: list[str] = []
    place: dict[str, str] = {}
    for at, name in enumerate(columns):
        what = data.get(f"col-{at}", "")
        if what == "skip":
            skip.append(name)
        elif what in TARGETS:
            chosen.setdefault(what, name)
        elif what in file_words.PLACES:
            place.setdefault(what, name)
    made = base(desk)
    crs = data.get("crs", "")
    return msgspec.structs.replace(
        made, table=data.get("table", "")[:200], crs=crs if crs.startswith("EPSG:") else "",
        swap="swap" in data, charset=_one_of(data.get("charset", ""), CHARSETS),
        delimiter=_one_of(data.get("delimiter", ""), DELIMITERS), columns=chosen,
        skip=tuple(skip), template=_one_of(data.get("template", ""), TEMPLATES), **_placed(place),
    )  # fmt: skip


def _placed(place: Mapping[str, str]) -> dict[str, Any]:
    if "x" in place and "y" in place:
        return {"geometry": "lonlat", "x": place["x"], "y": place["y"]}
    for kind in ("wkt", "geojson", "point", "commune"):
        if kind in place:
            return {"geometry": kind, "place": place[kind]}
    return {}


def _one_of(value: str, known: Iterable[str]) -> str:
    return value if value in known else ""


def columns_of(seen: Seen) -> list[ColumnChoice]:
    """The columns with what each becomes."""
    chosen = seen.choices
    becomes = {name: target for target, name in chosen.columns.items()}
    becomes |= dict.fromkeys(chosen.skip, "skip")
    if chosen.geometry == "lonlat":
        becomes |= {chosen.x: "x", chosen.y: "y"}
    elif chosen.geometry != "own":
        becomes[chosen.place] = chosen.geometry
    words: dict[str, Any] = dict(file_words.TARGETS)
    if seen.format == "csv":
        words |= file_words.PLACES
    return [
        ColumnChoice(
            place=at, column=column,
            options=tuple(
                (code, str(label), code == becomes.get(column.name, "")) for code, label in words.items()
            ),
        )
        for at, column in enumerate(seen.columns)
    ]  # fmt: skip


def projections(seen: Seen | None) -> list[tuple[str, str, bool]]:
    """(code, words, chosen) of the projections to choose from."""
    found = seen.crs if seen else ""
    listed = [
        *OFFERED,
        *([found] if found and found not in OFFERED and found.startswith("EPSG:") else []),
    ]
    return [
        (code, f"{file_words.PROJECTIONS.get(code, seen.crs_name if seen else '')} ({code})", code == found)
        for code in listed
    ]  # fmt: skip
