"""What may happen to a need. Pure.

A need is new, in hand, waiting for a partner (handed_over), or closed. Whatever happens, one that is not closed says when somebody must look at it again (`due`):
it can leave the queue only by a named person's reasoned closing. What comes from outside, late or
twice (a partner's answer, the person's own message), brings it back to the queue
or changes nothing; it never closes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from vigie.assistance.decide_triage import LATER, LIFE, SERIOUS, TODAY

STATES: Final = ("new", "in_hand", "handed_over", "closed")
OPEN_STATES: Final = STATES[:-1]

LOOK_AFTER: Final = {
    LIFE: timedelta(minutes=5), SERIOUS: timedelta(minutes=20),
    TODAY: timedelta(hours=2), LATER: timedelta(hours=12),
}  # fmt: skip
"""How long a need of that level may stand before somebody must look at it again."""

CLOSINGS: Final = (
    "helped", "safe", "partner_done", "withdrawn", "unreachable", "referred", "no_need", "duplicate",
)  # fmt: skip
"""Why a need may be closed. `duplicate` is only said by merging."""
NEEDS_WORDS: Final = frozenset({"unreachable", "referred", "no_need"})
"""Closings that ask for a reason in words."""
TRIES: Final = 3
"""Calls without an answer before `unreachable` may be said; never of a life in danger that no
partner was told of."""


class StepRefused(ValueError):
    """That cannot happen to this need now. `code`: closed, open, level, reason, unknown, tries,
    tell_partner, person."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How a need stands. `due` is None exactly when it is closed. `holder` is the person who has it
    in hand until `held_until`."""

    state: str
    level: int
    due: datetime | None
    holder: int | None = None
    held_until: datetime | None = None

    def __post_init__(self) -> None:
        assert (self.state == "closed") == (self.due is None)
        assert (self.holder is None) == (self.held_until is None)


def arrived(*, level: int, now: datetime) -> Standing:
    """A need that just came: due at once."""
    return Standing(state="new", level=level, due=now)


def take(need: Standing, *, person: int, now: datetime, hold: timedelta) -> Standing:
    """Somebody has it in hand. Raises StepRefused (closed, held by another)."""
    _open(need)
    if need.holder not in (None, person) and held(need, now=now):
        raise StepRefused("held")
    state = "in_hand" if need.state == "new" else need.state
    until = now + hold
    due = until if state == "in_hand" else need.due
    return Standing(state=state, level=need.level, due=due, holder=person, held_until=until)


def release(need: Standing, *, now: datetime, again: datetime | None = None) -> Standing:
    """Nobody has it in hand any more; it is due at once, or when it was promised (a call back)."""
    _open(need)
    due = again if again is not None else now
    if need.state == "handed_over" and again is None:
        due = need.due or now
    return Standing(state=need.state, level=need.level, due=due)


def held(need: Standing, *, now: datetime) -> bool:
    """Whether somebody really has it in hand: a take ends by itself."""
    return need.holder is not None and need.held_until is not None and need.held_until > now


def sort_anew(need: Standing, *, level: int, now: datetime) -> Standing:
    """Another level. A more urgent one is due at once. Raises StepRefused (closed, level)."""
    _open(need)
    if level not in LOOK_AFTER:
        raise StepRefused("level")
    sooner = now + LOOK_AFTER[level]
    due = now if level < need.level else (need.due or sooner)
    return _with(need, level=level, due=min(due, max(sooner, now)))


def heard(need: Standing, *, now: datetime) -> Standing:
    """The person themselves said something new: to be read at once. Closed, it is open again."""
    state = "new" if need.state == "closed" else need.state
    return Standing(
        state=state, level=need.level, due=now, holder=need.holder, held_until=need.held_until
    )


def called(need: Standing, *, again: datetime | None, now: datetime) -> Standing:
    """A call was made: due when the next one is, else after the level's time."""
    _open(need)
    due = again if again is not None else now + LOOK_AFTER[need.level]
    state = "in_hand" if need.state == "new" else need.state
    return Standing(state=state, level=need.level, due=max(due, now))


def handed_over(need: Standing, *, answer_by: datetime) -> Standing:
    """Sent to a partner: somebody looks again when the answer is due."""
    _open(need)
    return Standing(state="handed_over", level=need.level, due=answer_by)


def answered(need: Standing, *, look_at: datetime) -> Standing:
    """The partner has it and goes on: looked at again then. Closed, it stays so."""
    if need.state == "closed":
        return need
    return _with(need, due=look_at)


def came_back(need: Standing, *, now: datetime) -> Standing:
    """The partner refused or has done: somebody must decide, now. Closed, it
    stays so."""
    if need.state == "closed":
        return need
    return Standing(state="in_hand", level=need.level, due=now)


def close(
    need: Standing, *, closing: str, words: str, unanswered_calls: int, told_partner: bool
) -> Standing:
    """Out of the queue, by a person's decision. Raises StepRefused."""
    _open(need)
    if closing not in CLOSINGS:
        raise StepRefused("unknown")
    if closing in NEEDS_WORDS and not words.strip():
        raise StepRefused("reason")
    if closing == "unreachable":
        if unanswered_calls < TRIES:
            raise StepRefused("tries")
        if need.level == LIFE and not told_partner:
            raise StepRefused("tell_partner")
    return Standing(state="closed", level=need.level, due=None)


def reopen(need: Standing, *, now: datetime) -> Standing:
    """Back into the queue. Raises StepRefused (open)."""
    if need.state != "closed":
        raise StepRefused("open")
    return Standing(state="new", level=need.level, due=now)


def _open(need: Standing) -> None:
    if need.state == "closed":
        raise StepRefused("closed")


def _with(need: Standing, *, level: int | None = None, due: datetime) -> Standing:
    return Standing(
        state=need.state, level=need.level if level is None else level, due=due,
        holder=need.holder, held_until=need.held_until,
    )  # fmt: skip
