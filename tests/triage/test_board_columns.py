"""Composing one's board."""

from __future__ import annotations

import pytest

from tests import factories
from vigie.journal.models import Entry
from vigie.triage.actions import columns as act
from vigie.triage.models import Column
from vigie.triage.queries import columns as boards
from vigie.triage.queries.streams import Filters


@pytest.fixture
def by(cast):
    return factories.desk(cast.volunteer, cast.operation)


def kinds(by):
    return [view.stream.kind for view in boards.columns(by=by)]


def keys(by):
    return [view.key for view in boards.columns(by=by)]


def test_a_newcomer_has_two_watches_to_do_and_kept_without_a_row_written(cast, by, now):
    watches = [factories.watch(cast.operation, now=now) for _ in range(3)]
    factories.watch(cast.operation, now=now, active=False)
    assert keys(by) == [f"watch-{watches[0].pk}", f"watch-{watches[1].pk}", "todo", "kept"]
    assert not Column.objects.exists()


def test_adding_a_column_keeps_the_default_ones(by, now):
    act.add_column(kind="mine", by=by, now=now)
    assert kinds(by) == ["todo", "kept", "mine"]
    assert all(key.startswith("c") for key in keys(by))


def test_columns_move_and_stop_at_the_ends(by, now):
    act.add_column(kind="mine", by=by, now=now)
    act.move_column(key=keys(by)[2], step=-1, by=by, now=now)
    assert kinds(by) == ["todo", "mine", "kept"]
    act.move_column(key=keys(by)[0], step=-1, by=by, now=now)
    act.move_column(key=keys(by)[0], step=9, by=by, now=now)
    assert kinds(by) == ["mine", "kept", "todo"]


def test_a_default_column_can_be_removed_by_its_own_key(by, now):
    act.remove_column(key="kept", by=by, now=now)
    assert kinds(by) == ["todo"]


def test_renaming_and_filtering_a_column(by, now):
    act.add_column(kind="search", filters=Filters(text="crue"), by=by, now=now)
    key = keys(by)[2]
    act.change_column(key=key, name="  Orge  ", filters=Filters(urgency=3), by=by, now=now)
    view = boards.column(key=key, by=by)
    assert (view.name, view.stream.filters) == ("Orge", Filters(urgency=3))


def test_a_board_is_its_persons_own(cast, by, now):
    act.add_column(kind="mine", by=by, now=now)
    other = factories.desk(cast.verifier, cast.operation)
    assert kinds(other) == ["todo", "kept"]
    with pytest.raises(boards.UnknownColumn):
        boards.column(key=keys(by)[0], by=other)
    with pytest.raises(boards.UnknownColumn):
        act.remove_column(key=keys(by)[0], by=other, now=now)


def test_a_column_of_another_operations_watch_cannot_be_made(cast, by, now):
    foreign = factories.watch(cast.other_operation, now=now)
    with pytest.raises(act.WrongColumn):
        act.add_column(kind="watch", watch=foreign.pk, by=by, now=now)
    with pytest.raises(boards.UnknownColumn):
        boards.column(key=f"watch-{foreign.pk}", by=by)


@pytest.mark.parametrize("kind", ["watch", "map", ""])
def test_a_column_of_no_known_kind_is_refused(by, now, kind):
    with pytest.raises(act.WrongColumn):
        act.add_column(kind=kind, by=by, now=now)


def test_a_board_has_an_end(by, now):
    for _ in range(act.COLUMNS_LIMIT - 2):
        act.add_column(kind="mine", by=by, now=now)
    with pytest.raises(act.TooManyColumns):
        act.add_column(kind="mine", by=by, now=now)


def test_composing_a_board_says_nothing_in_the_journal(by, now):
    act.add_column(kind="mine", by=by, now=now)
    assert not Entry.objects.exists()


@pytest.mark.parametrize("key", ["", "c", "watch-", "c²", "c99999999999999999999", "other"])
def test_a_key_of_no_column_is_unknown(by, key):
    with pytest.raises(boards.UnknownColumn):
        boards.column(key=key, by=by)
