"""Filters, pages and step-by-step verification of a chain."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import factories
from vigie.journal import actions, queries
from vigie.journal.models import Entry
from vigie.journal.queries import Verified, Wanted

pytestmark = pytest.mark.django_db
CHAIN = 7


def write(now: datetime, verb: str = "note.written", **fields: object) -> Entry:
    with transaction.atomic():
        return actions.write(chain=CHAIN, verb=verb, now=now, **fields)  # type: ignore[arg-type]


def seqs(wanted: Wanted) -> list[int]:
    return [row.seq for row in queries.found(CHAIN, wanted)]


def test_each_filter_keeps_what_it_names(now: datetime) -> None:
    person = factories.user("Inès")
    write(now, "lead.kept", by=person, subject=("lead", 3))
    write(now, "incident.opened", subject=("incident", 5))
    write(now + timedelta(hours=1), text="Épinay appelle", actor="V3")
    write(now, "leadership.changed")
    assert seqs(Wanted()) == [4, 3, 2, 1]
    assert seqs(Wanted(nouns=("lead",))) == [1]
    assert seqs(Wanted(nouns=("incident",), verbs=("lead.kept",))) == [2, 1]
    assert seqs(Wanted(by=person.pk)) == [1]
    assert seqs(Wanted(subject=("incident", 5))) == [2]
    assert seqs(Wanted(text="épinay")) == [3]
    assert seqs(Wanted(text="v3")) == [3]
    assert seqs(Wanted(since=now + timedelta(minutes=1))) == [3]
    assert seqs(Wanted(until=now + timedelta(minutes=1))) == [4, 2, 1]


def test_text_that_looks_like_a_pattern_is_only_text(now: datetime) -> None:
    write(now, text="100 %")
    write(now, text="tout")
    assert seqs(Wanted(text="%")) == [1]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(count=st.integers(0, 12), limit=st.integers(1, 5))
def test_turning_pages_back_and_forth_shows_every_entry_once(
    now: datetime, count: int, limit: int
) -> None:
    with transaction.atomic():
        for _ in range(count):
            write(now)
        back, before, pages = [], None, []
        while True:
            page = queries.page(CHAIN, Wanted(), before=before, limit=limit)
            pages.append([row.seq for row in page.entries])
            back += pages[-1]
            if page.older is None:
                break
            before = page.older
        assert back == list(range(count, 0, -1))
        after, forth = (pages[-1][0] if pages[-1] else 0), pages[-1]
        while True:
            page = queries.page(CHAIN, Wanted(), after=after, limit=limit)
            forth = [row.seq for row in page.entries] + forth
            if page.newer is None:
                break
            after = page.newer
        assert forth == back
        transaction.set_rollback(True)


def test_a_chain_is_verified_a_few_entries_at_a_time(now: datetime) -> None:
    for _ in range(5):
        write(now)
    done = queries.verify_on(CHAIN, Verified(), limit=2)
    assert (done.seq, done.broken) == (2, None)
    done = queries.verify_on(CHAIN, done, limit=10)
    assert (done.seq, done.broken) == (5, None)
    write(now)
    assert queries.verify_on(CHAIN, done, limit=10).seq == 6


@pytest.mark.parametrize(
    ("harm", "seq", "reason"),
    [
        (lambda rows: rows.filter(seq=3).update(text="autre"), 3, "hash"),
        (lambda rows: rows.filter(seq=3).delete(), 3, "gap"),
        (lambda rows: rows.filter(seq=5).delete(), 4, "head"),
    ],
    ids=["changed", "removed", "tail cut"],
)
def test_what_breaks_a_chain_is_named_and_stays_named(
    now: datetime, harm: object, seq: int, reason: str
) -> None:
    for _ in range(5):
        write(now)
    harm(Entry.objects.filter(chain=CHAIN))  # type: ignore[operator]
    done = queries.verify_on(CHAIN, Verified(), limit=10)
    assert done.broken is not None
    assert (done.broken.seq, done.broken.reason) == (seq, reason)
    assert queries.verify_on(CHAIN, done, limit=10) == done
