"""Evidence on a claim's page: added, struck out, checked, and handed out so that nothing runs."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from tests.factories import Cast, desk, lead
from vigie.collection.blobs import BlobStore
from vigie.verification.actions.claims import open_claim
from vigie.verification.actions.evidence import Piece, add
from vigie.verification.handed import take_in
from vigie.verification.models import Archive, Claim, Evidence

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
EVIL = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"


@pytest.fixture
def claim(cast: Cast, now: datetime) -> Claim:
    post = lead(cast.operation, "Le pont est coupé !!", now=now)
    by = desk(cast.volunteer, cast.operation)
    return open_claim(wording="Le pont est coupé", by=by, now=now, leads=[post])


def at(name: str, cast: Cast, claim: Claim, *rest: int) -> str:
    return reverse(f"verify:{name}", args=[cast.operation.slug, claim.number, *rest])


def png() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (30, 20), "red").save(out, "PNG")
    return out.getvalue()


def test_an_empty_locker_teaches_and_a_partner_only_reads(
    client: Client, cast: Cast, claim: Claim
) -> None:
    client.force_login(cast.partner)
    page = client.get(at("claim", cast, claim)).content.decode()
    assert "Rien pour l’instant" in page
    assert "data-vigie-add-evidence" not in page
    client.force_login(cast.volunteer)
    page = client.get(at("claim", cast, claim)).content.decode()
    assert "data-vigie-add-evidence" in page
    assert "Le pont est coupé !!" in page


def test_a_link_is_added_and_told_to_be_under_way(client: Client, cast: Cast, claim: Claim) -> None:
    client.force_login(cast.volunteer)
    given = {
        "kind": "link",
        "url": "mairie.exemple.fr",
        "title": "La mairie dément",
        "bearing": "refutes",
    }
    answer = client.post(at("evidence-add", cast, claim), given, headers=HTMX)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Conservation de la page en cours" in page
    assert "La dément" in page
    row = Evidence.objects.get()
    assert (row.bearing, row.added_by) == ("refutes", cast.volunteer)
    assert client.post(at("evidence-add", cast, claim), given).status_code == 302


def test_a_refused_form_keeps_what_was_written_and_says_why_by_the_field(
    client: Client, cast: Cast, claim: Claim
) -> None:
    client.force_login(cast.volunteer)
    given = {"kind": "link", "url": "ftp://exemple.fr", "title": "Titre gardé"}
    for headers in (HTMX, {}):
        answer = client.post(at("evidence-add", cast, claim), given, headers=headers)
        page = answer.content.decode()
        assert answer.status_code == 422
        assert "en commençant par https://" in page
        assert 'value="Titre gardé"' in page
    assert not Evidence.objects.exists()


def test_a_call_is_told_with_whom_and_when_in_the_zone_of_the_operation(
    client: Client, cast: Cast, claim: Claim
) -> None:
    client.force_login(cast.volunteer)
    given = {"kind": "call", "who": "Mairie", "text": "Ouvert.", "happened_at": "2025-07-01T10:00"}
    client.post(at("evidence-add", cast, claim), given, headers=HTMX)
    row = Evidence.objects.get()
    assert row.happened_at is not None
    assert row.happened_at.isoformat() == "2025-07-01T08:00:00+00:00"


def test_what_was_handed_in_goes_out_only_to_be_saved(
    client: Client, cast: Cast, claim: Claim
) -> None:
    client.force_login(cast.volunteer)
    file = SimpleUploadedFile("plan é.svg", EVIL, content_type="image/svg+xml")
    client.post(
        at("evidence-add", cast, claim),
        {"kind": "file", "title": "Plan", "file": file},
        headers=HTMX,
    )
    row = Evidence.objects.get()
    assert (row.shown, row.file_name) == ("", "plan é.svg")
    answer = client.get(at("evidence-file", cast, claim, row.pk))
    assert b"".join(answer.streaming_content) == EVIL  # type: ignore[attr-defined]
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment;")
    assert "plan%20%C3%A9.svg" in answer["Content-Disposition"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert client.get(at("evidence-picture", cast, claim, row.pk)).status_code == 404
    client.force_login(cast.partner)
    assert client.get(at("evidence-file", cast, claim, row.pk)).status_code == 403


def test_a_picture_is_shown_written_anew_and_veiled_when_it_may_shock(
    client: Client, cast: Cast, claim: Claim
) -> None:
    client.force_login(cast.volunteer)
    file = SimpleUploadedFile("x.png", png(), content_type="image/png")
    given = {"kind": "screenshot", "title": "Vue", "file": file, "graphic": "on"}
    page = client.post(at("evidence-add", cast, claim), given, headers=HTMX).content.decode()
    assert "veiled" in page
    assert "data-unveil" in page
    answer = client.get(at("evidence-picture", cast, claim, Evidence.objects.get().pk))
    assert answer["Content-Type"] == "image/webp"
    assert answer.content[8:12] == b"WEBP"


def test_a_piece_is_struck_out_and_judged_on_the_page(
    client: Client, cast: Cast, claim: Claim, now: datetime
) -> None:
    row = add(claim=claim, piece=Piece(kind="note", text="vu"), by=desk(cast.volunteer, cast.operation), now=now)  # fmt: skip
    client.force_login(cast.verifier)
    change = {"bearing": "supports", "public": "on"}
    page = client.post(at("evidence-change", cast, claim, row.pk), change, headers=HTMX)
    assert "Cité publiquement" in page.content.decode()
    short = client.post(at("evidence-strike", cast, claim, row.pk), {"reason": "non"}, headers=HTMX)
    assert short.status_code == 422
    assert "Dites pourquoi en une phrase" in short.content.decode()
    done = client.post(
        at("evidence-strike", cast, claim, row.pk),
        {"reason": "ce n’est pas le bon pont"},
        headers=HTMX,
    )
    assert "ce n’est pas le bon pont" in done.content.decode()
    client.force_login(cast.mapper)
    assert client.post(at("evidence-change", cast, claim, row.pk), change).status_code == 403


def test_an_altered_file_stands_on_the_page_until_it_is_back(
    client: Client, cast: Cast, claim: Claim, now: datetime
) -> None:
    by = desk(cast.volunteer, cast.operation)
    handed = take_in([b"un fait"], name="fait.txt")
    row = add(claim=claim, piece=Piece(kind="file", title="x", handed=handed), by=by, now=now)
    client.force_login(cast.volunteer)
    check = at("evidence-check", cast, claim)
    assert "intact" in client.post(check, headers=HTMX).content.decode()
    path = BlobStore().path(row.blob)
    path.write_bytes(b"une fable")
    assert "n’est plus ce qu’il était" in client.post(check, headers=HTMX).content.decode()
    assert "ALTÉRÉ depuis" in client.get(at("claim", cast, claim)).content.decode()
    path.write_bytes(b"un fait")
    client.post(check, headers=HTMX)
    assert "ALTÉRÉ" not in client.get(at("claim", cast, claim)).content.decode()


@pytest.mark.parametrize(
    ("state", "code", "facts", "words"),
    [
        ("wanted", "", {"tries": 1, "last": "too_slow"}, "Tentative 1 sur 3"),
        ("refused", "address_forbidden", {}, "adresse interne"),
        ("refused", "zip_bomb", {}, "bombe de décompression"),
        ("refused", "too_large", {}, "dépasse la taille"),
        ("refused", "too_many_redirects", {}, "renvoie sans fin"),
        ("refused", "not_http", {}, "langue du web"),
        ("stuck", "too_slow", {}, "pas de réponse complète"),
        ("stuck", "unreachable", {}, "personne ne répond"),
        ("stuck", "of_a_later_version", {}, "code of_a_later_version"),
    ],
)
def test_every_state_of_a_copy_has_words_and_a_next_step(
    client: Client, cast: Cast, claim: Claim, now: datetime, state: str, code: str,
    facts: dict[str, object], words: str,
) -> None:  # fmt: skip
    by = desk(cast.volunteer, cast.operation)
    row = add(
        claim=claim, piece=Piece(kind="link", url="https://exemple.fr", title="x"), by=by, now=now
    )
    Archive.objects.update(state=state, code=code, facts=facts)
    client.force_login(cast.volunteer)
    page = client.get(at("evidence", cast, claim), headers=HTMX).content.decode()
    assert words in page
    assert ("Réessayer" in page) == (state != "wanted")
    if state != "wanted":
        again = client.post(at("evidence-again", cast, claim, row.pk), headers=HTMX)
        assert "tentative ou copie antérieure" in again.content.decode()
        assert Archive.objects.count() == 2


def test_all_evidence_goes_out_as_one_package_by_a_gesture_that_is_told(
    client: Client, cast: Cast, claim: Claim, now: datetime
) -> None:
    add(
        claim=claim,
        piece=Piece(kind="note", text="vu"),
        by=desk(cast.volunteer, cast.operation),
        now=now,
    )
    client.force_login(cast.partner)
    answer = client.post(at("evidence-export", cast, claim))
    data = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert f"{cast.operation.slug}-allegation-1.wacz" in answer["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        assert {"datapackage.json", "custody/manifest.json"} <= set(package.namelist())
    assert client.get(at("evidence-export", cast, claim)).status_code == 405
    client.force_login(cast.volunteer)
    assert client.post(at("evidence-export", cast, claim)).status_code == 403


def test_evidence_of_another_operation_is_nowhere(
    client: Client, cast: Cast, claim: Claim, now: datetime
) -> None:
    row = add(
        claim=claim,
        piece=Piece(kind="note", text="vu"),
        by=desk(cast.volunteer, cast.operation),
        now=now,
    )
    client.force_login(cast.outsider)
    theirs = open_claim(wording="Autre", by=desk(cast.outsider, cast.other_operation), now=now)
    slug, number = cast.other_operation.slug, theirs.number
    for name in ("evidence-file", "evidence-picture"):
        assert client.get(reverse(f"verify:{name}", args=[slug, number, row.pk])).status_code == 404
    strike = reverse("verify:evidence-strike", args=[slug, number, row.pk])
    assert client.post(strike, {"reason": "une raison assez longue"}).status_code == 404
    assert client.get(at("evidence", cast, claim)).status_code == 404
