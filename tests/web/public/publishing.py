"""A page published as two people would; what its tests share."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tests.factories import Cast, desk, words
from vigie.verification.actions.factchecks import approve_words, publish, write_draft
from vigie.verification.models import Claim, Evidence, FactCheck

ENGLISH = {
    "title": "No, the Saclas dam has not burst",
    "claim": "Posts say that the Saclas dam has burst.",
    "known": "The town hall saw the dam at 6 pm: it holds.",
    "advice": "Do not pass it on.",
    "short": "FALSE: the Saclas dam has not burst.",
    "medium": "FALSE: the Saclas dam has not burst.",
    "long": "FALSE: the Saclas dam has not burst.",
}


def published(cast: Cast, claim: Claim, now: datetime, **french: str) -> FactCheck:
    """The claim's page in both languages with a source, approved and published (or corrected)."""
    one, two = desk(cast.verifier, cast.operation), desk(cast.coordinator, cast.operation)
    source: dict[str, Any] = {"claim": claim, "added_at": now}
    Evidence.objects.create(
        **source, kind="link", title="Communiqué de la mairie", url="https://saclas.exemple/",
        public=True,
    )  # fmt: skip
    Evidence.objects.create(**source, kind="call", title="Appel interne", text="06 12 34 56 78")
    known = FactCheck.objects.filter(claim=claim).first()
    why = {"why": "The hour was wrong."} if "why" in french else {}
    made = write_draft(
        claim=claim, draft={**words(**french), "en": {**ENGLISH, **why}},
        version=known.version if known else 0, by=one, now=now, signed="Département de l’Essonne",
    )  # fmt: skip
    assert approve_words(claim=claim, by=two, now=now)
    publish(claim=claim, by=one, now=now)
    made.refresh_from_db()
    return made


def address(page: FactCheck) -> str:
    """The path of the page in French."""
    return f"/p/{page.claim.operation.slug}/verifications/{page.claim.number}-{page.slug}/"
