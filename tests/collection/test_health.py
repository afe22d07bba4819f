"""What is told of a source: figures, next try, reasons; and to whom."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests import factories
from tests.factories import Cast, desk
from vigie.collection import collecting, health
from vigie.collection.models import RefusedItem, Source
from vigie.operations.access import NotAllowed

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


def refused(source: Source, code: str, now: datetime, number: int = 1, **fields: object) -> None:
    RefusedItem.objects.bulk_create(
        RefusedItem(source=source, at=now, code=code, payload=b"x", **fields) for _ in range(number)
    )


def told(source: Source, now: datetime) -> health.Report:
    source.refresh_from_db()
    return health.reports([source], now=now)[0]


def test_lag_counts_from_what_has_been_read_and_delay_from_the_newest_item(
    cast: Cast, now: datetime
) -> None:
    source = factories.source(cast.operation, now=now)
    assert (told(source, now).lag_s, told(source, now).delay_s) == (None, None)
    source.seen_until, source.delay_s = now - 40 * SECOND, 12.5
    source.last_item_at = now - 90 * SECOND
    source.save()
    found = told(source, now)
    assert (found.lag_s, found.delay_s, found.silent_s) == (40.0, 12.5, 90.0)


def test_a_batch_says_until_when_the_source_has_been_read(cast: Cast, now: datetime) -> None:
    source = factories.source(cast.operation, now=now)
    for as_of, lag in ((now - 30 * SECOND, 30.0), (now + 3600 * SECOND, 0.0), (None, 0.0)):
        collecting.advance(
            source.pk, holder="", cursor={"at": 1}, count=collecting.Count(), progress=None,
            seen_until=as_of, now=now,
        )  # fmt: skip
        assert told(source, now).lag_s == lag


def test_the_next_try_is_what_will_happen_and_not_what_was_once_planned(
    cast: Cast, now: datetime
) -> None:
    source = factories.source(cast.operation, now=now, next_try_at=now - 3600 * SECOND)
    source.next_try_at = now + 60 * SECOND
    source.state = "ok"
    source.save()
    assert told(source, now).next_try == health.NextTry(kind="later", at=now + 60 * SECOND)
    charge = collecting.take(source.pk, holder="c1", now=now)
    assert charge is not None
    assert told(source, now).next_try == health.NextTry(kind="now")
    assert told(source, now).collector == "c1"
    collecting.running(charge, holder="c1", now=now)
    assert told(source, now).next_try == health.NextTry(kind="live")
    # The collector is killed: nobody prolongs the lease.
    later = now + collecting.LEASE + SECOND
    found = told(source, later)
    assert (found.code, found.troubled, found.collector) == ("interrupted", True, "")
    assert found.next_try == health.NextTry(kind="takeover", at=now + collecting.LEASE)
    assert collecting.take(source.pk, holder="c2", now=later) is not None
    assert (told(source, later).code, told(source, later).collector) == ("live", "c2")
    Source.objects.filter(pk=source.pk).update(enabled=False)
    assert told(source, later).next_try == health.NextTry(kind="none")


def test_refused_items_are_told_by_reason_until_they_are_settled(cast: Cast, now: datetime) -> None:
    source = factories.source(cast.operation, now=now)
    refused(source, "bad_date", now, 3)
    refused(source, "bad_json", now, 1)
    refused(source, "bad_id", now, 2, settled_at=now)
    found = told(source, now)
    assert found.refused == (("bad_date", 3), ("bad_json", 1))
    assert found.refused_waiting == 4


def test_troubled_sources_come_first_then_by_name(cast: Cast, now: datetime) -> None:
    for name, state in (("b", "ok"), ("a", "ok"), ("z", "failing")):
        factories.source(cast.operation, now=now, name=name, state=state)
    by = desk(cast.coordinator, cast.operation)
    assert [each.source.name for each in health.of_operation(by, now=now)] == ["z", "a", "b"]


def test_the_platform_is_told_of_all_in_use_to_whom_it_concerns(cast: Cast, now: datetime) -> None:
    factories.source(None, now=now, name="partagée")
    factories.source(cast.operation, now=now, name="ici")
    closed = factories.operation(now=now, phase="closed", closed_at=now)
    factories.source(closed, now=now, name="close")
    for person in (cast.administrator, cast.data_protection_officer):
        names = [each.source.name for each in health.of_platform(person, now=now)]
        assert names == ["ici", "partagée"]
    with pytest.raises(NotAllowed):
        health.of_platform(cast.coordinator, now=now)


def test_empty_unchanged_and_failed_are_three_things(cast: Cast, now: datetime) -> None:
    codes = []
    for state in ("ok", "empty", "unchanged", "failing"):
        source = factories.source(cast.operation, now=now, state=state, name=state)
        source.next_try_at = now + SECOND
        source.save()
        codes.append((told(source, now).code, told(source, now).troubled))
    assert codes == [("ok", False), ("empty", False), ("unchanged", False), ("failing", True)]
