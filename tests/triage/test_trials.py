from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.factories import Cast, desk, lead, watch
from vigie.analysis.query import parse
from vigie.analysis.tokens import tokenise
from vigie.collection.models import Post
from vigie.operations.access import NotAllowed
from vigie.triage.models import Lead
from vigie.triage.queries.trials import hits_since, try_query

HOUR = timedelta(hours=1)


def stored(cast: Cast, text: str, *, at: datetime, other: bool = False) -> Lead:
    operation = cast.other_operation if other else cast.operation
    return lead(
        operation, text, now=at, post={"tokens": " ".join(tokenise(text)), "received_at": at}
    )


@pytest.fixture
def posts(cast: Cast, now: datetime) -> list[Lead]:
    return [
        stored(cast, "La crue monte à Orsay", at=now - 30 * HOUR),
        stored(cast, "Les crues montent toujours", at=now - 3 * HOUR),
        stored(cast, "Beau temps sur la vallée", at=now - HOUR / 2),
        stored(cast, "CRUE : la rue est coupée", at=now - HOUR / 4),
        stored(cast, "Une crue ailleurs", at=now - HOUR / 4, other=True),
    ]


def test_a_query_is_tried_on_what_arrived_in_that_time(
    cast: Cast, posts: list[Lead], now: datetime
) -> None:
    by = desk(cast.volunteer, cast.operation)
    hour = try_query(parse("crue"), since=now - HOUR, by=by)
    assert (hour.found, hour.stored, hour.examples) == (1, 2, (posts[3],))
    day = try_query(parse("crue -rue"), since=now - 24 * HOUR, by=by)
    assert (day.found, day.stored, day.examples) == (1, 3, (posts[1],))
    assert not day.is_capped


def test_a_trial_changes_nothing(cast: Cast, posts: list[Lead], now: datetime) -> None:
    before = Post.objects.count(), Lead.objects.count()
    try_query(parse("-crue"), since=now - HOUR, by=desk(cast.volunteer, cast.operation))
    assert (Post.objects.count(), Lead.objects.count()) == before


def test_only_those_who_write_watches_try_queries(cast: Cast, now: datetime) -> None:
    with pytest.raises(NotAllowed):
        try_query(parse("crue"), since=now, by=desk(cast.observer, cast.operation))


def test_hits_are_counted_for_each_watch(cast: Cast, now: datetime) -> None:
    one, other = watch(cast.operation, now=now), watch(cast.operation, now=now)
    lead(cast.operation, now=now, watches=(one, other))
    lead(cast.operation, now=now - 2 * HOUR, watches=(one,))
    assert hits_since([one.pk, other.pk], since=now - HOUR) == {one.pk: 1, other.pk: 1}
    assert hits_since([one.pk, other.pk], since=now - 3 * HOUR) == {one.pk: 2, other.pk: 1}
