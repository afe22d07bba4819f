"""People: made once per address, never left without an administrator, every change recorded."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.core.exceptions import ValidationError

from tests.factories import user
from vigie.accounts import actions, queries
from vigie.accounts.models import User
from vigie.accounts.roles import Platform
from vigie.journal.models import PLATFORM_CHAIN, Entry
from vigie.operations.access import platform_journal

pytestmark = pytest.mark.django_db


def verbs() -> list[str]:
    return list(Entry.objects.filter(chain=PLATFORM_CHAIN).values_list("verb", flat=True))


def test_an_account_is_made_with_its_address_in_lower_case(now: datetime) -> None:
    record = platform_journal(by=None, now=now, actor="vigie user")
    made = actions.create_user(
        email=" Claire@Exemple.FR ", name="Claire", password="une longue phrase", record=record
    )
    assert made.email == "claire@exemple.fr"
    assert made.check_password("une longue phrase")
    assert queries.user_by_email("CLAIRE@exemple.fr") == made
    assert verbs() == ["user.created"]


def test_the_journal_holds_neither_address_nor_name(now: datetime) -> None:
    record = platform_journal(by=None, now=now)
    actions.create_user(email="claire@exemple.fr", name="Claire", password=None, record=record)
    entry = Entry.objects.get(chain=PLATFORM_CHAIN)
    assert "claire" not in f"{entry.data}{entry.text}".lower()


def test_an_address_has_one_account(now: datetime) -> None:
    record = platform_journal(by=None, now=now)
    actions.create_user(email="claire@exemple.fr", name="Claire", password=None, record=record)
    with pytest.raises(actions.EmailTaken):
        actions.create_user(email="Claire@exemple.fr", name="Autre", password=None, record=record)
    assert verbs() == ["user.created"]


@pytest.mark.parametrize("email", ["", "claire", "claire@", "a b@exemple.fr"])
def test_an_address_that_is_none_is_refused(now: datetime, email: str) -> None:
    record = platform_journal(by=None, now=now)
    with pytest.raises(ValidationError):
        actions.create_user(email=email, name="Claire", password=None, record=record)
    assert not User.objects.exists()


def test_the_last_administrator_can_neither_be_closed_nor_lose_the_right(now: datetime) -> None:
    only = user(is_administrator=True)
    record = platform_journal(by=only, now=now)
    with pytest.raises(actions.LastAdministrator):
        actions.set_active(user=only, active=False, record=record)
    with pytest.raises(actions.LastAdministrator):
        actions.set_powers(user=only, powers=[Platform.DATA_PROTECTION], record=record)
    only.refresh_from_db()
    assert only.is_active
    assert only.platform_powers == (Platform.ADMINISTRATOR,)
    assert verbs() == []


def test_a_closed_administrator_does_not_count_as_another_one(now: datetime) -> None:
    only = user(is_administrator=True)
    user(is_administrator=True, is_active=False)
    with pytest.raises(actions.LastAdministrator):
        actions.set_active(user=only, active=False, record=platform_journal(by=only, now=now))


def test_rights_are_set_and_told_with_what_they_were(now: datetime) -> None:
    chief, other = user(is_administrator=True), user()
    actions.set_powers(
        user=other, powers=list(Platform), record=platform_journal(by=chief, now=now)
    )
    other.refresh_from_db()
    assert set(other.platform_powers) == set(Platform)
    entry = Entry.objects.get(chain=PLATFORM_CHAIN)
    assert entry.by == chief
    assert entry.data == {"before": [], "after": ["administrator", "data_protection"]}


def test_setting_what_is_already_so_tells_nothing(now: datetime) -> None:
    person = user()
    record = platform_journal(by=None, now=now)
    actions.set_active(user=person, active=True, record=record)
    actions.set_powers(user=person, powers=[], record=record)
    assert verbs() == []


def test_an_unknown_language_or_theme_changes_nothing() -> None:
    person = user()
    actions.set_preferences(user=person, language="xx", theme="pink")
    actions.set_preferences(user=person, language="en", theme="dark")
    person.refresh_from_db()
    assert (person.language, person.theme) == ("en", "dark")


def test_people_are_found_by_part_of_name_or_address() -> None:
    claire = user("Claire Dumas", email="cd@sdis.fr", callsign="V3")
    user("Paul Petit", email="pp@exemple.fr")
    for search in ("dumas", "sdis", "v3"):
        assert list(queries.people(search=search)) == [claire]
