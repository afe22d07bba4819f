"""The pages about oneself and about people, as each of the cast."""

from __future__ import annotations

import re

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from tests.factories import PASSWORD, Cast, user
from vigie.accounts.models import ApiToken, User
from vigie.journal.models import PLATFORM_CHAIN, Entry

pytestmark = pytest.mark.django_db
MINE = ["account:profile", "account:tokens", "account_change_password", "mfa_index"]
PEOPLE = ["account:people", "account:create_person"]


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.mark.parametrize("page", [*MINE, *PEOPLE])
def test_who_is_not_signed_in_is_sent_to_sign_in(client: Client, page: str) -> None:
    answer = client.get(reverse(page))
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("page", MINE)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_everybody_sees_their_own_pages_in_their_language(
    cast: Cast, page: str, language: str
) -> None:
    cast.partner.language = language
    cast.partner.save()
    answer = signed_in(cast.partner).get(reverse(page))
    assert answer.status_code == 200
    assert f'<html lang="{language}"' in answer.content.decode()


@pytest.mark.parametrize("page", PEOPLE)
def test_only_administrators_see_people(cast: Cast, page: str) -> None:
    assert signed_in(cast.administrator).get(reverse(page)).status_code == 200
    for person in (cast.coordinator, cast.data_protection_officer, cast.outsider):
        assert signed_in(person).get(reverse(page)).status_code == 403


def test_nobody_signs_up_alone(client: Client) -> None:
    answer = client.post(
        reverse("account_signup"), {"email": "x@exemple.fr", "password1": "une longue phrase"}
    )
    assert answer.status_code == 200
    assert "Se connecter" in answer.content.decode()
    assert not User.objects.exists()


def test_a_profile_is_changed_and_an_empty_name_refused(cast: Cast) -> None:
    client = signed_in(cast.volunteer)
    refused = client.post(reverse("account:profile"), {"name": "", "callsign": "V9"})
    assert refused.status_code == 422
    client.post(reverse("account:profile"), {"name": "Zoé", "callsign": "V9"})
    cast.volunteer.refresh_from_db()
    assert (cast.volunteer.name, cast.volunteer.callsign) == ("Zoé", "V9")


def test_the_secret_of_a_token_is_shown_once_and_never_again(cast: Cast) -> None:
    client = signed_in(cast.volunteer)
    url = reverse("account:tokens")
    made = client.post(url, {"name": "Carte du SIG", "days": "90"})
    secret = re.search(r"vigie_[\w-]{20,}", made.content.decode())
    assert secret is not None
    assert "no-store" in made["Cache-Control"]
    again = client.get(url).content.decode()
    assert "Carte du SIG" in again
    assert secret[0] not in again


def test_a_token_is_revoked_by_its_owner_only(cast: Cast) -> None:
    signed_in(cast.volunteer).post(reverse("account:tokens"), {"name": "SIG", "days": "0"})
    token = ApiToken.objects.get()
    assert token.expires_at is None
    url = reverse("account:revoke_token", kwargs={"pk": token.pk})
    assert signed_in(cast.coordinator).post(url).status_code == 404
    assert signed_in(cast.volunteer).get(url).status_code == 405
    signed_in(cast.volunteer).post(url)
    token.refresh_from_db()
    assert token.revoked_at is not None


def test_language_and_theme_are_kept_for_those_without_an_account(client: Client) -> None:
    url = reverse("account:preferences")
    login = reverse("account_login")
    client.post(url, {"language": "en", "theme": "dark", "next": login})
    page = client.get(login, headers={"accept-language": "fr"}).content.decode()
    assert '<html lang="en" data-theme="dark"' in page


def test_the_way_back_stays_on_this_site(client: Client) -> None:
    url = reverse("account:preferences")
    for elsewhere in ("https://exemple.org/", "//exemple.org/", "javascript:alert(1)"):
        assert client.post(url, {"language": "en", "next": elsewhere})["Location"] == "/"


