"""Links that let people into a team."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from vigie.accounts.models import User
from vigie.accounts.roles import Right, Role
from vigie.kernel import ids
from vigie.operations import decide
from vigie.operations.access import Desk
from vigie.operations.actions.team import give, lock_team
from vigie.operations.models import Invitation, Operation


class InvitationInvalid(ValueError):
    """A field cannot be kept; `field` says which."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


class NoSuchInvitation(LookupError):
    """None of this operation that could still be used has this number."""


def invite(
    *,
    role: Role,
    by: Desk,
    now: datetime,
    life: timedelta = timedelta(days=7),
    uses: int = 1,
    email: str = "",
) -> tuple[Invitation, str]:
    """Make a link; returns it with its secret, which is shown once and kept nowhere.

    With `email` only that address can use it, once. Raises NotAllowed or InvitationInvalid.
    """
    by.require(Right.MANAGE_TEAM)
    if by.user is None:
        raise InvitationInvalid("by")
    if not decide.INVITATION_LIFE[0] <= life <= decide.INVITATION_LIFE[1]:
        raise InvitationInvalid("life")
    if not decide.INVITATION_USES[0] <= uses <= decide.INVITATION_USES[1]:
        raise InvitationInvalid("uses")
    secret = ids.new_secret()
    with transaction.atomic():
        invitation = Invitation.objects.create(
            operation=by.operation,
            role=role.value,
            email=email.strip().lower(),
            digest=ids.digest(secret),
            created_at=now,
            created_by=by.user,
            expires_at=now + life,
            uses_left=1 if email.strip() else uses,
        )
        by.record(
            "invitation.created",
            now=now,
            subject=("invitation", invitation.pk),
            data={
                "role": role.value,
                "uses": invitation.uses_left,
                "named": bool(invitation.email),
                "hours": round(life.total_seconds() / 3600),
            },
            touches=["team"],
        )
    return invitation, secret


def revoke_invitation(*, pk: int, by: Desk, now: datetime) -> None:
    """End a link before its time. Raises NotAllowed or NoSuchInvitation."""
    by.require(Right.MANAGE_TEAM)
    with transaction.atomic():
        changed = Invitation.objects.filter(
            pk=pk, operation=by.operation, revoked_at__isnull=True
        ).update(revoked_at=now)
        if not changed:
            raise NoSuchInvitation(pk)
        by.record("invitation.revoked", now=now, subject=("invitation", pk), touches=["team"])


def accept_invitation(*, secret: str, user: User, now: datetime) -> Operation:
    """Join the team the link belongs to, with its role added to those one has.

    Who has that role already uses nothing up. Raises InvitationRefused.
    """
    with transaction.atomic():
        invitation = (
            Invitation.objects.select_for_update()
            .select_related("operation")
            .filter(digest=ids.digest(secret))
            .first()
        )
        if invitation is None:
            raise decide.InvitationRefused("unknown")
        decide.check_invitation(
            email=invitation.email,
            revoked=invitation.revoked_at is not None,
            uses_left=invitation.uses_left,
            expires_at=invitation.expires_at,
            now=now,
            asked_by=user.email,
        )
        operation, role = invitation.operation, Role(invitation.role)
        mine = lock_team(operation).get(user.pk, set())
        if role in mine:
            return operation
        give(operation, user, [role], now=now)
        invitation.uses_left -= 1
        invitation.save(update_fields=["uses_left"])
        desk = Desk(operation=operation, user=user, actor=user.display)
        desk.record(
            "team.roles_changed" if mine else "team.joined",
            now=now,
            subject=("user", user.pk),
            data={
                "roles": sorted({*mine, role}),
                "given": [role.value],
                "invitation": invitation.pk,
            },
            touches=["team"],
        )
    return operation
