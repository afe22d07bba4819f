"""Taking a post in hand and giving it back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests import factories
from vigie.triage.actions import holds
from vigie.triage.actions import leads as act


@pytest.fixture
def by(cast):
    return factories.desk(cast.volunteer, cast.operation)


@pytest.fixture
def other(cast):
    return factories.desk(cast.verifier, cast.operation)


@pytest.fixture
def lead(cast, now):
    return factories.lead(cast.operation, now=now)


def test_a_taken_post_says_who_has_it_and_until_when(lead, by, other, now):
    holds.take(leads={lead.pk: None}, by=by, now=now)
    with pytest.raises(holds.LeadInTheWay) as refusal:
        holds.take(leads={lead.pk: None}, by=other, now=now)
    assert refusal.value.first == act.Hindrance(
        reason="held", other=by.user.display, until=now + timedelta(minutes=10)
    )


def test_others_leave_a_taken_post_alone_until_its_time_is_over(lead, by, other, now):
    holds.take(leads={lead.pk: None}, by=by, now=now)
    with pytest.raises(act.LeadInTheWay):
        act.keep(leads={lead.pk: None}, by=other, now=now + timedelta(minutes=9))
    act.keep(leads={lead.pk: None}, by=other, now=now + timedelta(minutes=10))
    lead.refresh_from_db()
    assert lead.state == "kept"


def test_a_take_that_ran_out_is_taken_over(lead, by, other, now):
    holds.take(leads={lead.pk: None}, by=by, now=now)
    later = now + timedelta(minutes=10)
    holds.take(leads={lead.pk: None}, by=other, now=later)
    lead.refresh_from_db()
    assert (lead.holder, lead.held_until) == (other.user, later + timedelta(minutes=10))


def test_the_holders_gestures_prolong_the_take(lead, by, now):
    holds.take(leads={lead.pk: None}, by=by, now=now)
    later = now + timedelta(minutes=8)
    act.rate(leads={lead.pk: None}, credibility=2, by=by, now=later)
    lead.refresh_from_db()
    assert lead.held_until == later + timedelta(minutes=10)


def test_dismissing_ends_ones_own_take(lead, by, now):
    holds.take(leads={lead.pk: None}, by=by, now=now)
    act.dismiss(leads={lead.pk: None}, by=by, now=now)
    lead.refresh_from_db()
    assert (lead.holder, lead.held_until) == (None, None)


def test_only_the_holder_releases(lead, by, other, now):
    holds.take(leads={lead.pk: None}, by=by, now=now)
    assert holds.release(leads={lead.pk: None}, by=other, now=now).entry is None
    lead.refresh_from_db()
    assert lead.holder == by.user
    holds.release(leads={lead.pk: None}, by=by, now=now)
    lead.refresh_from_db()
    assert lead.holder is None


def test_taking_several_takes_the_free_ones(cast, lead, by, other, now):
    second = factories.lead(cast.operation, now=now)
    holds.take(leads={lead.pk: None}, by=other, now=now)
    done = holds.take(leads={lead.pk: None, second.pk: None}, by=by, now=now)
    assert done.leads == (second.pk,)
    assert done.left[lead.pk].other == other.user.display


def test_a_post_of_another_operation_cannot_be_taken(cast, by, now):
    foreign = factories.lead(cast.other_operation, now=now)
    with pytest.raises(act.UnknownLead):
        holds.take(leads={foreign.pk: None}, by=by, now=now)


def test_taking_again_prolongs_and_is_no_second_gesture(lead, by, now):
    holds.take(leads={lead.pk: None}, by=by, now=now)
    later = now + timedelta(minutes=5)
    assert holds.take(leads={lead.pk: None}, by=by, now=later).entry is None
    lead.refresh_from_db()
    assert lead.held_until == later + timedelta(minutes=10)
