"""A claim is written down once, with the posts that make it, and its spread is counted."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.factories import Cast, desk, lead
from vigie.journal.models import Entry
from vigie.operations.access import NotAllowed
from vigie.verification.actions.claims import FieldRefused, LeadNotHere, add_posts, open_claim
from vigie.verification.decide import (
    STATES,
    TRANSITIONS,
    AloneRefused,
    StateRefused,
    follow,
    priority,
    second_reader,
)
from vigie.verification.queries.claims import claims_of

pytestmark = pytest.mark.django_db


def test_a_claim_counts_from_one_in_its_operation_and_stands_in_the_journal(
    cast: Cast, now: datetime
) -> None:
    by = desk(cast.volunteer, cast.operation)
    first = open_claim(wording="  Le barrage de Saclas\n a cédé ", by=by, now=now)
    second = open_claim(wording="L’eau n’est plus potable", by=by, now=now)
    assert (first.number, second.number) == (1, 2)
    assert first.wording == "Le barrage de Saclas a cédé"
    entry = Entry.objects.get(verb="claim.opened", subject_id=first.pk)
    assert "wording" not in entry.data
    assert f"claim:{first.pk}" in entry.touches


def test_the_spread_is_computed_from_the_posts_that_make_it(cast: Cast, now: datetime) -> None:
    by = desk(cast.volunteer, cast.operation)
    posts = [
        lead(cast.operation, f"Le barrage a cédé {n}", now=now - timedelta(hours=n)) for n in (0, 2)
    ]
    claim = open_claim(wording="Le barrage a cédé", by=by, now=now, leads=posts[:1], harm=4)
    before = claim.priority
    assert (claim.posts, claim.growth_per_h) == (1, 1.0)
    assert add_posts(claim=claim, leads=posts, by=by, now=now) == posts[1:]
    claim.refresh_from_db()
    assert (claim.posts, claim.growth_per_h) == (2, 1.0)
    assert claim.first_seen_at == posts[1].published_at
    assert claim.priority > before


@pytest.mark.parametrize("wording", ["", "   ", "x" * 281])
def test_a_wording_that_says_nothing_or_too_much_is_refused(
    cast: Cast, now: datetime, wording: str
) -> None:
    with pytest.raises(FieldRefused):
        open_claim(wording=wording, by=desk(cast.volunteer, cast.operation), now=now)


def test_a_post_of_another_operation_makes_no_claim_here(cast: Cast, now: datetime) -> None:
    elsewhere = lead(cast.other_operation, "ailleurs", now=now)
    with pytest.raises(LeadNotHere):
        open_claim(wording="x", by=desk(cast.volunteer, cast.operation), now=now, leads=[elsewhere])


def test_a_partner_reads_claims_and_opens_none(cast: Cast, now: datetime) -> None:
    partner = desk(cast.partner, cast.operation)
    assert list(claims_of(partner)) == []
    with pytest.raises(NotAllowed):
        open_claim(wording="x", by=partner, now=now)


def test_no_state_reaches_the_public_without_a_second_reading() -> None:
    reached, border = set(), {"detected"}
    while border:
        state = border.pop()
        reached.add(state)
        border |= {new for new in TRANSITIONS[state] if new != "second_reading"} - reached
    assert reached == {"detected", "assigned", "checking"}
    assert set(STATES) == set(TRANSITIONS)
    with pytest.raises(StateRefused):
        follow("checking", "concluded")


@pytest.mark.parametrize(("first", "second"), [(1, 1), (None, 1), (1, None), (None, None)])
def test_nobody_reads_their_own_verdict(first: int | None, second: int | None) -> None:
    with pytest.raises(AloneRefused):
        second_reader(first=first, second=second)


def test_a_deadly_rumour_of_three_posts_stands_before_a_harmless_one_of_three_hundred() -> None:
    deadly = priority(posts=3, reach=None, growth_per_h=3, harm=4)
    harmless = priority(posts=300, reach=None, growth_per_h=3, harm=0)
    assert deadly > harmless
