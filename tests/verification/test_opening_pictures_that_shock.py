"""Who opens pictures that shock is counted, for their own sake: a number, seen by few, not for long."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.factories import Cast, desk
from vigie.journal.models import Entry
from vigie.verification import retention
from vigie.verification.actions.exposures import count_look
from vigie.verification.decide_exposures import AGAIN_AFTER, PAUSE_AFTER, pause_is_due
from vigie.verification.models import Exposure
from vigie.verification.queries.exposures import loads_of


def test_a_pause_is_proposed_after_eight_and_not_at_every_picture_after() -> None:
    proposed = [looks for looks in range(1, 20) if pause_is_due(looks)]
    assert proposed == [PAUSE_AFTER, PAUSE_AFTER + AGAIN_AFTER, PAUSE_AFTER + 2 * AGAIN_AFTER]


@pytest.mark.django_db
def test_looks_are_counted_within_an_hour_and_leave_no_entry(cast: Cast, now: datetime) -> None:
    by = desk(cast.volunteer, cast.operation)
    before = Entry.objects.count()
    for minute in range(PAUSE_AFTER - 1):
        assert not count_look(by=by, now=now + timedelta(minutes=minute)).pause
    look = count_look(by=by, now=now + timedelta(minutes=59))
    assert (look.in_hour, look.pause) == (PAUSE_AFTER, True)
    late = count_look(by=by, now=now + timedelta(hours=3))
    assert (late.in_hour, late.pause) == (1, False)
    assert Entry.objects.count() == before


@pytest.mark.django_db
def test_the_load_is_seen_by_who_leads_the_team_and_by_oneself_alone(
    cast: Cast, now: datetime
) -> None:
    volunteer, verifier, coordinator = (
        desk(person, cast.operation) for person in (cast.volunteer, cast.verifier, cast.coordinator)
    )
    for hours in (30, 20, 0):
        count_look(by=volunteer, now=now - timedelta(hours=hours))
    count_look(by=verifier, now=now)
    loads = loads_of(coordinator, now=now)
    assert {pk: (load.in_day, load.in_hour) for pk, load in loads.items()} == {
        cast.volunteer.pk: (2, 1), cast.verifier.pk: (1, 1),
    }  # fmt: skip
    assert set(loads_of(volunteer, now=now)) == {cast.volunteer.pk}
    assert loads_of(desk(cast.mapper, cast.operation), now=now) == {}


@pytest.mark.django_db
def test_the_counts_go_with_the_posts_of_the_operation(cast: Cast, now: datetime) -> None:
    by = desk(cast.volunteer, cast.operation)
    count_look(by=by, now=now)
    retention.purge(now=now + timedelta(days=400))
    assert Exposure.objects.exists()
    cast.operation.closed_at, cast.operation.phase = now, "closed"
    cast.operation.save(update_fields=["closed_at", "phase"])
    retention.purge(now=now + timedelta(days=29))
    assert Exposure.objects.exists()
    retention.purge(now=now + timedelta(days=31))
    assert not Exposure.objects.exists()
