"""What was fetched of a place in the last day, to be laid beside a claim's pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from vigie.accounts.roles import Right
from vigie.operations.access import Desk
from vigie.verification.actions.surroundings import ViewNotHere
from vigie.verification.models import PlaceView


@dataclass(frozen=True, kw_only=True)
class Street:
    """A picture from the street, with what its service said. Degrees from north, clockwise."""

    row: PlaceView
    distance_m: float
    bearing: float
    azimuth: float | None
    all_round: bool
    faces: bool
    taken_at: datetime | None
    licence: str
    producer: str
    host: str


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """Of one place: photos from the air, the narrowest first; looks around it with what they found."""

    sky: Sequence[PlaceView]
    searches: Sequence[tuple[PlaceView, Sequence[Street]]]

    @property
    def waits(self) -> bool:
        rows = [*self.sky, *(row for row, _ in self.searches)]
        found = [each.row for _, streets in self.searches for each in streets]
        return any(row.state == "wanted" for row in (*rows, *found))


def surroundings(by: Desk, *, lon: float, lat: float, now: datetime) -> Surroundings:
    """All that is there of a place (degrees)."""
    by.require(Right.SEE_CLAIMS)
    rows = PlaceView.objects.filter(
        operation=by.operation, lon=round(lon, 5), lat=round(lat, 5), search__isnull=True,
        expires_at__gt=now,
    ).order_by("across_m")  # fmt: skip
    searches = rows.filter(kind="search").prefetch_related("found")
    return Surroundings(
        sky=list(rows.filter(kind="sky")),
        searches=[
            (row, [street_of(each) for each in sorted(row.found.all(), key=lambda r: r.rank)])
            for row in searches
        ],
    )


def view_of(by: Desk, pk: int, *, now: datetime) -> PlaceView:
    """One view whose picture is there. Raises ViewNotHere."""
    by.require(Right.SEE_CLAIMS)
    row = PlaceView.objects.filter(operation=by.operation, pk=pk, expires_at__gt=now).first()
    if row is None:
        raise ViewNotHere(pk)
    return row


def street_of(row: PlaceView) -> Street:
    """A `street` row with its facts read."""
    facts = row.facts
    taken = facts.get("taken_at")
    return Street(
        row=row, distance_m=facts["distance_m"], bearing=facts["bearing"],
        azimuth=facts["azimuth"], all_round=facts["all_round"], faces=facts["faces"],
        taken_at=datetime.fromisoformat(taken) if taken else None, licence=facts["licence"],
        producer=facts["producer"], host=facts["host"],
    )  # fmt: skip


def flown(row: PlaceView) -> tuple[date, date] | None:
    """The first and last day of flight of a photo from the air; None when not told."""
    days = row.facts.get("flown")
    return (date.fromisoformat(days[0]), date.fromisoformat(days[1])) if days else None
