"""The evidence locker in a browser: by keyboard, by paste, on a phone, and readable by everybody."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from datetime import datetime

import pytest
from django.urls import reverse
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visits
from tests.factories import Cast, desk
from vigie.collection.blobs import BlobStore
from vigie.verification.actions.claims import open_claim
from vigie.verification.actions.evidence import Piece, add, strike
from vigie.verification.handed import take_in
from vigie.verification.models import Archive, Claim

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PASTE = """(data) => {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const carrier = new DataTransfer();
  carrier.items.add(new File([bytes], 'capture.png', {type: 'image/png'}));
  document.dispatchEvent(new ClipboardEvent('paste', {clipboardData: carrier, bubbles: true}));
}"""
PASTE_LINK = """(link) => {
  const carrier = new DataTransfer();
  carrier.setData('text/plain', link);
  document.dispatchEvent(new ClipboardEvent('paste', {clipboardData: carrier, bubbles: true}));
}"""
DROP = """(form) => {
  const carrier = new DataTransfer();
  carrier.items.add(new File(['un fait'], 'arrete.txt', {type: 'text/plain'}));
  form.dispatchEvent(new DragEvent('drop', {dataTransfer: carrier, bubbles: true, cancelable: true}));
}"""


def png() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (300, 200), "navy").save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def claim(cast: Cast, now: datetime) -> Claim:
    by = desk(cast.volunteer, cast.operation)
    return open_claim(wording="Le pont de Ballancourt est coupé", by=by, now=now)


def address(cast: Cast, claim: Claim) -> str:
    return reverse("verify:claim", args=[cast.operation.slug, claim.number])


def filled(cast: Cast, claim: Claim, now: datetime) -> Archive:
    """A locker with something of every sort."""
    by = desk(cast.verifier, cast.operation)
    picture = take_in([png()], name="pont.png")
    add(claim=claim, by=by, now=now, piece=Piece(kind="screenshot", title="Vue du pont", handed=picture, graphic=True))  # fmt: skip
    add(claim=claim, by=by, now=now, piece=Piece(kind="call", who="Mairie", text="Ouvert.", bearing="refutes", public=True))  # fmt: skip
    note = add(claim=claim, by=by, now=now, piece=Piece(kind="note", text="Vu de loin."))
    strike(claim=claim, evidence=note.pk, reason="ce n’est pas le bon pont", by=by, now=now)
    link = add(claim=claim, by=by, now=now, piece=Piece(kind="link", url="https://exemple.fr/pont", title="Communiqué"))  # fmt: skip
    refused = add(claim=claim, by=by, now=now, piece=Piece(kind="link", url="https://exemple.fr/b", title="Bombe"))  # fmt: skip
    Archive.objects.filter(pk=refused.archive_id).update(state="refused", code="zip_bomb")
    wacz = BlobStore().keep([b"PK"], suffix=".wacz")
    shown = BlobStore().path(picture.shown)
    Archive.objects.filter(pk=link.archive_id).update(
        state="kept", wacz=wacz.name, sha256=wacz.sha256, size=wacz.size, captured_at=now,
        status=404, title="Pont : page introuvable", text="Cette page n’existe plus.\nAccueil",
        final_url="https://exemple.fr/pont", screenshot=f"{shown.parent.name}/{shown.name}",
        facts={"http_error": 404, "cookie_wall": True, "hops": ["https://exemple.fr/"]},
        tool="vigie@0",
    )  # fmt: skip
    assert link.archive is not None
    return link.archive


def test_a_screenshot_is_pasted_told_and_shown(visit: Visits, cast: Cast, claim: Claim) -> None:
    page = visit(address(cast, claim), person=cast.volunteer)
    expect(page.locator("#evidence-url")).to_be_visible()
    expect(page.locator("#evidence-file")).to_be_hidden()
    page.evaluate(PASTE, base64.b64encode(png()).decode())
    expect(page.get_by_label("Capture d’écran")).to_be_checked()
    expect(page.locator(".add-evidence .preview")).to_be_visible()
    title = page.locator("#evidence-what")
    expect(title).to_be_focused()
    title.fill("Vue du pont ce matin")
    page.keyboard.press("Control+Enter")
    picture = page.get_by_role("img", name="Vue du pont ce matin")
    expect(picture).to_be_visible()
    expect(page.locator("#evidence-url")).to_be_visible()  # the form is fresh again


def test_a_link_is_pasted_and_a_file_dropped(visit: Visits, cast: Cast, claim: Claim) -> None:
    page = visit(address(cast, claim), person=cast.volunteer)
    form = page.locator(".add-evidence")
    form.evaluate(DROP)
    expect(page.get_by_label("Fichier", exact=True).first).to_be_checked()
    page.locator("#evidence-what").fill("Arrêté")
    form.get_by_role("button", name="Ajouter").click()
    expect(page.locator(".piece")).to_have_count(1)
    expect(page.get_by_text("arrete.txt")).to_be_visible()
    page.evaluate(PASTE_LINK, "https://exemple.fr/pont")
    expect(page.locator("#evidence-url")).to_have_value("https://exemple.fr/pont")
    page.locator("#evidence-what").fill("Communiqué")
    form.get_by_role("button", name="Ajouter").click()
    expect(page.get_by_text("Conservation de la page en cours")).to_be_visible()


def test_what_is_refused_is_said_by_the_field(visit: Visits, cast: Cast, claim: Claim) -> None:
    visit.expected.append("422")
    page = visit(address(cast, claim), person=cast.volunteer)
    page.locator("#evidence-url").fill("ftp://exemple.fr")
    page.locator("#evidence-what").fill("Titre")
    page.locator(".add-evidence").get_by_role("button", name="Ajouter").click()
    expect(page.locator("#evidence-url")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#evidence-what")).to_have_value("Titre")


def test_a_piece_is_struck_out_by_keyboard_and_stays(
    visit: Visits, cast: Cast, claim: Claim, now: datetime
) -> None:
    by = desk(cast.volunteer, cast.operation)
    row = add(claim=claim, piece=Piece(kind="note", text="Vu"), by=by, now=now)
    page = visit(address(cast, claim), person=cast.volunteer)
    page.locator(f"#evidence-{row.pk}").get_by_text("Le rayer").focus()
    page.keyboard.press("Enter")
    page.locator(f"#why-{row.pk}").fill("ce n’est pas le bon pont")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(f"#evidence-{row.pk}")).to_contain_text("ce n’est pas le bon pont")


def test_what_may_shock_is_veiled_until_asked(
    visit: Visits, cast: Cast, claim: Claim, now: datetime
) -> None:
    filled(cast, claim, now)
    page = visit(address(cast, claim), person=cast.volunteer)
    figure = page.locator(".piece-picture")
    expect(figure).to_have_class("piece-picture veiled")
    figure.get_by_role("button").click()
    expect(figure).to_have_class("piece-picture")


@pytest.mark.parametrize(
    ("width", "theme", "language"),
    [(1440, "light", "fr"), (390, "dark", "en"), (390, "light", "fr")],
)
def test_locker_and_kept_page_are_accessible_and_fit(
    visit: Visits, axe: Callable[[Page], None], cast: Cast, claim: Claim, now: datetime,
    width: int, theme: str, language: str,
) -> None:  # fmt: skip
    archive = filled(cast, claim, now)
    page = visit(address(cast, claim), person=cast.verifier, width=width, theme=theme, language=language)  # fmt: skip
    expect(page.locator(".piece")).to_have_count(5)
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.goto(reverse("verify:archive", args=[cast.operation.slug, claim.number, archive.pk]))
    expect(page.locator(".kept-text")).to_be_visible()
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
