from __future__ import annotations

from datetime import datetime

import pytest

from tests.factories import Cast, desk, watch
from vigie.analysis.query import QueryError
from vigie.collection import watches
from vigie.collection.models import Watch
from vigie.journal.models import Entry
from vigie.operations.access import Desk, NotAllowed


@pytest.fixture
def by(cast: Cast) -> Desk:
    return desk(cast.volunteer, cast.operation)


def last(by: Desk) -> Entry:
    found = Entry.objects.filter(chain=by.operation.pk).order_by("-seq").first()
    assert found is not None
    return found


def test_a_watch_is_written_with_its_journal_entry(by: Desk, now: datetime) -> None:
    made = watches.create_watch(name="  Orge ", query="crue AND orge", by=by, now=now)
    assert (made.name, made.query, made.version, made.active) == ("Orge", "crue AND orge", 1, True)
    entry = last(by)
    assert (entry.verb, entry.subject_id) == ("watch.created", made.pk)
    assert entry.data == {"name": "Orge", "query": "crue AND orge"}
    assert entry.touches == ["watches", f"watch:{made.pk}"]


def test_a_query_that_cannot_be_read_makes_no_watch(by: Desk, now: datetime) -> None:
    with pytest.raises(QueryError) as caught:
        watches.create_watch(name="Orge", query='(crue OR "orge', by=by, now=now)
    assert caught.value.position == 9
    assert not Watch.objects.exists()


def test_two_watches_of_an_operation_never_share_a_name(
    cast: Cast, by: Desk, now: datetime
) -> None:
    watch(cast.operation, now=now, name="Orge")
    watch(cast.other_operation, now=now, name="Yvette")
    with pytest.raises(watches.WatchNameTaken):
        watches.create_watch(name="Orge", query="crue", by=by, now=now)
    watches.create_watch(name="Yvette", query="crue", by=by, now=now)
    with pytest.raises(watches.WatchNameMissing):
        watches.create_watch(name=" \u200b", query="crue", by=by, now=now)


def test_a_change_says_what_was_before(cast: Cast, by: Desk, now: datetime) -> None:
    made = watch(cast.operation, "crue", now=now, name="Orge")
    after = watches.change_watch(
        watch=made, name="Orge", query="crue OR inond*", seen_version=1, by=by, now=now
    )
    assert after.version == 2
    assert last(by).data["changes"] == {"query": ["crue", "crue OR inond*"]}


def test_saving_what_is_there_already_changes_nothing(cast: Cast, by: Desk, now: datetime) -> None:
    made = watch(cast.operation, "crue", now=now, name="Orge")
    after = watches.change_watch(
        watch=made, name="Orge", query="crue", seen_version=1, by=by, now=now
    )
    assert after.version == 1
    assert not Entry.objects.filter(verb="watch.changed").exists()


def test_nobody_overwrites_a_watch_they_have_not_seen(cast: Cast, by: Desk, now: datetime) -> None:
    made = watch(cast.operation, "crue", now=now, name="Orge")
    watches.change_watch(watch=made, name="Orge", query="orge", seen_version=1, by=by, now=now)
    with pytest.raises(watches.WatchChanged) as caught:
        watches.change_watch(
            watch=made, name="Orge", query="yvette", seen_version=1, by=by, now=now
        )
    assert caught.value.current.query == "orge"
    assert Watch.objects.get(pk=made.pk).query == "orge"


def test_pausing_twice_is_pausing_once(cast: Cast, by: Desk, now: datetime) -> None:
    made = watch(cast.operation, now=now)
    for _ in range(2):
        assert not watches.set_watch_active(watch=made, active=False, by=by, now=now).active
    assert Entry.objects.filter(verb="watch.paused").count() == 1
    assert watches.set_watch_active(watch=made, active=True, by=by, now=now).active


def test_a_deleted_watch_leaves_its_words_in_the_journal(
    cast: Cast, by: Desk, now: datetime
) -> None:
    made = watch(cast.operation, "crue", now=now, name="Orge")
    watches.delete_watch(watch=made, by=by, now=now)
    assert not Watch.objects.exists()
    assert last(by).data == {"name": "Orge", "query": "crue"}


def test_watches_of_another_operation_do_not_exist(cast: Cast, by: Desk, now: datetime) -> None:
    foreign = watch(cast.other_operation, now=now)
    with pytest.raises(watches.UnknownWatch):
        watches.delete_watch(watch=foreign, by=by, now=now)
    with pytest.raises(watches.UnknownWatch):
        watches.watch_for(by, foreign.pk)


def test_who_may_not_edit_watches_writes_none(cast: Cast, now: datetime) -> None:
    with pytest.raises(NotAllowed):
        watches.create_watch(
            name="Orge", query="crue", by=desk(cast.observer, cast.operation), now=now
        )
