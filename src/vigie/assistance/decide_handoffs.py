"""What may happen to a hand-off to a partner. Pure.

Sent, received (their system or screen has it), acknowledged (a person has read it), engaged (they
act), and an end: done, refused (not theirs), known (they had it already), cancelled (we took it
back). A partner may answer in any order, twice, or after the end: what tells less than is known
changes nothing, an answer that ends wins over one that goes on, and the first end stays unless the
partner says they act after all.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

STATES: Final = (
    "sent", "received", "acknowledged", "engaged", "done", "refused", "known", "cancelled",
)  # fmt: skip
OPEN_STATES: Final = ("sent", "received", "acknowledged", "engaged")
ENDED: Final = ("done", "refused", "known", "cancelled")
ANSWERS: Final = ("received", "acknowledged", "engaged", "done", "refused", "known")
"""What a partner may say."""
_RANK: Final = {"sent": 0, "received": 1, "acknowledged": 2, "engaged": 3}
FOLLOW_UP: Final = {
    "received": timedelta(minutes=10), "acknowledged": timedelta(minutes=30),
    "engaged": timedelta(hours=1),
}  # fmt: skip
"""When the desk looks again at what a partner has, unless agreed otherwise."""


class HandOffRefused(ValueError):
    """That cannot happen to this hand-off. `code`: unknown, ended, known_to_partner, same_subject."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, kw_only=True)
class Answered:
    """What an answer makes: the state, whether it changed, and whether the subject comes back to
    the desk (somebody must decide)."""

    state: str
    changed: bool
    comes_back: bool = False


def answer(state: str, said: str) -> Answered:
    """The partner says something. Raises HandOffRefused (unknown)."""
    if said not in ANSWERS:
        raise HandOffRefused("unknown")
    if state in ENDED:
        if said == "engaged" and state in ("refused", "known"):
            return Answered(state="engaged", changed=True)
        if said == "done" and state in ("refused", "known"):
            return Answered(state="done", changed=True, comes_back=True)
        return Answered(state=state, changed=False)
    if said in ENDED:
        return Answered(state=said, changed=True, comes_back=True)
    if _RANK[said] <= _RANK[state]:
        return Answered(state=state, changed=False)
    return Answered(state=said, changed=True)


def cancel(state: str) -> str:
    """We take it back. Raises HandOffRefused (ended)."""
    if state in ENDED:
        raise HandOffRefused("ended")
    return "cancelled"


def look_again(state: str, *, now: datetime) -> datetime:
    """When the desk must look again at a hand-off that stands so; now when it has ended."""
    return now + FOLLOW_UP.get(state, timedelta())
