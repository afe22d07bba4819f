"""Pictures that may shock are covered wherever they stand, and each look is counted."""

from __future__ import annotations

import html
from collections.abc import Callable
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import Cast, desk, lead
from vigie.collection.blobs import BlobStore
from vigie.collection.models import Media
from vigie.triage.actions.incidents import open_incident
from vigie.triage.models import Lead
from vigie.verification.actions.claims import open_claim
from vigie.verification.decide_exposures import PAUSE_AFTER
from vigie.verification.models import Evidence, Exposure

pytestmark = pytest.mark.django_db


def text_of(answer: Any) -> str:
    return html.unescape(answer.content.decode())


@pytest.fixture
def shocking(cast: Cast, now: datetime, settings: Any, tmp_path: Path) -> Lead:
    settings.VIGIE_BLOBS = tmp_path
    kept = BlobStore().keep([b"RIFF....WEBP"], suffix=".webp")
    row = lead(cast.operation, now=now, post={"has_media": True, "graphic": True})
    Media.objects.create(post=row.post, type="image", state="fetched", blob=kept.name)
    by = desk(cast.volunteer, cast.operation)
    claim = open_claim(wording="Le barrage a cédé", leads=[row], by=by, now=now)
    Evidence.objects.create(
        claim=claim, kind="file", title="Photo", blob=kept.name, shown=kept.name,
        content_type="image/webp", added_at=now, facts={"graphic": True},
    )  # fmt: skip
    open_incident(title="Barrage", leads=[row], by=by, now=now)
    return row


PLACES: dict[str, Callable[[str, Lead], str]] = {
    "post": lambda slug, row: reverse("board:lead", args=[slug, row.pk]),
    "incident": lambda slug, row: reverse("map:incident", args=[slug, 1]),
    "claim": lambda slug, row: reverse("verify:claim", args=[slug, 1]),
    "workbench": lambda slug, row: reverse("verify:pictures", args=[slug, 1]),
    "public picture": lambda slug, row: reverse(
        "verify:page-picture", args=[slug, 1, Evidence.objects.get().pk]
    ),
}


@pytest.mark.parametrize("place", PLACES)
def test_it_is_covered_there(client: Client, cast: Cast, shocking: Lead, place: str) -> None:
    client.force_login(cast.verifier)
    page = text_of(client.get(PLACES[place](cast.operation.slug, shocking), HTTP_HX_REQUEST=""))
    pictures = [before for before, img in pairwise(page.split("<img")) if " src=" in img[:400]]
    pictures = [before.rpartition("class=")[2] for before in pictures]
    assert pictures
    assert all("veiled" in before for before in pictures), pictures


def test_every_look_is_counted_and_the_eighth_proposes_a_pause(client: Client, cast: Cast) -> None:
    client.force_login(cast.volunteer)
    address = reverse("verify:looked", args=[cast.operation.slug])
    answers = [client.post(address).json() for _ in range(PAUSE_AFTER)]
    assert answers[:-1] == [{}] * (PAUSE_AFTER - 1)
    assert f"{PAUSE_AFTER} images difficiles en une heure. Faites une pause" in answers[-1]["text"]
    assert answers[-1]["link"]["url"] == reverse("room:team", args=[cast.operation.slug])
    assert Exposure.objects.count() == PAUSE_AFTER
    assert client.get(address).status_code == 405
    client.force_login(cast.outsider)
    assert client.post(address).status_code == 404
    assert Exposure.objects.count() == PAUSE_AFTER


def test_the_team_shows_the_load_to_the_coordinator_and_to_oneself(
    client: Client, cast: Cast
) -> None:
    address = reverse("verify:looked", args=[cast.operation.slug])
    team = reverse("room:team", args=[cast.operation.slug])
    client.force_login(cast.volunteer)
    for _ in range(PAUSE_AFTER):
        client.post(address)
    for person, sees in ((cast.volunteer, True), (cast.coordinator, True), (cast.mapper, False)):
        client.force_login(person)
        page = text_of(client.get(team))
        assert (f"{PAUSE_AFTER} ouvertes en 24 h" in page) is sees
        assert ("pause proposée" in page) is sees
