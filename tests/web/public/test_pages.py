"""The public reads what two people stand behind, and nothing else; no cookie, one address a page."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from tests.factories import Cast, concluded, desk, lead, words
from tests.web.public.publishing import address, published
from vigie.verification.actions.factchecks import withdraw, write_draft
from vigie.verification.models import Claim

pytestmark = pytest.mark.django_db


@pytest.fixture
def claim(cast: Cast, now: datetime) -> Claim:
    posts = [lead(cast.operation, f"Saclas a cédé {n}", now=now) for n in range(7)]
    return concluded(
        cast.operation, now=now, by=desk(cast.verifier, cast.operation), leads=posts,
        details="note interne",
    )  # fmt: skip


def ld(html: str) -> Any:
    return json.loads(
        html.partition('<script type="application/ld+json">')[2].partition("</script>")[0]
    )


def test_a_resident_reads_it_in_french_and_in_english(
    cast: Cast, claim: Claim, now: datetime, client: Client
) -> None:
    page = published(cast, claim, now)
    french = client.get(address(page))
    html = french.content.decode()
    for text in ("Faux", "n’a pas cédé", "Communiqué de la mairie", "112", "Département de l’Essonne",
                 "Vu environ 5 fois depuis", "heure de Paris", 'hreflang="en"'):  # fmt: skip
        assert text in html, text
    assert french["Content-Language"] == "fr"
    english = client.get(address(page) + "en/").content.decode()
    assert "has not burst" in english
    assert '<html lang="en">' in english
    assert "False" in english


def test_nothing_unpublished_and_nobody_is_named(
    cast: Cast, claim: Claim, now: datetime, client: Client
) -> None:
    page = published(cast, claim, now)
    write_draft(
        claim=claim, draft=words(known="BROUILLON SECRET"), version=page.version,
        by=desk(cast.verifier, cast.operation), now=now,
    )  # fmt: skip
    here = address(page)
    listing = f"/p/{cast.operation.slug}/"
    names = [user.display for user in (cast.verifier, cast.coordinator, cast.volunteer)]
    for url in (here, here + "en/", here + "card/", listing, listing + "verifications/",
                listing + "verifications/feed.rss", listing + "verifications/feed.json"):  # fmt: skip
        body = client.get(url).content.decode()
        for secret in ("BROUILLON SECRET", "Appel interne", "06 12", "note interne", "@riverain",
                       "Saclas a cédé 1", *names):  # fmt: skip
            assert secret not in body, (url, secret)


def test_what_is_not_published_is_not_there(
    cast: Cast, claim: Claim, now: datetime, client: Client
) -> None:
    one = desk(cast.verifier, cast.operation)
    draft = write_draft(claim=claim, draft=words(), version=0, by=one, now=now)
    here = address(draft)
    for rest in ("", "en/", "card/", "card.png", "card-square.png", "picture.webp", "v1/"):
        for visitor in (client, signed_in(cast)):
            assert visitor.get(here + rest).status_code == 404, rest
    assert client.get(f"/p/{cast.operation.slug}/verifications/1/").status_code == 404
    oembed = f"/p/{cast.operation.slug}/verifications/oembed.json?url=http://testserver{here}"
    assert client.get(oembed).status_code == 404
    html = client.get(f"/p/{cast.operation.slug}/verifications/").content.decode()
    assert "n’a pas cédé" not in html


def signed_in(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.coordinator)
    return client


def test_an_operation_in_preparation_is_nobodys_business(cast: Cast, client: Client) -> None:
    cast.operation.phase = "prepared"
    cast.operation.save()
    assert client.get(f"/p/{cast.operation.slug}/").status_code == 404
    assert client.get("/p/inconnue/").status_code == 404


def test_the_page_is_the_same_for_everybody_and_caches_keep_it(
    cast: Cast, claim: Claim, now: datetime, client: Client
) -> None:
    page = published(cast, claim, now)
    here = address(page)
    nobody, somebody = client.get(here), signed_in(cast).get(here, HTTP_ACCEPT_LANGUAGE="en")
    assert nobody.content == somebody.content
    for answer in (nobody, somebody, client.get(f"/p/{cast.operation.slug}/")):
        assert answer["Cache-Control"].startswith("public, max-age=60")
        assert not answer.cookies
        assert "Vary" not in answer
        assert "script-src" not in answer["Content-Security-Policy"]
        assert "default-src 'none'" in answer["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
        assert "Last-Modified" in answer
    again = client.get(here, HTTP_IF_NONE_MATCH=nobody["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    assert len(nobody.content) < 15_000


def test_a_page_asks_the_database_twice(
    cast: Cast, claim: Claim, now: datetime, client: Client, django_assert_max_num_queries: Any
) -> None:
    page = published(cast, claim, now)
    here = address(page)
    with django_assert_max_num_queries(2):
        client.get(here)
    with django_assert_max_num_queries(2):
        client.get(f"/p/{cast.operation.slug}/verifications/")


def test_only_the_card_may_stand_in_a_frame(
    cast: Cast, claim: Claim, now: datetime, client: Client
) -> None:
    page = published(cast, claim, now)
    card = client.get(address(page) + "card/")
    assert "frame-ancestors *" in card["Content-Security-Policy"]
    assert "X-Frame-Options" not in card
    assert client.get(address(page))["X-Frame-Options"] == "DENY"


def test_an_address_by_another_name_leads_to_the_page(
    cast: Cast, claim: Claim, now: datetime, client: Client
) -> None:
    page = published(cast, claim, now)
    base = f"/p/{cast.operation.slug}/verifications/1"
    assert client.get(f"{base}-autre/")["Location"] == address(page)
    assert client.get(f"{base}/")["Location"] == address(page)


def test_a_withdrawn_page_stays_and_says_so(
    cast: Cast, claim: Claim, now: datetime, client: Client
) -> None:
    page = published(cast, claim, now)
    withdraw(
        claim=claim, why={"fr": "La mairie s’est rétractée."},
        by=desk(cast.verifier, cast.operation), now=now,
    )  # fmt: skip
    answer = client.get(address(page))
    html = answer.content.decode()
    assert answer.status_code == 200
    assert "La mairie s’est rétractée." in html
    assert "il tient" not in html
    assert "ld+json" not in html
    assert answer["X-Robots-Tag"] == "noindex"
    feed = client.get(f"/p/{cast.operation.slug}/verifications/feed.rss").content.decode()
    assert "Retirée : Non" in feed.replace("\u00a0", " ").replace("\u202f", " ")


def test_an_old_version_stays_readable_and_says_it_is_old(
    cast: Cast, claim: Claim, now: datetime, client: Client
) -> None:
    page = published(cast, claim, now)
    published(cast, claim, now, known="Corrigé : vu à 19 h.", why="L’heure était fausse.")
    html = client.get(address(page)).content.decode()
    assert "L’heure était fausse." in html
    assert f'href="{address(page)}v1/"' in html
    old = client.get(address(page) + "v1/")
    assert "à 18 h" in old.content.decode()
    assert old["X-Robots-Tag"] == "noindex"
    assert client.get(address(page) + "v2/").status_code == 302
    assert client.get(address(page) + "v9/").status_code == 404


def test_an_exercise_says_so_everywhere_and_to_no_search_engine(
    cast: Cast, claim: Claim, now: datetime, client: Client
) -> None:
    cast.operation.is_exercise = True
    cast.operation.save()
    page = published(cast, claim, now)
    listing = f"/p/{cast.operation.slug}/verifications/"
    for url in (address(page), address(page) + "card/", listing, listing + "feed.rss",
                listing + "feed.json", address(page) + "card.png"):  # fmt: skip
        answer = client.get(url)
        assert answer["X-Robots-Tag"] == "noindex, nofollow"
        if not url.endswith("png"):
            assert "EXERCICE" in answer.content.decode(), url
    review = ld(client.get(address(page)).content.decode())
    assert review["claimReviewed"].startswith("EXERCICE")
    assert review["reviewRating"]["alternateName"].startswith("EXERCICE")
    assert review["author"]["name"].startswith("EXERCICE")


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_nobody_writes_by_a_public_address(
    cast: Cast, claim: Claim, now: datetime, client: Client, method: str
) -> None:
    page = published(cast, claim, now)
    assert getattr(client, method)(address(page)).status_code == 405


def test_words_are_words_and_never_markup(
    cast: Cast, claim: Claim, now: datetime, client: Client
) -> None:
    evil = "</script><img src=x onerror=alert(1)>"
    page = published(cast, claim, now, known=evil)
    html = client.get(address(page)).content.decode()
    assert "<img src=x" not in html
    assert ld(html)["reviewBody"] == evil
    feed = client.get(f"/p/{cast.operation.slug}/verifications/feed.json").json()
    assert "<img" not in feed["items"][0]["content_html"]
