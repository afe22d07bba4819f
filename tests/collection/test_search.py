"""Search finds what the watch language means, newest first, and says the same as the matcher."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import factories
from tests.factories import Cast
from vigie.analysis.query import And, Field, Node, Not, Or, Query, Term, matches, parse
from vigie.analysis.tokens import stem, tokenise
from vigie.collection.models import Media, Post
from vigie.collection.search import Search, page, place_condition, posts, restrict, subject
from vigie.triage.models import Lead


def _lead(cast: Cast, text: str, now: datetime, **post: Any) -> Lead:
    return factories.lead(
        cast.operation,
        text,
        now=now,
        post={"tokens": " ".join(tokenise(text)), **post},
        place_code=post.pop("place_code", ""),
    )


def _texts(query: str = "", **filters: Any) -> list[str]:
    search = Search(query=parse(query) if query else None, **filters)
    return [post.text for post in posts(search)]


@pytest.fixture
def stored(cast: Cast, now: datetime) -> list[Lead]:
    leads = [
        _lead(cast, "La crue de l'Orge monte à Épinay", now, language="fr"),
        _lead(cast, "Inondations : cave inondée rue de la Paix", now, language="fr"),
        _lead(cast, "Météo : risque de crue demain", now, language="fr", network="rss"),
        _lead(cast, "The river is rising, flooding soon", now, language="en", network="bluesky"),
        _lead(cast, "Photo du pont", now, language="fr", has_media=True),
    ]
    Media.objects.create(post=leads[4].post, type="image", url="https://exemple.fr/a.jpg")
    return leads


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("crue", [2, 0]),
        ("CRUES", [2, 0]),
        ("crue -météo", [0]),
        ("-crue", [4, 3, 1]),
        ("-crue -lang:en", [4, 1]),
        ("inond*", [1]),
        ('"cave inondee"', [1]),
        ('"paix rue"', []),
        ("flood OR crue", [3, 2, 0]),
        ("(crue lang:fr network:rss) OR lang:en", [3, 2]),
        ("crue OR -lang:fr", [3, 2, 0]),
        ("network:blue*", [3]),
        ("network:nowhere", []),
        ("has:media", [4]),
        ("has:image", [4]),
        ("has:video", []),
        ("-has:image pont", []),
        ("zzz*", []),
    ],
)
def test_a_query_finds_the_posts_it_means(stored: list[Lead], query: str, found: list[int]) -> None:
    assert _texts(query) == [stored[index].post.text for index in found]


def test_a_source_is_found_by_its_folded_name(
    stored: list[Lead], cast: Cast, now: datetime
) -> None:
    source = factories.source(cast.operation, now=now, name="Préfecture 91")
    factories.lead(cast.operation, "Arrêté", now=now, src=source)
    assert _texts('source:"prefecture 91"') == ["Arrêté"]
    assert _texts("source:prefect*") == ["Arrêté"]
    assert _texts("source:inconnue") == []


def test_an_author_is_found_with_or_without_the_server(cast: Cast, now: datetime) -> None:
    lead = factories.lead(cast.operation, "Vu du pont", now=now)
    author = lead.post.author
    assert author is not None
    author.handle = "@Riverain@mastodon.exemple"
    author.save()
    for query in ("from:riverain", "from:@Riverain@mastodon.exemple"):
        assert _texts(query) == ["Vu du pont"]
    assert _texts("from:rive") == []


def test_filters_beside_the_query_all_hold(stored: list[Lead], now: datetime) -> None:
    assert _texts("crue", networks=("rss",)) == [stored[2].post.text]
    assert _texts(languages=("en", "es")) == [stored[3].post.text]
    assert _texts(has_media=True) == [stored[4].post.text]
    assert len(_texts(has_media=False)) == 4
    assert _texts(sources=(stored[1].post.source_id,)) == [stored[1].post.text]
    published = stored[0].post.published_at
    assert len(_texts(published_from=published)) == 5
    assert _texts(published_until=published) == []
    assert _texts("crue", published_from=published + timedelta(seconds=1)) == []


def test_a_time_before_all_posts_finds_none_of_them(now: datetime, cast: Cast) -> None:
    assert _texts(published_from=now) == []


def test_leads_are_searched_through_their_post(
    stored: list[Lead], cast: Cast, now: datetime
) -> None:
    factories.lead(cast.other_operation, "crue ailleurs", now=now, post={"tokens": "cru ailleur"})
    rows = Lead.objects.filter(operation=cast.operation)
    found = page(rows, Search(query=parse("crue")), to_post="post__")
    assert [lead.pk for lead in found.rows] == [stored[2].pk, stored[0].pk]
    assert found.before is None


def test_pages_follow_each_other_without_gap_or_repetition(cast: Cast, now: datetime) -> None:
    leads = [_lead(cast, f"crue numéro {number}", now) for number in range(7)]
    rows = Lead.objects.filter(operation=cast.operation)
    for query in (None, parse("crue"), parse("crue OR has:video")):
        seen: list[int] = []
        before, pages = None, 0
        while pages == 0 or before is not None:
            found = page(rows, Search(query=query), to_post="post__", before=before, limit=3)
            seen += [lead.pk for lead in found.rows]
            before, pages = found.before, pages + 1
        assert seen == [lead.pk for lead in reversed(leads)]
        assert pages == 3


def test_an_image_under_an_or_is_looked_at_twice(stored: list[Lead]) -> None:
    search = Search(query=parse("(crue place:91) OR has:image"))
    assert not restrict(Post.objects.all(), search).exact
    assert [post.pk for post in page(Post.objects.all(), search).rows] == [stored[4].post_id]


def test_a_place_is_asked_of_rows_that_know_places(cast: Cast, now: datetime) -> None:
    _lead(cast, "crue", now)
    at_orsay = factories.lead(
        cast.operation, "crue", now=now, post={"tokens": "cru"}, place_code="91471"
    )
    rows = Lead.objects.filter(operation=cast.operation)

    class Names:
        def communes_named(self, key: str) -> set[str]:
            return {"91471"} if key == "orsay" else set()

        def departement_named(self, key: str) -> str | None:
            return "91" if key == "essonne" else None

    for query in ("crue place:Orsay", "place:91471", "place:91", "place:essonne crue", "has:place"):
        found = page(
            rows,
            Search(query=parse(query)),
            to_post="post__",
            place=place_condition(code="place_code", names=Names()),
        )
        assert [lead.pk for lead in found.rows] == [at_orsay.pk], query


def test_an_edit_and_a_deletion_reach_the_index(stored: list[Lead]) -> None:
    post = stored[0].post
    post.tokens = " ".join(tokenise("Décrue annoncée"))
    post.save()
    assert _texts("crue") == [stored[2].post.text]
    assert _texts("décrue") == [post.text]
    post.tokens, post.language = "", ""
    post.save()
    assert _texts("décrue") == []
    stored[2].post.delete()
    assert _texts("crue") == []


_WORDS = ("crue", "orge", "pont", "cave", "eau")
_terms = st.lists(st.sampled_from(_WORDS), min_size=1, max_size=2).map(
    lambda words: Term(" ".join(words), tuple(map(stem, words)))
)
_prefixes = st.sampled_from(("cr", "po", "e")).map(lambda start: Term(start, (), start))
_fields = st.sampled_from(
    [
        Field("lang", "fr", "fr"),
        Field("network", "mastodon", "mastodon"),
        Field("has", "media", "media"),
        Field("has", "image", "image"),
    ]
)
_nodes: st.SearchStrategy[Node] = st.recursive(
    _terms | _prefixes | _fields,
    lambda inner: st.one_of(
        inner.map(Not),
        st.lists(inner, min_size=2, max_size=3).map(lambda nodes: And(tuple(nodes))),
        st.lists(inner, min_size=2, max_size=3).map(lambda nodes: Or(tuple(nodes))),
    ),
    max_leaves=6,
)


@pytest.fixture
def every_kind(cast: Cast, now: datetime) -> None:
    for number in range(16):
        words = [word for bit, word in enumerate(_WORDS) if number >> bit & 1]
        lead = _lead(
            cast,
            " ".join(words),
            now,
            language="fr" if number % 3 else "en",
            network="mastodon" if number % 2 else "rss",
            has_media=number % 5 == 0,
        )
        if number % 5 == 0:
            Media.objects.create(post=lead.post, type="image" if number % 2 else "video")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(node=_nodes)
def test_any_query_finds_what_the_matcher_says(every_kind: None, node: Node) -> None:
    query = Query("", node)
    everything = Post.objects.select_related("author", "source").prefetch_related("media")
    expected = [post.pk for post in everything.order_by("-pk") if matches(query, subject(post))]
    found = page(everything, Search(query=query), limit=5)
    seen = [post.pk for post in found.rows]
    while found.before is not None:
        found = page(everything, Search(query=query), limit=5, before=found.before)
        seen += [post.pk for post in found.rows]
    assert seen == expected
