"""The trainer's hand on the exercise: start a scenario, steer it, send injects.

What was last asked lies in `Source.controls`, which the player reads afresh; see
docs/reference/scenario-format.md for its fields. Nothing here knows what a scenario will show.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from vigie.accounts.roles import Right
from vigie.collection.models import Source
from vigie.collection.sources import add_source, checked_config
from vigie.contracts.exercises import ExercisePlugin, Expected, ScenarioCard
from vigie.contracts.registry import plugins
from vigie.kernel.clock import UnreadableTime, parse_rfc3339
from vigie.operations.access import Desk

SPEEDS = (1.0, 600.0)
KEPT_INJECTS = 100
TEXT_LIMIT = 5000


class NotAnExercise(ValueError):
    """Only an operation flagged as an exercise plays one."""


class ExerciseRunning(ValueError):
    """The operation plays a scenario already."""


class NoExercise(LookupError):
    """The operation plays no scenario yet."""


class UnknownScenario(LookupError):
    """No plugin knows a scenario of this name."""


class SteeringInvalid(ValueError):
    """What is asked makes no sense; `field` says which part."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


def _players() -> dict[str, type[ExercisePlugin]]:
    found = plugins().of_kind("source")
    return {name: p for name, p in found.items() if issubclass(p, ExercisePlugin)}


def scenarios() -> list[ScenarioCard]:
    """Every scenario that can be played here."""
    return [card for plugin in _players().values() for card in plugin.scenarios()]


@dataclass(frozen=True, kw_only=True)
class Playing:
    """An operation's exercise. `clock_s` is scenario time as of `at` (None before it began);
    `position` of `total` events were played. `controls` is what was last asked."""

    source: Source
    card: ScenarioCard | None
    clock_s: float | None
    at: datetime | None
    speed: float
    paused: bool
    position: int
    total: int | None
    length_s: int | None
    sent: frozenset[int]

    @property
    def over(self) -> bool:
        return self.total is not None and self.position >= self.total


def playing(by: Desk) -> Playing | None:
    """The exercise of the operation, for its trainer. Raises NotAllowed."""
    by.require(Right.RUN_EXERCISE)
    source = _player_of(by)
    return None if source is None else _playing(source)


def start_exercise(
    *, scenario: str, speed: float | None, start_at_s: float | None, by: Desk, now: datetime
) -> Source:
    """Add the source that plays `scenario`; it begins as soon as a collector is at work.

    Raises NotAllowed, NotAnExercise, ExerciseRunning, UnknownScenario or SteeringInvalid.
    """
    by.require(Right.RUN_EXERCISE)
    if not by.operation.is_exercise:
        raise NotAnExercise
    plugin, card = _scenario(scenario)
    config = {"scenario": scenario, "speed": _speed(speed), "start_at_s": start_at_s}
    if start_at_s is not None and not 0 <= start_at_s <= card.length_s:
        raise SteeringInvalid("start_at_s")
    with transaction.atomic():
        if _player_of(by, lock=True) is not None:
            raise ExerciseRunning
        source = add_source(
            plugin=plugin, name=card.title.get("fr", scenario), config=config, by=by, now=now
        )
        _record("exercise.started", source, by=by, now=now, data={"scenario": card.title["fr"]})
    return source


def _scenario(name: str) -> tuple[str, ScenarioCard]:
    """The plugin that plays the scenario of that name, and the scenario in short."""
    for plugin, player in _players().items():
        for card in player.scenarios():
            if card.name == name:
                return plugin, card
    raise UnknownScenario(name)


def set_speed(*, speed: float, by: Desk, now: datetime) -> None:
    """Play `speed` times as fast as life. Raises NotAllowed, NoExercise or SteeringInvalid."""
    value = _speed(speed)
    _steer({"speed": value}, "exercise.speed_set", {"speed": value}, by=by, now=now)


def set_paused(*, paused: bool, by: Desk, now: datetime) -> None:
    """Stop scenario time, or let it run. Raises NotAllowed or NoExercise."""
    _steer(
        {"paused": paused}, "exercise.paused" if paused else "exercise.resumed", {}, by=by, now=now
    )


def jump(*, to_s: float, by: Desk, now: datetime) -> None:
    """Go on to a later time: all that is skipped appears at once. Raises NotAllowed, NoExercise or
    SteeringInvalid (backwards, or past the end)."""
    by.require(Right.RUN_EXERCISE)
    with transaction.atomic():
        source = _locked(by)
        state = _playing(source)
        if state.length_s is not None and not (state.clock_s or 0) <= to_s <= state.length_s:
            raise SteeringInvalid("to_s")
        number = int(source.controls.get("jump_id", 0)) + 1
        change = {"jump_to_s": to_s, "jump_id": number}
        _write(source, change, "exercise.jumped", {"to_s": to_s}, by=by, now=now)


