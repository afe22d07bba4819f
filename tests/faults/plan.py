"""Which faults strike a run, where and when. Drawn from the seed; told by progress, never by time."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tests.faults.world import SOURCES, World, draw

EMBEDDED: Final[Mapping[str, int]] = {
    "kill": 9, "stop": 2, "freeze": 4, "disk": 4, "write": 2, "cut": 5, "answer": 3, "clock": 4,
    "garble": 4, "turn": 2,
}  # fmt: skip
"""Kinds of faults and how often each is drawn."""
DISTRIBUTED: Final[Mapping[str, int]] = {
    "kill": 10, "stop": 2, "freeze": 6, "broker": 4, "database": 4, "cut": 4, "answer": 2,
    "clock": 3, "garble": 3, "turn": 2,
}  # fmt: skip


SUPERVISED: Final[Mapping[str, int]] = {
    "kill": 14, "stop": 2, "cut": 2, "answer": 1, "clock": 2, "garble": 1, "turn": 1,
}  # fmt: skip
KINDS: Final = {"embedded": EMBEDDED, "distributed": DISTRIBUTED, "supervised": SUPERVISED}


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Strikes when `at` events are published and is over `lasts` events later."""

    kind: str
    at: int
    lasts: int = 0
    target: str = ""
    how: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        told = " ".join(f"{name}={value}" for name, value in self.how.items())
        return f"{self.kind} {self.target} {told}".strip()


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A run: what is published, by which wires, and what goes wrong.

    `bursts` are how many events are published at once; after those numbered in `calm` the run waits
    until all that was published is stored.
    """

    seed: int
    profile: str
    world: World
    faults: tuple[Fault, ...]
    bursts: tuple[int, ...]
    calm: frozenset[int]
    sky_way: str
    streams: str
    with_jobs: bool

    @property
    def kinds(self) -> list[str]:
        return [fault.kind for fault in self.faults]


def plan(seed: int, profile: str) -> Plan:
    """The run of this seed."""
    chance = random.Random(f"{profile} {seed}")
    world = draw(chance, size=chance.randint(40, 75))
    bursts: list[int] = []
    while sum(bursts) < len(world.events):
        bursts.append(min(chance.choice((1, 2, 4, 6, 9, 12)), len(world.events) - sum(bursts)))
    kinds = KINDS[profile]
    faults = [
        _fault(chance, kind, len(world.events), profile)
        for kind in chance.choices(
            list(kinds), weights=list(kinds.values()), k=chance.randint(2, 5)
        )
    ]
    return Plan(
        seed=seed, profile=profile, world=world, bursts=tuple(bursts),
        faults=tuple(sorted(faults, key=lambda fault: fault.at)),
        calm=frozenset(n for n in range(len(bursts)) if chance.random() < 0.5),
        sky_way=chance.choice(("jetstream", "jetstream-legacy")),
        streams=chance.choice(("ws", "sse", "no")),
        with_jobs=chance.random() < 0.6,
    )  # fmt: skip


def _fault(chance: random.Random, kind: str, events: int, profile: str) -> Fault:
    at = chance.randint(0, events - 1)
    source = chance.choice(SOURCES)
    lasts = chance.randint(1, 12)
    processes = ("collect",) * 5 + ("serve", "work")
    if profile == "distributed":
        processes = ("collect", "collect2", "pipeline", "pipeline", "pipeline2", "serve", "work")
    if profile == "supervised":
        processes = ("up", "up", "all", "collect", "collect", "serve")
    process = chance.choice(processes)
    if kind == "kill":
        where = chance.choice(("now", "statement", "statement", "commit"))
        if process in ("up", "all"):
            where = "now"
        count = {"now": 0, "statement": chance.randint(1, 60), "commit": chance.randint(1, 6)}
        return Fault(
            kind=kind, at=at, target=process,
            how={"where": where, "count": count[where], "rest_s": round(chance.uniform(0, 40), 1)},
        )  # fmt: skip
    if kind == "stop":
        return Fault(
            kind=kind,
            at=at,
            target="up" if process == "all" else process,
            how={"rest_s": round(chance.uniform(0, 10), 1)},
        )
    if kind == "freeze":
        # SQLite has one writer: one that freezes in the middle of a transaction stops everybody.
        wheres = ("publish", "publish", "publish", "now")
        target = "collect"
        if profile == "distributed":
            wheres = (*wheres, "statement", "commit")
            target = chance.choice(("collect", "collect", "collect2", "pipeline", "pipeline2"))
        where = chance.choice(wheres if target.startswith("collect") else wheres[-3:])
        count = {"now": 0, "statement": chance.randint(1, 60), "commit": chance.randint(1, 6)}
        return Fault(
            kind=kind, at=at, lasts=lasts, target=target,
            how={"where": where, "count": count.get(where, chance.randint(1, 3))},
        )  # fmt: skip
    if kind == "write":
        return Fault(kind=kind, at=at, lasts=lasts, how={"bytes": chance.choice((0, 200_000))})
    if kind == "disk":
        return Fault(kind=kind, at=at, lasts=lasts)
    if kind in ("broker", "database"):
        signals = ("KILL", "TERM") if kind == "broker" else ("KILL", "TERM", "BACKEND")
        how = {"signal": chance.choice(signals), "rest_s": round(chance.uniform(0, 30), 1)}
        return Fault(kind=kind, at=at, how=how)
    if kind == "cut":
        mood = chance.choice(("refuse", "refuse", "reset", "silent", "tear"))
        how = {"mood": mood, "shown": chance.random() < 0.5 and mood in ("refuse", "reset")}
        if mood == "tear":
            how["bytes"] = chance.randint(1, 3_000)
        return Fault(kind=kind, at=at, lasts=lasts, target=source, how=how)
    if kind == "answer":
        answers = [
            chance.choice(("busy", "broken", "away", "page", "empty"))
            for _ in range(chance.randint(1, 4))
        ]
        return Fault(kind=kind, at=at, lasts=0, target=source, how={"answers": answers})
    if kind == "clock":
        seconds = chance.choice((1, -1)) * chance.choice((5, 40, 300, 4_000, 40_000, 80_000))
        return Fault(
            kind=kind, at=at, how={"seconds": seconds, "back": chance.random() < 0.5}, lasts=lasts
        )
    if kind == "garble":
        spoilt = [
            chance.choice(("truncated", "bytes", "zstd", "huge"))
            for _ in range(chance.randint(1, 3))
        ]
        return Fault(kind=kind, at=at, target=source, how={"spoilt": spoilt})
    return Fault(
        kind="turn", at=at, lasts=lasts, target=source,
        how={"twice": chance.random() < 0.6, "turned": chance.random() < 0.6},
    )  # fmt: skip
