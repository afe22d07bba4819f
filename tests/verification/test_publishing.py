"""Nobody publishes alone; every version stays; a page is taken back at its address."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from tests.factories import Cast, concluded, desk, words
from vigie.journal.models import Entry
from vigie.operations.access import NotAllowed, machine_desk
from vigie.verification.actions.claims import ClaimMerged
from vigie.verification.actions.factchecks import (
    ChangedMeanwhile,
    NothingPublic,
    NotPublishable,
    approve_words,
    correct,
    gaps_of,
    publish,
    take_answers,
    withdraw,
    write_draft,
)
from vigie.verification.decide import VERDICTS
from vigie.verification.factcheck_rules import text_gaps
from vigie.verification.models import AnswersReady, Claim, Evidence, FactCheckVersion
from vigie.verification.prefill import first_words
from vigie.verification.queries.factchecks import page_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def claim(cast: Cast, now: datetime) -> Claim:
    return concluded(cast.operation, now=now, by=desk(cast.verifier, cast.operation))


def codes(refusal: pytest.ExceptionInfo[NotPublishable]) -> list[str]:
    return [gap.code for gap in refusal.value.gaps]


def test_two_people_publish_and_the_state_follows(cast: Cast, claim: Claim, now: datetime) -> None:
    one, two = desk(cast.verifier, cast.operation), desk(cast.coordinator, cast.operation)
    write_draft(claim=claim, draft=words(), version=0, by=one, now=now)
    assert approve_words(claim=claim, by=two, now=now) is not None
    version = publish(claim=claim, by=one, now=now)
    claim.refresh_from_db()
    assert (claim.state, version.number, version.kind) == ("published", 1, "published")
    assert (version.by, version.second) == (cast.verifier, cast.coordinator)
    told = Entry.objects.filter(verb__startswith="fact_check").order_by("seq")
    assert [entry.verb.partition(".")[2] for entry in told] == [
        "written", "words_approved", "published", "handed_over",
    ]  # fmt: skip
    assert AnswersReady.objects.get().version == version


def test_nobody_publishes_alone(cast: Cast, claim: Claim, now: datetime) -> None:
    one = desk(cast.verifier, cast.operation)
    write_draft(claim=claim, draft=words(), version=0, by=one, now=now)
    assert approve_words(claim=claim, by=one, now=now) is None
    with pytest.raises(NotPublishable) as refusal:
        publish(claim=claim, by=one, now=now)
    assert codes(refusal) == ["second_person"]
    assert FactCheckVersion.objects.count() == 0


def test_a_machine_publishes_nothing(cast: Cast, claim: Claim, now: datetime) -> None:
    one, two = desk(cast.verifier, cast.operation), desk(cast.coordinator, cast.operation)
    write_draft(claim=claim, draft=words(), version=0, by=one, now=now)
    approve_words(claim=claim, by=two, now=now)
    machine = machine_desk(cast.operation, "importer")
    assert approve_words(claim=claim, by=machine, now=now) is None
    with pytest.raises(NotPublishable):
        publish(claim=claim, by=machine, now=now)


def test_the_database_refuses_a_page_of_one_person(cast: Cast, claim: Claim, now: datetime) -> None:
    page = write_draft(
        claim=claim, draft=words(), version=0, by=desk(cast.verifier, cast.operation), now=now
    )
    for second in (None, cast.verifier):
        with pytest.raises(IntegrityError), transaction.atomic():
            FactCheckVersion.objects.create(
                fact_check=page, number=1, kind="published", verdict="false", content={},
                digest="", at=now, by=cast.verifier, second=second,
            )  # fmt: skip


def test_a_word_changed_after_the_approval_asks_for_another(
    cast: Cast, claim: Claim, now: datetime
) -> None:
    one, two = desk(cast.verifier, cast.operation), desk(cast.coordinator, cast.operation)
    draft = write_draft(claim=claim, draft=words(), version=0, by=one, now=now)
    approve_words(claim=claim, by=two, now=now)
    write_draft(
        claim=claim, draft=words(advice="Évacuez tout de suite."), version=draft.version, by=one,
        now=now,
    )  # fmt: skip
    with pytest.raises(NotPublishable) as refusal:
        publish(claim=claim, by=one, now=now)
    assert codes(refusal) == ["second_person"]


def test_a_source_added_after_the_approval_is_seen_by_two_people_too(
    cast: Cast, claim: Claim, now: datetime
) -> None:
    one, two = desk(cast.verifier, cast.operation), desk(cast.coordinator, cast.operation)
    write_draft(claim=claim, draft=words(), version=0, by=one, now=now)
    approve_words(claim=claim, by=two, now=now)
    Evidence.objects.create(
        claim=claim, kind="link", title="Ailleurs", url="https://exemple.fr/", public=True,
        added_at=now, added_by=cast.coordinator,
    )  # fmt: skip
    assert approve_words(claim=claim, by=two, now=now) is not None
    with pytest.raises(NotPublishable) as refusal:
        publish(claim=claim, by=two, now=now)
    assert codes(refusal) == ["second_person"]
    assert approve_words(claim=claim, by=one, now=now) is not None
    assert publish(claim=claim, by=two, now=now).sources[0]["title"] == "Ailleurs"


def test_an_approval_from_before_the_verdict_does_not_count(
    cast: Cast, claim: Claim, now: datetime
) -> None:
    one, two = desk(cast.verifier, cast.operation), desk(cast.coordinator, cast.operation)
    write_draft(claim=claim, draft=words(), version=0, by=one, now=now)
    approve_words(claim=claim, by=two, now=now)
    Claim.objects.filter(pk=claim.pk).update(
        verdict="true", concluded_at=now + timedelta(minutes=1)
    )
    with pytest.raises(NotPublishable) as refusal:
        publish(claim=claim, by=one, now=now + timedelta(minutes=2))
    assert codes(refusal) == ["second_person"]


@pytest.mark.parametrize("state", ["detected", "assigned", "checking", "second_reading"])
def test_what_is_not_concluded_is_not_published(
    cast: Cast, claim: Claim, now: datetime, state: str
) -> None:
    one, two = desk(cast.verifier, cast.operation), desk(cast.coordinator, cast.operation)
    write_draft(claim=claim, draft=words(), version=0, by=one, now=now)
    approve_words(claim=claim, by=two, now=now)
    Claim.objects.filter(pk=claim.pk).update(state=state)
    with pytest.raises(NotPublishable) as refusal:
        publish(claim=claim, by=one, now=now)
    assert "not_concluded" in codes(refusal)


def test_approving_what_one_has_not_read_approves_nothing(
    cast: Cast, claim: Claim, now: datetime
) -> None:
    one, two = desk(cast.verifier, cast.operation), desk(cast.coordinator, cast.operation)
    first = write_draft(claim=claim, draft=words(), version=0, by=one, now=now)
    write_draft(claim=claim, draft=words(title="Autre"), version=1, by=one, now=now)
    assert approve_words(claim=claim, by=two, now=now, digest=first.draft_digest) is None


def test_an_edit_of_older_words_overwrites_nothing(cast: Cast, claim: Claim, now: datetime) -> None:
    one, two = desk(cast.verifier, cast.operation), desk(cast.coordinator, cast.operation)
    write_draft(claim=claim, draft=words(), version=0, by=one, now=now)
    with pytest.raises(ChangedMeanwhile) as meanwhile:
        write_draft(claim=claim, draft=words(title="x"), version=0, by=two, now=now)
    assert meanwhile.value.fact_check.draft["fr"]["title"] == words()["fr"]["title"]


def test_a_correction_says_what_was_wrong_and_the_old_version_stays(
    cast: Cast, claim: Claim, now: datetime
) -> None:
    one, two = desk(cast.verifier, cast.operation), desk(cast.coordinator, cast.operation)
    draft = write_draft(claim=claim, draft=words(), version=0, by=one, now=now)
    with pytest.raises(NothingPublic):
        correct(claim=claim, by=one, now=now)
    approve_words(claim=claim, by=two, now=now)
    first = publish(claim=claim, by=one, now=now)
    with pytest.raises(NotPublishable) as refusal:
        correct(claim=claim, by=one, now=now)
    assert "unchanged" in codes(refusal)
    draft = write_draft(
        claim=claim, draft=words(known="Le barrage tient."), version=draft.version, by=two, now=now
    )
    approve_words(claim=claim, by=one, now=now)
    with pytest.raises(NotPublishable) as refusal:
        correct(claim=claim, by=one, now=now)
    assert codes(refusal) == ["why_missing"]
    write_draft(
        claim=claim, draft=words(known="Le barrage tient.", why="La commune était fausse."),
        version=draft.version, by=two, now=now,
    )  # fmt: skip
    with pytest.raises(NotPublishable) as refusal:
        correct(claim=claim, by=two, now=now)
    assert codes(refusal) == ["second_person"]
    approve_words(claim=claim, by=one, now=now)
    second = correct(claim=claim, by=two, now=now)
    claim.refresh_from_db()
    first.refresh_from_db()
    assert (claim.state, second.number, second.kind) == ("corrected", 2, "corrected")
    assert second.why == {"fr": "La commune était fausse."}
    assert first.content["fr"]["known"] == words()["fr"]["known"]


def test_one_person_takes_a_page_back_with_a_reason(
    cast: Cast, claim: Claim, now: datetime
) -> None:
    one, two = desk(cast.verifier, cast.operation), desk(cast.coordinator, cast.operation)
    with pytest.raises(NothingPublic):
        withdraw(claim=claim, why={"fr": "x"}, by=one, now=now)
    write_draft(claim=claim, draft=words(), version=0, by=one, now=now)
    approve_words(claim=claim, by=two, now=now)
    publish(claim=claim, by=one, now=now)
    with pytest.raises(NothingPublic) as refusal:
        withdraw(claim=claim, why={"fr": "  "}, by=one, now=now)
    assert refusal.value.code == "why_missing"
    taken = withdraw(claim=claim, why={"fr": "Une source s’est rétractée."}, by=one, now=now)
    claim.refresh_from_db()
    assert (claim.state, taken.kind, taken.number) == ("withdrawn", "withdrawn", 2)
    assert not AnswersReady.objects.exists()
    with pytest.raises(NotPublishable):
        publish(claim=claim, by=one, now=now)


def test_the_page_of_a_merged_claim_can_still_be_taken_back(
    cast: Cast, claim: Claim, now: datetime
) -> None:
    one, two = desk(cast.verifier, cast.operation), desk(cast.coordinator, cast.operation)
    write_draft(claim=claim, draft=words(), version=0, by=one, now=now)
    approve_words(claim=claim, by=two, now=now)
    publish(claim=claim, by=one, now=now)
    other = concluded(cast.operation, now=now, by=one)
    Claim.objects.filter(pk=claim.pk).update(merged_into=other, state="checking")
    with pytest.raises(ClaimMerged):
        publish(claim=claim, by=one, now=now)
    assert withdraw(claim=claim, why={"fr": "Faux"}, by=one, now=now).kind == "withdrawn"
    claim.refresh_from_db()
    assert claim.state == "checking"


def test_who_may_not_publish_writes_and_approves_nothing(
    cast: Cast, claim: Claim, now: datetime
) -> None:
    for person in (cast.volunteer, cast.mapper, cast.partner, cast.observer):
        by = desk(person, cast.operation)
        with pytest.raises(NotAllowed):
            write_draft(claim=claim, draft=words(), version=0, by=by, now=now)
        with pytest.raises(NotAllowed):
            approve_words(claim=claim, by=by, now=now)
        with pytest.raises(NotAllowed):
            publish(claim=claim, by=by, now=now)


def test_answers_are_taken_up_once(cast: Cast, claim: Claim, now: datetime) -> None:
    one, two = desk(cast.verifier, cast.operation), desk(cast.communicator, cast.operation)
    write_draft(claim=claim, draft=words(), version=0, by=one, now=now)
    approve_words(claim=claim, by=two, now=now)
    publish(claim=claim, by=one, now=now)
    answers = AnswersReady.objects.get()
    assert take_answers(answers=answers, by=two, now=now)
    assert not take_answers(answers=answers, by=one, now=now)


def test_an_answer_counts_with_the_address_of_the_page(
    cast: Cast, claim: Claim, now: datetime
) -> None:
    one = desk(cast.verifier, cast.operation)
    made = write_draft(claim=claim, draft=words(short="x" * 279), version=0, by=one, now=now)
    assert ("text_too_long", "fr", "short") in {
        (gap.code, gap.language, gap.text) for gap in gaps_of(made.claim, made)
    }


def test_the_first_words_tell_what_the_named_sources_say_and_no_other(
    cast: Cast, claim: Claim, now: datetime
) -> None:
    piece = {"claim": claim, "kind": "call", "added_at": now, "added_by": cast.verifier}
    Evidence.objects.create(**piece, title="Mairie de Saclas", text="il tient", public=True)
    Evidence.objects.create(**piece, title="M. Dupont", text="06 12 34 56 78")
    Evidence.objects.create(
        **piece, title="Rayé", public=True, struck_at=now, struck_because="faux"
    )
    known = page_of(desk(cast.verifier, cast.operation), claim).draft["fr"]["known"]
    assert "Mairie de Saclas\u00a0: il tient" in known
    assert "Dupont" not in known
    assert "Rayé" not in known


@pytest.mark.parametrize("verdict", VERDICTS)
@pytest.mark.parametrize("wording", ["Il pleut", "x" * 280, "mot " * 70])
def test_the_proposed_answers_fit_whatever_is_claimed(verdict: str, wording: str) -> None:
    url = "https://vigie.exemple.fr/p/crue-de-l-orge-2026/verifications/12-faux-il-pleut/"
    draft = first_words(
        wording=wording, language="fr", verdict=verdict, found=["Mairie de Saclas"] * 40,
        unknown=["original", "inconnue"], url=url, exercise=True,
    )  # fmt: skip
    assert text_gaps(draft, url=url, again=False, picture=False, exercise=True) == []
