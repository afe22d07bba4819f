"""A small scenario to play, and the ports of a player whose time the test moves."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from vigie.contracts.ports import Ports
from vigie.plugins.sources.exercise.reading import load
from vigie.plugins.sources.exercise.scenario import Scenario

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)

SMALL = """
format: vigie-scenario/1
name: petit
title: {fr: Petit, en: Small}
summary: {fr: Un essai, en: A trial}
kind: flood
territory: ["91471"]
languages: [fr]
length: "+2h"
local_start: "16:00"
demo: {start_at: "+0h", speed: 60}
claims:
- {id: pont, says: {fr: Le pont est tombé, en: The bridge fell}, verdict: "false", because: Il tient}
accounts:
- {id: anne, name: Anne, network: mastodon, followers: 12}
- {id: ville, name: Ville, network: x, official: true}
posts:
- {id: p1, at: +0h, by: anne, text: Il pleut, truth: {category: sentiment, urgency: none}}
- {id: p2, at: +0h10m, by: ville, text: "Rue basse coupée à Orsay", likes: 0, lat: 48.7, lon: 2.18,
   truth: {category: routes_transports, urgency: high, places: ["91471"], claim: pont}}
- {id: p3, at: +0h10m, by: anne, repost_of: p2,
   truth: {category: routes_transports, urgency: high, places: ["91471"], duplicate_of: p2}}
- {id: p4, at: +0h30m, by: anne, reply_to: p2, text: "Merci", media: [{description: Une rue, graphic: true}],
   truth: {category: sentiment, urgency: none}}
- {id: p5, at: +1h, by: anne, text: "Fini", truth: {category: sentiment, urgency: none}}
edits:
- {at: +0h40m, post: p2, text: "Rue basse rouverte à Orsay"}
deletions:
- {at: +1h30m, post: p1}
injects:
- {id: inj-1, title: {fr: Un appel, en: A call}, by: anne, text: "Au secours, rue basse",
   truth: {category: appel_secours, urgency: critical}}
"""

ORDER = ("post p1", "post p2", "post p3", "post p4", "edit p2", "post p5", "deletion p1")
"""The time line of SMALL."""


@pytest.fixture
def small(tmp_path: Path) -> Scenario:
    return load(written(tmp_path, SMALL))


def written(folder: Path, text: str, name: str = "petit.yaml") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


class FakeClock:
    """Time that passes only by sleeping, at once."""

    def __init__(self) -> None:
        self.moment = NOW

    def now(self) -> datetime:
        return self.moment

    async def sleep(self, seconds: float) -> None:
        self.moment += timedelta(seconds=max(seconds, 0.001))


class FakeControls:
    """Instructions as a test last set them. Nothing wakes the player but its own sleep."""

    def __init__(self, **instructions: Any) -> None:
        self.instructions: Mapping[str, Any] = instructions

    async def read(self) -> Mapping[str, Any]:
        return self.instructions

    async def changes(self) -> AsyncIterator[None]:
        return
        yield


class OneFile:
    def __init__(self, file: Path) -> None:
        self._file = file

    def path(self, name: str) -> Path:
        return self._file


def ports(clock: FakeClock, controls: FakeControls, file: Path = Path()) -> Ports:
    unused: Any = None
    return Ports(http=unused, clock=clock, blobs=OneFile(file), secrets=unused, controls=controls)
