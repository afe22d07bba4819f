"""The phases of an operation: what may follow what, and what must be said."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import Cast, desk
from vigie.accounts.roles import Right, Role, rights_of
from vigie.journal import queries as journal
from vigie.operations import decide
from vigie.operations.access import NotAllowed
from vigie.operations.actions.operation import change_phase
from vigie.operations.models import PHASES, Operation

AT = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
phases = st.sampled_from(PHASES)
reasons = st.sampled_from(["", "  ", "Fausse alerte"])


def test_the_machine_knows_exactly_the_phases_of_the_model() -> None:
    assert set(decide.STEPS) == set(PHASES)
    assert {after for steps in decide.STEPS.values() for after in steps} == set(PHASES)


@given(before=phases, after=phases, reason=reasons)
def test_a_step_is_made_or_refused_never_something_else(
    before: str, after: str, reason: str
) -> None:
    possible = after in decide.next_phases(before)
    explained = bool(reason.strip()) or not decide.needs_reason(before, after)
    if possible and explained:
        step = decide.step(before, after, reason=reason, now=AT)
        assert (step.before, step.after) == (before, after)
        assert (step.closed_at == AT) == (after == "closed")
    else:
        expected = decide.ReasonMissing if possible else decide.StepImpossible
        with pytest.raises(expected):
            decide.step(before, after, reason=reason, now=AT)


@given(path=st.lists(phases, max_size=30))
def test_wherever_one_goes_one_can_still_close_and_still_work(path: list[str]) -> None:
    phase = "prepared"
    for wish in path:
        if wish in decide.next_phases(phase):
            phase = decide.step(phase, wish, reason="parce que", now=AT).after
    reachable, frontier = {phase}, [phase]
    while frontier:
        for after in decide.next_phases(frontier.pop()):
            if after not in reachable:
                reachable.add(after)
                frontier.append(after)
    assert {"active", "closed"} <= reachable


def test_nothing_closes_straight_from_action() -> None:
    with pytest.raises(decide.StepImpossible):
        decide.step("active", "closed", reason="vite", now=AT)


@pytest.mark.parametrize(
    ("before", "after", "must"),
    [
        ("prepared", "active", False),
        ("active", "winding_down", False),
        ("winding_down", "closed", False),
        ("prepared", "closed", True),
        ("active", "prepared", True),
        ("winding_down", "active", True),
        ("closed", "winding_down", True),
    ],
)
def test_going_back_or_cancelling_is_explained(before: str, after: str, must: bool) -> None:
    assert decide.needs_reason(before, after) is must


def test_a_change_names_its_person_and_reason_in_the_journal(cast: Cast, now: datetime) -> None:
    by = desk(cast.coordinator, cast.operation)
    change_phase(to="winding_down", by=by, now=now)
    change_phase(to="active", by=by, now=now, reason="  L’Yvette remonte ")
    entry = journal.entries(cast.operation.pk)[0]
    assert (entry.verb, entry.by, entry.text, entry.data, entry.touches) == (
        "operation.phase_changed",
        cast.coordinator,
        "L’Yvette remonte",
        {"before": "winding_down", "after": "active"},
        ["operation"],
    )


def test_closing_keeps_its_time_and_reopening_forgets_it(cast: Cast, now: datetime) -> None:
    by = desk(cast.coordinator, cast.operation)
    change_phase(to="winding_down", by=by, now=now)
    assert change_phase(to="closed", by=by, now=now).closed_at == now
    assert change_phase(to="winding_down", by=by, now=now, reason="oubli").closed_at is None


def test_a_refused_change_leaves_no_trace(cast: Cast, now: datetime) -> None:
    by = desk(cast.coordinator, cast.operation)
    with pytest.raises(decide.StepImpossible):
        change_phase(to="closed", by=by, now=now, reason="x")
    assert Operation.objects.get(pk=cast.operation.pk).phase == "active"
    assert journal.last_seq(cast.operation.pk) == 0


def test_two_people_pressing_the_same_button_change_it_once(cast: Cast, now: datetime) -> None:
    by = desk(cast.coordinator, cast.operation)
    change_phase(to="winding_down", by=by, now=now)
    with pytest.raises(decide.StepImpossible):
        change_phase(to="winding_down", by=by, now=now)


@pytest.mark.parametrize("role", list(Role))
def test_who_may_change_the_phase_is_what_the_table_says(
    cast: Cast, now: datetime, role: Role
) -> None:
    who = {Role.WATCHER: "volunteer"}.get(role, role.value)
    by = desk(getattr(cast, who), cast.operation)
    if Right.CHANGE_PHASE in rights_of([role]):
        change_phase(to="winding_down", by=by, now=now)
    else:
        with pytest.raises(NotAllowed):
            change_phase(to="winding_down", by=by, now=now)
