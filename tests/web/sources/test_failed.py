"""Failed batches on the screens: who reads them, who decides, what is written down."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from tests import factories
from tests.factories import Cast
from tests.pipeline.plain import make_intake
from tests.web.sources.conftest import as_
from vigie.collection.models import FailedBatch, Post, Source
from vigie.contracts.plugins import RawItem
from vigie.journal.models import Entry
from vigie.pipeline.messages import Message

pytestmark = pytest.mark.django_db
LINE = b'{"id": "1", "text": "La crue monte", "created_at": "2026-11-24T02:00:00Z"}'


def failed(source: Source, *, now: datetime, **fields: Any) -> FailedBatch:
    message = Message(source=source.pk, items=(RawItem(payload=LINE, where="12"),))
    given = {
        "state": "waiting", "items": 1, "payload": message.to_bytes(), "tries": 5,
        "code": "store_failed", "detail": "KeyError (preparing.py:12)", "first_at": now, "at": now,
        "epoch": 1, "number": FailedBatch.objects.count() + 1,
    }  # fmt: skip
    return FailedBatch.objects.create(source=source, **{**given, **fields})


@pytest.fixture
def source(cast: Cast, now: datetime) -> Source:
    factories.watch(cast.operation, "crue", now=now)
    return factories.source(
        cast.operation, now=now, name="Fil", plugin="file", config={"blob": "x"}
    )


@pytest.fixture
def coordinator(cast: Cast) -> Client:
    return as_(cast.coordinator)


def where(cast: Cast) -> str:
    return f"/o/{cast.operation.slug}/sources/failed/"


def test_a_coordinator_reads_what_a_failed_batch_holds(
    coordinator: Client, cast: Cast, source: Source, now: datetime
) -> None:
    batch = failed(source, now=now)
    listed = coordinator.get(f"/o/{cast.operation.slug}/sources/").content.decode()
    assert "1 lot n’a pas pu être enregistré" in listed
    page = coordinator.get(where(cast)).content.decode()
    assert "La crue monte" in page
    assert "KeyError (preparing.py:12)" in page
    assert "Enregistrer à nouveau" in page
    answer = coordinator.get(f"{where(cast)}{batch.pk}.jsonl")
    assert b"La crue monte" in b"".join(answer)  # type: ignore[arg-type]


def test_replayed_it_is_stored_and_leaves_the_list(
    coordinator: Client, cast: Cast, source: Source, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vigie.pipeline.installed.installed_intake", make_intake)
    batch = failed(source, now=now)
    page = coordinator.post(f"{where(cast)}{batch.pk}/replay/", follow=True).content.decode()
    batch.refresh_from_db()
    assert (batch.state, bytes(batch.payload)) == ("stored", b"")
    assert Post.objects.get(source=source).text == "La crue monte"
    assert "Aucun lot en échec" in page
    verbs = set(Entry.objects.values_list("verb", flat=True))
    assert {"batch.replayed", "posts.arrived"} <= verbs


def test_it_is_thrown_away_for_a_reason_only(
    coordinator: Client, cast: Cast, source: Source, now: datetime
) -> None:
    batch = failed(source, now=now)
    address = f"{where(cast)}{batch.pk}/discard/"
    assert "Indiquez pourquoi" in coordinator.post(address, follow=True).content.decode()
    batch.refresh_from_db()
    assert batch.state == "waiting"
    coordinator.post(address, {"reason": "Doublon d’un essai"})
    batch.refresh_from_db()
    assert (batch.state, batch.settled_by, bytes(batch.payload)) == (
        "discarded", cast.coordinator, b"",
    )  # fmt: skip
    entry = Entry.objects.get(verb="batch.discarded")
    assert entry.data["reason"] == "Doublon d’un essai"
    book = coordinator.get(f"/o/{cast.operation.slug}/journal/").content.decode()
    assert "a jeté un lot en échec de" in book
    assert "plus rapide" in coordinator.post(address, {"reason": "x"}, follow=True).content.decode()


def test_a_volunteer_may_not_and_another_operation_does_not_know(
    cast: Cast, source: Source, now: datetime
) -> None:
    batch = failed(source, now=now)
    watcher, stranger = as_(cast.volunteer), as_(cast.outsider)
    assert watcher.get(where(cast)).status_code == 403
    assert watcher.post(f"{where(cast)}{batch.pk}/replay/").status_code == 403
    assert stranger.get(where(cast)).status_code == 404


def test_what_an_administrator_sees_of_shared_sources_is_figures(cast: Cast, now: datetime) -> None:
    shared = factories.source(None, now=now, name="Jetstream", plugin="file", config={"blob": "x"})
    batch = failed(shared, now=now)
    administrator, coordinator = as_(cast.administrator), as_(cast.coordinator)
    page = administrator.get("/platform/health/").content.decode()
    assert "Lots en échec des sources partagées" in page
    assert "La crue monte" not in page
    assert coordinator.post(f"{where(cast)}{batch.pk}/replay/").status_code == 404
    administrator.post(f"/platform/failed/{batch.pk}/discard/", {"reason": "Sans objet"})
    batch.refresh_from_db()
    assert (batch.state, batch.settled_by) == ("discarded", cast.administrator)


def test_a_batch_that_is_none_can_only_be_thrown_away(
    coordinator: Client, cast: Cast, source: Source, now: datetime
) -> None:
    batch = failed(source, now=now, payload=b"?", items=0, code="batch_unreadable")
    page = coordinator.get(where(cast)).content.decode()
    assert "Rien n’y est lisible" in page
    assert "Enregistrer à nouveau" not in page
    page = coordinator.post(f"{where(cast)}{batch.pk}/replay/", follow=True).content.decode()
    assert "ne peut qu’être jeté" in page
    batch.refresh_from_db()
    assert batch.state == "waiting"
