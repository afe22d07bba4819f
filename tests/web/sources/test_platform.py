"""The installation's health and its shared sources: seen and changed by whom they concern."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client

from tests import factories
from tests.factories import Cast
from tests.web.sources.conftest import as_
from vigie.collection.models import Source
from vigie.journal.models import PLATFORM_CHAIN, Entry

pytestmark = pytest.mark.django_db
FEED = {"url": "https://mairie.exemple.fr/rss", "name": "Mairie", "interval_s": "300"}


@pytest.fixture
def administrator(cast: Cast) -> Client:
    return as_(cast.administrator)


def test_an_administrator_adds_changes_pauses_and_removes_a_shared_source(
    administrator: Client,
) -> None:
    assert "/add/feed/" in administrator.get("/platform/sources/add/").content.decode()
    answer = administrator.post("/platform/sources/add/feed/", FEED)
    source = Source.objects.get()
    assert answer.headers["Location"] == f"/platform/sources/{source.pk}/"
    assert source.operation_id is None
    page = administrator.get(f"/platform/sources/{source.pk}/").content.decode()
    assert "Reprend à" in page
    administrator.post(f"/platform/sources/{source.pk}/edit/", {**FEED, "name": "Orsay"})
    for gesture in ("pause", "resume", "try"):
        administrator.post(f"/platform/sources/{source.pk}/{gesture}/")
    source.refresh_from_db()
    assert (source.name, source.enabled) == ("Orsay", True)
    administrator.post(f"/platform/sources/{source.pk}/remove/")
    assert not Source.objects.exists()
    verbs = list(Entry.objects.filter(chain=PLATFORM_CHAIN).values_list("verb", flat=True))
    assert sorted(verbs) == sorted(
        ["source.added", "source.changed", "source.paused", "source.resumed", "source.tried", "source.removed"]
    )  # fmt: skip


def test_what_an_administrator_sees_is_figures(
    administrator: Client, cast: Cast, now: datetime
) -> None:
    source = factories.source(
        cast.operation, now=now, name="Fil du journal", state="failing", error_code="unreachable",
        next_try_at=now + timedelta(minutes=3), items_seen=12,
    )  # fmt: skip
    factories.lead(cast.operation, now=now, src=source, text="Un texte que personne d’autre ne lit")
    page = administrator.get("/platform/health/").content.decode()
    assert "Fil du journal" in page
    assert "ne répond pas" in page
    assert cast.operation.title in page
    assert "Un texte que personne" not in page
    assert administrator.get(f"/platform/sources/{source.pk}/").status_code == 404


def test_the_data_protection_officer_looks_and_changes_nothing(cast: Cast) -> None:
    officer = as_(cast.data_protection_officer)
    assert officer.get("/platform/health/").status_code == 200
    assert officer.get("/platform/sources/add/").status_code == 403


def test_an_operations_source_is_not_the_platforms_to_change(
    administrator: Client, cast: Cast, now: datetime
) -> None:
    source = factories.source(cast.operation, now=now)
    assert administrator.post(f"/platform/sources/{source.pk}/pause/").status_code == 404


def test_nothing_yet_is_said_with_the_next_gesture(administrator: Client) -> None:
    page = administrator.get("/platform/health/").content.decode()
    assert "Aucune source partagée" in page
    assert "/platform/sources/add/" in page
