"""Reading operations, their teams and who is here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from vigie.accounts.models import User
from vigie.accounts.roles import Right, Role
from vigie.journal import queries as journal
from vigie.kernel import ids
from vigie.operations import decide
from vigie.operations.access import Desk
from vigie.operations.actions.operation import POSTS_ARRIVED
from vigie.operations.models import Invitation, Membership, Operation, Presence

PRESENT = timedelta(seconds=100)
"""A page says that it is open every 45 s; two silences and the person is gone."""
_ORDER = {role.value: number for number, role in enumerate(Role)}


@dataclass(frozen=True, kw_only=True)
class Mine:
    """One operation a person is in the team of."""

    operation: Operation
    roles: tuple[Role, ...]
    communes: int
    team: int


def mine(user: User) -> list[Mine]:
    """The person's operations: open ones first, the newest of each first."""
    roles: dict[int, list[Role]] = {}
    for operation, role in Membership.objects.filter(user=user, until__isnull=True).values_list(
        "operation", "role"
    ):
        roles.setdefault(operation, []).append(Role(role))
    rows = list(Operation.objects.filter(pk__in=roles).order_by("-created_at", "-pk"))
    rows.sort(key=lambda row: row.phase == decide.CLOSED)
    sizes = _team_sizes(roles)
    return [
        Mine(
            operation=row,
            roles=_sorted(roles[row.pk]),
            communes=row.communes.count(),
            team=sizes[row.pk],
        )
        for row in rows
    ]


@dataclass(frozen=True, kw_only=True)
class Member:
    """A person of the team. `since` is when their first present role began."""

    user: User
    roles: tuple[Role, ...]
    since: datetime
    last_coordinator: bool = False


def team(by: Desk) -> list[Member]:
    """Who is in the team, coordinators first, then by name. Raises NotAllowed."""
    by.require(Right.SEE_OPERATION)
    held: dict[int, list[Membership]] = {}
    for row in (
        Membership.objects.filter(operation=by.operation, until__isnull=True)
        .select_related("user")
        .order_by("user__name", "user_id")
    ):
        held.setdefault(row.user_id, []).append(row)
    coordinators = [u for u, rows in held.items() if any(r.role == Role.COORDINATOR for r in rows)]
    members = [
        Member(
            user=rows[0].user,
            roles=_sorted(Role(row.role) for row in rows),
            since=min(row.since for row in rows),
            last_coordinator=coordinators == [user],
        )
        for user, rows in held.items()
    ]
    members.sort(key=lambda member: Role.COORDINATOR not in member.roles)
    return members


def member(by: Desk, user: int) -> Member | None:
    """The member with this account number; None when they are not in the team."""
    return next((one for one in team(by) if one.user.pk == user), None)


@dataclass(frozen=True, kw_only=True)
class OpenInvitation:
    invitation: Invitation
    role: Role


def open_invitations(by: Desk, *, now: datetime) -> list[OpenInvitation]:
    """Links that still let somebody in, the newest first. Raises NotAllowed."""
    by.require(Right.MANAGE_TEAM)
    rows = (
        Invitation.objects.filter(
            operation=by.operation, revoked_at__isnull=True, uses_left__gt=0, expires_at__gt=now
        )
        .select_related("created_by")
        .order_by("-created_at", "-pk")
    )
    return [OpenInvitation(invitation=row, role=Role(row.role)) for row in rows]


def invitation_for(secret: str, *, now: datetime, asked_by: User | None) -> Invitation:
    """The invitation of a link, with its operation. Raises InvitationRefused when it lets nobody
    in, or not the person who asks."""
    row = (
        Invitation.objects.select_related("operation", "created_by")
        .filter(digest=ids.digest(secret))
        .first()
    )
    if row is None:
        raise decide.InvitationRefused("unknown")
    decide.check_invitation(
        email=row.email,
        revoked=row.revoked_at is not None,
        uses_left=row.uses_left,
        expires_at=row.expires_at,
        now=now,
        asked_by=asked_by.email if asked_by else None,
    )
    return row


def exists(slug: str) -> bool:
    """Whether an operation has this address. For the command line: it tells of every team's."""
    return Operation.objects.filter(slug=slug).exists()


def real_operations() -> bool:
    """Whether this installation has, or had, any operation that is not an exercise."""
    return Operation.objects.filter(is_exercise=False).exists()


def roles_of(user: User, operation: Operation) -> tuple[Role, ...]:
    """The person's present roles in the operation; none when they are not in its team."""
    rows = Membership.objects.filter(operation=operation, user=user, until__isnull=True)
    return _sorted(Role(role) for role in rows.values_list("role", flat=True))


@dataclass(frozen=True, kw_only=True)
class Present:
    user: User
    room: str
    seen_at: datetime


def present(by: Desk, *, now: datetime) -> list[Present]:
    """People of the team whose page said not long ago that it is open, by name."""
    by.require(Right.SEE_OPERATION)
    members = Membership.objects.filter(operation=by.operation, until__isnull=True)
    rows = (
        Presence.objects.filter(
            operation=by.operation, seen_at__gt=now - PRESENT, user__in=members.values("user")
        )
        .select_related("user")
        .order_by("user__name", "user_id")
    )
    return [Present(user=row.user, room=row.room, seen_at=row.seen_at) for row in rows]


def exercise_settled(operation: Operation) -> bool:
    """Whether posts came in, so that the exercise flag can change no more."""
    return journal.has_verb(operation.pk, POSTS_ARRIVED)


def names_of(users: Iterable[int]) -> dict[int, str]:
    """How the team reads the names of these accounts."""
    return {user.pk: user.display for user in User.objects.filter(pk__in=set(users))}


def _sorted(roles: Iterable[Role]) -> tuple[Role, ...]:
    return tuple(sorted(roles, key=lambda role: _ORDER[role.value]))


def _team_sizes(operations: Iterable[int]) -> dict[int, int]:
    people: dict[int, set[int]] = {operation: set() for operation in operations}
    for operation, user in Membership.objects.filter(
        operation__in=people, until__isnull=True
    ).values_list("operation", "user"):
        people[operation].add(user)
    return {operation: len(users) for operation, users in people.items()}
