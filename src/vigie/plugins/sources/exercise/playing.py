"""How a scenario is played: from a state, the trainer's instructions and a moment, to what appears.

Pure: the same state, instructions and moment give the same. Scenario time (`clock_s`, seconds from
the beginning) runs `speed` times faster than ours from the moment `at` on, and only while somebody
calls `advance`: time during which nothing ran is not played.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from datetime import datetime, timedelta
from math import isfinite
from typing import Any

import msgspec

from vigie.plugins.sources.exercise.scenario import (
    HOSTS,
    Account,
    Event,
    MediaSpec,
    Post,
    Scenario,
)
from vigie.plugins.sources.exercise.wire import deletion_wire, post_wire

LONGEST_STEP_S = 60.0
"""Of our time. More between two calls means that we were stopped or asleep; the rest is skipped."""

SPEEDS = (1.0, 600.0)


class FreeAuthor(msgspec.Struct, frozen=True, kw_only=True):
    """Who signs a post typed by the trainer."""

    name: str = "Exercice"
    handle: str = "exercice"
    official: bool = False


class FreePost(msgspec.Struct, frozen=True, kw_only=True):
    """A post typed by the trainer. `reply_to` is the id of a post of the scenario, unprefixed."""

    text: str
    network: str = "mastodon"
    lang: str | None = None
    author: FreeAuthor = FreeAuthor()
    media: tuple[MediaSpec, ...] = ()
    reply_to: str | None = None


class InjectOrder(msgspec.Struct, frozen=True, kw_only=True):
    """Send this now: the scenario's `prepared` inject, or a `post`. `id` is never used again."""

    id: int
    prepared: str | None = None
    post: FreePost | None = None


class State(msgspec.Struct, frozen=True, kw_only=True):
    """Where the playing stands; saved as the source's cursor.

    `position` counts the events of the time line already played in this `run`. `jump_id` and
    `injected` are the instructions already carried out. `first_at` keeps when posts that will be
    edited appeared, `last_at` the date of the last thing shown. `gauged_s` is the scenario time up to
    which measures were taken (see `gauging`). `scenario` and its `digest` are what was played when
    this was written.
    """

    scenario: str
    run: str
    digest: str
    at: datetime
    speed: float
    position: int = 0
    clock_s: float = 0.0
    paused: bool = False
    jump_id: int = 0
    injected: tuple[int, ...] = ()
    first_at: Mapping[str, datetime] = {}
    last_at: datetime | None = None
    gauged_s: float | None = None


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that appears: its wire form (None when refused), and the state once it has."""

    state: State
    wire: dict[str, Any] | None
    where: str
    refused: str = ""


def start(scenario: Scenario, *, run: str, start_s: float, speed: float, now: datetime) -> State:
    """The state before anything of this run was played, scenario time at `start_s`."""
    return State(
        scenario=scenario.name,
        run=run,
        digest=scenario.digest,
        at=now,
        speed=_within(speed, *SPEEDS),
        clock_s=_within(start_s, 0.0, float(scenario.length_s)),
    )


def resume(state: State, scenario: Scenario, *, now: datetime) -> State:
    """Go on from a saved state: scenario time stood still since.

    When the scenario was rewritten meanwhile, everything up to its present time counts as played.
    """
    if state.digest != scenario.digest:
        moments = [event.at_s for event in scenario.timeline]
        position = bisect_right(moments, state.clock_s)
        state = msgspec.structs.replace(state, digest=scenario.digest, position=position)
    return msgspec.structs.replace(state, at=now)


def prefix(scenario: Scenario, run: str) -> str:
    """What goes before the scenario's ids, so that two runs never meet."""
    return f"{scenario.name}.{run}."


def advance(
    state: State, scenario: Scenario, instructions: Mapping[str, Any], now: datetime
) -> tuple[State, tuple[Shown, ...]]:
    """Play up to `now`, then carry out `instructions` (see docs/reference/scenario-format.md).

    Returns the state to go on from and what appears, in order. An instruction that cannot be read
    is as if it were not given; an inject that cannot be read is refused, once.
    """
    shown: list[Shown] = []
    state = _again(state, scenario, instructions, now)
    backlog = state.position == 0 and state.at == now
    state = _run_to(state, scenario, now, shown, backlog=backlog)
    state = _jump(state, scenario, instructions, now, shown)
    speed = _number(instructions.get("speed"))
    paused = instructions.get("paused")
    state = msgspec.structs.replace(
        state,
        speed=state.speed if speed is None else _within(speed, *SPEEDS),
        paused=paused if isinstance(paused, bool) else state.paused,
    )
    state = _inject(state, scenario, instructions, now, shown)
    return state, tuple(shown)


def next_due_s(state: State, scenario: Scenario) -> float | None:
    """Seconds of our time from `state.at` to the next event; None when none is to come."""
    if state.paused or state.position >= len(scenario.timeline):
        return None
    ahead = scenario.timeline[state.position].at_s - state.clock_s
    return max(0.0, ahead / state.speed)


def _again(
    state: State, scenario: Scenario, instructions: Mapping[str, Any], now: datetime
) -> State:
    """A new `run` begins when the instructions name another one than ours."""
    run = instructions.get("run")
    if run is None or str(run) == state.run:
        return state
    start_s = _number(instructions.get("run_start_s")) or 0.0
    fresh = start(scenario, run=str(run)[:40], start_s=start_s, speed=state.speed, now=now)
    return msgspec.structs.replace(
        fresh, paused=state.paused, jump_id=state.jump_id, injected=state.injected
    )


