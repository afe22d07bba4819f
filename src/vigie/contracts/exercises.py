"""What a source plugin that plays exercises says of its scenarios to the trainer's screens."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

import msgspec

from vigie.contracts.plugins import SourcePlugin
from vigie.contracts.truth import Truth


class PreparedInject(msgspec.Struct, frozen=True, kw_only=True):
    """A post the trainer may send when it suits. `label` is by language ("fr", "en")."""

    id: str
    label: Mapping[str, str]
    text: str


class ScenarioCard(msgspec.Struct, frozen=True, kw_only=True):
    """A scenario in short, without any of its truths.

    `territory` are INSEE codes, `watches` (name, query) pairs. `local_start` ("16:00" in `zone`)
    is the time of day the scenario begins at. Speeds are times life.
    """

    name: str
    title: Mapping[str, str]
    summary: Mapping[str, str]
    kind: str
    territory: tuple[str, ...]
    languages: tuple[str, ...]
    watches: tuple[tuple[str, str], ...]
    length_s: int
    local_start: str
    zone: str
    demo_start_s: int
    demo_speed: float
    injects: tuple[PreparedInject, ...]


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """A post that was played and its right answers, for the trainer's debrief only.

    `remote_id` is the post's id as the source stored it. `claim` says what the trainer knows of
    the claim it spreads, by language; empty when it spreads none.
    """

    remote_id: str
    at_s: int
    text: str
    truth: Truth
    claim: Mapping[str, str] = {}


class ExercisePlugin(SourcePlugin):
    """A source that plays scenarios and obeys `Source.controls` (paused, speed, jump, injects)."""

    @classmethod
    @abstractmethod
    def scenarios(cls) -> tuple[ScenarioCard, ...]:
        """The scenarios that come with the plugin."""

    @classmethod
    @abstractmethod
    def scenario_of(cls, config: msgspec.Struct) -> ScenarioCard | None:
        """The scenario that a source with this configuration plays; None when it has none."""

    @classmethod
    @abstractmethod
    def expected(cls, config: msgspec.Struct, cursor: Mapping[str, Any]) -> tuple[Expected, ...]:
        """What was played so far, in order, with the right answers. The trainer's eyes only."""
