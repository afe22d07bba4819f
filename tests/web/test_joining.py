"""An invitation's link: joins with the account one has or a new one, or says why it does not."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.factories import Cast
from vigie.accounts.models import User
from vigie.accounts.roles import Role
from vigie.kernel import ids
from vigie.operations.models import Invitation, Membership

pytestmark = pytest.mark.django_db
NEW = {
    "email": "neuf@exemple.fr",
    "name": "Neuf",
    "callsign": "",
    "password": "la crue monte vite",
}


def invitation(cast: Cast, **fields: object) -> tuple[str, Invitation]:
    secret = ids.new_secret()
    now = timezone.now()
    row = Invitation.objects.create(
        **{
            "operation": cast.operation,
            "role": Role.WATCHER.value,
            "digest": ids.digest(secret),
            "created_at": now - timedelta(days=3),
            "created_by": cast.coordinator,
            "expires_at": now + timedelta(days=1),
            **fields,
        }
    )
    return reverse("room:join", kwargs={"secret": secret}), row


def roles(person: User, cast: Cast) -> set[str]:
    rows = Membership.objects.filter(operation=cast.operation, user=person, until=None)
    return set(rows.values_list("role", flat=True))


def test_somebody_new_makes_an_account_and_is_in_the_team(cast: Cast, client: Client) -> None:
    url, row = invitation(cast)
    assert cast.operation.title in client.get(url).content.decode()
    answer = client.post(url, NEW)
    made = User.objects.get(email="neuf@exemple.fr")
    assert answer["Location"] == reverse("room:home", kwargs={"slug": cast.operation.slug})
    assert client.get(answer["Location"]).status_code == 200
    assert roles(made, cast) == {Role.WATCHER}
    row.refresh_from_db()
    assert row.uses_left == 0


def test_a_weak_password_makes_nothing(cast: Cast, client: Client) -> None:
    url, row = invitation(cast)
    answer = client.post(url, {**NEW, "password": "neuf"})
    assert answer.status_code == 422
    assert not User.objects.filter(email=NEW["email"]).exists()
    row.refresh_from_db()
    assert row.uses_left == 1


def test_an_address_that_has_an_account_is_sent_to_sign_in(cast: Cast, client: Client) -> None:
    url, _ = invitation(cast)
    answer = client.post(url, {**NEW, "email": cast.outsider.email})
    assert answer.status_code == 422
    assert "déjà un compte" in answer.content.decode()
    assert roles(cast.outsider, cast) == set()


def test_one_joins_with_the_account_one_has(cast: Cast, client: Client) -> None:
    url, _ = invitation(cast)
    client.force_login(cast.outsider)
    assert client.get(url).status_code == 200
    assert roles(cast.outsider, cast) == set()
    client.post(url)
    assert roles(cast.outsider, cast) == {Role.WATCHER}


def test_an_invitation_for_one_address_makes_an_account_with_no_other(
    cast: Cast, client: Client
) -> None:
    url, _ = invitation(cast, email="prevue@exemple.fr")
    assert client.post(url, NEW).status_code == 403
    assert not User.objects.filter(email=NEW["email"]).exists()


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"expires_at": datetime(2001, 1, 1, tzinfo=timezone.get_default_timezone()),
          "created_at": datetime(2000, 1, 1, tzinfo=timezone.get_default_timezone())}, 410, "expiré"),
        ({"uses_left": 0}, 410, "déjà servi"),
        ({"revoked_at": timezone.now()}, 410, "retiré"),
        ({"email": "prevue@exemple.fr"}, 403, "autre adresse"),
    ],
)  # fmt: skip
def test_a_link_that_lets_nobody_in_says_why(
    cast: Cast, client: Client, fields: dict[str, object], status: int, words: str
) -> None:
    url, _ = invitation(cast, **fields)
    client.force_login(cast.outsider)
    for answer in (client.get(url), client.post(url)):
        assert answer.status_code == status
        assert words in answer.content.decode()
    assert roles(cast.outsider, cast) == set()


def test_a_link_that_never_was_says_so(cast: Cast, client: Client) -> None:
    answer = client.get(reverse("room:join", kwargs={"secret": "inconnu"}))
    assert answer.status_code == 404
