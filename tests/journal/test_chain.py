"""The journal's chain tells where it was touched."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.db import transaction
from pytest_django import DjangoAssertNumQueries

from vigie.journal import actions, queries
from vigie.journal.models import Entry


def _write(now: datetime, count: int, chain: int = 7) -> None:
    with transaction.atomic():
        for number in range(count):
            actions.write(chain=chain, verb="note.written", now=now, text=f"ligne {number}")


@pytest.mark.django_db
def test_an_untouched_chain_holds(now: datetime) -> None:
    _write(now, 5)
    assert list(queries.breaks(7)) == []
    assert queries.last_seq(7) == 5


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "seq", "reason"),
    [
        ({"text": "autre"}, 3, "hash"),
        ({"hash": "0" * 64}, 3, "hash"),
        ({"prev_hash": "1" * 64}, 3, "prev_hash"),
    ],
)
def test_a_changed_entry_is_named(
    now: datetime, change: dict[str, str], seq: int, reason: str
) -> None:
    _write(now, 5)
    Entry.objects.filter(seq=3).update(**change)
    found = list(queries.breaks(7))
    assert [(b.seq, b.reason) for b in found] == [(seq, reason)]


@pytest.mark.django_db
def test_a_removed_entry_is_named(now: datetime) -> None:
    _write(now, 5)
    Entry.objects.filter(seq=2).delete()
    assert [(b.seq, b.reason) for b in queries.breaks(7)] == [(2, "gap")]


@pytest.mark.django_db
def test_a_cut_tail_is_noticed(now: datetime) -> None:
    _write(now, 5)
    Entry.objects.filter(seq=5).delete()
    assert [(b.seq, b.reason) for b in queries.breaks(7)] == [(4, "head")]


@pytest.mark.django_db(transaction=True)
def test_writing_outside_a_transaction_is_refused(now: datetime) -> None:
    with pytest.raises(RuntimeError):
        actions.write(chain=7, verb="note.written", now=now)


@pytest.mark.django_db
def test_many_chains_are_written_at_once_and_each_holds(now: datetime) -> None:
    _write(now, 2)
    with transaction.atomic():
        written = actions.write_all(
            [
                actions.Line(chain=9, verb="posts.arrived", data={"leads": 3}, touches=["watch:1"]),
                actions.Line(chain=7, verb="posts.arrived", data={"é": [1.5, None]}),
                actions.Line(chain=9, verb="post.edited", data={}, subject=("lead", 4)),
            ],
            actor="collect",
            now=now,
        )
    assert written == [(9, 1), (7, 3), (9, 2)]
    assert [list(queries.breaks(chain)) for chain in (7, 9)] == [[], []]
    first, second = queries.since(9, 0)
    assert (first.actor, first.touches, first.data) == ("collect", ["watch:1"], {"leads": 3})
    assert (second.verb, second.subject_kind, second.subject_id) == ("post.edited", "lead", 4)
    with transaction.atomic():
        assert actions.write_all([], actor="collect", now=now) == []
        assert actions.write(chain=9, verb="note.written", now=now).seq == 3


@pytest.mark.django_db
def test_a_hundred_chains_take_no_more_statements_than_one(
    now: datetime, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    def write(chains: int) -> None:
        actions.write_all(
            [actions.Line(chain=chain, verb="posts.arrived", data={}) for chain in range(chains)],
            actor="collect", now=now,
        )  # fmt: skip

    with transaction.atomic():
        write(100)
        with django_assert_max_num_queries(3):
            write(100)
    assert queries.last_seqs(range(100)) == dict.fromkeys(range(100), 2)


@pytest.mark.django_db(transaction=True)
def test_writing_many_outside_a_transaction_is_refused(now: datetime) -> None:
    with pytest.raises(RuntimeError):
        actions.write_all([actions.Line(chain=7, verb="x.y", data={})], actor="a", now=now)
