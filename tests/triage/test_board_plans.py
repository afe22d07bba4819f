"""Every query of a column finds its rows by an index, in order: nothing grows with the tables."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection

from tests import factories
from vigie.triage.actions import leads as act
from vigie.triage.models import Annotation
from vigie.triage.queries import leads
from vigie.triage.queries.streams import Filters, Stream

BIG = ("triage_lead", "collection_post", "triage_watchhit", "triage_annotation", "journal_entry")


@contextmanager
def asked() -> Iterator[list[tuple[str, Any]]]:
    """The queries of the block with their parameters: written out, they can be planned otherwise."""
    found: list[tuple[str, Any]] = []

    def note(execute, sql, params, many, context):
        found.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield found


def steps_of(sql: str, params: Any) -> list[str]:
    """What the database would do, in lines of which those that read or sort everything stand out."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
            return [row[3] for row in cursor.fetchall()]
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
        plan = cursor.fetchone()[0]
    found: list[str] = []

    def walk(node):
        if isinstance(node, list):
            for each in node:
                walk(each)
            return
        if node.get("Node Type") == "Seq Scan":
            found.append(f"SCAN {node['Relation Name']}")
        for child in (node.get("Plan"), *node.get("Plans", ())):
            if child:
                walk(child)

    walk(json.loads(plan) if isinstance(plan, str) else plan)
    return found


def faults(queries) -> list[str]:
    """Steps that read a whole big table, or sort what an index should give in order."""
    found = []
    for sql, params in queries:
        if not sql.startswith("SELECT") or not any(name in sql for name in BIG):
            continue
        for step in steps_of(sql, params):
            scanned = step.startswith("SCAN") and any(name in step for name in BIG)
            by_index = "USING COVERING INDEX" in step or "VIRTUAL TABLE" in step
            by_index |= "WHERE" not in sql and sql.endswith("LIMIT 1")  # the first by its key
            sorted_rows = "TEMP B-TREE FOR ORDER BY" in step and "triage_annotation" not in sql
            if (scanned and not by_index) or sorted_rows:
                found.append(f"{step}  ←  {sql[:200]}")
    return found


@pytest.mark.parametrize("kind", ["watch", "todo", "kept", "all", "filtered", "text", "text+lead"])
def test_a_page_and_its_news_read_no_table_whole(cast, now, kind):
    by = factories.desk(cast.volunteer, cast.operation)
    watch = factories.watch(cast.operation, now=now)
    for n in range(8):
        lead = factories.lead(
            cast.operation, now=now, watches=(watch,), urgency=n % 5, post={"tokens": "cru"}
        )
        Annotation.objects.create(lead=lead, kind="urgency", value={}, model="m@1", at=now)
        if kind == "kept":
            act.keep(leads={lead.pk: None}, by=by, now=now)
    stream = {
        "watch": Stream(kind="watch", watch=watch.pk),
        "todo": Stream(kind="todo"),
        "kept": Stream(kind="kept"),
        "all": Stream(kind="search"),
        "filtered": Stream(kind="search", filters=Filters(urgency=3, category="victimes")),
        "text": Stream(kind="search", filters=Filters(text="crue", state="all")),
        "text+lead": Stream(kind="search", filters=Filters(text="crue", urgency=1)),
    }[kind]
    with asked() as queries:
        page = leads.page(stream=stream, by=by, now=now, limit=3)
        if page.older:
            leads.page(stream=stream, by=by, now=now, limit=3, after=page.older)
        leads.news(stream=stream, by=by, now=now, mark="1")
    assert faults(queries) == []
