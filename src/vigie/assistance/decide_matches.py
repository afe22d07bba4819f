"""What may happen to a match of a need with an offer. Pure.

Proposed, both sides are asked; contact details pass only when both have said yes. A match ends done,
failed, declined or given up; whatever ends it but `done` brings the need back to the queue. Answers
that come late or twice change nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

STATES: Final = ("proposed", "asked", "agreed", "done", "failed", "declined", "given_up")
OPEN_STATES: Final = ("proposed", "asked", "agreed")
SIDES: Final = ("need", "offer")


class MatchRefused(ValueError):
    """That cannot happen to this match now. `code`: ended, not_agreed, unknown."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, kw_only=True)
class Pairing:
    """How a match stands. `need_says`/`offer_says`: yes, no, or None (has not answered)."""

    state: str = "proposed"
    need_says: bool | None = None
    offer_says: bool | None = None

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def passes_contacts(self) -> bool:
        """Whether each side may be given the other's contact details."""
        return self.state in ("agreed", "done", "failed") and bool(
            self.need_says and self.offer_says
        )


def ask(pairing: Pairing) -> Pairing:
    """Both sides are being asked. Raises MatchRefused (ended)."""
    _open(pairing)
    state = "asked" if pairing.state == "proposed" else pairing.state
    return Pairing(state=state, need_says=pairing.need_says, offer_says=pairing.offer_says)


def say(pairing: Pairing, *, side: str, yes: bool) -> Pairing:
    """One side answers; a no ends it, two yes agree. A yes after an end, or said again, changes
    nothing. One who said yes may still say no until it is done."""
    if side not in SIDES:
        raise MatchRefused("unknown")
    if not pairing.is_open:
        return pairing
    need_says = yes if side == "need" else pairing.need_says
    offer_says = yes if side == "offer" else pairing.offer_says
    if not yes:
        state = "failed" if pairing.state == "agreed" else "declined"
    elif need_says and offer_says:
        state = "agreed"
    else:
        state = "asked"
    return Pairing(state=state, need_says=need_says, offer_says=offer_says)


def end(pairing: Pairing, *, outcome: str) -> Pairing:
    """Followed to its end: done or failed (only once agreed), or given up. Raises MatchRefused."""
    if outcome not in ("done", "failed", "given_up"):
        raise MatchRefused("unknown")
    _open(pairing)
    if outcome != "given_up" and pairing.state != "agreed":
        raise MatchRefused("not_agreed")
    return Pairing(state=outcome, need_says=pairing.need_says, offer_says=pairing.offer_says)


def _open(pairing: Pairing) -> None:
    if not pairing.is_open:
        raise MatchRefused("ended")
