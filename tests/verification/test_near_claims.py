"""What was checked before is found while one writes, as far as the person may know of it."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.factories import Cast, desk, member, operation
from vigie.accounts.roles import Role
from vigie.analysis.claims import MODEL, encode
from vigie.operations.access import Desk
from vigie.verification import nearby
from vigie.verification.actions.claims import open_claim
from vigie.verification.actions.known import import_known
from vigie.verification.actions.merging import merge_claims
from vigie.verification.claimreview import read
from vigie.verification.jobs import keep_known, waiting
from vigie.verification.models import Claim, KnownClaim
from vigie.verification.queries.near import answer_for, near_claims

pytestmark = pytest.mark.django_db
WORDING = "Le barrage de Saclas a cédé"
ASKED = "le barrage a cédé à Saclas !"


def concluded(by: Desk, now: datetime, state: str = "concluded") -> Claim:
    claim = open_claim(wording=WORDING, by=by, now=now)
    Claim.objects.filter(pk=claim.pk).update(state=state, verdict="false", concluded_at=now)
    claim.refresh_from_db()
    return claim


def test_a_claim_of_this_operation_is_found_at_once(cast: Cast, now: datetime) -> None:
    by = desk(cast.volunteer, cast.operation)
    assert near_claims(by, ASKED) == []
    nearby.forget()
    claim = open_claim(wording=WORDING, by=by, now=now)
    (found,) = near_claims(by, ASKED)
    assert (found.claim, found.here) == (claim, True)
    assert "saclas" in found.because
    assert near_claims(by, ASKED, without=claim.pk) == []
    assert near_claims(by, "Il n’y a plus de pain") == []


def test_one_of_another_operation_is_shown_to_those_who_may_know_it(
    cast: Cast, now: datetime
) -> None:
    theirs = desk(cast.outsider, cast.other_operation)
    claim = concluded(theirs, now)
    by = desk(cast.volunteer, cast.operation)
    assert near_claims(by, ASKED) == []
    assert answer_for(by, claim.pk) is None
    both = member(cast.operation, Role.WATCHER, now=now)
    cast.other_operation.memberships.create(user=both, role="watcher", since=now)
    (found,) = near_claims(desk(both, cast.operation), ASKED)
    assert (found.here, found.verdict) == (False, "false")


def test_what_the_public_reads_is_shown_to_everybody(cast: Cast, now: datetime) -> None:
    concluded(desk(cast.outsider, cast.other_operation), now, state="published")
    assert len(near_claims(desk(cast.volunteer, cast.operation), ASKED)) == 1


def test_an_exercise_answers_no_real_rumour(cast: Cast, now: datetime) -> None:
    game = operation(now=now, is_exercise=True)
    player = member(game, Role.VERIFIER, now=now)
    concluded(desk(player, game), now, state="published")
    assert near_claims(desk(cast.volunteer, cast.operation), ASKED) == []


def test_an_imported_check_is_found_once_its_vector_is_made(cast: Cast, now: datetime) -> None:
    by = desk(cast.verifier, cast.operation)
    found = read(
        b'{"@type":"ClaimReview","claimReviewed":"Le barrage de Saclas a c\xc3\xa9d\xc3\xa9",'
        b'"url":"https://v.example/1","reviewRating":{"alternateName":"Faux"}}'
    )
    import_known(feed="essai.json", found=found, by=by, now=now)
    assert near_claims(by, ASKED) == []
    rows = waiting()
    vectors = encode([text for _, text in rows])
    keep_known([(pk, v) for (pk, _), v in zip(rows, vectors, strict=True)], now=now)
    nearby.forget()
    (near,) = near_claims(by, ASKED)
    assert near.known == KnownClaim.objects.get()
    assert (near.verdict, near.claim) == ("false", None)


def test_the_holder_takes_in_what_changed_and_lets_go_of_what_was_merged(
    cast: Cast, now: datetime
) -> None:
    by = desk(cast.verifier, cast.operation)
    first = open_claim(wording=WORDING, by=by, now=now)
    held = nearby.of_operation(cast.operation.pk)
    held.refresh(at_once=True)
    assert len(held.index) == 1
    other = open_claim(wording="L’eau du robinet est empoisonnée", by=by, now=now)
    held.refresh(at_once=True)
    assert len(held.index) == 2
    merge_claims(claim=first, into=other, by=by, now=now)
    held.refresh(at_once=True)
    assert len(held.index) == 1


def test_a_vector_at_rest_is_used_and_one_of_another_model_is_not(
    cast: Cast, now: datetime
) -> None:
    claim = open_claim(wording=WORDING, by=desk(cast.volunteer, cast.operation), now=now)
    for model, kept in ((MODEL, True), ("other@1", False)):
        Claim.objects.filter(pk=claim.pk).update(vector=encode([WORDING])[0], vector_model=model)
        held = nearby.Holder(operation=cast.operation.pk)
        held.refresh()
        assert (len(held.index), kept) == (1, kept)


@pytest.mark.django_db(transaction=True)
def test_many_imported_checks_are_loaded_beside_and_nobody_waits_for_them(
    cast: Cast, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nearby, "WAITED_FOR", 1)
    vector = encode([WORDING])[0]
    KnownClaim.objects.bulk_create(
        KnownClaim(
            feed="f", key=str(n), wording=WORDING, imported_at=now, vector=vector,
            vector_model=MODEL, ready_at=now,
        )
        for n in range(3)
    )  # fmt: skip
    held = nearby.Holder()
    held.refresh()
    loading = held.loading
    if loading is not None:
        loading.join()
    assert len(held.index) == 3
    held.refresh(at_once=True)
    assert held.loading is None
