"""The trainer's hand on the exercise: what is asked is what the player reads."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.factories import Cast, desk
from vigie.accounts.roles import Right, Role, rights_of
from vigie.collection import exercise
from vigie.collection.models import Source
from vigie.contracts.exercises import ScenarioCard
from vigie.journal import queries as journal
from vigie.operations.access import Desk, NotAllowed
from vigie.operations.models import Operation


@pytest.fixture
def by(cast: Cast) -> Desk:
    """The coordinator of an exercise."""
    Operation.objects.filter(pk=cast.operation.pk).update(is_exercise=True)
    return desk(cast.coordinator, cast.operation)


@pytest.fixture
def started(by: Desk, now: datetime) -> Source:
    return exercise.start_exercise(
        scenario="orge-yvette", speed=20, start_at_s=3600, by=by, now=now
    )


def controls() -> dict[str, object]:
    return Source.objects.get().controls


def at_clock(source: Source, clock_s: float) -> None:
    """As if the player had saved its cursor there."""
    state = {"clock_s": clock_s, "at": "2026-11-24T03:00:00Z", "speed": 20.0, "paused": False,
             "position": 12, "run": "1", "injected": []}  # fmt: skip
    Source.objects.filter(pk=source.pk).update(
        cursor={"state": state, "total": 473, "length_s": 108000}
    )


def test_scenarios_are_told_without_their_truths() -> None:
    cards = {card.name: card for card in exercise.scenarios()}
    assert {"orge-yvette", "tour-etape-essonne"} <= set(cards)
    assert "91471" in cards["orge-yvette"].territory
    assert not any("truth" in name or "claim" in name for name in ScenarioCard.__struct_fields__)


def test_starting_adds_the_player_and_tells_the_journal(
    started: Source, by: Desk, now: datetime
) -> None:
    assert (started.plugin, started.operation, started.next_try_at) == (
        "exercise",
        by.operation,
        now,
    )
    assert started.config["scenario"] == "orge-yvette"
    state = exercise.playing(by)
    assert state is not None
    assert (state.speed, state.clock_s, state.over) == (20.0, None, False)
    verbs = [entry.verb for entry in journal.since(by.operation.pk, 0)]
    assert verbs == ["source.added", "exercise.started"]


def test_only_one_scenario_plays_and_only_in_an_exercise(
    started: Source, by: Desk, cast: Cast, now: datetime
) -> None:
    again = {"scenario": "orge-yvette", "speed": None, "start_at_s": None, "now": now}
    with pytest.raises(exercise.ExerciseRunning):
        exercise.start_exercise(by=by, **again)  # type: ignore[arg-type]
    Operation.objects.filter(pk=cast.operation.pk).update(is_exercise=False)
    with pytest.raises(exercise.NotAnExercise):
        exercise.start_exercise(by=desk(cast.coordinator, cast.operation), **again)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"scenario": "atlantide"}, exercise.UnknownScenario),
        ({"speed": 0.5}, exercise.SteeringInvalid),
        ({"speed": 601}, exercise.SteeringInvalid),
        ({"start_at_s": -1.0}, exercise.SteeringInvalid),
        ({"start_at_s": 999999.0}, exercise.SteeringInvalid),
    ],
)
def test_nonsense_starts_nothing(
    by: Desk, now: datetime, fields: dict[str, object], error: type[Exception]
) -> None:
    asked = {"scenario": "orge-yvette", "speed": 20, "start_at_s": 0.0, **fields}
    with pytest.raises(error):
        exercise.start_exercise(by=by, now=now, **asked)  # type: ignore[arg-type]
    assert not Source.objects.exists()


def test_pause_and_speed_are_what_was_last_asked(started: Source, by: Desk, now: datetime) -> None:
    exercise.set_paused(paused=True, by=by, now=now)
    exercise.set_speed(speed=60, by=by, now=now)
    assert controls() == {"paused": True, "speed": 60.0}
    exercise.set_paused(paused=False, by=by, now=now)
    assert controls() == {"paused": False, "speed": 60.0}
    for speed in (0, 601):
        with pytest.raises(exercise.SteeringInvalid):
            exercise.set_speed(speed=speed, by=by, now=now)


def test_each_jump_has_a_number_of_its_own_and_goes_forward(
    started: Source, by: Desk, now: datetime
) -> None:
    at_clock(started, 7200)
    exercise.jump(to_s=9000, by=by, now=now)
    exercise.jump(to_s=9600, by=by, now=now)
    assert controls() == {"jump_to_s": 9600, "jump_id": 2}
    for to_s in (7000, 108001):
        with pytest.raises(exercise.SteeringInvalid):
            exercise.jump(to_s=to_s, by=by, now=now)


def test_beginning_anew_is_another_run(started: Source, by: Desk, now: datetime) -> None:
    at_clock(started, 7200)
    exercise.restart(start_s=0, by=by, now=now)
    exercise.restart(start_s=1800, by=by, now=now)
    assert controls() == {"run": "3", "run_start_s": 1800}


def test_injects_are_sent_in_order_each_with_its_number(
    started: Source, by: Desk, now: datetime
) -> None:
    card = exercise.playing(by).card  # type: ignore[union-attr]
    assert card is not None
    exercise.inject_prepared(inject=card.injects[0].id, by=by, now=now)
    exercise.inject_post(
        text=" Au secours ", network="x", author="Léa B.", official=False, by=by, now=now
    )
    assert controls()["injects"] == [
        {"id": 1, "prepared": card.injects[0].id},
        {
            "id": 2,
            "post": {
                "text": "Au secours",
                "network": "x",
                "author": {"name": "Léa B.", "handle": "lab", "official": False},
            },
        },
    ]
    with pytest.raises(exercise.SteeringInvalid):
        exercise.inject_prepared(inject="inconnu", by=by, now=now)
    with pytest.raises(exercise.SteeringInvalid):
        exercise.inject_post(text=" ", network="x", author="", official=False, by=by, now=now)


def test_the_number_of_an_inject_is_never_used_again(
    started: Source, by: Desk, now: datetime
) -> None:
    for _ in range(exercise.KEPT_INJECTS + 3):
        exercise.inject_post(text="x", network="x", author="", official=False, by=by, now=now)
    sent = [order["id"] for order in controls()["injects"]]  # type: ignore[union-attr,attr-defined]
    assert sent == list(range(4, exercise.KEPT_INJECTS + 4))


def test_where_the_exercise_stands_is_read_from_the_players_cursor(
    started: Source, by: Desk, now: datetime
) -> None:
    at_clock(started, 7200)
    state = exercise.playing(by)
    assert state is not None
    assert (state.clock_s, state.at, state.position, state.total, state.over) == (
        7200,
        datetime(2026, 11, 24, 3, 0, tzinfo=UTC),
        12,
        473,
        False,
    )


def test_without_a_scenario_there_is_nothing_to_steer(by: Desk, now: datetime) -> None:
    assert exercise.playing(by) is None
    with pytest.raises(exercise.NoExercise):
        exercise.set_paused(paused=True, by=by, now=now)
    with pytest.raises(exercise.NoExercise):
        exercise.expected(by)


def test_right_answers_are_those_of_what_was_played(
    started: Source, by: Desk, now: datetime
) -> None:
    assert exercise.expected(by)[1] == ()
    at_clock(started, 7200)
    _, answers = exercise.expected(by)
    assert 0 < len(answers) <= 12
    assert all(one.remote_id.startswith("orge-yvette.1.") for one in answers)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.COORDINATOR])
def test_nobody_but_the_trainer_steers_or_sees_the_answers(
    started: Source, cast: Cast, now: datetime, role: Role
) -> None:
    assert Right.RUN_EXERCISE not in rights_of([role])
    who = {Role.WATCHER: "volunteer"}.get(role, role.value)
    by = desk(getattr(cast, who), cast.operation)
    for act in (
        lambda: exercise.playing(by),
        lambda: exercise.expected(by),
        lambda: exercise.set_paused(paused=True, by=by, now=now),
        lambda: exercise.jump(to_s=1, by=by, now=now),
        lambda: exercise.inject_post(
            text="x", network="x", author="", official=False, by=by, now=now
        ),
    ):
        with pytest.raises(NotAllowed):
            act()
