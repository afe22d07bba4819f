"""The screen of others' checks: feeds are followed, paused and removed there, and say how they are."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.test import Client
from django.utils import translation

from tests.factories import Cast, desk
from vigie.verification.actions.claims import open_claim
from vigie.verification.actions.known_feeds import INTERVALS_S, follow_feed
from vigie.verification.checkfeeds import decide
from vigie.verification.models import KnownClaim, KnownEntry, KnownFeed
from vigie.verification.queries.near import known_claim
from vigie.web.verify import known_words

pytestmark = pytest.mark.django_db
ADDRESS = "https://v.example/flux"


def room(cast: Cast, path: str = "") -> str:
    return f"/o/{cast.operation.slug}/claims/known/{path}"


@pytest.fixture
def checker(client: Client, cast: Cast) -> Client:
    client.force_login(cast.verifier)
    return client


@pytest.fixture
def feed(cast: Cast, now: datetime) -> KnownFeed:
    return follow_feed(
        address=ADDRESS, name="Factuel", by=desk(cast.verifier, cast.operation), now=now
    )


def test_a_feed_is_followed_from_the_form(checker: Client, cast: Cast) -> None:
    done = checker.post(
        room(cast, "feeds/follow/"),
        {"address": ADDRESS, "name": "Factuel", "language": "fr", "often": "21600"},
    )  # fmt: skip
    assert (done.status_code, done.headers["Location"]) == (302, room(cast))
    row = KnownFeed.objects.get()
    assert (row.name, row.language, row.interval_s) == ("Factuel", "fr", 21_600)
    page = checker.get(room(cast)).content.decode()
    assert "lecture en cours" in page
    assert ADDRESS in page


def test_what_cannot_be_followed_is_said_at_its_field_and_what_was_typed_stays(
    checker: Client, cast: Cast, feed: KnownFeed
) -> None:
    done = checker.post(
        room(cast, "feeds/follow/"), {"address": ADDRESS, "name": "x", "often": "900"}
    )
    page = done.content.decode()
    assert done.status_code == 422
    assert "Ce flux est déjà suivi." in page
    assert 'value="900" selected' in page
    assert KnownFeed.objects.count() == 1


def test_gestures_pause_resume_and_remove(
    checker: Client, cast: Cast, feed: KnownFeed, now: datetime
) -> None:
    KnownClaim.objects.create(feed="Factuel", key="a", wording="x", imported_at=now)
    at = f"feeds/{feed.pk}/"
    checker.post(room(cast, f"{at}pause/"))
    assert "en pause" in checker.get(room(cast, "feeds/")).content.decode()
    checker.post(room(cast, f"{at}resume/"))
    assert KnownFeed.objects.get().paused_at is None
    assert checker.post(room(cast, f"{at}nothing/")).status_code == 404
    checker.post(room(cast, f"{at}remove/"))
    assert not KnownFeed.objects.exists()
    assert KnownClaim.objects.exists()
    assert checker.post(room(cast, f"{at}visit/")).status_code == 404


def test_its_checks_go_with_it_when_asked(
    checker: Client, cast: Cast, feed: KnownFeed, now: datetime
) -> None:
    KnownClaim.objects.create(feed="Factuel", key="a", wording="x", imported_at=now)
    checker.post(room(cast, f"feeds/{feed.pk}/remove/"), {"with_checks": "on"})
    assert not KnownClaim.objects.exists()


def test_a_stuck_feed_says_why_what_was_kept_and_what_to_do(
    checker: Client, cast: Cast, feed: KnownFeed, now: datetime
) -> None:
    KnownFeed.objects.update(
        state="stuck", code="page_without_checks", detail="https://v.example/rss", failed_at=now,
        asked_at=None, refused_number=1, refused=[{"row": 2, "code": "no_claim", "said": "pont"}],
    )  # fmt: skip
    KnownEntry.objects.create(
        feed=feed, url="https://v.example/1", title="Le pont", digest="x", state="failed",
        code="robot_wall",
    )  # fmt: skip
    page = checker.get(room(cast)).content.decode()
    for words in (
        "bloqué", "C’est une page qui ne porte pas de ClaimReview.", "https://v.example/rss",
        "Un essai par jour", "ne dit pas ce qui était affirmé", "demande s’il y a une personne",
    ):  # fmt: skip
        assert words in page, words


def test_a_claim_says_that_the_check_it_came_from_was_taken_back(
    checker: Client, cast: Cast, now: datetime
) -> None:
    check = KnownClaim.objects.create(feed="Factuel", key="a", wording="x", imported_at=now)
    by = desk(cast.verifier, cast.operation)
    claim = open_claim(wording="Le pont est coupé", by=by, now=now, known=check)
    address = f"/o/{cast.operation.slug}/claims/{claim.number}/"
    assert "l’ont retirée depuis" not in checker.get(address).content.decode()
    KnownClaim.objects.update(withdrawn_at=now)
    assert "l’ont retirée depuis" in checker.get(address).content.decode()
    assert known_claim(by, check.pk) is None


@pytest.mark.parametrize("who", ["observer", "volunteer", "partner"])
def test_who_checks_no_claims_follows_no_feed(
    client: Client, cast: Cast, feed: KnownFeed, who: str
) -> None:
    client.force_login(getattr(cast, who))
    for path in ("feeds/follow/", f"feeds/{feed.pk}/remove/", f"feeds/{feed.pk}/visit/"):
        done = client.post(room(cast, path), {"address": "https://w.example"})
        expected = 302 if cast.verifier.pk == getattr(cast, who).pk else 403
        assert done.status_code == expected, path
    assert KnownFeed.objects.get().pk == feed.pk


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_reason_a_visit_fails_for_has_words(language: str) -> None:
    statuses = {decide.trouble_of(status, conditional=False) for status in range(300, 600)}
    codes = statuses | decide.HOPELESS | decide.MISTAKEN | {
        "unreachable", "too_slow", "too_many_redirects", "broken_off", "feed_empty", "job_failed",
    }  # fmt: skip
    with translation.override(language):
        other = known_words.page_trouble("anything else")
        assert all(known_words.page_trouble(code) != other for code in codes - {""})
    assert tuple(known_words.INTERVALS) == INTERVALS_S
