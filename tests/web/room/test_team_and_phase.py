"""Changing the phase; the team's pages."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse

from tests import factories
from tests.factories import Cast, desk
from tests.web.room.test_operations import client_of, text
from vigie.accounts.models import User
from vigie.accounts.roles import Role
from vigie.journal import queries as journal
from vigie.operations.access import UnknownOperation
from vigie.operations.models import Invitation, Operation

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(cast: Cast) -> Client:
    return client_of(cast.coordinator)


def url(cast: Cast, name: str, *more: object) -> str:
    return reverse(f"room:{name}", args=[cast.operation.slug, *more])


def phase(cast: Cast) -> str:
    return Operation.objects.get(pk=cast.operation.pk).phase


def test_the_usual_step_needs_one_press(cast: Cast, client: Client) -> None:
    assert client.post(url(cast, "phase"), {"to": "winding_down"}).status_code == 302
    assert phase(cast) == "winding_down"


def test_going_back_asks_why(cast: Cast, client: Client) -> None:
    answer = client.post(url(cast, "phase"), {"to": "prepared", "reason": " "})
    assert answer.status_code == 422
    assert "Dites pourquoi" in text(answer)
    assert phase(cast) == "active"
    client.post(url(cast, "phase"), {"to": "prepared", "reason": "trop tôt"})
    assert phase(cast) == "prepared"


def test_closing_is_confirmed(cast: Cast, client: Client) -> None:
    client.post(url(cast, "phase"), {"to": "winding_down"})
    answer = client.post(url(cast, "phase"), {"to": "closed"})
    assert answer.status_code == 422
    assert "Cochez la case" in text(answer)
    assert phase(cast) == "winding_down"
    client.post(url(cast, "phase"), {"to": "closed", "confirmed": "on"})
    assert phase(cast) == "closed"


def test_a_step_that_is_not_possible_any_more_changes_nothing(cast: Cast, client: Client) -> None:
    answer = client.post(url(cast, "phase"), {"to": "closed", "confirmed": "on", "reason": "x"})
    assert answer.status_code == 422
    assert phase(cast) == "active"


def test_a_person_with_an_account_is_added(cast: Cast, client: Client) -> None:
    person = factories.user("Nadia", email="nadia@exemple.fr")
    client.post(url(cast, "add_member"), {"email": "Nadia@exemple.fr", "role": "mapper"})
    assert desk(person, cast.operation).roles == {Role.MAPPER}


@pytest.mark.parametrize(
    ("email", "words"),
    [
        ("inconnue@exemple.fr", "Envoyez plutôt une invitation"),
        ("pas une adresse", "errorlist"),
    ],
)
def test_who_cannot_be_added_is_said(cast: Cast, client: Client, email: str, words: str) -> None:
    answer = client.post(url(cast, "add_member"), {"email": email, "role": "mapper"})
    assert answer.status_code == 422
    assert words in text(answer)


def test_roles_are_changed_but_never_the_last_coordinators(cast: Cast, client: Client) -> None:
    client.post(url(cast, "member", cast.mapper.pk), {"roles": ["mapper", "verifier"]})
    assert desk(cast.mapper, cast.operation).roles == {Role.MAPPER, Role.VERIFIER}
    answer = client.post(url(cast, "member", cast.coordinator.pk), {"roles": ["observer"]})
    assert answer.status_code == 422
    assert "dernier coordinateur" in text(answer)
    client.post(url(cast, "remove_member", cast.coordinator.pk))
    assert desk(cast.coordinator, cast.operation).roles == {Role.COORDINATOR}


def test_a_member_is_taken_out_at_once(cast: Cast, client: Client) -> None:
    client.post(url(cast, "remove_member", cast.mapper.pk))
    with pytest.raises(UnknownOperation):
        desk(cast.mapper, cast.operation)
    assert client_of(cast.mapper).get(url(cast, "home")).status_code == 404


def test_somebody_of_another_team_has_no_page_here(cast: Cast, client: Client) -> None:
    assert client.get(url(cast, "member", cast.outsider.pk)).status_code == 404
    assert client.post(url(cast, "remove_member", cast.outsider.pk)).status_code == 404


def test_one_leaves_by_oneself(cast: Cast) -> None:
    answer = client_of(cast.observer).post(url(cast, "leave_team"))
    assert answer["Location"] == "/"
    assert journal.entries(cast.operation.pk)[0].verb == "team.left"


def test_a_link_is_shown_once_and_lets_somebody_in(
    cast: Cast, client: Client, now: datetime
) -> None:
    page = text(
        client.post(
            url(cast, "invite"), {"role": "watcher", "hours": "24", "uses": "1", "email": ""}
        )
    )
    link = page.split('id="link">')[1].split("<")[0]
    secret = link.rstrip("/").rpartition("/")[2]
    assert secret not in text(client.get(url(cast, "team")))
    joining = Client()
    assert cast.operation.title in text(joining.get(link))
    joining.post(
        link,
        {"name": "Léa", "callsign": "V9", "email": "lea@exemple.fr",
         "password": "une vigie dans la nuit"},
    )  # fmt: skip
    assert desk(User.objects.get(email="lea@exemple.fr"), cast.operation).roles == {Role.WATCHER}


def test_a_link_is_withdrawn(cast: Cast, client: Client) -> None:
    client.post(url(cast, "invite"), {"role": "watcher", "hours": "24", "uses": "5", "email": ""})
    row = Invitation.objects.get()
    assert client.post(url(cast, "revoke_invitation", row.pk)).status_code == 302
    assert client.post(url(cast, "revoke_invitation", row.pk)).status_code == 404
    assert "Liens encore valables" not in text(client.get(url(cast, "team")))


def test_who_does_not_manage_the_team_sees_no_form(cast: Cast) -> None:
    page = text(client_of(cast.volunteer).get(url(cast, "team")))
    assert "coordinateur" in page
    assert url(cast, "invite") not in page
    assert url(cast, "leave_team") in page
