"""What the trainer's screens are told: scenarios in short, and the right answers at the debrief."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from vigie.contracts.exercises import Expected, PreparedInject, ScenarioCard
from vigie.plugins.sources.exercise.playing import prefix
from vigie.plugins.sources.exercise.reading import load_shipped
from vigie.plugins.sources.exercise.scenario import Scenario, Words


@cache
def card(name: str) -> ScenarioCard:
    """The shipped scenario of that name, in short. Raises ScenarioInvalid."""
    scenario = load_shipped(name)
    return ScenarioCard(
        name=scenario.name,
        title=_words(scenario.title),
        summary=_words(scenario.summary),
        kind=scenario.kind,
        territory=scenario.territory,
        languages=scenario.languages,
        watches=tuple((watch.name, watch.query) for watch in scenario.watches),
        length_s=scenario.length_s,
        local_start=scenario.local_start,
        zone=scenario.zone,
        demo_start_s=scenario.demo_start_s,
        demo_speed=scenario.demo_speed,
        injects=tuple(
            PreparedInject(id=one.post.id, label=_words(one.title), text=one.post.text)
            for one in scenario.injects
        ),
    )


def expected(scenario: Scenario, state: Mapping[str, Any]) -> tuple[Expected, ...]:
    """The posts of the time line that this state of playing has shown, with their truths."""
    ahead = prefix(scenario, str(state.get("run", "1")))
    claims = {claim.id: _words(claim.says) for claim in scenario.claims}
    return tuple(
        Expected(
            remote_id=f"{ahead}{event.post.id}",
            at_s=event.at_s,
            text=event.post.text,
            truth=truth,
            claim=claims.get(truth.claim or "", {}),
        )
        for event in scenario.timeline[: int(state.get("position", 0))]
        if event.kind == "post" and (truth := scenario.truths.get(event.post.id)) is not None
    )


def _words(words: Words) -> dict[str, str]:
    return {"fr": words.fr, "en": words.en}
