"""Asking outside services what a place looks like, and forgetting it after a day.

Nothing of it is told in the journal: it is looked at, not kept.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import IntegrityError, transaction

from vigie.accounts.roles import Right
from vigie.collection import holders
from vigie.collection.blobs import BlobStore
from vigie.kernel.geometry import valid_point
from vigie.operations.access import Desk
from vigie.verification.models import PlaceView
from vigie.verification.surroundings.fetching import fetch_view
from vigie.verification.surroundings.services import MERCATOR_LIMIT, RADII, WIDTHS

LASTS: Final = timedelta(days=1)
PER_MINUTE: Final = 20
"""Asked of outside services by one operation: far below their limits (40 a second)."""
AT_ONCE: Final = 200


class ViewRefused(Exception):
    """Nothing was asked. `code`: bad_place, bad_width, off, too_many, or busy: `until` then."""

    def __init__(self, code: str, *, until: datetime | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.until = until


class ViewNotHere(Exception):
    """No such view in this operation, or its day is over. Shown as 404."""


def ask_view(
    *, kind: str, lon: float, lat: float, across_m: int, by: Desk, now: datetime
) -> PlaceView:
    """Have a photo from the air fetched (`sky`, so wide), or pictures from the street looked for
    (`search`, so far around); what is there already is given. Raises ViewRefused."""
    by.require(Right.OPEN_CLAIMS)
    if kind not in ("sky", "search") or across_m not in (WIDTHS if kind == "sky" else RADII):
        raise ViewRefused("bad_width")
    if not valid_point(lon, lat) or abs(lat) > MERCATOR_LIMIT:
        raise ViewRefused("bad_place")
    if not _service(kind):
        raise ViewRefused("off")
    tidy_views(now=now)
    key = {
        "operation": by.operation, "kind": kind, "lon": round(lon, 5), "lat": round(lat, 5),
        "across_m": across_m, "search": None,
    }  # fmt: skip
    known = PlaceView.objects.filter(**key).first()
    if known is not None and known.state != "failed":
        return known
    _look_before_asking(kind, by=by, now=now)
    try:
        with transaction.atomic():
            if known is None:
                known = PlaceView.objects.create(**key, asked_at=now, expires_at=now + LASTS)
                fetch_view.enqueue(known.pk)
            else:
                _ask_again(known, "failed", now=now)
    except IntegrityError:  # somebody asked for the same beside us
        known = PlaceView.objects.get(**key)
    known.refresh_from_db()
    return known


def ask_street_view(*, view: int, by: Desk, now: datetime) -> PlaceView:
    """Have a picture that was found fetched at its full size. Raises ViewNotHere, ViewRefused."""
    by.require(Right.OPEN_CLAIMS)
    row = PlaceView.objects.filter(
        operation=by.operation, pk=view, kind="street", expires_at__gt=now
    ).first()
    if row is None:
        raise ViewNotHere(view)
    if row.state in ("listed", "failed"):
        _look_before_asking(row.kind, by=by, now=now)
        with transaction.atomic():
            _ask_again(row, row.state, now=now)
        row.refresh_from_db()
    return row


def tidy_views(*, now: datetime) -> int:
    """Forget views whose day is over, with their files; how many. Quick when there are none."""
    due = list(PlaceView.objects.filter(expires_at__lte=now).order_by("pk")[:AT_ONCE])
    if not due:
        return 0
    gone = [row.pk for row in due]
    found = PlaceView.objects.filter(search__in=gone)
    files = {name for row in (*due, *found) for name in (row.blob, row.thumb) if name}
    with transaction.atomic():
        number, _ = PlaceView.objects.filter(pk__in=gone).delete()
    BlobStore().remove(holders.unheld(files))
    return number


def _ask_again(row: PlaceView, state: str, *, now: datetime) -> None:
    """One conditional UPDATE: who comes second asks nothing."""
    if PlaceView.objects.filter(pk=row.pk, state=state).update(
        state="wanted", code="", retry_at=None, asked_at=now
    ):
        fetch_view.enqueue(row.pk)


def _look_before_asking(kind: str, *, by: Desk, now: datetime) -> None:
    service = ("sky",) if kind == "sky" else ("search", "street")
    quiet = (
        PlaceView.objects.filter(kind__in=service, retry_at__gt=now).order_by("-retry_at").first()
    )
    if quiet is not None:
        raise ViewRefused("busy", until=quiet.retry_at)
    asked = PlaceView.objects.filter(
        operation=by.operation, asked_at__gt=now - timedelta(minutes=1)
    ).exclude(state="listed")
    if asked.count() >= PER_MINUTE:
        raise ViewRefused("too_many")


def _service(kind: str) -> str:
    services = settings.VIGIE_PLACE_VIEWS
    return str(services.photos if kind == "sky" else services.streets)
