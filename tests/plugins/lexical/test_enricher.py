from __future__ import annotations

from datetime import UTC, datetime

import pytest

from vigie.contracts.drafts import AuthorDraft, PostDraft
from vigie.contracts.findings import Findings
from vigie.plugins.enrichers.lexical import LexicalConfig, LexicalEnricher

pytestmark = pytest.mark.pure


def draft(text: str, **more: object) -> PostDraft:
    moment = datetime(2016, 6, 1, tzinfo=UTC)
    return PostDraft(id="1", text=text, created_at=moment, **more)  # type: ignore[arg-type]


def test_each_post_gets_its_findings_in_order() -> None:
    enricher = LexicalEnricher()
    posts = [draft("Juvisy sous l’eau"), draft("help, we are trapped on the roof"), draft("")]
    first, second, third = enricher.analyse(posts)
    assert [place.code for place in first.places] == ["91326"]
    assert (second.language, second.urgency.level) == ("en", "critical")
    assert (third.tokens, third.places, third.signature) == ((), (), None)
    assert {f.model for f in (first, second, third)} == {"lexical@2"}


def test_the_territory_of_the_configuration_is_preferred() -> None:
    elsewhere = LexicalEnricher(LexicalConfig(territory=("77",)))
    (found,) = elsewhere.analyse([draft("à Savigny")])
    assert [place.code for place in found.places] == ["77445"]


def test_an_official_account_speaks_officially() -> None:
    enricher = LexicalEnricher()
    text = "Le parc est fermé jusqu’à demain matin"
    official = AuthorDraft(id="1", handle="ville", official=True)
    plain, known = enricher.analyse([draft(text), draft(text, author=official)])
    assert official_share(known) > official_share(plain)


def official_share(findings: Findings) -> float:
    return sum(g.p for g in findings.categories if g.code == "info_officielle")
