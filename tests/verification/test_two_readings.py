"""Nobody concludes alone: one proposes, another reads; dissent is kept and sends it back."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.db import IntegrityError, transaction

from tests.factories import Cast, desk, member
from vigie.accounts.roles import Role
from vigie.operations.access import Desk, NotAllowed, machine_desk
from vigie.verification.actions._claims import FieldRefused
from vigie.verification.actions.claims import open_claim
from vigie.verification.actions.edits import edit_claim
from vigie.verification.actions.readings import (
    ReadingChanged,
    propose_verdict,
    read_second,
    reopen,
)
from vigie.verification.decide import AloneRefused, StateRefused
from vigie.verification.models import Claim, Reading

pytestmark = pytest.mark.django_db
WHY = "La mairie de Saclas dit que le barrage tient."


@pytest.fixture
def one(cast: Cast, now: datetime) -> Desk:
    return desk(member(cast.operation, Role.VERIFIER, now=now), cast.operation)


@pytest.fixture
def other(cast: Cast, now: datetime) -> Desk:
    return desk(member(cast.operation, Role.VERIFIER, now=now), cast.operation)


@pytest.fixture
def claim(one: Desk, now: datetime) -> Claim:
    return open_claim(wording="Le barrage de Saclas a cédé", by=one, now=now, harm=4)


def test_a_second_person_agrees_and_it_is_concluded(
    claim: Claim, one: Desk, other: Desk, now: datetime
) -> None:
    first = propose_verdict(claim=claim, verdict="false", reason=WHY, by=one, now=now)
    claim.refresh_from_db()
    assert one.user is not None
    assert (claim.state, claim.verdict, claim.assignee_id) == ("second_reading", "", one.user.pk)
    read_second(claim=claim, first=first.pk, agrees=True, by=other, now=now)
    claim.refresh_from_db()
    assert (claim.state, claim.verdict, claim.concluded_at) == ("concluded", "false", now)


def test_the_same_person_is_refused_whatever_they_answer(
    claim: Claim, one: Desk, now: datetime
) -> None:
    first = propose_verdict(claim=claim, verdict="false", reason=WHY, by=one, now=now)
    for agrees in (True, False):
        with pytest.raises(AloneRefused):
            read_second(claim=claim, first=first.pk, agrees=agrees, by=one, now=now, reason=WHY)
    claim.refresh_from_db()
    assert claim.state == "second_reading"


def test_a_machine_reads_neither_first_nor_second(claim: Claim, one: Desk, now: datetime) -> None:
    machine = machine_desk(one.operation, "import")
    with pytest.raises(AloneRefused):
        propose_verdict(claim=claim, verdict="false", reason=WHY, by=machine, now=now)
    first = propose_verdict(claim=claim, verdict="false", reason=WHY, by=one, now=now)
    with pytest.raises(AloneRefused):
        read_second(claim=claim, first=first.pk, agrees=True, by=machine, now=now)


def test_the_database_refuses_two_readings_of_one_person_in_a_round(
    claim: Claim, one: Desk, now: datetime
) -> None:
    propose_verdict(claim=claim, verdict="false", reason=WHY, by=one, now=now)
    with pytest.raises(IntegrityError), transaction.atomic():
        Reading.objects.create(
            claim=claim, round=1, kind="second", verdict="false", agrees=True, at=now, by=one.user
        )


def test_dissent_is_kept_and_the_claim_is_checked_again(
    claim: Claim, one: Desk, other: Desk, now: datetime
) -> None:
    first = propose_verdict(claim=claim, verdict="false", reason=WHY, by=one, now=now)
    with pytest.raises(FieldRefused):
        read_second(claim=claim, first=first.pk, agrees=False, by=other, now=now, reason="non")
    read_second(
        claim=claim, first=first.pk, agrees=False, by=other, now=now, verdict="misleading",
        reason="Une vanne a bien été ouverte hier.",
    )  # fmt: skip
    claim.refresh_from_db()
    assert (claim.state, claim.verdict) == ("checking", "")
    kept = claim.readings.get(kind="second")
    assert (kept.agrees, kept.verdict, kept.round) == (False, "misleading", 1)
    again = propose_verdict(claim=claim, verdict="misleading", reason=WHY, by=other, now=now)
    assert again.round == 2
    read_second(claim=claim, first=again.pk, agrees=True, by=one, now=now)
    claim.refresh_from_db()
    assert claim.verdict == "misleading"


def test_a_proposal_that_changed_since_it_was_read_is_not_agreed_to(
    claim: Claim, one: Desk, other: Desk, now: datetime
) -> None:
    first = propose_verdict(claim=claim, verdict="false", reason=WHY, by=one, now=now)
    reopen(claim=claim, reason="Il manque une pièce.", by=one, now=now)
    propose_verdict(claim=claim, verdict="true", reason=WHY, by=one, now=now)
    with pytest.raises(ReadingChanged):
        read_second(claim=claim, first=first.pk, agrees=True, by=other, now=now)


def test_the_wording_stays_once_a_verdict_is_proposed_on_it(
    claim: Claim, one: Desk, now: datetime
) -> None:
    propose_verdict(claim=claim, verdict="false", reason=WHY, by=one, now=now)
    claim.refresh_from_db()
    with pytest.raises(FieldRefused) as refusal:
        edit_claim(
            claim=claim, version=claim.version, changes={"wording": "Autre chose"}, by=one, now=now
        )
    assert refusal.value.code == "settled"
    edit_claim(claim=claim, version=claim.version, changes={"harm": 2}, by=one, now=now)


def test_what_was_concluded_is_checked_again_for_a_reason(
    claim: Claim, one: Desk, other: Desk, now: datetime
) -> None:
    first = propose_verdict(claim=claim, verdict="false", reason=WHY, by=one, now=now)
    read_second(claim=claim, first=first.pk, agrees=True, by=other, now=now)
    with pytest.raises(FieldRefused):
        reopen(claim=claim, reason="", by=one, now=now)
    reopen(claim=claim, reason="La mairie s’est ravisée.", by=one, now=now)
    claim.refresh_from_db()
    assert (claim.state, claim.verdict, claim.concluded_at) == ("checking", "", None)
    with pytest.raises(StateRefused):
        reopen(claim=claim, reason="La mairie s’est ravisée.", by=one, now=now)


def test_who_may_not_check_proposes_nothing(claim: Claim, cast: Cast, now: datetime) -> None:
    watcher = desk(cast.volunteer, cast.operation)
    with pytest.raises(NotAllowed):
        propose_verdict(claim=claim, verdict="false", reason=WHY, by=watcher, now=now)
