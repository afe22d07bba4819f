"""What arrives is recognised: sure posts are linked, likely ones proposed, refused ones left alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.factories import Cast, desk, lead
from vigie.analysis.claims import SAME
from vigie.analysis.tokens import tokenise
from vigie.journal import actions as journal
from vigie.journal.models import Entry
from vigie.operations.access import Desk
from vigie.triage.models import Lead
from vigie.verification import following
from vigie.verification.actions.claims import open_claim
from vigie.verification.actions.posts import confirm_posts, refuse_posts
from vigie.verification.models import Claim, ClaimPost
from vigie.verification.spread import measure

pytestmark = pytest.mark.django_db
WORDING = "Le barrage de Saclas a cédé"


def arrive(cast: Cast, text: str, *, now: datetime, **fields: Any) -> Lead:
    """A post and what the pipeline tells of it."""
    tokens = " ".join(tokenise(text))
    row = lead(cast.operation, text, now=now, post={"tokens": tokens}, **fields)
    journal.write(
        chain=cast.operation.pk, verb="posts.arrived", now=now, actor="collect",
        data={"leads": 1, "copies": 0, "watches": {}, "spans": [[row.pk, row.pk]]},
        touches=[f"lead:{row.folded_into_id}"] if row.folded_into_id else [],
    )  # fmt: skip
    return row


@pytest.fixture
def by(cast: Cast) -> Desk:
    return desk(cast.volunteer, cast.operation)


@pytest.fixture
def claim(by: Desk, now: datetime) -> Claim:
    return open_claim(wording=WORDING, by=by, now=now, harm=4)


def follow(now: datetime) -> None:
    while following.run_all(now=now):
        pass


def test_a_post_that_says_the_same_is_linked_and_counts(
    cast: Cast, claim: Claim, now: datetime
) -> None:
    post = arrive(cast, "Le barrage de Saclas a cédé !!", now=now)
    other = arrive(cast, "Il pleut à Orsay depuis ce matin", now=now)
    follow(now)
    row = claim.made_of.get()
    assert (row.lead_id, row.confirmed) == (post.pk, False)
    assert row.score is not None
    assert row.score >= SAME
    claim.refresh_from_db()
    assert claim.posts == 1
    entry = Entry.objects.get(verb="claim.posts_found")
    assert entry.data["leads"] == [post.pk]
    assert f"lead:{post.pk}" in entry.touches
    assert not ClaimPost.objects.filter(lead=other).exists()


def test_a_likely_post_counts_only_when_a_person_confirmed_it(
    cast: Cast, claim: Claim, by: Desk, now: datetime
) -> None:
    post = lead(cast.operation, "La digue aurait lâché", now=now)
    ClaimPost.objects.create(claim=claim, lead=post, score=SAME - 0.1, model="x", at=now)
    measure(claim, now=now)
    assert claim.posts == 0
    assert confirm_posts(claim=claim, leads=[post.pk], by=by, now=now) == [post.pk]
    claim.refresh_from_db()
    assert claim.posts == 1


def test_what_was_refused_is_never_proposed_again(
    cast: Cast, claim: Claim, by: Desk, now: datetime
) -> None:
    post = arrive(cast, "Le barrage de Saclas a cédé !!", now=now)
    follow(now)
    refuse_posts(claim=claim, leads=[post.pk], by=by, now=now)
    journal.write(
        chain=cast.operation.pk, verb="post.edited", now=now, actor="collect",
        data={"leads": [post.pk], "number": 1},
    )  # fmt: skip
    follow(now)
    assert claim.made_of.get().refused_at == now


def test_posts_that_were_there_before_the_claim_are_found_too(
    cast: Cast, by: Desk, now: datetime
) -> None:
    post = arrive(cast, "Le barrage de Saclas a cédé !!", now=now)
    claim = open_claim(wording=WORDING, by=by, now=now)
    follow(now)
    assert claim.made_of.get().lead_id == post.pk


def test_copies_that_arrive_later_add_to_the_spread(cast: Cast, by: Desk, now: datetime) -> None:
    head = lead(cast.operation, WORDING, now=now)
    claim = open_claim(wording=WORDING, by=by, now=now, leads=[head])
    follow(now)
    later = now + timedelta(minutes=5)
    arrive(cast, WORDING, now=later, folded_into=head)
    follow(later)
    claim.refresh_from_db()
    assert (claim.posts, claim.growth_per_h) == (2, 2.0)
    assert Entry.objects.filter(verb="claims.measured").count() == 1


def test_what_its_source_took_back_counts_no_more_but_was_still_seen_first(
    cast: Cast, by: Desk, now: datetime
) -> None:
    head = lead(cast.operation, WORDING, now=now)
    claim = open_claim(wording=WORDING, by=by, now=now, leads=[head])
    follow(now)
    head.post.deleted_at = now
    head.post.save()
    journal.write(
        chain=cast.operation.pk, verb="post.deleted", now=now, actor="collect",
        data={"leads": [head.pk], "number": 1},
    )  # fmt: skip
    follow(now)
    claim.refresh_from_db()
    assert (claim.posts, claim.first_seen_at) == (0, head.published_at)


def test_growth_slows_down_by_itself(cast: Cast, by: Desk, now: datetime) -> None:
    head = lead(cast.operation, WORDING, now=now)
    claim = open_claim(wording=WORDING, by=by, now=now, leads=[head])
    follow(now)
    assert claim.growth_per_h == 1.0
    follow(now + timedelta(hours=2))
    claim.refresh_from_db()
    assert (claim.posts, claim.growth_per_h) == (1, 0.0)


def test_a_pass_over_many_claims_asks_as_little_as_over_one(
    cast: Cast, by: Desk, now: datetime, django_assert_max_num_queries: object
) -> None:
    heads = [lead(cast.operation, f"{WORDING} {n}", now=now) for n in range(12)]
    for n, head in enumerate(heads):
        open_claim(wording=f"Allégation {n}", by=by, now=now, leads=[head])
    follow(now)
    for head in heads:
        arrive(cast, "copie", now=now, folded_into=head)
    with django_assert_max_num_queries(40):  # type: ignore[operator]
        follow(now)
    assert set(Claim.objects.values_list("posts", flat=True)) == {2}


def test_nothing_to_look_at_is_found_in_a_few_queries(
    cast: Cast, claim: Claim, now: datetime, django_assert_max_num_queries: object
) -> None:
    follow(now)
    with django_assert_max_num_queries(4):  # type: ignore[operator]
        assert following.waiting(now=now) == []
