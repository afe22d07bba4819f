"""Every export validates: JSON-LD, RSS, JSON Feed, oEmbed, the picture that is shared."""

from __future__ import annotations

import json
from datetime import datetime
from email.utils import parsedate_to_datetime
from io import BytesIO
from typing import Any
from xml.etree import ElementTree as ET

import feedparser
import pytest
from django.test import Client
from PIL import Image

from tests.factories import Cast, concluded, desk, lead
from tests.web.public.publishing import address, published
from tests.web.public.schema_org import faults
from vigie.collection.models import Media
from vigie.verification.decide import VERDICTS
from vigie.verification.models import Claim, Evidence, FactCheckVersion
from vigie.web.public.cards import LANDSCAPE, SQUARE, Card, draw

pytestmark = pytest.mark.django_db


@pytest.fixture
def claim(cast: Cast, now: datetime) -> Claim:
    post = lead(cast.operation, "Saclas a cédé", now=now)
    Media.objects.create(post=post.post, type="image", url="https://reseau.exemple/1.jpg")
    return concluded(cast.operation, now=now, by=desk(cast.verifier, cast.operation), leads=[post])


def reviews(html: str) -> list[dict[str, Any]]:
    written = html.partition('<script type="application/ld+json">')[2].partition("</script>")[0]
    found = json.loads(written)
    return found if isinstance(found, list) else [found]


@pytest.mark.parametrize("verdict", VERDICTS)
def test_the_markup_of_every_verdict_validates(
    cast: Cast, claim: Claim, now: datetime, client: Client, verdict: str
) -> None:
    page = published(cast, claim, now)
    FactCheckVersion.objects.update(verdict=verdict)
    for path in (address(page), address(page) + "en/"):
        found = reviews(client.get(path).content.decode())
        assert [fault for each in found for fault in faults(each)] == []
        assert found[0]["@type"] == "ClaimReview"
        assert found[0]["url"] == f"http://testserver{path}"
        told = {each["@type"] for each in found}
        assert ("MediaReview" in told) == (verdict not in ("false", "unverifiable"))


def test_a_file_handed_in_is_named_by_its_hash(
    cast: Cast, claim: Claim, now: datetime, client: Client
) -> None:
    Evidence.objects.create(
        claim=claim, kind="file", title="La photo", content_type="image/jpeg", sha256="a" * 64,
        public=True, added_at=now,
    )  # fmt: skip
    page = published(cast, claim, now)
    FactCheckVersion.objects.update(verdict="out_of_context")
    media = reviews(client.get(address(page)).content.decode())[1]
    assert list(faults(media)) == []
    assert media["itemReviewed"]["mediaItemAppearance"][0]["sha256sum"] == ["a" * 64]
    assert "reseau.exemple" not in json.dumps(media)


def test_a_review_that_lacks_something_is_found_out() -> None:
    assert list(faults({"@type": "ClaimReview", "@context": "https://schema.org"}))
    rating = {"@type": "Rating", "ratingValue": 9, "bestRating": 5, "worstRating": 1,
              "alternateName": "x"}  # fmt: skip
    assert "outside" in next(iter(faults({**rating, "@context": "https://schema.org"})))


def test_the_rss_feed_is_read_by_a_feed_reader(
    cast: Cast, claim: Claim, now: datetime, client: Client
) -> None:
    page = published(cast, claim, now)
    base = f"/p/{cast.operation.slug}/verifications/"
    for path, title in (("feed.rss", "Non, le barrage"), ("en/feed.rss", "No, the Saclas dam")):
        answer = client.get(base + path)
        assert answer["Content-Type"].startswith("application/rss+xml")
        ET.fromstring(answer.content)
        read = feedparser.parse(answer.content)
        assert not read.bozo
        assert read.entries[0].title.startswith(title)
        assert read.entries[0].link.startswith(f"http://testserver{address(page)}")
        assert parsedate_to_datetime(read.entries[0].published) == now
    again = client.get(base + "feed.rss", HTTP_IF_NONE_MATCH=client.get(base + "feed.rss")["ETag"])
    assert again.status_code == 304


def test_the_json_feed_has_what_version_1_1_requires(
    cast: Cast, claim: Claim, now: datetime, client: Client
) -> None:
    published(cast, claim, now)
    feed = client.get(f"/p/{cast.operation.slug}/verifications/feed.json").json()
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["title"]
    for item in feed["items"]:
        assert item["id"]
        assert item["content_html"] or item["content_text"]
        assert item["url"].startswith("http://testserver/p/")
    first = feed["items"][0]["id"]
    published(cast, claim, now, known="Vu à 19 h.", why="L’heure était fausse.")
    again = client.get(f"/p/{cast.operation.slug}/verifications/feed.json").json()
    assert [item["id"] for item in again["items"]] == [first]
    assert again["items"][0]["title"].startswith("Corrigé")


def test_another_site_shows_the_card_by_oembed(
    cast: Cast, claim: Claim, now: datetime, client: Client
) -> None:
    page = published(cast, claim, now)
    url = f"http://testserver{address(page)}"
    told = client.get(f"/p/{cast.operation.slug}/verifications/oembed.json?url={url}").json()
    assert (told["version"], told["type"]) == ("1.0", "rich")
    assert {"html", "width", "height"} <= set(told)
    assert f"{url}card/" in told["html"]
    foreign = f"/p/{cast.operation.slug}/verifications/oembed.json?url=http://testserver/o/x/"
    assert client.get(foreign).status_code == 404


@pytest.mark.parametrize(("path", "size"), [("card.png", LANDSCAPE), ("card-square.png", SQUARE)])
def test_the_picture_that_is_shared_has_the_size_networks_ask_for(
    cast: Cast, claim: Claim, now: datetime, client: Client, path: str, size: tuple[int, int]
) -> None:
    page = published(cast, claim, now)
    answer = client.get(address(page) + path)
    assert answer["Content-Type"] == "image/png"
    with Image.open(BytesIO(answer.content)) as image:
        assert image.size == size
    assert len(answer.content) < 100_000
    html = client.get(address(page)).content.decode()
    assert 'property="og:image:alt" content="Vérification' in html


def test_a_card_holds_whatever_is_written_on_it() -> None:
    plain = Card(verdict="false", word="Faux", title="x", foot="", who="", band="", notice="")
    long = Card(
        verdict="unverifiable", word="Invérifiable", title="mot " * 200 + "w" * 300,
        foot="24 novembre 2026", who="Organisme " * 30, band="EXERCICE", notice="",
    )  # fmt: skip
    for size in (LANDSCAPE, SQUARE):
        assert draw(long, size) != draw(plain, size)
