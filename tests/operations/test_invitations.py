"""Links into a team: made, used, used up, revoked, expired."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.factories import Cast, desk, member, user
from vigie.accounts.roles import Role
from vigie.journal import queries as journal
from vigie.operations import queries
from vigie.operations.access import NotAllowed
from vigie.operations.actions.invitations import (
    InvitationInvalid,
    NoSuchInvitation,
    accept_invitation,
    invite,
    revoke_invitation,
)
from vigie.operations.decide import InvitationRefused
from vigie.operations.models import Invitation


def _refused(secret: str, who: str, *, now: datetime) -> str:
    person = user(email=who)
    with pytest.raises(InvitationRefused) as refusal:
        accept_invitation(secret=secret, user=person, now=now)
    return refusal.value.code


def test_a_link_lets_one_person_in_with_its_role(cast: Cast, now: datetime) -> None:
    invitation, secret = invite(
        role=Role.MAPPER, by=desk(cast.coordinator, cast.operation), now=now
    )
    person = user("Inès")
    assert accept_invitation(secret=secret, user=person, now=now) == cast.operation
    assert desk(person, cast.operation).roles == {Role.MAPPER}
    entry = journal.entries(cast.operation.pk)[0]
    assert (entry.verb, entry.by, entry.data) == (
        "team.joined",
        person,
        {"roles": ["mapper"], "given": ["mapper"], "invitation": invitation.pk},
    )
    assert _refused(secret, "autre@exemple.fr", now=now) == "used"


def test_the_secret_is_kept_nowhere(cast: Cast, now: datetime) -> None:
    _, secret = invite(role=Role.WATCHER, by=desk(cast.coordinator, cast.operation), now=now)
    row = Invitation.objects.values().get()
    assert secret not in str(row)
    assert secret not in str([e.data for e in journal.since(cast.operation.pk, 0)])


def test_a_link_for_an_address_is_for_that_address_once(cast: Cast, now: datetime) -> None:
    _, secret = invite(
        role=Role.PARTNER,
        by=desk(cast.coordinator, cast.operation),
        now=now,
        email=" CODIS@sdis.exemple ",
        uses=9,
    )
    assert _refused(secret, "curieux@exemple.fr", now=now) == "other_address"
    accept_invitation(secret=secret, user=user(email="codis@sdis.exemple"), now=now)
    assert Invitation.objects.get().uses_left == 0


def test_a_link_for_several_counts_down(cast: Cast, now: datetime) -> None:
    _, secret = invite(
        role=Role.WATCHER, by=desk(cast.coordinator, cast.operation), now=now, uses=2
    )
    for _ in range(2):
        accept_invitation(secret=secret, user=user(), now=now)
    assert _refused(secret, "troisieme@exemple.fr", now=now) == "used"


def test_who_has_the_role_already_uses_nothing_up(cast: Cast, now: datetime) -> None:
    _, secret = invite(role=Role.WATCHER, by=desk(cast.coordinator, cast.operation), now=now)
    accept_invitation(secret=secret, user=cast.volunteer, now=now)
    assert Invitation.objects.get().uses_left == 1


def test_a_member_gains_the_links_role_beside_their_own(cast: Cast, now: datetime) -> None:
    _, secret = invite(role=Role.MAPPER, by=desk(cast.coordinator, cast.operation), now=now)
    accept_invitation(secret=secret, user=cast.volunteer, now=now)
    assert desk(cast.volunteer, cast.operation).roles == {Role.WATCHER, Role.MAPPER}
    assert journal.entries(cast.operation.pk)[0].verb == "team.roles_changed"


def test_a_link_ends_with_its_time(cast: Cast, now: datetime) -> None:
    _, secret = invite(
        role=Role.WATCHER,
        by=desk(cast.coordinator, cast.operation),
        now=now,
        life=timedelta(hours=1),
    )
    assert _refused(secret, "tard@exemple.fr", now=now + timedelta(hours=1)) == "expired"


def test_a_revoked_link_lets_nobody_in_and_is_revoked_once(cast: Cast, now: datetime) -> None:
    by = desk(cast.coordinator, cast.operation)
    invitation, secret = invite(role=Role.WATCHER, by=by, now=now)
    revoke_invitation(pk=invitation.pk, by=by, now=now)
    assert _refused(secret, "tard@exemple.fr", now=now) == "revoked"
    with pytest.raises(NoSuchInvitation):
        revoke_invitation(pk=invitation.pk, by=by, now=now)
    assert queries.open_invitations(by, now=now) == []


def test_an_unknown_secret_says_so(cast: Cast, now: datetime) -> None:
    assert _refused("rien", "x@exemple.fr", now=now) == "unknown"
    with pytest.raises(InvitationRefused):
        queries.invitation_for("rien", now=now, asked_by=None)


def test_a_link_of_another_operation_cannot_be_revoked_here(cast: Cast, now: datetime) -> None:
    invitation, _ = invite(role=Role.WATCHER, by=desk(cast.coordinator, cast.operation), now=now)
    other = member(cast.other_operation, Role.COORDINATOR, now=now)
    with pytest.raises(NoSuchInvitation):
        revoke_invitation(pk=invitation.pk, by=desk(other, cast.other_operation), now=now)


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"uses": 0}, "uses"),
        ({"uses": 201}, "uses"),
        ({"life": timedelta(minutes=5)}, "life"),
        ({"life": timedelta(days=31)}, "life"),
    ],
)
def test_a_link_keeps_within_its_bounds(
    cast: Cast, now: datetime, fields: dict[str, object], name: str
) -> None:
    with pytest.raises(InvitationInvalid) as refusal:
        invite(role=Role.WATCHER, by=desk(cast.coordinator, cast.operation), now=now, **fields)  # type: ignore[arg-type]
    assert refusal.value.field == name


def test_only_who_manages_the_team_invites(cast: Cast, now: datetime) -> None:
    with pytest.raises(NotAllowed):
        invite(role=Role.WATCHER, by=desk(cast.verifier, cast.operation), now=now)
