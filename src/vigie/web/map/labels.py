"""Names of places for the map that works without a network: big towns everywhere, all communes
around the operation, départements. From the packaged gazetteer; points only, no outlines."""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from typing import Any

from vigie.analysis.gazetteer import GazetteerMissing, gazetteer
from vigie.analysis.placenames import departement_of
from vigie.kernel.geometry import distance_m

AROUND_M = 90_000.0
BIG_TOWN = 8_000
RANKS = (150_000, 40_000, 12_000, 3_000)
"""Populations from which a name is drawn earlier: rank 0 … 3, 4 below the last."""

Centre = tuple[float, float]


def labels(centre: Centre | None, here: frozenset[str]) -> dict[str, Any]:
    """GeoJSON points with name, rank, kind; `here` (INSEE codes) marks the operation's communes.

    An empty collection when the gazetteer was not made.
    """
    rounded = (round(centre[0], 1), round(centre[1], 1)) if centre else None
    try:
        features = _features(rounded)
    except GazetteerMissing:
        features = ()
    return {
        "type": "FeatureCollection",
        "features": [
            {**each, "properties": {**each["properties"], "here": each["id"] in here}}
            for each in features
        ],
    }


def rank_of(population: int) -> int:
    """0 for the largest cities … 4 for villages."""
    return next((i for i, least in enumerate(RANKS) if population >= least), len(RANKS))


@lru_cache(maxsize=16)
def _features(centre: Centre | None) -> tuple[dict[str, Any], ...]:
    book = gazetteer()
    weights: dict[str, list[tuple[float, float, int]]] = defaultdict(list)
    made = []
    for number in range(len(book)):
        point = book.point_at(number)
        if point is None:
            continue
        lat, lon = point
        code, population = book.codes[number], max(0, book.populations[number])
        close = centre is not None and distance_m(lon, lat, *centre) < AROUND_M
        if population >= BIG_TOWN or close:
            rank = rank_of(population)
            made.append(_label(code, book.names[number], lon, lat, rank, "town"))
        weights[departement_of(code)].append((lon, lat, population + 1))
    for code, points in weights.items():
        total = sum(weight for *_, weight in points)
        known = book.departement(code)
        if known is not None:
            lon = sum(x * weight for x, _, weight in points) / total
            lat = sum(y * weight for _, y, weight in points) / total
            made.append(_label(f"D{code}", f"{known.name} ({code})", lon, lat, 0, "departement"))
    return tuple(made)


def _label(code: str, name: str, lon: float, lat: float, rank: int, kind: str) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": code,
        "geometry": {"type": "Point", "coordinates": [round(lon, 4), round(lat, 4)]},
        "properties": {"name": name, "rank": rank, "kind": kind},
    }
