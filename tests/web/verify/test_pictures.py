"""The workbench shows the pictures of a claim, and only to those who may see them."""

from __future__ import annotations

import io
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from PIL import Image
from pytest_django import DjangoAssertNumQueries

from tests.analysis.pictures.test_fingerprint import scene
from tests.factories import Cast, desk, lead
from vigie.collection.blobs import BlobStore
from vigie.collection.models import Media
from vigie.verification.actions.claims import open_claim
from vigie.verification.models import Claim, Evidence
from vigie.verification.queries.pictures import picture_of, pictures_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def claim(cast: Cast, now: datetime, settings: Any, tmp_path: Path) -> Claim:
    settings.VIGIE_BLOBS = tmp_path
    out, original = io.BytesIO(), io.BytesIO()
    scene(1).save(out, "WEBP")
    exif = Image.Exif()
    exif[0x0110] = "Appareil 12"
    scene(2).save(original, "JPEG", exif=exif)
    kept = BlobStore().keep([out.getvalue()], suffix=".webp")
    handed = BlobStore().keep([original.getvalue()], suffix=".jpg")
    post = lead(cast.operation, "Le barrage", now=now, post={"has_media": True})
    Media.objects.create(
        post=post.post, type="image", url="https://exemple.fr/a.jpg", state="fetched",
        blob=kept.name,
    )  # fmt: skip
    made = open_claim(wording="Le barrage a cédé", leads=[post], now=now,
                      by=desk(cast.volunteer, cast.operation))  # fmt: skip
    Evidence.objects.create(
        claim=made, kind="file", title="Photo du pont", blob=handed.name, shown=kept.name,
        content_type="image/jpeg", added_at=now,
    )  # fmt: skip
    return made


def address(cast: Cast, name: str, *more: object) -> str:
    return reverse(f"verify:{name}", args=[cast.operation.slug, 1, *more])


def test_both_pictures_are_offered_and_what_the_original_says_is_told(
    client: Client, cast: Cast, claim: Claim
) -> None:
    client.force_login(cast.verifier)
    page = client.get(address(cast, "pictures")).content.decode()
    assert "Appareil 12" in page
    media = Media.objects.get()
    page = client.get(address(cast, "pictures"), {"one": f"m{media.pk}"}).content.decode()
    assert "Appareil 12" not in page
    assert "https%3A%2F%2Fexemple.fr%2Fa.jpg" in page
    assert "Pas encore comparées" not in page
    evidence = Evidence.objects.get()
    both = client.get(address(cast, "pictures"), {"one": f"m{media.pk}", "two": f"e{evidence.pk}"})
    assert "Pas encore comparées" in both.content.decode()


def test_a_picture_is_given_out_for_one_browser_and_never_as_a_page(
    client: Client, cast: Cast, claim: Claim
) -> None:
    client.force_login(cast.volunteer)
    media = Media.objects.get()
    answer = client.get(address(cast, "picture", f"m{media.pk}"))
    assert answer["Content-Type"] == "image/webp"
    assert "private" in answer["Cache-Control"]
    assert "sandbox" in answer["Content-Security-Policy"]
    levels = client.get(address(cast, "picture-levels", f"e{Evidence.objects.get().pk}"))
    assert Image.open(io.BytesIO(levels.content)).format == "PNG"


@pytest.mark.parametrize("ref", ["m999999", "e999999", "x1", "m", "f0"])
def test_a_picture_of_no_claim_is_not_here(
    client: Client, cast: Cast, claim: Claim, ref: str
) -> None:
    client.force_login(cast.volunteer)
    assert client.get(address(cast, "picture", ref)).status_code == 404


def test_each_picture_is_one_look_up_however_many_the_claim_has(
    cast: Cast, claim: Claim, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    by = desk(cast.volunteer, cast.operation)
    listed = pictures_of(by, claim)
    assert {each.ref[0] for each in listed} == {"m", "e"}
    for each in listed:
        with django_assert_num_queries(1):
            assert picture_of(by, claim, each.ref) == each


def test_a_post_that_was_taken_out_of_the_claim_takes_its_pictures_along(
    client: Client, cast: Cast, claim: Claim, now: datetime
) -> None:
    claim.made_of.update(refused_at=now)
    client.force_login(cast.volunteer)
    assert client.get(address(cast, "picture", f"m{Media.objects.get().pk}")).status_code == 404


def test_a_partner_sees_no_picture_of_a_post(client: Client, cast: Cast, claim: Claim) -> None:
    client.force_login(cast.partner)
    assert client.get(address(cast, "picture", f"m{Media.objects.get().pk}")).status_code == 404
    assert client.get(address(cast, "pictures")).status_code == 403


def test_the_sun_says_where_shadows_pointed_and_when(
    client: Client, cast: Cast, claim: Claim
) -> None:
    client.force_login(cast.verifier)
    asked = {"lat": "48,62", "lon": "2.42", "day": "2016-06-02", "time": "13:50"}
    assert "Les ombres pointaient vers" in client.get(address(cast, "sun"), asked).content.decode()
    night = client.get(address(cast, "sun"), asked | {"time": "02:00"}).content.decode()
    assert "pas levé" in night
    never = client.get(address(cast, "sun"), asked | {"shadow": "180"}).content.decode()
    assert "À aucune heure" in never
    for wrong in ({}, asked | {"lat": "nan"}, asked | {"day": "hier"}, asked | {"time": ""}):
        assert "Indiquez un lieu" in client.get(address(cast, "sun"), wrong).content.decode()
