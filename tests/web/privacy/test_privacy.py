"""Screens about personal data: an operation's times, a person's request."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from tests import factories
from tests.factories import Cast
from vigie.collection.models import Author, ObjectedAccount, Objection, Post
from vigie.mapping.actions.edits import Edit, apply_edits
from vigie.mapping.actions.layers import create_layer
from vigie.mapping.models import Feature
from vigie.operations import retention
from vigie.operations.models import Night

pytestmark = pytest.mark.django_db
USUAL = {
    "needs": "7",
    "accounts": "0",
    "posts": "30",
    "freezes": "365",
    "evidence": "365",
    "map": "365",
    "refused": "30",
    "files": "7",
}


@pytest.fixture(autouse=True)
def own_blobs(tmp_path: Path, settings: Any) -> None:
    settings.VIGIE_BLOBS = tmp_path / "blobs"


def as_(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def officer(cast: Cast, now: datetime) -> Client:
    lead = factories.lead(cast.operation, "Ma cave est inondée", now=now)
    Author.objects.filter(pk=lead.post.author_id).update(handle="@riveraine", name="Ana")
    return as_(cast.data_protection_officer)


def test_a_coordinator_sets_the_times_and_is_asked_why_longer(cast: Cast) -> None:
    client, url = as_(cast.coordinator), f"/o/{cast.operation.slug}/retention/"
    page = client.get(url).content.decode()
    assert 'name="posts" value="30"' in page
    answer = client.post(url, {**USUAL, "posts": "90", "reason": ""})
    assert answer.status_code == 422
    assert "Plus long que d’habitude" in answer.content.decode()
    client.post(url, {**USUAL, "posts": "90", "reason": "Retour d’expérience."})
    assert retention.days_for(cast.operation)["posts"] == 90
    answer = client.post(url, {**USUAL, "accounts": "40", "reason": "x"})
    assert "plus longtemps que ce qu’il a écrit" in answer.content.decode()
    assert client.post(url, {**USUAL, "posts": "9000"}).status_code == 422


def test_the_officer_finds_hands_out_and_erases(officer: Client, cast: Cast) -> None:
    page = officer.post("/platform/data/person/", {"handle": "@riveraine"}).content.decode()
    assert "Ana" in page
    assert "Ma cave" not in page
    answer = officer.post("/platform/data/person/export/", {"handle": "riveraine"})
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        data = json.loads(archive.read("data.json"))
    assert data["accounts"][0]["posts"][0]["text"] == "Ma cave est inondée"
    answer = officer.post("/platform/data/person/erase/", {"handle": "riveraine", "reason": "RGPD"})
    assert answer.status_code == 422
    assert Post.objects.get().text
    answer = officer.post(
        "/platform/data/person/erase/", {"handle": "riveraine", "reason": "Demande du 24 novembre."}
    )
    assert "Effacé" in answer.content.decode()
    assert Post.objects.get().text == ""
    page = officer.post("/platform/data/person/", {"handle": "@riveraine"}).content.decode()
    assert "Rien n’est détenu" in page


def test_a_name_on_a_map_is_shown_handed_out_and_erased_as_the_officer_says(
    cast: Cast, now: datetime
) -> None:
    officer = as_(cast.data_protection_officer)
    mapper = factories.desk(cast.mapper, cast.operation)
    layer = create_layer(name="Personnes à rappeler", by=mapper, now=now)
    fields = {"geometry": {"type": "Point", "coordinates": [2.2, 48.7]}, "name": "Zoé Martin"}
    drawn = Edit(edit=uuid4(), feature=uuid4(), create=True, layer=layer.number, set=fields)
    apply_edits(edits=[drawn], by=mapper, now=now)
    page = officer.post("/platform/data/person/", {"handle": "Zoé Martin"}).content.decode()
    assert "À 1 endroit des cartes" in page.replace("\xa0", " ")
    answer = officer.post("/platform/data/person/export/", {"handle": "Zoé Martin"})
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert json.loads(archive.read("data.json"))["map"][0]["said"] == {"name": "Zoé Martin"}
    asked = {"handle": "Zoé Martin", "reason": "Demande du 24 novembre."}
    page = officer.post("/platform/data/person/erase/", asked).content.decode()
    assert "Le mot figure encore, sans @, à 1 endroit" in page.replace("\xa0", " ")
    assert Feature.objects.get().name == "Zoé Martin"
    officer.post("/platform/data/person/erase/", {**asked, "on_map": "1"})
    assert Feature.objects.get().name == "@…"


def test_what_is_too_short_is_said(officer: Client) -> None:
    answer = officer.post("/platform/data/person/", {"handle": "@"})
    assert answer.status_code == 422
    assert "au moins deux caractères" in answer.content.decode()


def test_the_officer_sees_times_and_nights_of_all_operations(
    officer: Client, cast: Cast, now: datetime
) -> None:
    Night.objects.create(
        night=date(2026, 11, 24), begun_at=now, ended_at=now, found={"posts": 12, "refused": 0}
    )
    page = officer.get("/platform/data/").content.decode()
    assert cast.operation.title in page
    assert "365 jours" in page
    assert "Publications et images : 12" in page.replace("\xa0", " ")


def test_nobody_else_opens_it(cast: Cast) -> None:
    for person in (cast.administrator, cast.coordinator, cast.volunteer):
        assert as_(person).get("/platform/data/").status_code == 403
        assert as_(person).post("/platform/data/person/", {"handle": "abc"}).status_code == 403
    assert as_(cast.volunteer).get(f"/o/{cast.operation.slug}/retention/").status_code == 403


def test_the_officer_adds_an_objection_and_withdraws_it(officer: Client) -> None:
    url, given = (
        "/platform/data/objections/",
        {"handle": "@riveraine", "reason": "Opposition écrite."},
    )
    assert "Personne ne s’est encore opposé" in officer.get(url).content.decode()
    for wrong, words in (
        ({"reason": "RGPD"}, "Dites pourquoi"),
        ({"handle": "@"}, "deux caractères"),
        ({"until": "2001-01-01"}, "Ce jour est passé"),
        ({"until": "demain"}, "Ce jour est passé"),
    ):
        answer = officer.post(url, {**given, **wrong})
        assert answer.status_code == 422
        assert words in answer.content.decode()
    assert not Objection.objects.exists()
    assert officer.post(url, given).status_code == 302
    assert "figure déjà sur la liste" in officer.post(url, given).content.decode()
    row = Objection.objects.get()
    assert "Opposition écrite." in officer.get(url).content.decode()
    page = officer.post("/platform/data/person/", {"handle": "riveraine"}).content.decode()
    assert "figure sur la liste d’opposition" in page
    withdraw = f"{url}{row.pk}/withdraw/"
    assert officer.post(withdraw, {"reason": "non"}).status_code == 422
    assert officer.post(withdraw, {"reason": "Accord écrit du 25."}).status_code == 302
    assert not ObjectedAccount.objects.exists()


def test_an_erasure_offers_the_objection_list(officer: Client) -> None:
    page = officer.post("/platform/data/person/", {"handle": "riveraine"}).content.decode()
    assert 'name="object" value="1" id="object" checked' in page
    answer = officer.post(
        "/platform/data/person/erase/",
        {"handle": "riveraine", "reason": "Demande du 24 novembre.", "object": "1"},
    )
    assert "liste d’opposition" in answer.content.decode()
    assert Objection.objects.get().origin == "erasure"


def test_a_capture_of_an_account_on_the_list_says_why_nothing_was_kept(
    officer: Client, cast: Cast
) -> None:
    officer.post(
        "/platform/data/objections/", {"handle": "riveraine91", "reason": "Opposition écrite."}
    )
    answer = as_(cast.volunteer).post(
        reverse("sources:capture", args=[cast.operation.slug]),
        {"text": "La crue monte", "network": "facebook", "author": "riveraine91"},
    )
    assert "liste d’opposition" in answer.content.decode()
    assert not Post.objects.filter(text="La crue monte").exists()
