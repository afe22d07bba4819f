"""The board's and search's queries find their rows by an index, whatever the size of the tables."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet

from tests import factories
from tests.factories import Cast
from vigie.analysis.query import parse
from vigie.collection import fulltext
from vigie.collection.models import Author, Post, RefusedItem, Source
from vigie.collection.search import Search, restrict
from vigie.triage.models import Lead, WatchHit


def _scans(rows: QuerySet[Any]) -> list[str]:
    """The steps of the plan that read a whole table."""
    if connection.vendor == "sqlite":
        steps = [line.split(" ", 3)[3] for line in rows.explain().splitlines()]
        return [
            step
            for step in steps
            if (step.startswith("SCAN") and "VIRTUAL TABLE INDEX" not in step)
            or "TEMP B-TREE" in step
        ]
    with connection.cursor() as cursor:  # tables of a test are too small to be worth an index
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = json.loads(rows.explain(format="json"))
    return _sequential(plan)


def _sequential(node: Any) -> list[str]:
    if isinstance(node, list):
        return [found for child in node for found in _sequential(child)]
    found = [node["Relation Name"]] if node.get("Node Type") == "Seq Scan" else []
    for child in (node.get("Plan"), *node.get("Plans", ())):
        if child:
            found += _sequential(child)
    return found


@pytest.fixture(autouse=True)
def _some_rows(cast: Cast, now: datetime) -> None:
    watch = factories.watch(cast.operation, now=now)
    for _ in range(3):
        factories.lead(cast.operation, now=now, watches=(watch,), post={"tokens": "la cru mont"})


@pytest.mark.parametrize(
    "query", ["crue", "-crue", "cru*", "crue lang:fr", "network:rss", "(crue OR lang:fr) -eau", ""]
)
@pytest.mark.parametrize("before", [None, 1000])
def test_a_search_scans_no_table(cast: Cast, query: str, before: int | None) -> None:
    search = Search(query=parse(query) if query else None)
    leads = Lead.objects.filter(operation=cast.operation, folded_into__isnull=True)
    found = restrict(leads, search, to_post="post__")
    rows = found.rows.select_related("post__author")
    if before is not None:
        rows = rows.filter(**{f"{found.key}__lt": before})
    assert _scans(rows.order_by(f"-{found.key}")[:50]) == []


def test_the_board_scans_no_table(cast: Cast, now: datetime) -> None:
    leads = Lead.objects.filter(operation=cast.operation, folded_into__isnull=True)
    watch = factories.watch(cast.operation, now=now)
    for rows in (
        leads.order_by("-pk")[:50],
        leads.filter(pk__lt=1000).order_by("-pk")[:50],
        leads.filter(state="new", urgency=4, pk__gt=3).order_by("pk")[:50],
        leads.filter(state="kept", touched_at__isnull=False).order_by("-touched_at", "-pk")[:50],
        Lead.objects.filter(holder=cast.volunteer, held_until__gt=now),
    ):
        assert _scans(rows) == [], str(rows.query)
    hits = WatchHit.objects.filter(watch=watch, lead__folded_into__isnull=True)
    assert _scans(hits.select_related("lead__post").order_by("-lead_id")[:50]) == []


def test_collecting_scans_no_table(cast: Cast, now: datetime) -> None:
    source = Source.objects.first()
    assert source is not None
    for rows in (
        Post.objects.filter(source=source, remote_id__in=["a", "b"]),
        Post.objects.filter(exact__in=[1, 2]),
        Post.objects.filter(received_at__gte=now).order_by("received_at")[:10],
        Author.objects.filter(network="mastodon", remote_id__in=["a", "b"]),
        RefusedItem.objects.filter(source=source, settled_at__isnull=True).order_by("pk")[:50],
    ):
        assert _scans(rows) == [], str(rows.query)


def test_no_migration_lost_a_part_of_the_full_text_index(db: None) -> None:
    assert fulltext.missing(connection) == []


def test_a_lost_index_is_made_again_from_the_posts(cast: Cast) -> None:
    fulltext.drop(connection)
    assert fulltext.missing(connection)
    connection.check_constraints()  # PostgreSQL alters no table with checks still to make
    fulltext.create(connection)
    assert fulltext.missing(connection) == []
    found = restrict(Post.objects.all(), Search(query=parse("crue")))
    assert found.rows.count() == 3
