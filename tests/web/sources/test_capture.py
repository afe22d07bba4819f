from __future__ import annotations

import io
from collections.abc import Callable
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from tests.factories import Cast
from tests.web.sources.conftest import as_
from vigie.collection.models import Media, Post, Source
from vigie.journal.models import Entry
from vigie.triage.models import Annotation, Lead

At = Callable[[str], str]


def png(size: tuple[int, int] = (30, 20)) -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", size, "blue").save(out, "PNG")
    return SimpleUploadedFile("capture.png", out.getvalue(), "image/png")


def test_a_captured_post_is_on_the_board_though_no_watch_asks_for_it(
    volunteer: Client, at: At, cast: Cast
) -> None:
    answer = volunteer.post(
        at("capture/"),
        {
            "url": "https://x.com/riverain91/status/12?s=20",
            "text": "De l’eau plein la rue à Orsay",
            "published_at": "2026-11-24T03:30",
        },
    )
    assert answer.headers["Location"] == at("capture/")
    post = Post.objects.select_related("author").get()
    assert (post.network, post.text) == ("x", "De l’eau plein la rue à Orsay")
    assert post.author is not None
    assert post.author.handle == "riverain91"
    assert post.published_at.isoformat() == "2026-11-24T02:30:00+00:00"
    assert Lead.objects.get().operation == cast.operation
    entry = Entry.objects.get(verb="post.captured")
    assert entry.by == cast.volunteer


def test_a_post_captured_twice_is_there_once(volunteer: Client, cast: Cast, at: At) -> None:
    given = {"url": "https://www.facebook.com/a/posts/1", "text": "L’eau monte"}
    volunteer.post(at("capture/"), given)
    page = as_(cast.mapper).post(
        at("capture/"), {"url": "https://m.facebook.com/a/posts/1?mibextid=z", "text": "l'eau  monte"},
        follow=True,
    )  # fmt: skip
    assert "déjà capturée" in page.content.decode()
    assert Post.objects.count() == Lead.objects.count() == Source.objects.count() == 1


def test_a_screenshot_is_written_anew_and_belongs_to_the_post(volunteer: Client, at: At) -> None:
    volunteer.post(
        at("capture/"), {"text": "Vu à l’instant", "picture": png(), "description": "Une rue"}
    )
    media = Media.objects.get()
    assert (media.state, media.description) == ("fetched", "Une rue")
    assert media.blob.endswith(".webp")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "Donnez au moins un lien"),
        ({"url": "javascript:alert(1)"}, "Écrivez l’adresse entière"),
        (
            {"text": "x", "picture": SimpleUploadedFile("a.svg", b"<svg/>")},
            "ne sait pas lire cette image",
        ),
    ],
)
def test_what_cannot_be_captured_is_said_and_the_form_is_kept(
    volunteer: Client, at: At, given: dict[str, object], words: str
) -> None:
    answer = volunteer.post(at("capture/"), given)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Post.objects.exists()


def test_an_address_without_its_beginning_is_completed(volunteer: Client, at: At) -> None:
    volunteer.post(at("capture/"), {"url": "piaille.fr/@a/1"})
    assert Post.objects.get().url == "https://piaille.fr/@a/1"


def test_the_bookmarklet_fills_the_form_in(volunteer: Client, at: At) -> None:
    page = volunteer.get(at("capture/tools/")).content.decode()
    href = page.partition('href="javascript:')[2].partition('"')[0]
    assert at("capture/") in unquote(href)
    form = volunteer.get(
        at("capture/"), {"url": "https://a.fr/1", "text": "L’eau <monte>"}
    ).content.decode()
    assert 'value="https://a.fr/1"' in form
    assert "L’eau &lt;monte&gt;</textarea>" in form


def test_a_link_at_the_end_of_a_shared_text_is_the_link(volunteer: Client, at: At) -> None:
    form = volunteer.get(at("capture/"), {"text": "Regarde\nhttps://a.fr/1"}).content.decode()
    assert 'value="https://a.fr/1"' in form
    assert ">\nRegarde</textarea>" in form


def test_the_share_menu_arrives_at_the_form_with_text_and_picture(
    volunteer: Client, at: At
) -> None:
    answer = volunteer.post("/share/", {"text": "L’eau monte", "picture": png()})
    target = urlsplit(answer.headers["Location"])
    assert target.path == at("capture/")
    assert not Post.objects.exists()
    picture = parse_qs(target.query)["picture"][0]
    volunteer.post(at("capture/"), {"text": "L’eau monte", "shared_picture": picture})
    assert Media.objects.get().blob.endswith(".webp")


def test_the_share_menu_asks_for_the_operation_when_there_are_several(
    cast: Cast, now: object
) -> None:
    from vigie.operations.models import Membership

    Membership.objects.create(
        operation=cast.other_operation, user=cast.volunteer, role="watcher", since=now
    )
    page = as_(cast.volunteer).get("/share/", {"text": "x"}).content.decode()
    assert cast.operation.title in page
    assert cast.other_operation.title in page


def test_sharing_when_signed_out_keeps_the_text_for_after(cast: Cast) -> None:
    answer = Client(enforce_csrf_checks=True).post("/share/", {"text": "L’eau monte"})
    assert answer.status_code == 302
    assert "L%25E2" in answer.headers["Location"] or "L%E2" in unquote(answer.headers["Location"])


def test_somebody_who_may_capture_nowhere_is_told(cast: Cast) -> None:
    assert "dans aucune opération" in as_(cast.partner).get("/share/").content.decode()


def test_the_manifest_puts_vigie_into_the_share_menu(client: Client, db: None) -> None:
    answer = client.get("/manifest.webmanifest")
    assert answer.headers["Content-Type"] == "application/manifest+json"
    assert answer.json()["share_target"]["action"] == "/share/"
    assert answer.json()["share_target"]["params"]["files"][0]["name"] == "picture"


def test_who_captured_and_when_stay_beside_the_post_for_each_who_did(
    volunteer: Client, coordinator: Client, cast: Cast, at: At
) -> None:
    given = {"url": "https://www.facebook.com/1", "text": "La cave est pleine"}
    volunteer.post(at("capture/"), given)
    coordinator.post(at("capture/"), given)
    lead = Lead.objects.get()
    said = Annotation.objects.filter(lead=lead, kind="captured").order_by("pk")
    assert [each.by for each in said] == [cast.volunteer, cast.coordinator]
    page = coordinator.get(at(f"board/lead/{lead.pk}/")).content.decode()
    assert "capturée à la main" in page
    assert cast.volunteer.display in page
    entry = Entry.objects.filter(verb="post.captured").first()
    assert entry is not None
    assert (entry.subject_kind, entry.subject_id) == ("lead", lead.pk)
