"""The workbench shows what the place looks like, says why it cannot, and lays a view beside a picture."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from PIL import Image

from tests.analysis.pictures.test_fingerprint import scene
from tests.factories import Cast, desk, lead
from vigie.collection.blobs import BlobStore
from vigie.collection.models import Media
from vigie.kernel.clock import utc_now
from vigie.operations import jobs
from vigie.verification.actions.claims import open_claim
from vigie.verification.models import Claim, PlaceView
from vigie.verification.surroundings.fetching import fetch_view

pytestmark = pytest.mark.django_db

LAT, LON = "48.63000", "2.33000"


def kept(seed: int, size: tuple[int, int] = (640, 480)) -> str:
    out = io.BytesIO()
    scene(seed, size).save(out, "WEBP")
    return BlobStore().keep([out.getvalue()], suffix=".webp").name


@pytest.fixture
def claim(cast: Cast, now: datetime, settings: Any, tmp_path: Path) -> Claim:
    settings.VIGIE_BLOBS = tmp_path
    post = lead(cast.operation, "Le barrage", now=now, post={"has_media": True},
                lon=2.33, lat=48.63)  # fmt: skip
    Media.objects.create(
        post=post.post, type="image", url="https://exemple.fr/a.jpg", state="fetched", blob=kept(1)
    )
    return open_claim(wording="Le barrage a cédé", leads=[post], now=now,
                      by=desk(cast.volunteer, cast.operation))  # fmt: skip


def view(cast: Cast, **fields: Any) -> PlaceView:
    now = utc_now()
    given = {
        "operation": cast.operation, "kind": "sky", "lon": 2.33, "lat": 48.63, "across_m": 300,
        "state": "kept", "asked_at": now, "expires_at": now + timedelta(days=1),
    }  # fmt: skip
    return PlaceView.objects.create(**given | fields)


def street(cast: Cast, **fields: Any) -> PlaceView:
    search = view(cast, kind="search", across_m=100)
    facts = {
        "id": "a1", "distance_m": 40.2, "bearing": 180.0, "azimuth": 90.0, "all_round": True,
        "faces": True, "taken_at": "2023-05-04T09:30:00+00:00", "licence": "CC-BY-SA-4.0",
        "producer": "Marie Cartographe", "host": "panoramax.exemple.fr",
    }  # fmt: skip
    return view(cast, kind="street", search=search, across_m=0, facts=facts, **fields)


def address(cast: Cast, name: str, *more: object) -> str:
    return reverse(f"verify:{name}", args=[cast.operation.slug, 1, *more])


def test_the_place_of_the_picture_s_post_is_where_one_begins(
    client: Client, cast: Cast, claim: Claim
) -> None:
    client.force_login(cast.verifier)
    page = client.get(address(cast, "pictures")).content.decode()
    assert 'name="lat" inputmode="decimal" value="48.63000"' in page
    assert "la position de la publication" in page
    asked = client.get(address(cast, "pictures"), {"lat": "47,5", "lon": "2"}).content.decode()
    assert 'value="47.50000"' in asked
    assert "le lieu choisi" in asked


def test_asking_answers_at_once_and_leaves_the_rest_to_a_job(
    client: Client, cast: Cast, claim: Claim
) -> None:
    client.force_login(cast.volunteer)
    given = {"kind": "sky", "across-sky": "300", "lat": LAT, "lon": LON, "one": "m1"}
    answer = client.post(address(cast, "place-ask"), given, headers={"HX-Request": "true"})
    row = PlaceView.objects.get()
    assert jobs.is_waiting(fetch_view, [row.pk])
    page = answer.content.decode()
    assert "En route…" in page
    assert 'hx-trigger="every 1500ms"' in page
    assert f"then={row.pk}" in page
    plain = client.post(address(cast, "place-ask"), given)
    assert plain.status_code == 302


def test_what_is_there_is_laid_beside_the_picture(client: Client, cast: Cast, claim: Claim) -> None:
    client.force_login(cast.verifier)
    row = view(cast, blob=kept(2), facts={"flown": ["2023-06-12", "2023-06-12"]})
    where = {"lat": LAT, "lon": LON, "one": "m1"}
    there = client.get(
        address(cast, "place"), where | {"then": row.pk}, headers={"HX-Request": "true"}
    )
    assert there.status_code == 204
    assert f"two={row.ref}" in there["HX-Redirect"]
    media = Media.objects.get()
    page = client.get(
        address(cast, "pictures"), {"one": f"m{media.pk}", "two": row.ref, "lat": LAT, "lon": LON}
    ).content.decode()
    assert "prise le 12 juin 2023" in page
    assert "© IGN" in page
    assert 'data-view="slider"' in page
    assert "marques" not in page  # a view and a picture are not compared by fingerprint
    shown = client.get(address(cast, "picture", row.ref))
    assert shown["Content-Type"] == "image/webp"
    assert "sandbox" in shown["Content-Security-Policy"]


def test_a_picture_all_round_is_shown_towards_the_place_and_can_be_turned(
    client: Client, cast: Cast, claim: Claim
) -> None:
    client.force_login(cast.verifier)
    row = street(cast, blob=kept(3, (1024, 512)))
    page = client.get(address(cast, "pictures"), {"two": row.ref}).content.decode()
    assert f"/{row.ref}/?to=180" in page
    assert "&amp;to=135&amp;" in page
    assert "&amp;to=225&amp;" in page
    assert "Marie Cartographe, CC-BY-SA-4.0, panoramax.exemple.fr" in page
    drawn = client.get(address(cast, "picture", row.ref), {"to": "180"})
    assert Image.open(io.BytesIO(drawn.content)).size == (1200, 900)
    for odd in ("1e9", "nan", "x", "-45"):
        assert client.get(address(cast, "picture", row.ref), {"to": odd}).status_code == 200


def test_a_list_of_street_pictures_says_distance_direction_and_day(
    client: Client, cast: Cast, claim: Claim
) -> None:
    client.force_login(cast.verifier)
    row = street(cast, state="listed", thumb=kept(4, (200, 100)))
    page = client.get(address(cast, "place"), {"lat": LAT, "lon": LON}).content.decode()
    for said in ("Vue de rue à 40 m", "regarde tout autour", "4 mai 2023", "montre le lieu"):
        assert said in page
    assert "every" not in page
    thumb = client.get(address(cast, "picture", row.ref), {"thumb": ""})
    assert Image.open(io.BytesIO(thumb.content)).size == (200, 100)
    assert client.get(address(cast, "picture", row.ref)).status_code == 404


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"state": "failed", "code": "unreachable"}, "IGN est injoignable."),
        ({"state": "failed", "code": "too_slow"}, "n’a pas répondu à temps"),
        ({"state": "failed", "code": "picture_bomb"}, "trop lourd"),
        ({"state": "failed", "code": "address_forbidden"}, "que Vigie ne visite pas"),
        ({"state": "failed", "code": "never_heard_of"}, "n’a pas pu être récupérée"),
        ({"state": "none"}, "pas de photo aérienne"),
        ({"state": "none", "kind": "search", "across_m": 100}, "Aucune vue à moins de 100 m"),
        ({"state": "failed", "code": "service_failed", "kind": "search", "across_m": 100},
         "Panoramax est en panne"),
    ],
)  # fmt: skip
def test_why_there_is_nothing_is_told_in_words(
    client: Client, cast: Cast, claim: Claim, fields: dict[str, Any], said: str
) -> None:
    client.force_login(cast.volunteer)
    view(cast, **fields)
    page = client.get(address(cast, "place"), {"lat": LAT, "lon": LON}).content.decode()
    assert said in page
    assert ("Réessayer" in page) == (fields["state"] == "failed")


def test_until_when_a_busy_service_is_left_alone_is_told(
    client: Client, cast: Cast, claim: Claim
) -> None:
    client.force_login(cast.volunteer)
    view(cast, state="failed", code="busy", retry_at=utc_now() + timedelta(minutes=5))
    given = {"kind": "sky", "across-sky": "100", "lat": LAT, "lon": LON}
    answer = client.post(address(cast, "place-ask"), given, headers={"HX-Request": "true"})
    assert answer.status_code == 422
    assert "demande d’attendre jusqu’à" in answer.content.decode()
    assert PlaceView.objects.count() == 1


@pytest.mark.parametrize("given", [{"lat": "x"}, {"lat": "89"}, {"across-sky": "7"}, {"kind": "x"}])
def test_what_cannot_be_read_is_told_and_nothing_is_asked(
    client: Client, cast: Cast, claim: Claim, given: dict[str, str]
) -> None:
    client.force_login(cast.volunteer)
    good = {"kind": "sky", "across-sky": "100", "lat": LAT, "lon": LON}
    answer = client.post(address(cast, "place-ask"), good | given, headers={"HX-Request": "true"})
    assert answer.status_code == 422
    assert not PlaceView.objects.exists()


def test_who_only_looks_asks_nothing_and_a_partner_sees_none(
    client: Client, cast: Cast, claim: Claim
) -> None:
    client.force_login(cast.observer)
    page = client.get(address(cast, "pictures")).content.decode()
    assert "Vue du ciel" not in page
    assert client.post(address(cast, "place-ask"), {"kind": "sky"}).status_code == 403
    client.force_login(cast.partner)
    assert client.get(address(cast, "place")).status_code == 403


def test_without_a_picture_the_place_can_be_seen_all_the_same(
    client: Client, cast: Cast, now: datetime, settings: Any, tmp_path: Path
) -> None:
    settings.VIGIE_BLOBS = tmp_path
    open_claim(wording="Le pont est coupé", now=now, by=desk(cast.volunteer, cast.operation))
    client.force_login(cast.volunteer)
    page = client.get(address(cast, "pictures")).content.decode()
    assert "Vue du ciel" in page
    row = view(cast, blob=kept(2))
    page = client.get(
        address(cast, "pictures"), {"two": row.ref, "lat": LAT, "lon": LON}
    ).content.decode()
    assert "data-one" in page
    assert "Niveaux d’erreur" not in page
