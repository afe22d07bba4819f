"""What has passed its time goes; what an open operation still works on stays."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import transaction

from tests import factories
from tests.factories import Cast
from vigie.collection import retention as collection
from vigie.collection.models import Author, Post, RefusedItem
from vigie.journal.queries import entries
from vigie.operations.access import machine_desk
from vigie.operations.models import Operation
from vigie.triage import retention
from vigie.triage.models import Annotation, Lead

pytestmark = pytest.mark.django_db


def close(operation: Operation, at: datetime) -> None:
    Operation.objects.filter(pk=operation.pk).update(phase="closed", closed_at=at)
    operation.refresh_from_db()


def expire(operation: Operation, now: datetime) -> int:
    desk = machine_desk(operation, "purge")
    return retention.expire_posts(operation=operation, by=desk, now=now)[0]


def test_posts_of_an_operation_closed_a_month_ago_lose_text_and_account(
    cast: Cast, now: datetime
) -> None:
    lead = factories.lead(cast.operation, "Bloqués au 12 rue des Prés", now=now, state="kept")
    Annotation.objects.create(lead=lead, kind="urgency", value={"because": ["bloqués"]}, at=now)
    close(cast.operation, now)
    assert retention.due_operations(now + timedelta(days=29)) == []
    later = now + timedelta(days=31)
    assert retention.due_operations(later) == [cast.operation]
    assert expire(cast.operation, later) == 1
    post = Post.objects.get()
    assert (post.text, post.author_id, post.url) == ("", None, "")
    assert Lead.objects.get().state == "kept"
    assert not Annotation.objects.exists()
    assert not Author.objects.exists()
    assert entries(cast.operation.pk).first().verb == "data.expired"  # type: ignore[union-attr]
    assert expire(cast.operation, later) == 0


def test_a_post_that_another_operation_works_on_stays(cast: Cast, now: datetime) -> None:
    lead = factories.lead(cast.operation, now=now)
    Lead.objects.create(
        operation=cast.other_operation, post=lead.post, published_at=now, arrived_at=now
    )
    close(cast.operation, now)
    assert expire(cast.operation, now + timedelta(days=31)) == 0
    assert Post.objects.get().text


def test_old_refused_items_and_idle_accounts_go(cast: Cast, now: datetime) -> None:
    source = factories.source(cast.operation, now=now)
    for age, settled in ((40, False), (10, True), (10, False)):
        at = now - timedelta(days=age)
        RefusedItem.objects.create(
            source=source, at=at, code="bad_json", payload=b"x", settled_at=at if settled else None
        )
    assert collection.due_refused(now).count() == 2
    lead = factories.lead(cast.operation, now=now)
    Author.objects.create(network="x", remote_id="nobody")
    with transaction.atomic():
        collection.idle_authors().delete()
    assert list(Author.objects.all()) == [lead.post.author]
