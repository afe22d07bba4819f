"""Places to choose from when a post is located, and how near incidents are to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from vigie.accounts.roles import Right
from vigie.analysis.gazetteer import GazetteerMissing, gazetteer
from vigie.kernel.geometry import distance_m
from vigie.kernel.text import clean_line, fold
from vigie.operations.access import Desk
from vigie.operations.models import TerritoryCommune
from vigie.triage.models import Annotation, Incident, Lead

COMMUNE_PRECISION_M = 2_500
"""A French commune covers 15 km² on average: a circle of 2.2 km around its centre."""

COMMUNE_REACH_M = 4_000
"""Farther from every centre, a point is not said to be in the nearest commune."""


@dataclass(frozen=True, kw_only=True)
class PlaceChoice:
    """A place a post may be at. `origin`: post (it names it), territory, or gazetteer.

    `hint` tells homonyms apart (département, kind). Without lon/lat it has no point.
    """

    name: str
    code: str
    lon: float | None
    lat: float | None
    precision_m: int | None
    origin: str
    hint: str = ""


def choices(text: str, *, by: Desk, lead: int | None, limit: int) -> list[PlaceChoice]:
    """Places whose name or postcode begins with `text`; without it, where the post may well be.

    Each commune once: as the post names it, then the territory's, then all of France.
    """
    by.require(Right.SEE_BOARD)
    key = fold(text).strip()
    named = [each for each in in_the_post(lead, by) if not key or fold(each.name).startswith(key)]
    territory = list(TerritoryCommune.objects.filter(operation=by.operation).order_by("name"))
    found = named + [
        PlaceChoice(
            name=each.name,
            code=each.code,
            lon=each.lon,
            lat=each.lat,
            precision_m=COMMUNE_PRECISION_M if each.lon is not None else None,
            origin="territory",
        )
        for each in territory
        if key in fold(each.name)
    ]
    if key:
        found += _in_france(text, near={each.code[:2] for each in territory}, limit=limit)
    unique: dict[tuple[str, str], PlaceChoice] = {}
    for each in found:
        unique.setdefault((each.code, "" if each.code else fold(each.name)), each)
    return list(unique.values())[:limit]


def in_the_post(lead: int | None, by: Desk) -> list[PlaceChoice]:
    """The places a model found in the text, each once, in the order it said them."""
    said = Annotation.objects.filter(
        lead=lead, lead__operation=by.operation, kind="place", by__isnull=True
    )
    found: dict[tuple[str, str], PlaceChoice] = {}
    for place in said.order_by("pk").values_list("value", flat=True)[:50]:
        if not isinstance(place, dict) or not place.get("name"):
            continue
        name, code = str(place["name"]), str(place.get("code") or "")
        lon, lat = place.get("lon"), place.get("lat")
        point = isinstance(lon, int | float) and isinstance(lat, int | float)
        commune = place.get("kind", "commune") == "commune"
        found.setdefault(
            (code, name),
            PlaceChoice(
                name=name,
                code=code,
                lon=lon if point else None,
                lat=lat if point else None,
                precision_m=COMMUNE_PRECISION_M if point and commune else None,
                origin="post",
            ),
        )
    return list(found.values())


def _in_france(text: str, *, near: set[str], limit: int) -> list[PlaceChoice]:
    try:
        communes = gazetteer().search(text, limit=limit, near=near)
    except GazetteerMissing:
        return []
    return [
        PlaceChoice(
            name=each.name,
            code=each.code,
            lon=each.lon,
            lat=each.lat,
            precision_m=COMMUNE_PRECISION_M if each.lon is not None else None,
            origin="gazetteer",
            hint=each.departement_name,
        )
        for each in communes[:limit]
    ]


def commune_at(lon: float, lat: float, *, by: Desk) -> PlaceChoice | None:
    """The territory's commune whose centre is nearest, within COMMUNE_REACH_M; None beyond."""
    by.require(Right.SEE_BOARD)
    near_by: list[tuple[float, PlaceChoice]] = [
        (
            distance_m(lon, lat, each.lon, each.lat),
            PlaceChoice(
                name=each.name, code=each.code, lon=each.lon, lat=each.lat,
                precision_m=COMMUNE_PRECISION_M, origin="territory",
            ),
        )
        for each in TerritoryCommune.objects.filter(operation=by.operation)
        if each.lon is not None and each.lat is not None
    ]  # fmt: skip
    nearest = min(near_by, key=lambda pair: pair[0], default=None)
    return nearest[1] if nearest and nearest[0] <= COMMUNE_REACH_M else None


def near(incidents: Iterable[Incident], lead: Lead) -> dict[int, float]:
    """Metres between a located post and each located incident, by the incident's id."""
    if lead.lon is None or lead.lat is None:
        return {}
    return {
        each.pk: distance_m(lead.lon, lead.lat, each.lon, each.lat)
        for each in incidents
        if each.lon is not None and each.lat is not None
    }


def title_for(lead: Lead) -> str:
    """A first title for an incident made of this post: its first sentence, on one line."""
    line = clean_line(lead.post.text)
    for end in (". ", "! ", "? ", " http", " #"):
        line = line.split(end)[0]
    return line.strip()
