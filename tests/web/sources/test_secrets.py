"""Tokens of sources: typed once, kept sealed, replaced, never shown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from tests.factories import Cast
from vigie.collection import secrets
from vigie.collection.models import Source, StoredSecret
from vigie.journal.models import Entry
from vigie.pipeline.ports import KnownSecrets

At = Callable[[str], str]
TOKEN = "très-secret-AAAA0001"
GIVEN = {
    "name": "X", "accepts_terms": "on", "contract_reference": "Enterprise 2026-14",
    "secret": TOKEN, "queries": "crue lang:fr", "way": "search", "reads_a_day": "100",
    "interval_s": "60", "server": "https://api.x.com",
}  # fmt: skip


@pytest.fixture
def source(coordinator: Client, at: At) -> Source:
    coordinator.post(at("sources/add/x/"), GIVEN)
    return Source.objects.get()


def test_what_is_typed_is_kept_sealed_and_reaches_the_plugin_alone(source: Source) -> None:
    name = source.config["secret"]
    row = StoredSecret.objects.get()
    assert row.name == name
    assert TOKEN not in row.sealed + str(source.config)
    assert KnownSecrets(secrets.of_config(source.config)).get(name) == TOKEN
    assert not any(TOKEN in f"{e.data}{e.text}" for e in Entry.objects.all())


def test_it_is_never_shown_again_not_even_after_a_mistake(
    source: Source, coordinator: Client, at: At, cast: Cast
) -> None:
    page = coordinator.get(at(f"sources/{source.pk}/edit/")).content.decode()
    assert "En place, saisi par" in page
    assert cast.coordinator.display in page
    wrong = coordinator.post(at("sources/add/x/"), {**GIVEN, "queries": ""}).content.decode()
    for shown in (page, wrong, coordinator.get(at(f"sources/{source.pk}/")).content.decode()):
        assert TOKEN not in shown
        assert source.config["secret"] not in shown


def test_left_empty_it_stays_and_a_new_one_replaces_it(
    source: Source, coordinator: Client, at: At
) -> None:
    edit, before = at(f"sources/{source.pk}/edit/"), source.config["secret"]
    coordinator.post(edit, {**GIVEN, "secret": "", "queries": "inondation"})
    source.refresh_from_db()
    assert (source.config["secret"], source.config["queries"]) == (before, "inondation")
    coordinator.post(edit, {**GIVEN, "secret": "nouveau-BBBB0002"})
    source.refresh_from_db()
    assert source.config["secret"] != before
    assert secrets.of_config(source.config) == {source.config["secret"]: "nouveau-BBBB0002"}
    assert StoredSecret.objects.count() == 1
    coordinator.post(at(f"sources/{source.pk}/remove/"))
    assert not StoredSecret.objects.exists()


def test_without_one_the_form_asks_for_it(coordinator: Client, at: At) -> None:
    coordinator.post(at("sources/add/x/"), {**GIVEN, "secret": ""})
    assert not Source.objects.exists()


def test_the_installations_secret_may_be_named(coordinator: Client, at: At, settings: Any) -> None:
    settings.VIGIE_SECRETS = {"x_token": TOKEN}
    coordinator.post(at("sources/add/x/"), {**GIVEN, "secret": "=X_TOKEN"})
    source = Source.objects.get()
    assert source.config["secret"] == "X_TOKEN"
    assert KnownSecrets({}).get("X_TOKEN") == TOKEN
    page = coordinator.get(at(f"sources/{source.pk}/edit/")).content.decode()
    assert "depuis l’installation" in page


def test_sealed_with_another_key_it_is_missing_and_said(
    source: Source, coordinator: Client, at: At, settings: Any, now: datetime
) -> None:
    assert secrets.known(source.config["secret"]).place == "kept"
    settings.SECRET_KEY = "another"
    assert secrets.of_config(source.config) == {}
    assert secrets.known(source.config["secret"]).place == "missing"


def test_tokens_of_several_servers_are_typed_line_by_line_and_never_shown(
    coordinator: Client, at: At
) -> None:
    lines = f"un.exemple {TOKEN}\r\ndeux.exemple BBBB0002"
    given = {
        "name": "Fédivers", "instances": "un.exemple\ndeux.exemple", "tags": "crue",
        "secret": lines, "interval_s": "60",
    }  # fmt: skip
    coordinator.post(at("sources/add/mastodon/"), given)
    source = Source.objects.get(plugin="mastodon")
    assert TOKEN not in str(source.config)
    (kept,) = secrets.of_config(source.config).values()
    assert kept.splitlines() == [f"un.exemple {TOKEN}", "deux.exemple BBBB0002"]
    page = coordinator.get(at(f"sources/{source.pk}/edit/")).text
    assert '<textarea name="secret"' in page
    assert TOKEN not in page
    wrong = coordinator.post(at(f"sources/{source.pk}/edit/"), {**given, "instances": ""}).text
    assert TOKEN not in wrong
