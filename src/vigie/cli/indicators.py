"""`vigie indicators`: what the official sources give, as a person at a terminal or a script reads it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import click

from vigie.cli.output import emit, fail
from vigie.collection.indicators import features, queries
from vigie.kernel.clock import utc_now
from vigie.operations import overview as operations
from vigie.operations.access import machine_desk


@click.command()
@click.option("--operation", "-o", "slug", required=True, help="Slug of the operation.")
@click.option("--all", "everything", is_flag=True, help="Also what is not followed.")
@click.option("--geojson", is_flag=True, help="A GeoJSON FeatureCollection.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def indicators(slug: str, everything: bool, geojson: bool, as_json: bool) -> None:
    """List the official measures an operation follows: newest value, age, slope, next threshold.

    A value that is too old to speak of now is written "no current data".
    """
    operation = operations.by_slug(slug)
    if operation is None:
        fail(f"no operation '{slug}'")
    by, now = machine_desk(operation, "indicators"), utc_now()
    recent = timedelta(hours=3)
    found = queries.followed(by, now=now, history=recent)
    if everything:
        known = {each.indicator.pk for each in found}
        others = [
            o.indicator.pk for o in queries.offered(by, now=now) if o.indicator.pk not in known
        ]
        found += [queries.standing_of(by, pk, now=now, history=recent) for pk in others]
    if geojson:
        emit(features.collection(found), as_json=True, words="")
        return
    rows = [features.properties(each) for each in found]
    words = "\n".join(_line(row) for row in rows) or "nothing is followed"
    emit({"operation": slug, "indicators": rows}, as_json=as_json, words=words)


def _line(row: dict[str, Any]) -> str:
    if row["standing"] in ("late", "none"):
        said = "no current data"
    elif row["colour"]:
        said = row["colour"]
    elif row["value"] is not None:
        said = f"{row['value']:g} {row['unit']}"
    else:
        said = row["state"]
    parts = [f"{row['id']:>5}  {row['name']}: {said}"]
    if row["age_s"] is not None:
        parts.append(f"{row['age_s'] // 60} min old")
    if row["slope_per_h"] is not None:
        parts.append(f"{row['slope_per_h']:+.2f} {row['unit']}/h")
    if row["above"]:
        parts.append(f"above {row['above']}")
    if row["next_threshold"]:
        ahead = row["next_threshold"]
        at = f" about {ahead['estimated_at']} (estimate)" if ahead["estimated_at"] else ""
        parts.append(f"next {ahead['name']} {ahead['value']:g}{at}")
    return ", ".join(parts)