def test_an_administrator_makes_an_account_and_the_person_chooses_the_password(
    cast: Cast, client: Client
) -> None:
    answer = signed_in(cast.administrator).post(
        reverse("account:create_person"),
        {"email": "neuf@exemple.fr", "name": "Neuf", "callsign": "", "language": "fr"},
    )
    made = User.objects.get(email="neuf@exemple.fr")
    assert answer["Location"] == reverse("account:person", kwargs={"pk": made.pk})
    link = re.search(r"http://testserver(/\S+)", mail.outbox[0].body)
    assert link is not None
    form = client.get(link[1], follow=True)
    client.post(
        form.redirect_chain[-1][0],
        {"password1": "la crue monte vite", "password2": "la crue monte vite"},
    )
    made.refresh_from_db()
    assert made.check_password("la crue monte vite")


def test_an_address_taken_twice_is_explained(cast: Cast) -> None:
    answer = signed_in(cast.administrator).post(
        reverse("account:create_person"),
        {"email": cast.partner.email, "name": "Double", "callsign": "", "language": "fr"},
    )
    assert answer.status_code == 422
    assert "déjà un compte" in answer.content.decode()


def test_a_closed_account_is_signed_out_and_cannot_come_back(cast: Cast, client: Client) -> None:
    theirs = signed_in(cast.volunteer)
    signed_in(cast.administrator).post(
        reverse("account:set_active", kwargs={"pk": cast.volunteer.pk}), {"active": "0"}
    )
    assert theirs.get(reverse("account:profile")).status_code == 302
    answer = client.post(
        reverse("account_login"), {"login": cast.volunteer.email, "password": PASSWORD}
    )
    assert "_auth_user_id" not in client.session
    assert answer.status_code in (200, 302)
    entry = Entry.objects.get(chain=PLATFORM_CHAIN)
    assert (entry.verb, entry.by) == ("user.deactivated", cast.administrator)


def test_the_last_administrator_is_told_why_nothing_changed(cast: Cast) -> None:
    client = signed_in(cast.administrator)
    page = client.post(
        reverse("account:set_powers", kwargs={"pk": cast.administrator.pk}), {"powers": []},
        follow=True,
    )  # fmt: skip
    cast.administrator.refresh_from_db()
    assert cast.administrator.is_administrator
    assert "dernier administrateur" in page.content.decode()


def test_guessing_a_password_is_slowed_down(client: Client) -> None:
    person = user()
    url = reverse("account_login")
    statuses = [
        client.post(url, {"login": person.email, "password": f"faux {n}"}).content.decode()
        for n in range(6)
    ]
    answer = client.post(url, {"login": person.email, "password": PASSWORD})
    assert "Trop" in answer.content.decode()
    assert "_auth_user_id" not in client.session
    assert len(statuses) == 6


def test_a_forgotten_password_tells_nobody_whether_the_account_exists(client: Client) -> None:
    person = user()
    url = reverse("account_reset_password")
    known = client.post(url, {"email": person.email}, follow=True)
    unknown = client.post(url, {"email": "personne@exemple.fr"}, follow=True)
    strip = re.compile(r'nonce="[^"]+"|X-CSRFToken": "\w+"|value="\w{64}"')
    assert strip.sub("", known.content.decode()) == strip.sub("", unknown.content.decode())
    assert len(mail.outbox) == 1


def test_an_administrator_changes_an_address_and_the_old_one_no_longer_signs_in(
    cast: Cast, client: Client
) -> None:
    old = cast.volunteer.email
    client.post(reverse("account_login"), {"login": old, "password": PASSWORD})
    assert "_auth_user_id" in client.session
    administrator = signed_in(cast.administrator)
    url = reverse("account:change_address", kwargs={"pk": cast.volunteer.pk})
    assert administrator.post(url, {"email": cast.partner.email}).status_code == 422
    administrator.post(url, {"email": "Nouveau@exemple.fr"})
    for address, works in ((old, False), ("nouveau@exemple.fr", True)):
        fresh = Client()
        fresh.post(reverse("account_login"), {"login": address, "password": PASSWORD})
        assert ("_auth_user_id" in fresh.session) is works
