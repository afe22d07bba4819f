"""Payloads of Vigicrues to measures. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from vigie.contracts.measures import IndicatorDraft, MeasureDraft, Reference
from vigie.contracts.plugins import Undecodable
from vigie.kernel.lambert93 import to_wgs84
from vigie.plugins.kit.official import colour, given, number, point, required
from vigie.plugins.kit.reading import dig, load, moment, objects

FRESH_COLOUR_S: Final = 20 * 3600
"""Bulletins come at 10 a.m. and 4 p.m.: 18 hours apart at most, and a little late."""

SEEN_S: Final = 3 * 3600
"""A colour is not current when the map was not seen for that long: a new one may be out."""

FRESH_LEVEL_S: Final = 2 * 3600
AUTHORITY: Final = "Vigicrues"


_EDITION: Final = re.compile(r"^(\d{2})(\d{2})(\d{4})_(\d{2})$")


def issued_at(told: Any) -> datetime | None:
    """The moment of the bulletin: `DtHrInfoVigiCru`, else its edition ("25082026_16", Paris time)."""
    at = moment(dig(told, "DtHrInfoVigiCru"))
    edition = dig(told, "RefInfoVigiCru")
    found = _EDITION.match(edition) if isinstance(edition, str) else None
    if at is not None or found is None:
        return at
    day, month, year, hour = (int(part) for part in found.groups())
    try:
        paris = datetime(year, month, day, hour, tzinfo=ZoneInfo("Europe/Paris"))
        return paris.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def decode(payload: bytes) -> MeasureDraft:
    """A reach's colour or a station's level. Raises Undecodable."""
    told = load(payload)
    if isinstance(told.get("reach"), dict):
        return _reach(told["reach"], told.get("issued"))
    if isinstance(told.get("station"), dict):
        return _level(given(told, "code"), told["station"], told.get("observation"))
    raise Undecodable("not_a_measure")


def _reach(feature: Mapping[str, Any], issued: Any) -> MeasureDraft:
    properties = feature.get("properties")
    if not isinstance(properties, dict):
        raise Undecodable("not_a_measure")
    code = required(given(properties, "CdEntCru", "id"), "missing_id")
    at = required(moment(issued), "bad_date", str(issued)[:40])
    level = colour(properties.get("NivInfViCr"))
    geometry = feature.get("geometry")
    return MeasureDraft(
        indicator=IndicatorDraft(
            key=f"reach:{code}",
            kind="flood_colour",
            name=given(properties, "lbentcru") or code,
            station=code,
            phenomenon="flood",
            authority=AUTHORITY,
            geometry=geometry if isinstance(geometry, dict) else None,
            url=f"https://www.vigicrues.gouv.fr/niv2-bassin.php?CdEntVigiCru={code}",
            fresh_s=FRESH_COLOUR_S,
            seen_s=SEEN_S,
            automatic=True,
        ),
        observed_at=at,
        level=level,
        state="" if level else "unknown",
    )


def _level(code: str, station: Mapping[str, Any], observation: Any) -> MeasureDraft:
    if not isinstance(observation, dict):
        raise Undecodable("not_a_measure")
    required(code, "no_station")
    at = required(
        moment(observation.get("DtObsHydro")), "bad_date", str(observation.get("DtObsHydro"))[:40]
    )
    value = required(number(observation.get("ResObsHydro")), "no_value")
    return MeasureDraft(
        indicator=IndicatorDraft(
            key=f"{code}:H",
            kind="level",
            name=given(station, "name") or code,
            unit="m",
            station=code,
            river=given(station, "river"),
            authority=AUTHORITY,
            geometry=point(number(station.get("lon")), number(station.get("lat"))),
            references=tuple(
                Reference(name=given(flood, "name"), value=height)
                for flood in objects(station, "floods", limit=40)
                if (height := number(flood.get("value"))) is not None and given(flood, "name")
            ),
            url=f"https://www.vigicrues.gouv.fr/niv3-station.php?CdStationHydro={code}",
            fresh_s=FRESH_LEVEL_S,
        ),
        observed_at=at,
        value=round(value, 3),
    )


def station_in_short(told: Any) -> dict[str, Any]:
    """What is kept of a station's description: name, river, place, floods of the past."""
    if not isinstance(told, dict):
        return {}
    name, river = given(told, "LbStationHydro"), given(told, "LbCoursEau")
    if isinstance(told.get("CoordStationHydro"), dict):
        x = number(told["CoordStationHydro"].get("CoordXStationHydro"))
        y = number(told["CoordStationHydro"].get("CoordYStationHydro"))
    else:
        x = y = None
    place = to_wgs84(x, y) if x is not None and y is not None else None
    floods = [
        {"name": given(flood, "LbUsuel"), "value": number(flood.get("ValHauteur"))}
        for flood in objects(told, "VigilanceCrues", "CruesHistoriques", limit=40)
    ]
    return {
        "name": f"{river} à {name}" if river and name and river not in name else name or river,
        "river": river,
        "lon": round(place[0], 6) if place else None,
        "lat": round(place[1], 6) if place else None,
        "floods": [flood for flood in floods if flood["value"] is not None and flood["name"]],
    }
