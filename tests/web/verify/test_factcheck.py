"""The claim's page shows what the public will read, says what is missing, and publishes by two."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.test import Client

from tests.factories import Cast, concluded, desk, words
from vigie.accounts.models import User
from vigie.verification.models import AnswersReady, Claim, FactCheck

pytestmark = pytest.mark.django_db


@pytest.fixture
def claim(cast: Cast, now: datetime) -> Claim:
    return concluded(cast.operation, now=now, by=desk(cast.verifier, cast.operation))


def of(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def url(cast: Cast, claim: Claim, rest: str = "") -> str:
    return f"/o/{cast.operation.slug}/claims/{claim.number}/page/{rest}"


def form(version: int, **french: str) -> dict[str, str]:
    return {
        "version": str(version),
        "signed": "Mairie de Saclas",
        **{f"fr-{text}": written for text, written in words(**french)["fr"].items()},
    }


def plain(html: bytes) -> str:
    return html.decode().replace("\u00a0", " ").replace("\u202f", " ")


def test_the_page_is_prefilled_and_says_what_is_missing(cast: Cast, claim: Claim) -> None:
    html = plain(of(cast.verifier).get(url(cast, claim)).content)
    assert "Faux : Le barrage de Saclas a cédé" in html
    assert "False: “Le barrage de Saclas a cédé”" in html
    assert "Rien n’est encore rédigé" in html


def test_one_keeps_another_approves_and_it_is_published(cast: Cast, claim: Claim) -> None:
    one, two = of(cast.verifier), of(cast.coordinator)
    kept = one.post(url(cast, claim, "keep/"), form(0))
    assert "Une seconde personne doit relire ce texte" in plain(kept.content)
    assert "J’ai relu ce texte" not in plain(kept.content)
    alone = one.post(url(cast, claim, "publish/"))
    assert alone.status_code == 422
    assert "Une seconde personne" in alone["HX-Trigger"].encode().decode("unicode_escape")
    digest = FactCheck.objects.get().draft_digest
    assert one.post(url(cast, claim, "approve/"), {"digest": digest}).status_code == 422
    assert "J’ai relu ce texte" in plain(two.get(url(cast, claim)).content)
    assert two.post(url(cast, claim, "approve/"), {"digest": digest}).status_code == 200
    assert one.post(url(cast, claim, "publish/")).status_code == 200
    claim.refresh_from_db()
    assert claim.state == "published"


def test_words_kept_meanwhile_are_not_overwritten_and_ones_own_are_not_lost(
    cast: Cast, claim: Claim
) -> None:
    of(cast.verifier).post(url(cast, claim, "keep/"), form(0))
    late = of(cast.coordinator).post(url(cast, claim, "keep/"), form(0, advice="Le mien"))
    assert late.status_code == 422
    assert "Le mien" in plain(late.content)
    assert FactCheck.objects.get().draft["fr"]["advice"] == words()["fr"]["advice"]


def test_what_was_not_read_is_not_approved(cast: Cast, claim: Claim) -> None:
    of(cast.verifier).post(url(cast, claim, "keep/"), form(0))
    for digest in ("", "f" * 64):
        answer = of(cast.coordinator).post(url(cast, claim, "approve/"), {"digest": digest})
        assert answer.status_code == 422


def test_answers_wait_for_the_communication_desk(cast: Cast, claim: Claim) -> None:
    one, two, desk_ = of(cast.verifier), of(cast.coordinator), of(cast.communicator)
    one.post(url(cast, claim, "keep/"), form(0))
    two.post(url(cast, claim, "approve/"), {"digest": FactCheck.objects.get().draft_digest})
    one.post(url(cast, claim, "publish/"))
    queue = f"/o/{cast.operation.slug}/claims/answers/"
    html = plain(desk_.get(queue).content)
    assert "FAUX : le barrage de Saclas n’a pas cédé." in html
    assert f"http://testserver/p/{cast.operation.slug}/verifications/1-" in html
    row = AnswersReady.objects.get()
    assert desk_.post(f"{queue}{row.pk}/take/").status_code == 200
    assert "FAUX" not in desk_.get(queue).content.decode()


def test_withdrawing_asks_why(cast: Cast, claim: Claim) -> None:
    one, two = of(cast.verifier), of(cast.coordinator)
    one.post(url(cast, claim, "keep/"), form(0))
    two.post(url(cast, claim, "approve/"), {"digest": FactCheck.objects.get().draft_digest})
    one.post(url(cast, claim, "publish/"))
    assert one.post(url(cast, claim, "withdraw/"), {}).status_code == 422
    assert one.post(url(cast, claim, "withdraw/"), {"why-fr": "Erreur"}).status_code == 200
    claim.refresh_from_db()
    assert claim.state == "withdrawn"


def test_who_only_looks_sees_no_form(cast: Cast, claim: Claim) -> None:
    html = of(cast.observer).get(url(cast, claim)).content.decode()
    assert "<form" not in html


def test_an_answer_of_an_exercise_says_so_wherever_it_is_copied_to(
    cast: Cast, claim: Claim
) -> None:
    cast.operation.is_exercise = True
    cast.operation.save()
    one, two = of(cast.verifier), of(cast.coordinator)
    kept = one.post(url(cast, claim, "keep/"), form(0))
    assert "EXERCICE – FAUX : le barrage de Saclas n’a pas cédé." in plain(kept.content)
    two.post(url(cast, claim, "approve/"), {"digest": FactCheck.objects.get().draft_digest})
    one.post(url(cast, claim, "publish/"))
    queue = plain(two.get(f"/o/{cast.operation.slug}/claims/answers/").content)
    assert "EXERCICE – FAUX : le barrage de Saclas n’a pas cédé." in queue
