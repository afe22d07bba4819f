"""The journal's chain tells where it was touched."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.db import transaction

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
