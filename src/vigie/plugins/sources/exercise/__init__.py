"""The exercise player: a source that plays a written scenario as if it were the networks.

What it plays, its cursor and the trainer's instructions: docs/reference/scenario-format.md.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from vigie.contracts.drafts import Draft
from vigie.contracts.exercises import ExercisePlugin, Expected, ScenarioCard
from vigie.contracts.plugins import (
    SOURCE,
    Batch,
    Manifest,
    RawItem,
    Refusal,
    SourceError,
)
from vigie.plugins.sources.exercise import cards, gauging, playing
from vigie.plugins.sources.exercise.playing import Shown, State
from vigie.plugins.sources.exercise.problems import ScenarioInvalid
from vigie.plugins.sources.exercise.reading import load, load_shipped, shipped
from vigie.plugins.sources.exercise.scenario import Scenario
from vigie.plugins.sources.exercise.waiting import Alarm
from vigie.plugins.sources.exercise.wire import read, truths

__all__ = ["ExerciseConfig", "ExercisePlayer", "load", "load_shipped", "shipped", "truths"]

HEARTBEAT_S = 15.0
"""Of our time: how often the position is saved while nothing appears; lost at most by a kill."""

CHUNK = 100
"""Items of one batch at most."""


class ScenarioUnplayable(SourceError):
    """The scenario does not exist or does not pass its checks; `detail` says why."""

    code = "scenario_invalid"


class ExerciseConfig(msgspec.Struct, frozen=True, kw_only=True):
    """What to play.

    `scenario` names a shipped one; `file` a file that a person handed in, which then goes first.
    `speed` (1 to 600 times life) and `start_at_s` (seconds from the beginning) are the scenario's
    own demonstration values when not given; the trainer's instructions change both later.
    """

    scenario: str = "orge-yvette"
    file: str = ""
    speed: float | None = None
    start_at_s: float | None = None


class ExercisePlayer(ExercisePlugin):
    """Plays one scenario. Not a network: nothing leaves the machine, nothing comes from it."""

    manifest = Manifest(
        kind=SOURCE,
        name="exercise",
        label={"fr": "Lecteur d’exercice", "en": "Exercise player"},
        help={
            "fr": "Joue un scénario écrit d’avance comme s’il venait des réseaux sociaux.",
            "en": "Plays a scenario written beforehand as if it came from the social networks.",
        },
        version="1",
        config=ExerciseConfig,
        terms={
            "fr": "Publications, comptes et sites inventés, écrits pour ce projet (EUPL-1.2).",
            "en": "Invented posts, accounts and sites, written for this project (EUPL-1.2).",
        },
        gives=("posts", "measures"),
        mode="stream",
    )
    config: ExerciseConfig

    async def collect(self, cursor: Mapping[str, Any]) -> AsyncIterator[Batch]:
        """Play until stopped. Raises SourceError when the scenario or the cursor is unusable."""
        scenario = self._scenario()
        clock, controls = self.ports.clock, self.ports.controls
        state = self._begin(scenario, cursor)
        saved: State | None = None
        alarm = Alarm(controls.changes())
        try:
            while True:
                now = clock.now()
                state, shown = playing.advance(state, scenario, await controls.read(), now)
                state, read_off = gauging.advance(state, scenario, now)
                shown += read_off
                if shown or _worth_saving(saved, state):
                    for batch in _batches(shown, state, scenario):
                        yield batch
                    saved = state
                ahead = (
                    playing.next_due_s(state, scenario), gauging.next_due_s(state, scenario)
                )  # fmt: skip
                wait_s = min([HEARTBEAT_S, *(each for each in ahead if each is not None)])
                await alarm.wait(clock.sleep(wait_s))
        finally:
            await alarm.close()

    @classmethod
    def decode(cls, item: RawItem, config: msgspec.Struct) -> Draft:
        """Read the wire form. Raises Undecodable (codes of `contracts.wire`)."""
        return read(item.payload)

    @classmethod
    def scenarios(cls) -> tuple[ScenarioCard, ...]:
        return tuple(cards.card(name) for name in shipped())

    @classmethod
    def scenario_of(cls, config: msgspec.Struct) -> ScenarioCard | None:
        assert isinstance(config, ExerciseConfig)
        return cards.card(config.scenario) if config.scenario in shipped() else None

    @classmethod
    def expected(cls, config: msgspec.Struct, cursor: Mapping[str, Any]) -> tuple[Expected, ...]:
        assert isinstance(config, ExerciseConfig)
        state = cursor.get("state")
        if config.file or config.scenario not in shipped() or not isinstance(state, Mapping):
            return ()
        return cards.expected(load_shipped(config.scenario), state)

    def _scenario(self) -> Scenario:
        try:
            if self.config.file:
                return load(self.ports.blobs.path(self.config.file))
            return load_shipped(self.config.scenario)
        except ScenarioInvalid as error:
            raise ScenarioUnplayable(str(error)) from error

    def _begin(self, scenario: Scenario, cursor: Mapping[str, Any]) -> State:
        now, config = self.ports.clock.now(), self.config
        if cursor:
            try:
                saved = msgspec.convert(cursor["state"], State)
            except (KeyError, msgspec.ValidationError) as error:
                raise SourceError(f"cursor: {error}") from error
            if saved.scenario == scenario.name:
                return playing.resume(saved, scenario, now=now)
        start_s = scenario.demo_start_s if config.start_at_s is None else config.start_at_s
        speed = scenario.demo_speed if config.speed is None else config.speed
        return playing.start(scenario, run="1", start_s=start_s, speed=speed, now=now)


def _worth_saving(saved: State | None, state: State) -> bool:
    """Whether the cursor says something new: an instruction carried out, or time gone by."""
    if saved is None or any(
        getattr(saved, name) != getattr(state, name)
        for name in ("run", "speed", "paused", "jump_id", "injected")
    ):
        return True
    return not state.paused and (state.at - saved.at).total_seconds() >= HEARTBEAT_S


def _batches(shown: Sequence[Shown], state: State, scenario: Scenario) -> Iterator[Batch]:
    """Cut what appeared in batches; the cursor of each but the last tells just what is in it."""
    for first in range(0, max(len(shown), 1), CHUNK):
        chunk = shown[first : first + CHUNK]
        whole = first + CHUNK >= len(shown)
        after = state if whole else chunk[-1].state
        yield Batch(
            items=tuple(
                RawItem(payload=msgspec.json.encode(one.wire), where=one.where)
                for one in chunk
                if one.wire is not None
            ),
            refusals=tuple(
                Refusal(code="inject_unreadable", detail=one.refused, where=one.where)
                for one in chunk
                if one.wire is None
            ),
            cursor={
                "state": msgspec.to_builtins(after),
                "total": len(scenario.timeline),
                "length_s": scenario.length_s,
            },
            progress=(after.position, len(scenario.timeline)),
        )
