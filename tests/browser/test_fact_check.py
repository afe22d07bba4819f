"""The public page: written, approved by another, published; then read as a resident would."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visits
from tests.factories import Cast, concluded, desk, lead, words
from tests.web.public.publishing import address, published
from vigie.collection.blobs import BlobStore
from vigie.verification.actions.factchecks import write_draft
from vigie.verification.models import Claim, Evidence, FactCheck

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LIGHT = 50_000
"""Bytes a public page may weigh with all it fetches, before any compression."""


@pytest.fixture
def claim(cast: Cast, now: datetime) -> Claim:
    return concluded(
        cast.operation, now=now, by=desk(cast.verifier, cast.operation),
        leads=[lead(cast.operation, f"Saclas a cédé {n}", now=now) for n in range(7)],
    )  # fmt: skip


def room(cast: Cast, claim: Claim) -> str:
    return f"/o/{cast.operation.slug}/claims/{claim.number}/"


def test_two_people_bring_a_page_to_the_public(
    visit: Visits, axe: Callable[[Page], None], cast: Cast, claim: Claim
) -> None:
    page = visit(room(cast, claim), person=cast.verifier)
    section = page.locator("#factcheck")
    expect(section.get_by_label("Ce que nous savons").first).to_have_value("")
    section.get_by_label("Ce que nous savons").first.fill("La mairie a vu le barrage : il tient.")
    section.get_by_label("Réponse courte").first.fill("x" * 300)
    expect(section.locator("[data-over]")).to_have_count(1)
    section.get_by_label("Réponse courte").first.fill("FAUX : le barrage tient.")
    section.get_by_label("Publier aussi dans cette langue").uncheck()
    section.get_by_role("button", name="Garder le texte").press("Enter")
    expect(section).to_contain_text("Une seconde personne doit relire ce texte")
    axe(page)
    other = visit(room(cast, claim), person=cast.coordinator)
    other.get_by_role("button", name="J’ai relu ce texte : approuver").click()
    expect(other.locator("#factcheck")).to_contain_text("approuvé par")
    page.reload()
    page.get_by_role("button", name="Publier", exact=True).click()
    page.locator("#confirm-yes").click()
    expect(page.locator("#factcheck").get_by_text("Publiée", exact=True)).to_be_visible()
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Ouvrir la page publique").click()
    expect(opened.value.get_by_role("heading", level=1)).to_contain_text("barrage de Saclas")


@pytest.mark.parametrize(
    ("theme", "language", "width"),
    [("light", "fr", 1440), ("dark", "en", 390), ("light", "en", 390), ("dark", "fr", 1440)],
)
def test_the_section_has_no_accessibility_fault(
    visit: Visits, axe: Callable[[Page], None], cast: Cast, claim: Claim, now: datetime,
    theme: str, language: str, width: int,
) -> None:  # fmt: skip
    published(cast, claim, now)
    write_draft(
        claim=claim, draft=words(known="Autre"), version=FactCheck.objects.get().version,
        by=desk(cast.coordinator, cast.operation), now=now,
    )  # fmt: skip
    page = visit(
        room(cast, claim), person=cast.verifier, theme=theme, language=language, width=width
    )
    for closed in page.locator("#factcheck details > summary").all():
        closed.click()
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_what_one_is_writing_is_never_fetched_over(
    visit: Visits, cast: Cast, claim: Claim, now: datetime
) -> None:
    write_draft(
        claim=claim, draft=words(), version=0, by=desk(cast.verifier, cast.operation), now=now
    )
    page = visit(room(cast, claim), person=cast.verifier)
    page.get_by_text("Modifier le texte").click()
    field = page.locator("#fc-fr-known")
    field.fill("En cours de rédaction")
    write_draft(
        claim=claim, draft=words(advice="Autre conseil"), version=1,
        by=desk(cast.coordinator, cast.operation), now=now,
    )  # fmt: skip
    page.locator("#factcheck").dispatch_event("vigie:refresh")
    expect(page.locator("#factcheck-state")).to_contain_text("Autre conseil")
    expect(field).to_have_value("En cours de rédaction")
    visit.expect_error("422")
    page.get_by_role("button", name="Garder le texte").click()
    expect(page.locator("#factcheck")).to_contain_text("Votre texte, qui n’a pas été gardé")
    expect(page.locator("#factcheck")).to_contain_text("En cours de rédaction")


def test_answers_are_copied_and_taken_up(
    visit: Visits, axe: Callable[[Page], None], cast: Cast, claim: Claim, now: datetime
) -> None:
    published(cast, claim, now)
    page = visit(f"/o/{cast.operation.slug}/claims/answers/", person=cast.communicator)
    axe(page)
    expect(page.get_by_role("button", name="Copier")).to_have_count(6)
    page.get_by_role("button", name="Reprises").click()
    expect(page.get_by_text("Rien n’attend")).to_be_visible()


@pytest.mark.parametrize(
    ("theme", "width"), [("light", 1440), ("dark", 1440), ("light", 390), ("dark", 390)]
)
@pytest.mark.parametrize("path", ["", "en/", "card/", "list"])
def test_a_resident_reads_it_on_a_bad_line(
    visit: Visits, axe: Callable[[Page], None], cast: Cast, claim: Claim, now: datetime,
    path: str, theme: str, width: int,
) -> None:  # fmt: skip
    made = published(cast, claim, now)
    published(cast, claim, now, known="Corrigé : vu à 19 h.", why="L’heure était fausse.")
    url = f"/p/{cast.operation.slug}/" if path == "list" else address(made) + path
    page = visit("/healthz", theme=theme, width=width)
    fetched: dict[str, int] = {}
    page.on("response", lambda each: fetched.setdefault(each.url, len(each.body())))
    page.goto(url)
    page.wait_for_load_state("networkidle")
    assert 2 <= len(fetched) <= 4, fetched
    assert sum(fetched.values()) < LIGHT, fetched
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    axe(page)
    assert page.context.cookies() == []


def test_it_reads_without_style_and_prints(
    visit: Visits, cast: Cast, claim: Claim, now: datetime
) -> None:
    page = visit(address(published(cast, claim, now)))
    page.emulate_media(media="print")
    expect(page.get_by_role("link", name="English")).to_be_hidden()
    expect(page.get_by_text("En danger immédiat")).to_be_visible()
    assert page.locator("script:not([type='application/ld+json'])").count() == 0


def test_faces_are_hidden_by_pointer_and_by_keyboard(
    visit: Visits, axe: Callable[[Page], None], cast: Cast, claim: Claim, now: datetime,
    settings: object, tmp_path: Path,
) -> None:  # fmt: skip
    settings.VIGIE_BLOBS = tmp_path  # type: ignore[attr-defined]
    out = io.BytesIO()
    Image.effect_noise((600, 400), 90).save(out, "JPEG")
    kept = BlobStore().keep([out.getvalue()], suffix=".jpg")
    Evidence.objects.create(
        claim=claim, kind="file", title="Photo du pont", blob=kept.name,
        content_type="image/jpeg", added_at=now,
    )  # fmt: skip
    write_draft(
        claim=claim, draft=words(picture_alt="Un pont"), version=0,
        by=desk(cast.verifier, cast.operation), now=now,
    )  # fmt: skip
    page = visit(room(cast, claim), person=cast.verifier)
    page.get_by_role("link", name="Photo du pont").click()
    stage = page.locator(".blur-picture")
    expect(stage.locator("img")).to_have_js_property("naturalWidth", 600)
    box = stage.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 220, box["y"] + 120)
    page.mouse.up()
    expect(page.locator(".blur-area")).to_have_count(1)
    page.get_by_role("button", name="Ajouter un rectangle").press("Enter")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    page.get_by_role("button", name="Ajouter un rectangle").press("Enter")
    page.keyboard.press("Delete")
    expect(page.locator(".blur-area")).to_have_count(2)
    areas = json.loads(page.locator("[name=areas]").input_value())
    assert areas[0]["width"] == pytest.approx(200 / box["width"], abs=0.02)
    assert (areas[1]["left"], areas[1]["height"]) == pytest.approx((0.41, 0.21))
    axe(page)
    page.get_by_role("button", name="Mettre sur la page").click()
    expect(page.locator("#factcheck .factcheck-picture")).to_be_visible()
    expect(page.locator("#factcheck")).to_contain_text("Une seconde personne")
    assert FactCheck.objects.get().picture
