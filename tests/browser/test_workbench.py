"""The workbench by keyboard: zoom, turn, two pictures against each other; what shocks stays covered."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.analysis.pictures.test_fingerprint import scene
from tests.browser.conftest import Visits, wait_for
from tests.factories import Cast, desk, lead
from vigie.collection.blobs import BlobStore
from vigie.collection.models import Media
from vigie.kernel.clock import utc_now
from vigie.verification.actions.claims import open_claim
from vigie.verification.models import Claim, Evidence, Exposure, PlaceView

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def kept(seed: int) -> str:
    out = io.BytesIO()
    scene(seed).save(out, "WEBP")
    return BlobStore().keep([out.getvalue()], suffix=".webp").name


@pytest.fixture
def claim(cast: Cast, now: datetime, settings: Any, tmp_path: Path) -> Claim:
    """Two pictures: one of a post, one handed in that may shock."""
    settings.VIGIE_BLOBS = tmp_path
    post = lead(cast.operation, "Le barrage de Saclas a cédé", now=now, post={"has_media": True})
    Media.objects.create(
        post=post.post, type="image", url="https://exemple.fr/a.jpg", state="fetched",
        blob=kept(1), description="Un barrage sous la pluie",
    )  # fmt: skip
    by = desk(cast.volunteer, cast.operation)
    made = open_claim(wording="Le barrage de Saclas a cédé", leads=[post], by=by, now=now)
    Evidence.objects.create(
        claim=made, kind="file", title="Photo reçue par un riverain", blob=kept(2), shown=kept(2),
        content_type="image/webp", added_at=now, facts={"graphic": True},
    )  # fmt: skip
    return made


def bench(cast: Cast, claim: Claim, **asked: str) -> str:
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    return f"/o/{cast.operation.slug}/claims/{claim.number}/pictures/?{query}"


def test_a_picture_is_looked_at_by_keyboard(
    visit: Visits, axe: Callable[[Page], None], cast: Cast, claim: Claim
) -> None:
    media, evidence = Media.objects.get(), Evidence.objects.get()
    page = visit(
        bench(cast, claim, one=f"m{media.pk}", two=f"e{evidence.pk}"), person=cast.verifier
    )
    stage, first = page.locator("[data-stage]"), page.locator("[data-one]")
    expect(stage).to_have_attribute("data-view", "beside")
    axe(page)
    stage.focus()
    page.keyboard.press("+")
    expect(first).to_have_css("transform", "matrix(1.4, 0, 0, 1.4, 0, 0)")
    page.keyboard.press("ArrowLeft")
    expect(first).to_have_css("transform", "matrix(1.4, 0, 0, 1.4, 40, 0)")
    page.keyboard.press("-")
    page.keyboard.press("r")
    page.keyboard.press("f")
    expect(first).to_have_attribute(
        "style", "transform: translate(40px, 0px) rotate(90deg) scale(-1, 1);"
    )
    page.keyboard.press("0")
    expect(first).to_have_css("transform", "matrix(1, 0, 0, 1, 0, 0)")
    for name, view in (("Rideau", "slider"), ("Différence", "difference"),
                       ("Niveaux d’erreur", "levels"), ("Image", "one")):  # fmt: skip
        page.get_by_role("button", name=name, exact=True).press("Enter")
        expect(stage).to_have_attribute("data-view", view)
    page.get_by_role("button", name="Rideau", exact=True).press("Enter")
    edge = page.get_by_label("Position de la limite")
    edge.focus()
    page.keyboard.press("Home")
    expect(page.locator("[data-two]")).to_have_css("clip-path", "inset(0px 0px 0px 0%)")


def test_what_may_shock_is_covered_until_asked_and_the_look_is_counted(
    visit: Visits, axe: Callable[[Page], None], cast: Cast, claim: Claim
) -> None:
    evidence = Evidence.objects.get()
    page = visit(bench(cast, claim, one=f"e{evidence.pk}"), person=cast.verifier)
    picture, veil = page.locator("[data-one]"), page.locator("[data-unveil]")
    expect(picture).to_have_css("filter", "blur(28px) grayscale(1)")
    page.get_by_label("Gris").check()
    expect(picture).to_have_css("filter", "blur(28px) grayscale(1)")
    veil.press("Enter")
    expect(picture).to_have_css("filter", "grayscale(1)")
    wait_for(page, lambda: Exposure.objects.filter(by=cast.verifier).count() == 1)
    expect(veil).to_have_text("Masquer de nouveau")
    axe(page)
    veil.press("Enter")
    expect(picture).to_have_css("filter", "blur(28px) grayscale(1)")


def test_the_eighth_picture_of_an_hour_brings_a_calm_proposal_to_pause(
    visit: Visits, axe: Callable[[Page], None], cast: Cast, claim: Claim
) -> None:
    page = visit(f"/o/{cast.operation.slug}/claims/{claim.number}/", person=cast.volunteer)
    strip = page.locator(".picture-strip .veiled")
    expect(strip).to_contain_text("peut choquer")
    figure = page.locator(".piece-picture")
    for look in range(1, 9):
        figure.locator("[data-unveil]").press("Enter")
        wait_for(page, lambda: Exposure.objects.count() == look)  # noqa: B023
        if look < 8:
            figure.locator("[data-unveil]").press("Enter")
    toast = page.locator(".toast")
    expect(toast).to_contain_text("8 images difficiles en une heure. Faites une pause")
    axe(page)
    toast.get_by_role("link", name="Voir qui est là").click()
    expect(page.locator("#members")).to_contain_text("8 ouvertes en 24 h")


def test_a_view_of_the_place_is_laid_beside_by_keyboard_and_turned_by_itself(
    visit: Visits, axe: Callable[[Page], None], cast: Cast, claim: Claim
) -> None:
    now = utc_now()
    given = {
        "operation": cast.operation, "lon": 2.33, "lat": 48.63, "asked_at": now,
        "expires_at": now + timedelta(days=1), "state": "kept",
    }  # fmt: skip
    PlaceView.objects.create(**given, kind="sky", across_m=300, blob=kept(3))
    PlaceView.objects.create(**given | {"state": "none"}, kind="search", across_m=100)
    media = Media.objects.get()
    page = visit(
        bench(cast, claim, one=f"m{media.pk}", lat="48.63", lon="2.33"), person=cast.verifier
    )
    expect(page.locator("#place-found")).to_contain_text("Aucune vue à moins de 100 m")
    axe(page)
    page.get_by_role("link", name="Mettre à côté Vue du ciel").press("Enter")
    stage, first, second = (page.locator(f"[data-{name}]") for name in ("stage", "one", "two"))
    expect(stage).to_have_attribute("data-view", "beside")
    expect(page.locator(".place-caption")).to_contain_text("© IGN")
    page.get_by_role("button", name="La seconde").press("Enter")
    page.get_by_label("Angle").fill("-30")
    stage.focus()
    page.keyboard.press("+")
    expect(second).to_have_attribute(
        "style", "transform: translate(0px, 0px) rotate(-30deg) scale(1.4, 1.4);"
    )
    expect(first).to_have_css("transform", "matrix(1, 0, 0, 1, 0, 0)")
    axe(page)


def test_asking_for_a_view_says_at_once_that_it_is_on_its_way(
    visit: Visits, cast: Cast, claim: Claim
) -> None:
    page = visit(bench(cast, claim), person=cast.verifier, width=390)
    page.get_by_label("Latitude").first.fill("48.6")
    page.get_by_role("button", name="Vue du ciel").press("Enter")
    expect(page.locator("#place-found")).to_contain_text("En route")
    row = PlaceView.objects.get()
    PlaceView.objects.filter(pk=row.pk).update(state="kept", blob=kept(3))
    page.wait_for_url(f"**two={row.ref}**")
    expect(page.locator("[data-two]")).to_be_visible()
