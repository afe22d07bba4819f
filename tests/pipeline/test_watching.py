"""The watches that a pipeline knows are those there are, compiled anew only when they changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from pytest_django import DjangoAssertNumQueries

from tests import factories
from tests.factories import Cast
from vigie.collection.models import Watch
from vigie.operations.models import Operation
from vigie.pipeline.watching import WatchBook


def test_what_did_not_change_is_not_compiled_again(
    crue: Watch, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    book = WatchBook()
    book.refresh()
    scope = book.scope(None)
    with django_assert_num_queries(1):
        book.refresh()
    assert book.scope(None) is scope


def _reword(watch: Watch) -> None:
    Watch.objects.filter(pk=watch.pk).update(query="pluie")


def _pause(watch: Watch) -> None:
    Watch.objects.filter(pk=watch.pk).update(active=False)


def _delete(watch: Watch) -> None:
    watch.delete()


def _close(watch: Watch) -> None:
    Operation.objects.filter(pk=watch.operation_id).update(
        phase="closed", closed_at=watch.created_at
    )


def _make_an_exercise(watch: Watch) -> None:
    Operation.objects.filter(pk=watch.operation_id).update(is_exercise=True)


@pytest.mark.parametrize("change", [_reword, _pause, _delete, _close, _make_an_exercise])
def test_whatever_changes_a_watch_is_noticed(crue: Watch, change: Callable[[Watch], None]) -> None:
    book = WatchBook()
    book.refresh()
    before = book.scope(None).queries
    change(crue)
    book.refresh()
    assert book.scope(None).queries != before


def test_watches_that_trade_their_words_are_noticed(cast: Cast, crue: Watch, now: datetime) -> None:
    pluie = factories.watch(cast.operation, "pluie", now=now, name="Pluie")
    book = WatchBook()
    book.refresh()
    before = dict(book.scope(None).queries)
    Watch.objects.filter(pk=crue.pk).update(query="pluie")
    Watch.objects.filter(pk=pluie.pk).update(query=crue.query)
    book.refresh()
    assert book.scope(None).queries[crue.pk] == before[pluie.pk]
