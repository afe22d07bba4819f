"""The team: who joins, what roles they have, who leaves."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import Cast, desk, user
from vigie.accounts.roles import Role
from vigie.journal import queries as journal
from vigie.operations import decide, queries
from vigie.operations.access import NotAllowed, UnknownOperation
from vigie.operations.actions.presence import note_presence
from vigie.operations.actions.team import (
    AccountClosed,
    AlreadyInTeam,
    NotInTeam,
    add_member,
    change_roles,
    leave_team,
    remove_member,
)
from vigie.operations.models import Membership, Presence

roles = st.frozensets(st.sampled_from(list(Role)))
teams = st.dictionaries(st.integers(1, 5), roles.filter(bool), min_size=1)


@given(team=teams, person=st.integers(1, 6), wanted=roles)
def test_a_change_gives_exactly_what_is_wanted_and_never_takes_the_last_coordinator(
    team: dict[int, frozenset[Role]], person: int, wanted: frozenset[Role]
) -> None:
    before = team.get(person, frozenset())
    led = any(Role.COORDINATOR in held for held in team.values())
    try:
        change = decide.role_change(team, person, wanted)
    except decide.LastCoordinator:
        assert Role.COORDINATOR in before - wanted
        return
    assert (before | change.given) - change.taken == wanted
    assert not change.given & change.taken
    after = {**team, person: wanted}
    if led:
        assert any(Role.COORDINATOR in held for held in after.values())


def test_a_person_added_can_work_at_once(cast: Cast, now: datetime) -> None:
    person = user("Nadia")
    by = desk(cast.coordinator, cast.operation)
    add_member(person=person, roles=[Role.WATCHER, Role.MAPPER], by=by, now=now)
    assert desk(person, cast.operation).roles == {Role.WATCHER, Role.MAPPER}
    [entry] = journal.since(cast.operation.pk, 0)
    assert (entry.verb, entry.subject_kind, entry.subject_id) == ("team.joined", "user", person.pk)
    assert (entry.data, entry.touches) == ({"roles": ["mapper", "watcher"]}, ["team"])


def test_nobody_is_added_twice_without_a_role_or_with_a_closed_account(
    cast: Cast, now: datetime
) -> None:
    by = desk(cast.coordinator, cast.operation)
    with pytest.raises(AlreadyInTeam):
        add_member(person=cast.volunteer, roles=[Role.MAPPER], by=by, now=now)
    with pytest.raises(decide.NoRole):
        add_member(person=user(), roles=[], by=by, now=now)
    with pytest.raises(AccountClosed):
        add_member(person=user(is_active=False), roles=[Role.WATCHER], by=by, now=now)


def test_roles_change_and_the_old_ones_stay_as_proof(cast: Cast, now: datetime) -> None:
    later = now + timedelta(hours=1)
    by = desk(cast.coordinator, cast.operation)
    change_roles(person=cast.volunteer, roles=[Role.VERIFIER], by=by, now=later)
    assert desk(cast.volunteer, cast.operation).roles == {Role.VERIFIER}
    rows = Membership.objects.filter(user=cast.volunteer).order_by("since")
    assert [(r.role, r.since, r.until) for r in rows] == [
        ("watcher", now, later),
        ("verifier", later, None),
    ]
    assert journal.since(cast.operation.pk, 0)[-1].data == {
        "roles": ["verifier"],
        "given": ["verifier"],
        "taken": ["watcher"],
    }


def test_giving_the_roles_one_has_writes_nothing(cast: Cast, now: datetime) -> None:
    by = desk(cast.coordinator, cast.operation)
    change_roles(person=cast.volunteer, roles=[Role.WATCHER], by=by, now=now)
    assert journal.last_seq(cast.operation.pk) == 0


def test_a_person_removed_sees_nothing_any_more_and_may_come_back(
    cast: Cast, now: datetime
) -> None:
    by = desk(cast.coordinator, cast.operation)
    remove_member(person=cast.volunteer, by=by, now=now)
    with pytest.raises(UnknownOperation):
        desk(cast.volunteer, cast.operation)
    add_member(person=cast.volunteer, roles=[Role.OBSERVER], by=by, now=now)
    assert desk(cast.volunteer, cast.operation).roles == {Role.OBSERVER}


def test_the_last_coordinator_neither_leaves_nor_loses_the_role(cast: Cast, now: datetime) -> None:
    by = desk(cast.coordinator, cast.operation)
    with pytest.raises(decide.LastCoordinator):
        leave_team(by=by, now=now)
    with pytest.raises(decide.LastCoordinator):
        remove_member(person=cast.coordinator, by=by, now=now)
    with pytest.raises(decide.LastCoordinator):
        change_roles(person=cast.coordinator, roles=[Role.WATCHER], by=by, now=now)
    change_roles(person=cast.verifier, roles=[Role.COORDINATOR], by=by, now=now)
    leave_team(by=by, now=now)
    assert cast.coordinator.pk not in {
        m.user.pk for m in queries.team(desk(cast.verifier, cast.operation))
    }


def test_a_volunteer_may_leave_but_remove_nobody(cast: Cast, now: datetime) -> None:
    by = desk(cast.volunteer, cast.operation)
    for act in (
        lambda: remove_member(person=cast.mapper, by=by, now=now),
        lambda: change_roles(person=cast.volunteer, roles=[Role.COORDINATOR], by=by, now=now),
        lambda: add_member(person=user(), roles=[Role.WATCHER], by=by, now=now),
    ):
        with pytest.raises(NotAllowed):
            act()
    leave_team(by=by, now=now)


def test_somebody_of_another_operation_is_not_in_this_team(cast: Cast, now: datetime) -> None:
    by = desk(cast.coordinator, cast.operation)
    with pytest.raises(NotInTeam):
        remove_member(person=cast.outsider, by=by, now=now)
    with pytest.raises(NotInTeam):
        change_roles(person=cast.outsider, roles=[Role.WATCHER], by=by, now=now)


def test_the_team_reads_coordinators_first_and_marks_the_last_one(cast: Cast) -> None:
    members = queries.team(desk(cast.observer, cast.operation))
    assert members[0].user == cast.coordinator
    assert [m.last_coordinator for m in members].count(True) == 1
    assert len(members) == 8


def test_who_is_here_is_who_said_so_not_long_ago(cast: Cast, now: datetime) -> None:
    by = desk(cast.volunteer, cast.operation)
    note_presence(room="board", by=by, now=now)
    note_presence(room="map", by=desk(cast.mapper, cast.operation), now=now)
    seen = queries.present(by, now=now + timedelta(seconds=90))
    assert [(p.user, p.room) for p in seen] == [(cast.mapper, "map"), (cast.volunteer, "board")]
    assert queries.present(by, now=now + timedelta(seconds=101)) == []


def test_saying_so_again_at_once_writes_nothing(cast: Cast, now: datetime) -> None:
    by = desk(cast.volunteer, cast.operation)
    note_presence(room="board", by=by, now=now)
    note_presence(room="board", by=by, now=now + timedelta(seconds=20))
    assert Presence.objects.get().seen_at == now
    note_presence(room="map", by=by, now=now + timedelta(seconds=21))
    assert Presence.objects.get().room == "map"


def test_who_left_the_team_is_not_here(cast: Cast, now: datetime) -> None:
    note_presence(room="board", by=desk(cast.volunteer, cast.operation), now=now)
    remove_member(person=cast.volunteer, by=desk(cast.coordinator, cast.operation), now=now)
    assert queries.present(desk(cast.coordinator, cast.operation), now=now) == []
