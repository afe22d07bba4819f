"""A post that repeats a claim bears its verdict on the board, on its line and in its detail."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import Cast, desk, lead, watch
from vigie.analysis.claims import SAME
from vigie.triage.models import Lead
from vigie.verification.actions.claims import open_claim
from vigie.verification.actions.posts import refuse_posts
from vigie.verification.models import Claim, ClaimPost
from vigie.verification.queries.marks import marks_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def post(cast: Cast, now: datetime) -> Lead:
    return lead(
        cast.operation, "Le barrage a cédé", now=now, watches=(watch(cast.operation, now=now),)
    )


@pytest.fixture
def claim(cast: Cast, post: Lead, now: datetime) -> Claim:
    by = desk(cast.verifier, cast.operation)
    return open_claim(wording="Le barrage de Saclas a cédé", by=by, now=now, leads=[post])


def test_the_line_says_the_verdict_and_leads_to_the_claim(
    client: Client, cast: Cast, post: Lead, claim: Claim, now: datetime
) -> None:
    client.force_login(cast.volunteer)
    board = reverse("board:board", args=[cast.operation.slug])
    assert "allégation 1" in client.get(board).content.decode()
    Claim.objects.filter(pk=claim.pk).update(state="published", verdict="false", concluded_at=now)
    address = reverse("verify:claim", args=[cast.operation.slug, 1])
    lines = reverse("board:lines", args=[cast.operation.slug])
    for page in (
        client.get(board),
        client.get(lines, {"ids": str(post.pk)}),
        client.get(reverse("board:lead", args=[cast.operation.slug, post.pk])),
    ):
        html = page.content.decode()
        assert 'data-verdict="false"' in html
        assert address in html


def test_what_a_machine_proposes_is_asked_in_the_detail(
    client: Client, cast: Cast, claim: Claim, now: datetime
) -> None:
    other = lead(cast.operation, "La digue aurait lâché", now=now)
    ClaimPost.objects.create(claim=claim, lead=other, score=SAME / 2, model="x", at=now)
    client.force_login(cast.volunteer)
    address = reverse("board:lead", args=[cast.operation.slug, other.pk])
    assert "Elle dit autre chose" in client.get(address).content.decode()
    refuse_posts(claim=claim, leads=[other.pk], by=desk(cast.volunteer, cast.operation), now=now)
    assert "Elle dit autre chose" not in client.get(address).content.decode()


def test_marks_are_read_in_one_query_and_only_in_ones_operation(
    cast: Cast, post: Lead, claim: Claim, django_assert_num_queries: object
) -> None:
    by = desk(cast.volunteer, cast.operation)
    with django_assert_num_queries(1):  # type: ignore[operator]
        (mark,) = marks_of(by, [post.pk])[post.pk]
    assert (mark.number, mark.verdict, mark.proposed) == (1, "", False)
    assert marks_of(desk(cast.outsider, cast.other_operation), [post.pk]) == {}


def test_a_withdrawn_verdict_is_no_answer_any_more(
    cast: Cast, post: Lead, claim: Claim, now: datetime
) -> None:
    Claim.objects.filter(pk=claim.pk).update(state="withdrawn", verdict="false", concluded_at=now)
    (mark,) = marks_of(desk(cast.volunteer, cast.operation), [post.pk])[post.pk]
    assert mark.verdict == ""
