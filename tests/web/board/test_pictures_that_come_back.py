"""A picture that was seen before is told on the line of its post, and how long before in its detail."""

from __future__ import annotations

import html
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests import factories
from tests.factories import Cast
from vigie.accounts.roles import Role
from vigie.collection.models import Media
from vigie.operations.models import Membership, Operation
from vigie.triage.models import Lead
from vigie.verification.models import SeenPicture

pytestmark = pytest.mark.django_db

JUNE = datetime(2016, 6, 2, 9, tzinfo=UTC)


def seen(op: Operation, alike: int, at: datetime, *, now: datetime, **fields: Any) -> Lead:
    """A post whose picture was looked at; those of one number `alike` are the same picture."""
    post = {"has_media": True, "published_at": at}
    row = factories.lead(op, now=now, post=post, **fields)
    media = Media.objects.create(post=row.post, type="image", url="https://exemple.fr/a.jpg")
    SeenPicture.objects.create(
        operation=op, media=media, lead=row, state="seen", bits=b"\0" * 32, alike=alike, seen_at=at
    )
    return row


def text_of(answer: Any) -> str:
    text = html.unescape(answer.content.decode())
    return text.replace("\u00a0", " ").replace("\u202f", " ")


@pytest.fixture
def volunteer(client: Client, cast: Cast) -> Client:
    client.force_login(cast.volunteer)
    return client


@pytest.fixture
def base(cast: Cast) -> str:
    return f"/o/{cast.operation.slug}/board/"


def test_a_picture_of_years_ago_is_said_strongly_with_a_link_to_its_first_post(
    volunteer: Client, cast: Cast, base: str, now: datetime
) -> None:
    first = seen(cast.operation, 7, JUNE, now=now)
    again = seen(cast.operation, 7, now, now=now)
    line = text_of(volunteer.get(f"{base}lines/?ids={again.pk}"))
    assert 'class="reuse old"' in line
    assert "Image déjà vue le 2 juin 2016" in line
    detail = text_of(volunteer.get(f"{base}lead/{again.pk}/", HTTP_HX_REQUEST="true"))
    assert "vue le 2 juin 2016, bien avant cette publication" in detail
    assert f"{base}lead/{first.pk}/" in detail
    line = text_of(volunteer.get(f"{base}lines/?ids={first.pk}"))
    assert 'class="reuse"' in line
    assert "image vue 2 fois" in line


def test_a_picture_that_only_goes_round_today_is_said_quietly(
    volunteer: Client, cast: Cast, base: str, now: datetime
) -> None:
    rows = [seen(cast.operation, 7, now - timedelta(hours=n), now=now) for n in range(4)]
    line = text_of(volunteer.get(f"{base}lines/?ids={rows[0].pk}"))
    assert "image vue 4 fois" in line
    assert "reuse old" not in line


@pytest.mark.parametrize("in_its_team", [False, True])
def test_another_operation_is_named_to_its_own_team_alone(
    volunteer: Client, cast: Cast, base: str, now: datetime, in_its_team: bool
) -> None:
    other = factories.operation(now=now, title="Crue de la Loire")
    if in_its_team:
        Membership.objects.create(
            operation=other, user=cast.volunteer, role=Role.WATCHER.value, since=now
        )
    first = seen(other, 7, now - timedelta(hours=1), now=now)
    here = seen(cast.operation, 7, now, now=now)
    detail = text_of(volunteer.get(f"{base}lead/{here.pk}/", HTTP_HX_REQUEST="true"))
    assert ("dans l’opération « Crue de la Loire »" in detail) is in_its_team
    assert ("dans une autre opération" in detail) is not in_its_team
    assert f"lead/{first.pk}/" not in detail


def test_a_long_board_costs_as_many_queries_as_a_short_one(
    volunteer: Client, cast: Cast, base: str, now: datetime
) -> None:
    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            volunteer.get(base)
        return len(asked)

    for number in (1, 1, 2, 2):
        seen(cast.operation, number, now, now=now)
    cost()
    few = cost()
    for number in range(2, 26):
        seen(cast.operation, number // 2, now - timedelta(hours=number), now=now)
    assert cost() == few


def test_the_biggest_bulk_of_posts_can_be_asked_about(
    volunteer: Client, cast: Cast, base: str, now: datetime
) -> None:
    rows = [seen(cast.operation, n // 2 + 1, now, now=now) for n in range(500)]
    ids = ",".join(str(row.pk) for row in rows)
    assert text_of(volunteer.get(f"{base}lines/?ids={ids}")).count('class="reuse"') == 500
