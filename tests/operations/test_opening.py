"""Opening and editing an operation."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from django.db import transaction

from tests.factories import Cast, desk, user
from vigie.accounts.models import User
from vigie.accounts.roles import Right, Role
from vigie.journal import queries as journal
from vigie.operations import queries
from vigie.operations.access import NotAllowed, desk_for, platform_rights
from vigie.operations.actions.operation import (
    ExerciseSettled,
    OperationInvalid,
    Plan,
    edit_operation,
    open_operation,
)
from vigie.operations.models import Operation
from vigie.operations.territory import TerritoryMissing, UnknownCommune

PLAN = Plan(
    title="Crue de l’Yvette",
    kind="flood",
    communes=("91471", "91122"),
    languages=("fr", "en"),
)


@pytest.fixture
def administrator(db: None) -> User:
    return user("Claire", is_administrator=True)


def test_an_operation_opens_prepared_with_its_opener_as_coordinator(
    administrator: User, now: datetime
) -> None:
    by = open_operation(plan=PLAN, user=administrator, now=now)
    operation = desk_for(administrator, "crue-de-l-yvette").operation
    assert (operation.phase, operation.created_by, operation.languages) == (
        "prepared",
        administrator,
        ["fr", "en"],
    )
    assert by.may(Right.MANAGE_TEAM)
    assert [m.roles for m in queries.team(by)] == [(Role.COORDINATOR,)]
    assert [(e.verb, e.by) for e in journal.since(operation.pk, 0)] == [
        ("operation.opened", administrator),
        ("team.joined", administrator),
    ]


def test_communes_come_with_their_names_and_points(administrator: User, now: datetime) -> None:
    operation = open_operation(plan=PLAN, user=administrator, now=now).operation
    orsay = operation.communes.get(code="91471")
    assert orsay.name == "Orsay"
    assert orsay.lat == pytest.approx(48.70, abs=0.02)
    assert orsay.lon == pytest.approx(2.19, abs=0.02)


def test_a_commune_given_twice_or_by_its_former_code_is_kept_once(
    administrator: User, now: datetime
) -> None:
    plan = replace(PLAN, communes=("91228", "91182", "91228"))  # Évry and Courcouronnes merged
    operation = open_operation(plan=plan, user=administrator, now=now).operation
    assert [c.name for c in operation.communes.all()] == ["Évry-Courcouronnes"]


def test_two_operations_of_the_same_title_have_different_addresses(
    administrator: User, now: datetime
) -> None:
    slugs = [
        open_operation(plan=PLAN, user=administrator, now=now).operation.slug for _ in range(3)
    ]
    assert slugs == ["crue-de-l-yvette", "crue-de-l-yvette-2", "crue-de-l-yvette-3"]


def test_no_operation_takes_the_address_of_a_page(administrator: User, now: datetime) -> None:
    plan = replace(PLAN, title="New")
    assert open_operation(plan=plan, user=administrator, now=now).operation.slug == "new-2"


def test_another_person_may_be_named_coordinator(administrator: User, now: datetime) -> None:
    lead = user("Karim")
    by = open_operation(plan=PLAN, user=administrator, now=now, coordinator=lead)
    assert by.user == lead
    assert queries.mine(administrator) == []
    assert [one.operation.slug for one in queries.mine(lead)] == ["crue-de-l-yvette"]


def test_a_coordinator_may_open_the_next_operation_and_a_volunteer_may_not(
    cast: Cast, now: datetime
) -> None:
    open_operation(plan=PLAN, user=cast.coordinator, now=now)
    for person in (cast.volunteer, cast.partner, cast.data_protection_officer):
        assert Right.PLATFORM_OPEN_OPERATION not in platform_rights(person)
        with pytest.raises(NotAllowed):
            open_operation(plan=PLAN, user=person, now=now)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": "  "}, "title"),
        ({"title": "x" * 161}, "title"),
        ({"kind": "picnic"}, "kind"),
        ({"languages": ()}, "languages"),
        ({"languages": ("français",)}, "languages"),
        ({"time_zone": "Europe/Orsay"}, "time_zone"),
        ({"hold_minutes": 0}, "hold_minutes"),
        ({"hold_minutes": 241}, "hold_minutes"),
    ],
)
def test_what_cannot_be_kept_is_named(
    administrator: User, now: datetime, change: dict[str, Any], field: str
) -> None:
    with pytest.raises(OperationInvalid) as refusal:
        open_operation(plan=replace(PLAN, **change), user=administrator, now=now)
    assert refusal.value.field == field
    assert Operation.objects.count() == 0


def test_a_territory_has_at_least_one_commune_and_only_real_ones(
    administrator: User, now: datetime
) -> None:
    with pytest.raises(TerritoryMissing):
        open_operation(plan=replace(PLAN, communes=()), user=administrator, now=now)
    with pytest.raises(UnknownCommune):
        open_operation(plan=replace(PLAN, communes=("99999",)), user=administrator, now=now)


def _as_it_is(operation: Operation) -> Plan:
    return Plan(
        title=operation.title,
        kind=operation.kind,
        communes=tuple(operation.communes.values_list("code", flat=True)),
        languages=tuple(operation.languages),
        is_exercise=operation.is_exercise,
        hold_minutes=operation.hold_minutes,
    )


def test_an_edit_tells_what_was_before_and_after(cast: Cast, now: datetime) -> None:
    by = desk(cast.coordinator, cast.operation)
    plan = replace(_as_it_is(cast.operation), title="Crue de l’Orge", hold_minutes=5)
    edit_operation(plan=plan, by=by, now=now)
    [entry] = journal.since(cast.operation.pk, 0)
    assert entry.verb == "operation.edited"
    assert entry.data == {
        "changes": {"title": [cast.operation.title, "Crue de l’Orge"], "hold_minutes": [10, 5]}
    }


def test_an_edit_that_changes_nothing_writes_nothing(cast: Cast, now: datetime) -> None:
    edit_operation(
        plan=_as_it_is(cast.operation), by=desk(cast.coordinator, cast.operation), now=now
    )
    assert journal.last_seq(cast.operation.pk) == 0


def test_the_territory_changes_commune_by_commune(cast: Cast, now: datetime) -> None:
    by = desk(cast.coordinator, cast.operation)
    plan = replace(_as_it_is(cast.operation), communes=("91471", "91122"))
    edit_operation(plan=plan, by=by, now=now)
    [entry] = journal.since(cast.operation.pk, 0)
    assert entry.data == {"added": ["91122"], "removed": ["91216", "91345"]}
    assert set(cast.operation.communes.values_list("code", flat=True)) == {"91471", "91122"}


def test_the_exercise_flag_changes_until_posts_came_in(cast: Cast, now: datetime) -> None:
    by = desk(cast.coordinator, cast.operation)
    plan = _as_it_is(cast.operation)
    edit_operation(plan=replace(plan, is_exercise=True), by=by, now=now)
    with transaction.atomic():
        by.record("posts.arrived", now=now)
    with pytest.raises(ExerciseSettled):
        edit_operation(plan=replace(plan, is_exercise=False), by=by, now=now)
    assert Operation.objects.get(pk=cast.operation.pk).is_exercise


def test_only_who_may_edits(cast: Cast, now: datetime) -> None:
    with pytest.raises(NotAllowed):
        edit_operation(
            plan=_as_it_is(cast.operation), by=desk(cast.volunteer, cast.operation), now=now
        )