def restart(*, start_s: float, by: Desk, now: datetime) -> None:
    """Play everything again as another run; what was shown before stays. Raises NotAllowed,
    NoExercise or SteeringInvalid."""
    by.require(Right.RUN_EXERCISE)
    with transaction.atomic():
        source = _locked(by)
        length_s = _playing(source).length_s
        if start_s < 0 or (length_s is not None and start_s > length_s):
            raise SteeringInvalid("start_s")
        run = str(int(source.controls.get("run", 1)) + 1)
        change = {"run": run, "run_start_s": start_s}
        _write(source, change, "exercise.restarted", {"start_s": start_s}, by=by, now=now)


def inject_prepared(*, inject: str, by: Desk, now: datetime) -> None:
    """Send a prepared post now. Raises NotAllowed, NoExercise or SteeringInvalid (unknown)."""
    by.require(Right.RUN_EXERCISE)
    with transaction.atomic():
        source = _locked(by)
        card = _playing(source).card
        if card is None or inject not in {one.id for one in card.injects}:
            raise SteeringInvalid("inject")
        _inject(source, {"prepared": inject}, by=by, now=now)


def inject_post(
    *, text: str, network: str, author: str, official: bool, by: Desk, now: datetime
) -> None:
    """Send a post typed by the trainer now. Raises NotAllowed, NoExercise or SteeringInvalid."""
    by.require(Right.RUN_EXERCISE)
    if not text.strip() or len(text) > TEXT_LIMIT:
        raise SteeringInvalid("text")
    name = author.strip() or "Exercice"
    handle = "".join(c for c in name.lower() if c.isascii() and c.isalnum()) or "exercice"
    post = {
        "text": text.strip(),
        "network": network,
        "author": {"name": name, "handle": handle, "official": official},
    }
    with transaction.atomic():
        _inject(_locked(by), {"post": post}, by=by, now=now)


def expected(by: Desk) -> tuple[Source, tuple[Expected, ...]]:
    """What was played so far with its right answers: the debrief. Raises NotAllowed, NoExercise."""
    by.require(Right.RUN_EXERCISE)
    source = _player_of(by)
    if source is None:
        raise NoExercise
    plugin = _players()[source.plugin]
    return source, plugin.expected(checked_config(plugin, source.config), source.cursor)


def _inject(source: Source, what: Mapping[str, Any], *, by: Desk, now: datetime) -> None:
    controls = source.controls
    number = int(controls.get("last_inject", 0)) + 1
    orders = [*controls.get("injects", []), {"id": number, **what}][-KEPT_INJECTS:]
    data = {"number": number, "prepared": what.get("prepared")}
    change = {"injects": orders, "last_inject": number}
    _write(source, change, "exercise.injected", data, by=by, now=now)


def _steer(
    change: Mapping[str, Any], verb: str, data: Mapping[str, Any], *, by: Desk, now: datetime
) -> None:
    by.require(Right.RUN_EXERCISE)
    with transaction.atomic():
        _write(_locked(by), change, verb, data, by=by, now=now)


def _write(
    source: Source,
    change: Mapping[str, Any],
    verb: str,
    data: Mapping[str, Any],
    *,
    by: Desk,
    now: datetime,
) -> None:
    Source.objects.filter(pk=source.pk).update(controls={**source.controls, **change})
    _record(verb, source, by=by, now=now, data=data)


def _record(verb: str, source: Source, *, by: Desk, now: datetime, data: Mapping[str, Any]) -> None:
    by.record(
        verb,
        now=now,
        subject=("source", source.pk),
        data=data,
        touches=["exercise", f"source:{source.pk}"],
    )


def _locked(by: Desk) -> Source:
    source = _player_of(by, lock=True)
    if source is None:
        raise NoExercise
    return source


def _player_of(by: Desk, *, lock: bool = False) -> Source | None:
    rows = Source.objects.filter(operation=by.operation, plugin__in=_players()).order_by("pk")
    return (rows.select_for_update() if lock else rows).first()


def _playing(source: Source) -> Playing:
    plugin = _players()[source.plugin]
    card = plugin.scenario_of(checked_config(plugin, source.config))
    state: Mapping[str, Any] = source.cursor.get("state") or {}
    controls: Mapping[str, Any] = source.controls
    speed = controls.get("speed") or state.get("speed") or source.config.get("speed")
    return Playing(
        source=source,
        card=card,
        clock_s=state.get("clock_s"),
        at=_moment(state.get("at")),
        speed=float(speed or (card.demo_speed if card else 1.0)),
        paused=bool(controls.get("paused", state.get("paused", False))),
        position=int(state.get("position", 0)),
        total=source.cursor.get("total"),
        length_s=source.cursor.get("length_s") or (card.length_s if card else None),
        sent=frozenset(state.get("injected", ())),
    )


def _moment(text: object) -> datetime | None:
    try:
        return parse_rfc3339(str(text)) if text else None
    except UnreadableTime:
        return None


def _speed(speed: float | None) -> float | None:
    if speed is None:
        return None
    if not SPEEDS[0] <= speed <= SPEEDS[1]:
        raise SteeringInvalid("speed")
    return float(speed)
