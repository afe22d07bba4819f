"""Followed indicators as GeoJSON, for the map and for others' systems."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from vigie.collection.indicators.queries import Standing
from vigie.contracts.measures import COLOURS
from vigie.kernel.clock import rfc3339


def collection(standings: Iterable[Standing]) -> dict[str, Any]:
    """A FeatureCollection (RFC 7946); those without a shape have a null geometry."""
    return {"type": "FeatureCollection", "features": [feature(each) for each in standings]}


def feature(each: Standing) -> dict[str, Any]:
    """One indicator. `standing` says whether the value may be called current."""
    return {
        "type": "Feature",
        "id": each.indicator.pk,
        "geometry": each.indicator.geometry,
        "properties": properties(each),
    }


def properties(each: Standing) -> dict[str, Any]:
    """All that is known of an indicator, flat; moments as RFC 3339, slope in unit per hour."""
    indicator, latest = each.indicator, each.latest
    return {
        "id": indicator.pk,
        "key": indicator.key,
        "kind": indicator.kind,
        "name": indicator.name,
        "unit": indicator.unit,
        "station": indicator.station,
        "river": indicator.river,
        "phenomenon": indicator.phenomenon,
        "authority": indicator.authority,
        "source": each.source_name,
        "url": (latest.url if latest is not None and latest.url else indicator.url),
        "standing": each.standing,
        "value": latest.value if latest is not None else None,
        "level": latest.level if latest is not None else None,
        "colour": COLOURS.get((latest.level or 0) if latest is not None else 0),
        "state": latest.state if latest is not None else "",
        "quality": latest.quality if latest is not None else "",
        "text": latest.text if latest is not None else "",
        "observed_at": rfc3339(latest.observed_at) if latest is not None else None,
        "age_s": each.age_s,
        "valid_until": (
            rfc3339(latest.valid_until) if latest is not None and latest.valid_until else None
        ),
        "slope_per_h": round(each.slope, 4) if each.slope is not None else None,
        "above": each.passed.name if each.passed is not None else None,
        "next_threshold": (
            {
                "name": each.crossing.name, "value": each.crossing.value,
                "estimated_at": rfc3339(each.crossing.at) if each.crossing.at else None,
            }
            if each.crossing is not None
            else None
        ),
        "thresholds": [
            {"name": limit.name, "value": limit.value, "origin": limit.origin}
            for limit in each.thresholds
        ],
    }  # fmt: skip
