"""Rules of an operation that need no database: phases, the team's roles, invitations, territory."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from vigie.accounts.roles import Role

PREPARED, ACTIVE, WINDING_DOWN, CLOSED = "prepared", "active", "winding_down", "closed"

STEPS: dict[str, tuple[str, ...]] = {
    PREPARED: (ACTIVE, CLOSED),
    ACTIVE: (WINDING_DOWN, PREPARED),
    WINDING_DOWN: (CLOSED, ACTIVE),
    CLOSED: (WINDING_DOWN,),
}
"""From each phase: the step that usually comes next, then the others that are possible.

Nothing closes straight from `active`: winding down is when one looks for what is still unanswered.
A prepared operation that is not needed after all is closed; a closed one can be taken up again.
"""

_ORDINARY = {(PREPARED, ACTIVE), (ACTIVE, WINDING_DOWN), (WINDING_DOWN, CLOSED)}

HOLD_MINUTES = (1, 240)
TITLE_LENGTH = 160
INVITATION_LIFE = (timedelta(hours=1), timedelta(days=30))
INVITATION_USES = (1, 200)


class StepImpossible(ValueError):
    """No such step from this phase (somebody else may have changed it meanwhile)."""

    def __init__(self, before: str, after: str) -> None:
        super().__init__(f"{before} → {after}")
        self.before, self.after = before, after


class ReasonMissing(ValueError):
    """Going back, or cancelling, is never done without saying why."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """A change of phase that may be made. `closed_at` is what the column becomes."""

    before: str
    after: str
    closed_at: datetime | None


def next_phases(phase: str) -> tuple[str, ...]:
    """Where one may go from here, the usual step first."""
    return STEPS[phase]


def needs_reason(before: str, after: str) -> bool:
    """Whether this step must be explained: all but prepared → active → winding down → closed."""
    return (before, after) not in _ORDINARY


def needs_confirmation(after: str) -> bool:
    """Closing ends collecting and everybody's watch: it is asked twice."""
    return after == CLOSED


def step(before: str, after: str, *, reason: str, now: datetime) -> Step:
    """The change from one phase to another. Raises StepImpossible or ReasonMissing."""
    if after not in STEPS.get(before, ()):
        raise StepImpossible(before, after)
    if needs_reason(before, after) and not reason.strip():
        raise ReasonMissing(after)
    return Step(before=before, after=after, closed_at=now if after == CLOSED else None)


class NoRole(ValueError):
    """A member has at least one role; to take all away is to remove the person."""


class LastCoordinator(ValueError):
    """The change would leave the operation without anybody to coordinate it."""


@dataclass(frozen=True, kw_only=True)
class RoleChange:
    given: frozenset[Role]
    taken: frozenset[Role]

    def __bool__(self) -> bool:
        return bool(self.given or self.taken)


def role_change(
    team: Mapping[int, Collection[Role]], person: int, wanted: Iterable[Role]
) -> RoleChange:
    """What to give to and take from `person` (id) so that they have exactly `wanted` roles.

    `team` maps each member's id to their roles now. Wanting none removes the person. Raises
    LastCoordinator.
    """
    before, after = frozenset(team.get(person, ())), frozenset(wanted)
    others = any(Role.COORDINATOR in roles for who, roles in team.items() if who != person)
    if Role.COORDINATOR in before - after and not others:
        raise LastCoordinator
    return RoleChange(given=after - before, taken=before - after)


class InvitationRefused(ValueError):
    """The link does not let this person in. `code`: unknown, revoked, used, expired, other_address."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def check_invitation(
    *,
    email: str,
    revoked: bool,
    uses_left: int,
    expires_at: datetime,
    now: datetime,
    asked_by: str | None,
) -> None:
    """Raise InvitationRefused unless the link is good for the person with the address `asked_by`.

    `asked_by` None looks at the link alone, as somebody who is not signed in yet.
    """
    if revoked:
        raise InvitationRefused("revoked")
    if uses_left < 1:
        raise InvitationRefused("used")
    if expires_at <= now:
        raise InvitationRefused("expired")
    if email and asked_by is not None and email.lower() != asked_by.lower():
        raise InvitationRefused("other_address")


@dataclass(frozen=True, kw_only=True)
class TerritoryChange:
    added: tuple[str, ...]
    removed: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed)


def territory_change(before: Iterable[str], wanted: Iterable[str]) -> TerritoryChange:
    """INSEE codes to add and to remove, each in order, each once."""
    old, new = set(before), set(wanted)
    return TerritoryChange(added=tuple(sorted(new - old)), removed=tuple(sorted(old - new)))
