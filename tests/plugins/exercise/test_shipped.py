"""The scenarios that come with Vigie: whole, varied, and silent about their truth."""

from __future__ import annotations

import json
import os
from collections import Counter
from functools import cache
from pathlib import Path

import msgspec
import pytest

from tests.plugins.exercise.small import NOW
from vigie.analysis.gazetteer import GazetteerMissing, gazetteer
from vigie.analysis.query import parse
from vigie.kernel.text import clean, fold
from vigie.plugins.sources.exercise import load_shipped, shipped, truths
from vigie.plugins.sources.exercise.playing import advance, start
from vigie.plugins.sources.exercise.scenario import CATEGORIES, Post, Scenario
from vigie.triage import vocabulary

pytestmark = pytest.mark.pure
NAMES = ("orge-yvette", "tour-etape-essonne")
WIRE = {
    "id", "network", "url", "created_at", "lang", "text", "author", "media", "reply_to",
    "repost_of", "lat", "lon", "likes", "reposts", "replies", "edited_at", "graphic",
}  # fmt: skip


@cache
def scenario(name: str) -> Scenario:
    return load_shipped(name)


def everything(name: str) -> list[Post]:
    found = scenario(name)
    return [*found.posts, *(inject.post for inject in found.injects)]


def test_the_shipped_ones_are_found_by_name() -> None:
    assert shipped() == NAMES


@pytest.mark.parametrize(
    ("name", "posts", "hours"), [("orge-yvette", 420, 30), ("tour-etape-essonne", 90, 7)]
)
def test_it_has_its_posts_over_its_whole_length(name: str, posts: int, hours: int) -> None:
    found = scenario(name)
    assert len(found.posts) >= posts
    assert found.length_s == hours * 3600
    moments = [event.at_s for event in found.timeline]
    assert moments[-1] > found.length_s * 0.95
    assert 0 < found.demo_start_s < found.length_s / 2
    assert len(found.injects) >= 5


def test_the_flood_is_made_of_what_a_flood_is_made_of() -> None:
    found = scenario("orge-yvette")
    first = [post for post in found.posts if found.truths[post.id].duplicate_of is None]
    share = Counter(found.truths[post.id].category for post in first)
    assert set(share) == set(CATEGORIES)
    total = len(first)
    assert 0.18 < share["hors_sujet"] / total < 0.32
    assert 0.10 < share["sentiment"] / total < 0.20
    assert 0.08 < share["info_officielle"] / total < 0.18
    assert 0.18 < 1 - total / len(found.posts) < 0.32
    assert sum(post.repost_of is not None for post in found.posts) > 100
    assert {post.lang for post in found.posts} == {"fr", "en", "es"}
    rumours = Counter(t.claim for t in found.truths.values() if t.category == "rumeur_infox")
    assert sum(count >= 3 for claim, count in rumours.items() if claim) >= 5
    assert {event.kind for event in found.timeline} == {"post", "edit", "deletion"}
    by_hour = Counter((post.at_s or 0) // 3600 for post in found.posts)
    assert max(by_hour[hour] for hour in range(9, 13)) < min(by_hour[hour] for hour in range(2, 7))


@pytest.mark.parametrize("name", NAMES)
def test_no_text_stands_twice_but_in_reposts(name: str) -> None:
    texts = Counter(fold(post.text) for post in everything(name) if post.repost_of is None)
    assert [text for text, count in texts.items() if count > 1] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_repost_has_the_truth_of_what_it_reposts(name: str) -> None:
    found = scenario(name)
    for post in found.posts:
        if post.repost_of is not None:
            mine, source = found.truths[post.id], found.truths[post.repost_of]
            assert mine.duplicate_of == (source.duplicate_of or post.repost_of)
            expected = (source.category, source.urgency, source.communes, source.claim)
            assert (mine.category, mine.urgency, mine.communes, mine.claim) == expected


@pytest.mark.parametrize("name", NAMES)
def test_a_near_duplicate_names_the_same_category_as_its_first(name: str) -> None:
    truth = scenario(name).truths
    for one in truth.values():
        if one.duplicate_of is not None:
            assert one.category == truth[one.duplicate_of].category, one.post_id


@pytest.mark.parametrize("name", NAMES)
def test_texts_are_as_the_house_keeps_them(name: str) -> None:
    for post in everything(name):
        assert clean(post.text) == post.text, post.id


@pytest.mark.parametrize("name", NAMES)
def test_every_site_is_an_invented_one(name: str) -> None:
    for wire, _ in truths(scenario(name)):
        assert wire["url"].split("/")[2].endswith(".exemple")
        assert "http" not in wire["text"]
        assert "www." not in wire["text"]


@pytest.mark.parametrize("name", NAMES)
def test_every_account_and_claim_serves(name: str) -> None:
    found = scenario(name)
    used = {post.account.id for post in everything(name)}
    assert {account.id for account in found.accounts} == used
    assert {claim.id for claim in found.claims} == {
        one.claim for one in found.truths.values() if one.claim
    }


@pytest.mark.parametrize("name", NAMES)
def test_every_watch_can_be_parsed(name: str) -> None:
    for watch in scenario(name).watches:
        parse(watch.query)


@pytest.mark.parametrize("name", NAMES)
def test_the_truth_is_never_in_what_is_played(name: str) -> None:
    found = scenario(name)
    orders = {
        "jump_to_s": found.length_s,
        "jump_id": 1,
        "injects": [
            {"id": number, "prepared": inject.post.id}
            for number, inject in enumerate(found.injects)
        ],
    }
    begun = start(found, run="1", start_s=0, speed=60, now=NOW)
    _, shown = advance(begun, found, orders, NOW)
    assert len(shown) == len(found.timeline) + len(found.injects)
    secret = {*CATEGORIES, "duplicate_of", "truth", *(claim.id for claim in found.claims)}
    secret -= {"solidarite", "medias", "sentiment", "victimes", "reseaux"}  # words of the language
    for one in shown:
        wire = one.wire
        assert wire is not None
        assert set(wire) <= WIRE or set(wire) == {"id", "deleted_at"}
        written = msgspec.json.encode({**wire, "text": "", "media": []}).decode()
        assert not any(f'"{word}"' in written for word in secret)
        assert set(wire.get("author", {})) <= {"id", "handle", "name", "followers", "official"}
        assert all(set(item) == {"type", "description"} for item in wire.get("media", ()))


@pytest.mark.parametrize("name", NAMES)
def test_every_commune_exists(name: str) -> None:
    found = scenario(name)
    codes = {code for one in found.truths.values() for code in one.communes}
    codes |= {*found.territory, *(indicator.commune for indicator in found.indicators)}
    try:
        missing = {code for code in codes if gazetteer().commune(code) is None}
    except GazetteerMissing:
        missing = {code for code in codes if code[:2] == "91"} - _essonne()
    assert missing == set()


def _essonne() -> set[str]:
    folder = Path(os.environ.get("VIGIE_EVALUATION_DATA", "../shared/data"))
    file = folder / "gazetteer_fr" / "communes91_etalab_2026.json"
    if not file.is_file():
        pytest.skip("neither the packaged gazetteer (make assets) nor VIGIE_EVALUATION_DATA")
    return {commune["code"] for commune in json.loads(file.read_text(encoding="utf-8"))}


def test_the_categories_are_those_of_the_house() -> None:
    assert set(CATEGORIES) == set(vocabulary.CATEGORIES)
