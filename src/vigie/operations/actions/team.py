"""Who is in the team, with which roles."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from vigie.accounts.models import User
from vigie.accounts.roles import Right, Role
from vigie.operations import decide
from vigie.operations.access import Desk
from vigie.operations.models import Membership, Operation


class NotInTeam(LookupError):
    """This person has no role in the operation."""


class AlreadyInTeam(ValueError):
    """This person is in the team; change their roles instead."""


class AccountClosed(ValueError):
    """The account was closed by an administrator."""


def add_member(*, person: User, roles: Iterable[Role], by: Desk, now: datetime) -> None:
    """Take somebody who has an account into the team. Raises NotAllowed, NoRole, AlreadyInTeam or
    AccountClosed."""
    by.require(Right.MANAGE_TEAM)
    wanted = frozenset(roles)
    if not wanted:
        raise decide.NoRole
    if not person.is_active:
        raise AccountClosed(person.pk)
    with transaction.atomic():
        team = lock_team(by.operation)
        if person.pk in team:
            raise AlreadyInTeam(person.pk)
        give(by.operation, person, wanted, now=now)
        by.record(
            "team.joined",
            now=now,
            subject=("user", person.pk),
            data={"roles": sorted(wanted)},
            touches=["team"],
        )


def change_roles(*, person: User, roles: Iterable[Role], by: Desk, now: datetime) -> None:
    """Give a member exactly these roles. Raises NotAllowed, NotInTeam, NoRole or LastCoordinator."""
    by.require(Right.MANAGE_TEAM)
    wanted = frozenset(roles)
    if not wanted:
        raise decide.NoRole
    with transaction.atomic():
        team = lock_team(by.operation)
        if person.pk not in team:
            raise NotInTeam(person.pk)
        change = decide.role_change(team, person.pk, wanted)
        if not change:
            return
        give(by.operation, person, change.given, now=now)
        _end(by.operation, person, change.taken, now=now)
        by.record(
            "team.roles_changed",
            now=now,
            subject=("user", person.pk),
            data={
                "roles": sorted(wanted),
                "given": sorted(change.given),
                "taken": sorted(change.taken),
            },
            touches=["team"],
        )


def remove_member(*, person: User, by: Desk, now: datetime) -> None:
    """Take a person out of the team; the rows stay as proof. Raises NotAllowed, NotInTeam or
    LastCoordinator."""
    by.require(Right.MANAGE_TEAM)
    _leave(person, by=by, now=now)


def leave_team(*, by: Desk, now: datetime) -> None:
    """One's own way out, open to every member. Raises LastCoordinator."""
    if by.user is None:
        raise NotInTeam
    _leave(by.user, by=by, now=now)


def _leave(person: User, *, by: Desk, now: datetime) -> None:
    with transaction.atomic():
        team = lock_team(by.operation)
        if person.pk not in team:
            raise NotInTeam(person.pk)
        change = decide.role_change(team, person.pk, ())
        _end(by.operation, person, change.taken, now=now)
        by.record(
            "team.left",
            now=now,
            subject=("user", person.pk),
            data={"roles": sorted(change.taken)},
            touches=["team"],
        )


def lock_team(operation: Operation) -> dict[int, set[Role]]:
    """Roles by member's id, with the operation locked so that no two changes cross."""
    Operation.objects.select_for_update().get(pk=operation.pk)
    team: dict[int, set[Role]] = {}
    for user, role in Membership.objects.filter(
        operation=operation, until__isnull=True
    ).values_list("user", "role"):
        team.setdefault(user, set()).add(Role(role))
    return team


def give(operation: Operation, person: User, roles: Iterable[Role], *, now: datetime) -> None:
    Membership.objects.bulk_create(
        [
            Membership(operation=operation, user=person, role=role.value, since=now)
            for role in sorted(roles)
        ]
    )


def _end(operation: Operation, person: User, roles: Iterable[Role], *, now: datetime) -> None:
    Membership.objects.filter(
        operation=operation, user=person, role__in=list(roles), until__isnull=True
    ).update(until=now)
