"""What a source is bound to is said before it is set up; a restricted one needs an agreement."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from tests.factories import Cast, desk
from vigie.collection import sources
from vigie.collection.models import Source
from vigie.contracts.registry import plugins
from vigie.journal.models import Entry
from vigie.kernel.clock import utc_now

At = Callable[[str], str]
RESTRICTED = ("reddit", "threads", "x")
GIVEN = {
    "name": "X", "contract_reference": "Enterprise 2026-14", "secret": "x_token",
    "queries": "crue lang:fr", "way": "search", "reads_a_day": "100", "interval_s": "60",
    "server": "https://api.x.com",
}  # fmt: skip


@pytest.mark.parametrize("name", RESTRICTED)
def test_a_restricted_source_shows_its_terms_and_asks_for_the_agreement(
    name: str, coordinator: Client, at: At
) -> None:
    page = coordinator.get(at(f"sources/add/{name}/")).content.decode()
    assert "Restreint" in page
    assert 'name="accepts_terms"' in page
    assert '_reference"' in page
    assert dict(plugins().source(name).manifest.terms)["fr"][:30] in page
    assert "éteinte" in coordinator.get(at("sources/add/")).content.decode()


def test_without_saying_so_nothing_is_added_nor_visited(coordinator: Client, at: At) -> None:
    answer = coordinator.post(at("sources/add/x/"), GIVEN)
    assert "Sans accord, cette source ne peut pas être utilisée" in answer.content.decode()
    assert not Source.objects.exists()
    tried = coordinator.post(at("sources/add/x/test/"), GIVEN).content.decode()
    assert "Sans accord" in tried


def test_the_journal_keeps_which_terms_were_accepted(coordinator: Client, at: At) -> None:
    coordinator.post(at("sources/add/x/"), {**GIVEN, "accepts_terms": "on"})
    entry = Entry.objects.get(verb="source.added")
    assert entry.data["config"]["contract_reference"] == "Enterprise 2026-14"
    assert len(entry.data["terms_accepted"]) == 64


def test_the_rule_holds_whoever_adds_the_source(cast: Cast) -> None:
    by = desk(cast.coordinator, cast.operation)
    config = {k: v for k, v in GIVEN.items() if k in ("contract_reference", "secret", "queries")}
    with pytest.raises(sources.TermsNotAccepted):
        sources.add_source(plugin="x", name="X", config=config, by=by, now=utc_now())


def test_a_free_source_shows_its_terms_and_asks_for_nothing(coordinator: Client, at: At) -> None:
    page = coordinator.get(at("sources/add/telegram/")).content.decode()
    assert "Conditions d’usage" in page
    assert "accepts_terms" not in page
    assert 'name="channels"' in page.partition('<details class="more"')[0]