def _run_to(
    state: State, scenario: Scenario, now: datetime, shown: list[Shown], *, backlog: bool
) -> State:
    """Let time run up to `now`. What was due between has the moment it was due at.

    `backlog`: nothing was played yet, and what comes before the starting point is shown as it
    would stand there had the exercise begun in time, at the pace of life.
    """
    elapsed_s = _within((now - state.at).total_seconds(), 0.0, LONGEST_STEP_S)
    gone_s = 0.0 if state.paused else elapsed_s * state.speed
    clock_s = min(state.clock_s + gone_s, max(float(scenario.length_s), state.clock_s))
    pace = 1.0 if backlog else state.speed
    state = msgspec.structs.replace(state, clock_s=clock_s, at=now)
    while (event := _next(state, scenario)) is not None and event.at_s <= clock_s:
        moment = now - timedelta(seconds=(clock_s - event.at_s) / pace)
        state = _show(state, scenario, moment, shown)
    return state


def _jump(
    state: State,
    scenario: Scenario,
    instructions: Mapping[str, Any],
    now: datetime,
    shown: list[Shown],
) -> State:
    """Go to another time. Forward, all that is skipped appears at once; backward, nothing moves."""
    jump_id, to_s = instructions.get("jump_id"), _number(instructions.get("jump_to_s"))
    if not isinstance(jump_id, int) or jump_id <= state.jump_id or to_s is None:
        return state
    clock_s = max(state.clock_s, _within(to_s, 0.0, float(scenario.length_s)))
    state = msgspec.structs.replace(state, clock_s=clock_s, jump_id=jump_id)
    last = bisect_right(scenario.timeline, clock_s, key=lambda event: event.at_s)
    while state.position < last:
        state = _show(state, scenario, now, shown)
    return state


def _inject(
    state: State,
    scenario: Scenario,
    instructions: Mapping[str, Any],
    now: datetime,
    shown: list[Shown],
) -> State:
    orders = instructions.get("injects")
    for raw in orders if isinstance(orders, list | tuple) else ():
        own = raw.get("id") if isinstance(raw, Mapping) else None
        if not isinstance(own, int) or own in state.injected:
            continue
        moment = _after(state, now)
        state = msgspec.structs.replace(state, injected=(*state.injected, own))
        where = f"inject {own}"
        try:
            post = _ordered(msgspec.convert(raw, InjectOrder), scenario)
        except (msgspec.ValidationError, LookupError, ValueError) as error:
            shown.append(Shown(state=state, wire=None, where=where, refused=str(error)[:200]))
            continue
        wire = post_wire(post, prefix=prefix(scenario, state.run), created_at=moment)
        state = msgspec.structs.replace(state, last_at=moment)
        wire["id"] = f"{prefix(scenario, state.run)}inject-{own}"
        wire["url"] = wire["url"].rpartition("/")[0] + "/" + wire["id"]
        shown.append(Shown(state=state, wire=wire, where=where))
    return state


def _ordered(order: InjectOrder, scenario: Scenario) -> Post:
    """The post that an order asks for. Raises LookupError or ValueError with the reason."""
    if order.prepared is not None:
        found = [one.post for one in scenario.injects if one.post.id == order.prepared]
        if not found:
            raise LookupError(f"no prepared inject {order.prepared!r}")
        return found[0]
    free = order.post
    if free is None or not free.text.strip():
        raise ValueError("an inject names a prepared one or has a post with a text")
    if free.network not in HOSTS:
        raise ValueError(f"unknown network {free.network!r}")
    handle = free.author.handle or "exercice"
    account = Account(
        id=handle, name=free.author.name, network=free.network, official=free.author.official
    )
    known = {post.id for post in scenario.posts}
    return Post(
        id="inject",
        at_s=None,
        account=account,
        text=free.text,
        lang=free.lang,
        media=free.media,
        reply_to=free.reply_to if free.reply_to in known else None,
    )


def _next(state: State, scenario: Scenario) -> Event | None:
    at = state.position
    return scenario.timeline[at] if at < len(scenario.timeline) else None


def _show(state: State, scenario: Scenario, moment: datetime, shown: list[Shown]) -> State:
    """Play the next event of the time line, as of `moment`."""
    moment = _after(state, moment)
    event = scenario.timeline[state.position]
    post, ahead = event.post, prefix(scenario, state.run)
    first_at = state.first_at
    if event.kind == "post":
        wire = post_wire(post, prefix=ahead, created_at=moment)
        if post.id in scenario.edited:
            first_at = {**first_at, post.id: moment}
    elif event.kind == "edit":
        created_at = first_at.get(post.id, moment)
        wire = post_wire(
            post, prefix=ahead, created_at=created_at, text=event.text, edited_at=moment
        )
    else:
        wire = deletion_wire(post, prefix=ahead, deleted_at=moment)
    state = msgspec.structs.replace(
        state, position=state.position + 1, first_at=first_at, last_at=moment
    )
    shown.append(Shown(state=state, wire=wire, where=f"{event.kind} {post.id}"))
    return state


def _after(state: State, moment: datetime) -> datetime:
    """`moment`, or a microsecond past the last thing shown: no two have the same date."""
    if state.last_at is None or moment > state.last_at:
        return moment
    return state.last_at + timedelta(microseconds=1)


def _number(value: object) -> float | None:
    """A finite number, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if isfinite(value) else None


def _within(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)
