"""The one permission door: a person at a desk in an operation, and what they may do there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet

from vigie.accounts.models import User
from vigie.accounts.roles import RIGHTS_BEYOND, Right, Role, rights_of
from vigie.journal import actions as journal
from vigie.journal.models import PLATFORM_CHAIN, Entry
from vigie.operations.models import Membership, Operation


class UnknownOperation(Exception):
    """No such operation, or none this person may know of. Shown as 404."""


class NotAllowed(Exception):
    """The person is known here but may not do that. Shown as 403 with the right's name."""

    def __init__(self, right: Right) -> None:
        super().__init__(right.value)
        self.right = right


@dataclass(frozen=True, kw_only=True)
class Desk:
    """Somebody at work in an operation: whom actions call `by`."""

    operation: Operation
    user: User | None
    actor: str
    roles: frozenset[Role] = field(default_factory=frozenset)
    rights: frozenset[Right] = field(default_factory=frozenset)

    def may(self, right: Right) -> bool:
        return right in self.rights

    def require(self, right: Right) -> None:
        """Raise NotAllowed unless this desk has the right."""
        if right not in self.rights:
            raise NotAllowed(right)

    def record(
        self,
        verb: str,
        *,
        now: datetime,
        subject: tuple[str, int] | None = None,
        text: str = "",
        data: Mapping[str, Any] | None = None,
        touches: Iterable[str] = (),
    ) -> Entry:
        """Write the journal of this operation in this person's name."""
        return journal.write(
            chain=self.operation.pk,
            verb=verb,
            now=now,
            by=self.user,
            actor=self.actor,
            subject=subject,
            text=text,
            data=data,
            touches=touches,
        )


@dataclass(frozen=True, kw_only=True)
class PlatformDesk:
    """An administrator at what serves all operations: actions on it call this `by`, too."""

    user: User
    operation: None = None
    rights: frozenset[Right] = frozenset({Right.EDIT_SOURCES})

    def require(self, right: Right) -> None:
        """Raise NotAllowed unless it is about shared sources."""
        if right not in self.rights:
            raise NotAllowed(right)

    def record(
        self,
        verb: str,
        *,
        now: datetime,
        subject: tuple[str, int] | None = None,
        data: Mapping[str, Any] | None = None,
        touches: Iterable[str] = (),
    ) -> Entry:
        """Write the platform's journal in this person's name."""
        return journal.write(
            chain=PLATFORM_CHAIN, verb=verb, now=now, by=self.user, actor=self.user.display,
            subject=subject, data=data, touches=touches,
        )  # fmt: skip


def platform_desk(user: User | AnonymousUser) -> PlatformDesk:
    """The person's desk at shared sources. Raises NotAllowed."""
    return PlatformDesk(user=require_platform(user, Right.PLATFORM_SOURCES))


def desk_for(user: User | AnonymousUser, slug: str) -> Desk:
    """The person's desk in the operation. Raises UnknownOperation when they are not in its team."""
    if not isinstance(user, User) or not user.is_active:
        raise UnknownOperation(slug)
    operation = Operation.objects.filter(slug=slug).first()
    if operation is None:
        raise UnknownOperation(slug)
    roles = frozenset(
        Role(role)
        for role in Membership.objects.filter(
            operation=operation, user=user, until__isnull=True
        ).values_list("role", flat=True)
    )
    if not roles:
        raise UnknownOperation(slug)
    return Desk(
        operation=operation, user=user, actor=user.display, roles=roles, rights=rights_of(roles)
    )


def operations_of(user: User) -> QuerySet[Operation]:
    """Operations in whose team the person is and that are not closed, the newest first."""
    mine = Membership.objects.filter(user=user, until__isnull=True).values("operation")
    return Operation.objects.filter(pk__in=mine).exclude(phase="closed").order_by("-created_at")


def team_with(operation: Operation, right: Right) -> list[User]:
    """People of the operation's team whose roles give them a right, by the name they go by."""
    roles = [role.value for role in Role if right in rights_of((role,))]
    people = User.objects.filter(
        is_active=True,
        pk__in=Membership.objects.filter(
            operation=operation, role__in=roles, until__isnull=True
        ).values("user"),
    )
    return sorted(people, key=lambda person: person.display.casefold())


def team_in_roles(
    operation: Operation, roles: Iterable[Role]
) -> list[tuple[User, frozenset[Role]]]:
    """People of the team who have any of these roles now, with those of them they have."""
    wanted = [role.value for role in roles]
    held: dict[int, tuple[User, set[Role]]] = {}
    for row in Membership.objects.filter(
        operation=operation, role__in=wanted, until__isnull=True, user__is_active=True
    ).select_related("user"):
        held.setdefault(row.user_id, (row.user, set()))[1].add(Role(row.role))
    return [(user, frozenset(found)) for _, (user, found) in sorted(held.items())]


def machine_desk(operation: Operation, actor: str) -> Desk:
    """A process of ours (collector, player, job) acting in an operation by its own name."""
    return Desk(operation=operation, user=None, actor=actor, rights=frozenset(Right))


def platform_rights(user: User | AnonymousUser) -> frozenset[Right]:
    """Rights over the installation, outside any operation."""
    if not isinstance(user, User) or not user.is_active:
        return frozenset()
    held = Membership.objects.filter(user=user, until__isnull=True, role__in=RIGHTS_BEYOND)
    beyond = (RIGHTS_BEYOND[Role(role)] for role in set(held.values_list("role", flat=True)))
    return rights_of((), user.platform_powers).union(*beyond)


def require_platform(user: User | AnonymousUser, right: Right) -> User:
    """The user, when they have this platform right; raises NotAllowed otherwise."""
    if not isinstance(user, User) or right not in platform_rights(user):
        raise NotAllowed(right)
    return user


def record_platform(
    verb: str,
    *,
    by: User | None,
    now: datetime,
    actor: str = "",
    subject: tuple[str, int] | None = None,
    text: str = "",
    data: Mapping[str, Any] | None = None,
) -> Entry:
    """Write the platform's journal (accounts, purges, shared sources)."""
    return journal.write(
        chain=PLATFORM_CHAIN, verb=verb, now=now, by=by, actor=actor, subject=subject,
        text=text, data=data,
    )  # fmt: skip


def platform_journal(*, by: User | None, now: datetime, actor: str = "") -> partial[Entry]:
    """The platform's journal as a `record` for `accounts.actions`."""
    return partial(record_platform, by=by, now=now, actor=actor)
