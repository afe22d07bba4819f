"""Taking, editing, checking, rating a claim; its posts, its incidents, the time spent on it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.factories import Cast, desk, lead, member
from vigie.accounts.roles import Role
from vigie.journal.models import Entry
from vigie.operations.access import Desk
from vigie.triage.actions.incidents import open_incident
from vigie.verification.actions import checking, holding, incidents, merging, posts, stints
from vigie.verification.actions._claims import ClaimMerged, FieldRefused
from vigie.verification.actions.claims import add_posts, open_claim
from vigie.verification.actions.edits import edit_claim, rate_claim
from vigie.verification.actions.readings import propose_verdict, read_second
from vigie.verification.models import Claim

pytestmark = pytest.mark.django_db


@pytest.fixture
def one(cast: Cast, now: datetime) -> Desk:
    return desk(member(cast.operation, Role.VERIFIER, now=now, name="Ada"), cast.operation)


@pytest.fixture
def other(cast: Cast, now: datetime) -> Desk:
    return desk(member(cast.operation, Role.VERIFIER, now=now, name="Bao"), cast.operation)


@pytest.fixture
def claim(one: Desk, now: datetime) -> Claim:
    return open_claim(wording="Le barrage de Saclas a cédé", by=one, now=now, harm=4)


def test_who_takes_it_holds_it_until_they_let_go(
    claim: Claim, one: Desk, other: Desk, now: datetime
) -> None:
    assert holding.take(claim=claim, by=one, now=now).state == "assigned"
    with pytest.raises(holding.HeldByAnother):
        holding.take(claim=claim, by=other, now=now)
    with pytest.raises(holding.HeldByAnother):
        holding.start_checking(claim=claim, by=other, now=now)
    assert holding.start_checking(claim=claim, by=one, now=now).state == "checking"
    freed = holding.release(claim=claim, by=one, now=now)
    assert (freed.state, freed.assignee) == ("detected", None)
    assert holding.start_checking(claim=claim, by=other, now=now).assignee == other.user


def test_it_is_given_only_to_people_who_check(
    claim: Claim, one: Desk, other: Desk, cast: Cast, now: datetime
) -> None:
    assert other.user is not None
    assert holding.assign(claim=claim, assignee=other.user, by=one, now=now).assignee == other.user
    for nobody in (cast.volunteer, cast.outsider):
        with pytest.raises(holding.AssigneeCannotCheck):
            holding.assign(claim=claim, assignee=nobody, by=one, now=now)


def test_two_people_edit_at_once_and_both_are_kept(
    claim: Claim, one: Desk, other: Desk, now: datetime
) -> None:
    seen = claim.version
    edit_claim(claim=claim, version=seen, changes={"details": "Vu à 8 h"}, by=one, now=now)
    second = edit_claim(
        claim=claim, version=seen, changes={"harm": 2, "details": "Vu à 9 h"}, by=other, now=now
    )
    assert second.applied == ("harm",)
    (clash,) = second.clashes
    assert (clash.field, clash.theirs, clash.mine) == ("details", "Vu à 8 h", "Vu à 9 h")
    claim.refresh_from_db()
    assert (claim.details, claim.harm) == ("Vu à 8 h", 2)


def test_less_harm_lowers_the_priority(cast: Cast, one: Desk, now: datetime) -> None:
    post = lead(cast.operation, "Le barrage a cédé", now=now)
    made = open_claim(wording="Le barrage a cédé", by=one, now=now, leads=[post], harm=4)
    before = made.priority
    edit_claim(claim=made, version=1, changes={"harm": 0}, by=one, now=now)
    made.refresh_from_db()
    assert made.priority < before


def test_the_last_answer_counts_and_the_earlier_ones_stay(
    claim: Claim, one: Desk, other: Desk, now: datetime
) -> None:
    checking.answer(claim=claim, question="original", answer="no", by=one, now=now, note="compte")
    last = checking.answer(claim=claim, question="original", answer="yes", by=other, now=now)
    assert (last.answer, last.note) == ("yes", "compte")
    assert claim.checks.count() == 2
    again = checking.answer(claim=claim, question="original", answer="yes", by=one, now=now)
    assert again.pk == last.pk
    with pytest.raises(FieldRefused):
        checking.answer(claim=claim, question="astrology", answer="yes", by=one, now=now)


def test_the_axes_of_the_rating_are_independent(claim: Claim, one: Desk, now: datetime) -> None:
    rate_claim(claim=claim, reliability="B", by=one, now=now)
    rate_claim(claim=claim, credibility=5, by=one, now=now)
    claim.refresh_from_db()
    assert (claim.reliability, claim.credibility) == ("B", 5)
    with pytest.raises(FieldRefused):
        rate_claim(claim=claim, credibility=7, by=one, now=now)


def test_merging_shows_both_and_unmerging_gives_everything_back(
    cast: Cast, one: Desk, now: datetime
) -> None:
    a, b, both = (lead(cast.operation, f"post {n}", now=now) for n in "abc")
    left = open_claim(wording="A", by=one, now=now, leads=[a, both], harm=1)
    right = open_claim(wording="B", by=one, now=now, leads=[b, both], harm=3)
    merging.merge_claims(claim=left, into=right, by=one, now=now)
    right.refresh_from_db()
    assert (right.posts, right.harm) == (3, 3)
    with pytest.raises(ClaimMerged):
        add_posts(claim=left, leads=[a], by=one, now=now)
    merging.unmerge_claim(claim=left, by=one, now=now)
    left.refresh_from_db()
    right.refresh_from_db()
    assert set(left.made_of.values_list("lead", flat=True)) == {a.pk, both.pk}
    assert set(right.made_of.values_list("lead", flat=True)) == {b.pk, both.pk}
    assert (left.posts, right.posts) == (2, 2)


def test_what_the_public_reads_is_merged_into_nothing(
    claim: Claim, one: Desk, other: Desk, now: datetime
) -> None:
    first = propose_verdict(claim=claim, verdict="false", reason="Dit la mairie.", by=one, now=now)
    read_second(claim=claim, first=first.pk, agrees=True, by=other, now=now)
    Claim.objects.filter(pk=claim.pk).update(state="published")
    into = open_claim(wording="B", by=one, now=now)
    with pytest.raises(merging.PublicClaim):
        merging.merge_claims(claim=claim, into=into, by=one, now=now)


def test_some_posts_leave_into_a_new_claim(cast: Cast, one: Desk, now: datetime) -> None:
    stays, leaves = (lead(cast.operation, f"post {n}", now=now) for n in "ab")
    claim = open_claim(wording="A", by=one, now=now, leads=[stays, leaves])
    made = posts.split_claim(claim=claim, leads=[leaves.pk], wording="B", by=one, now=now)
    claim.refresh_from_db()
    assert (claim.posts, made.posts, made.number) == (1, 1, claim.number + 1)
    assert claim.made_of.get(lead=leaves).refused_at == now


def test_only_posts_that_spread_it_count(cast: Cast, one: Desk, now: datetime) -> None:
    a, b = (lead(cast.operation, f"post {n}", now=now) for n in "ab")
    claim = open_claim(wording="A", by=one, now=now, leads=[a, b])
    assert posts.set_stance(claim=claim, lead=b.pk, stance="denies", by=one, now=now)
    claim.refresh_from_db()
    assert claim.posts == 1
    posts.refuse_posts(claim=claim, leads=[a.pk], by=one, now=now)
    claim.refresh_from_db()
    assert claim.posts == 0


def test_it_is_linked_to_an_incident_once(
    cast: Cast, claim: Claim, one: Desk, now: datetime
) -> None:
    incident = open_incident(title="Digue", by=desk(cast.volunteer, cast.operation), now=now)
    assert incidents.link_incident(claim=claim, incident=incident, by=one, now=now)
    assert not incidents.link_incident(claim=claim, incident=incident, by=one, now=now)
    assert incidents.unlink_incident(claim=claim, incident=incident, by=one, now=now)
    assert not incidents.unlink_incident(claim=claim, incident=incident, by=one, now=now)


def test_time_is_counted_while_somebody_is_at_it_and_gaps_are_not(
    claim: Claim, one: Desk, now: datetime
) -> None:
    for seconds in (0, 30, 60, 600, 630):
        stints.beat(claim=claim, by=one, now=now + timedelta(seconds=seconds))
    spent = sorted((row.until - row.since).total_seconds() for row in claim.stints.all())
    assert spent == [30.0, 60.0]


def test_every_gesture_stands_in_the_journal_without_words_of_the_claim(
    claim: Claim, one: Desk, now: datetime
) -> None:
    holding.take(claim=claim, by=one, now=now)
    edit_claim(claim=claim, version=2, changes={"details": "secret"}, by=one, now=now)
    told = Entry.objects.filter(subject_kind="claim", subject_id=claim.pk)
    assert set(told.values_list("verb", flat=True)) == {
        "claim.opened", "claim.taken", "claim.edited",
    }  # fmt: skip
    assert not any("secret" in str(row.data) for row in told)
