"""Incidents and located posts as GeoJSON, whole or what changed since a journal entry."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Exists, OuterRef

from vigie.accounts.roles import Right
from vigie.journal import queries as journal
from vigie.journal.models import Entry
from vigie.kernel.clock import rfc3339
from vigie.operations.access import Desk
from vigie.triage.models import Incident, IncidentPost, Lead
from vigie.triage.queries.incidents import IncidentFilter, incidents


@dataclass(frozen=True, kw_only=True)
class Features:
    """A GeoJSON FeatureCollection as of journal entry `seq`.

    Without `since`, `features` are all that stand and match. With it, only those touched after,
    and `gone` the ids of those that no longer stand or match. `complete` tells which.
    """

    seq: int
    complete: bool
    features: list[dict[str, Any]] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)

    def as_geojson(self) -> dict[str, Any]:
        return {
            "type": "FeatureCollection",
            "seq": self.seq,
            "complete": self.complete,
            "gone": self.gone,
            "features": self.features,
        }


CHANGES_LIMIT = 400


def features(
    by: Desk, wanted: IncidentFilter | None = None, *, since: int | None = None
) -> Features:
    """Incidents as GeoJSON features (geometry null when not located), or what changed `since`.

    The entry number is read first: what is written meanwhile comes again with the next call.
    """
    by.require(Right.SEE_INCIDENTS)
    chain = by.operation.pk
    seq = journal.last_seq(chain)
    if since is not None and 0 <= since <= seq:
        touched = _touched(chain, since)
        if touched is not None:
            rows = list(incidents(by, wanted).filter(pk__in=touched))
            standing = {row.pk for row in rows}
            return Features(
                seq=seq,
                complete=False,
                features=[feature(row) for row in rows],
                gone=sorted(touched - standing),
            )
    rows = list(incidents(by, wanted).order_by("-number"))
    return Features(seq=seq, complete=True, features=[feature(row) for row in rows])


def _touched(chain: int, since: int) -> set[int] | None:
    """Ids of the incidents that entries after `since` touch; None when there are too many."""
    found = list(
        Entry.objects.filter(chain=chain, seq__gt=since, verb__startswith="incident.")
        .order_by("seq")
        .values_list("touches", flat=True)[: CHANGES_LIMIT + 1]
    )
    if len(found) > CHANGES_LIMIT:
        return None
    words = [word for touches in found for word in touches if word.startswith("incident:")]
    return {int(word.removeprefix("incident:")) for word in words}


def feature(row: Incident) -> dict[str, Any]:
    """One incident (from `incidents`) as a GeoJSON feature; `point` is its place for clusters."""
    return {
        "type": "Feature",
        "id": row.pk,
        "geometry": row.geometry,
        "properties": {
            "number": row.number,
            "title": row.title,
            "category": row.category,
            "urgency": row.urgency,
            "state": row.state,
            "reliability": row.reliability,
            "credibility": row.credibility,
            "place": row.place_name,
            "place_code": row.place_code,
            "point": None if row.lon is None else [row.lon, row.lat],
            "precision_m": row.precision_m,
            "happened_at": rfc3339(getattr(row, "happened", row.occurred_at or row.created_at)),
            "created_at": rfc3339(row.created_at),
            "updated_at": rfc3339(row.updated_at),
            "posts": getattr(row, "posts", 0),
            "assignee": row.assignee.display if row.assignee else None,
            "version": row.version,
        },
    }


def located_leads(by: Desk, *, limit: int = 2000) -> list[dict[str, Any]]:
    """Posts that have a place and no incident yet, newest first, as GeoJSON points."""
    by.require(Right.SEE_BOARD)
    rows = (
        Lead.objects.filter(
            ~Exists(IncidentPost.objects.filter(lead=OuterRef("pk"))),
            operation=by.operation,
            folded_into__isnull=True,
            lon__isnull=False,
        )
        .exclude(state="dismissed")
        .order_by("-pk")
        .values("pk", "lon", "lat", "urgency", "place_name", "published_at")[:limit]
    )
    return [
        {
            "type": "Feature",
            "id": row["pk"],
            "geometry": {"type": "Point", "coordinates": [row["lon"], row["lat"]]},
            "properties": {
                "urgency": row["urgency"],
                "place": row["place_name"],
                "published_at": rfc3339(row["published_at"]),
            },
        }
        for row in rows
    ]
