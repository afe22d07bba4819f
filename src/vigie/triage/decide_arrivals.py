"""Where an arriving post is shown on the map, of all the places it names. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from vigie.contracts.findings import Place

PRECISION_M: Final = {
    "address": 50, "station": 150, "landmark": 200, "street": 300, "commune": 2_500,
    "road": 5_000, "river": 5_000, "area": 5_000,
}  # fmt: skip
"""How good a point of that kind is, in metres; the most precise kind first."""

GIVEN_M: Final = 100
"""How good the position is that a network gives with a post, in metres."""

_RANK: Final = {kind: rank for rank, kind in enumerate(PRECISION_M)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Spot:
    """Columns of a lead. `lon`/`lat` in degrees, both or neither; `code` is an INSEE code or ""."""

    name: str = ""
    code: str = ""
    lon: float | None = None
    lat: float | None = None
    precision_m: int | None = None


def spot_of(
    places: Sequence[Place],
    *,
    lon: float | None = None,
    lat: float | None = None,
    territory: frozenset[str] = frozenset(),
) -> Spot:
    """The place to show: in the territory before elsewhere, then precise, then sure, then first.

    A position given with the post is the point whatever the text names. A street or a road borrows
    the code, and if it has none the point, of the commune named with it.
    """
    if not places:
        return _given("", "", lon, lat) if lon is not None else Spot()
    ranked: Sequence[Place] = places
    if len(places) > 1:
        ranked = sorted(
            places,
            key=lambda p: (
                p.code not in territory,
                p.lat is None,
                _RANK.get(p.kind, len(_RANK)),
                -p.p,
                p.start,
            ),
        )
    commune = next((p for p in ranked if p.kind == "commune"), None)
    best = _best(ranked, commune, territory)
    code = best.code or (commune.code if commune else "")
    name = best.name if best is commune or commune is None else f"{best.name}, {commune.name}"
    if lon is not None:
        return _given(name, code, lon, lat)
    point = best if best.lat is not None else commune
    if point is None or point.lat is None:
        return Spot(name=name[:160], code=code[:5])
    return Spot(
        name=name[:160],
        code=code[:5],
        lon=point.lon,
        lat=point.lat,
        precision_m=PRECISION_M.get(point.kind, 5_000),
    )


def _best(ranked: Sequence[Place], commune: Place | None, territory: frozenset[str]) -> Place:
    """What is more precise than the commune and does not lie in another one; else the first."""
    if commune is None:
        return ranked[0]
    for place in ranked:
        precise = _RANK.get(place.kind, len(_RANK)) < _RANK["commune"]
        if precise and place.code in ("", commune.code):
            return place
    return commune if commune.code in territory or ranked[0].kind == "commune" else ranked[0]


def _given(name: str, code: str, lon: float | None, lat: float | None) -> Spot:
    return Spot(name=name[:160], code=code[:5], lon=lon, lat=lat, precision_m=GIVEN_M)
