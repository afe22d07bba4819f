from __future__ import annotations

from collections.abc import Collection

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.analysis.query import strategies as some
from vigie.analysis.query import Matcher, Subject, matches, parse
from vigie.analysis.tokens import tokenise
from vigie.contracts.findings import Place

pytestmark = pytest.mark.pure


class TwoCommunes:
    def communes_named(self, key: str) -> Collection[str]:
        return {"longjumeau": {"91345"}, "orge": {"10270"}}.get(key, set())

    def departement_named(self, key: str) -> str | None:
        return "91" if key == "essonne" else None


def place(name: str, kind: str = "commune", code: str = "") -> Place:
    return Place(text=name, start=0, end=len(name), name=name, kind=kind, code=code)


LONGJUMEAU = place("Longjumeau", code="91345")
PLACES = st.lists(
    st.sampled_from([LONGJUMEAU, place("Orge", "river"), place("Lyon", code="69123")]), max_size=2
)
SUBJECTS = st.builds(
    lambda text, language, network, source, handle, media, places: Subject(
        tokenise(text), language=language, network=network, source=source, handle=handle,
        media_types=media, places=tuple(places),
    ),
    some.texts, st.sampled_from(["fr", "en", None]), st.sampled_from(["mastodon", "rss"]),
    st.sampled_from(["Préfecture", "Ville"]), st.sampled_from(["ana", "bob@a.example", ""]),
    st.sampled_from([(), ("image",), ("video",)]), PLACES,
)  # fmt: skip


def answers(query: str, text: str, **facts: object) -> bool:
    return matches(parse(query), Subject(tokenise(text), **facts), TwoCommunes())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("query", "text", "expected"),
    [
        ("inondation", "La rue est INONDÉE", True),
        ("inondées", "rues inondees", True),
        ("inond*", "ça inonde", True),
        ("inondat*", "c'est inondé", True),
        ('"montée des eaux"', "la montee des eaux continue", True),
        ('"montée des eaux"', "les eaux ont montée", False),
        ("crue -météo", "crue, dit la météo", False),
        ("savigny", "#SavignySurOrge sous l'eau", True),
        ("#savignysurorge", "#SavignySurOrge sous l'eau", True),
        ("orge", "l'Orge déborde", True),
        ("D118", "la RD 118 est coupée", True),
        ("-météo", "", True),
        ("flood", "streets flooded", True),
    ],
)
def test_words_meet_across_accents_forms_hashtags_and_spellings(
    query: str, text: str, expected: bool
) -> None:
    assert answers(query, text) is expected


@pytest.mark.parametrize(
    ("query", "facts", "expected"),
    [
        ("place:91", {"places": [LONGJUMEAU]}, True),
        ("place:92", {"places": [LONGJUMEAU]}, False),
        ("place:91345", {"places": [LONGJUMEAU]}, True),
        ("place:longjumeau", {"places": [LONGJUMEAU]}, True),
        ("place:essonne", {"places": [LONGJUMEAU]}, True),
        ("place:orge", {"places": [place("Orge", "river")]}, True),
        ("place:1", {"places": [place("1", "area")]}, True),
        ("has:place", {}, False),
        ("has:video", {"media_types": ["image"]}, False),
        ("has:media", {"media_types": ["image"]}, True),
        ("from:@ana", {"handle": "Ana@social.example"}, True),
        ("from:ana@social.example", {"handle": "@ana@social.example"}, True),
        ("from:an", {"handle": "ana"}, False),
        ("lang:fr", {"language": None}, False),
        ("source:pref*", {"source": "Préfecture de l’Essonne"}, True),
        ('source:"préfecture de l\'essonne"', {"source": "Préfecture de l’Essonne"}, True),
    ],
)
def test_fields_ask_for_facts(query: str, facts: dict[str, object], expected: bool) -> None:
    assert answers(query, "", **facts) is expected


@given(st.lists(some.queries, max_size=12), st.lists(SUBJECTS, max_size=4))
def test_the_matcher_answers_as_plain_evaluation_does(
    texts: list[str], subjects: list[Subject]
) -> None:
    queries = {index: parse(text) for index, text in enumerate(texts)}
    matcher = Matcher(queries, TwoCommunes())
    for subject in subjects:
        expected = [key for key, q in queries.items() if matches(q, subject, TwoCommunes())]
        assert matcher.match(subject) == expected
        assert matcher.may_match(subject.tokens) or not expected


def test_language_and_places_are_asked_for_at_most_once_and_only_by_candidates() -> None:
    asked: list[str] = []

    def language() -> str:
        asked.append("language")
        return "fr"

    def places() -> list[Place]:
        asked.append("places")
        return [LONGJUMEAU]

    matcher = Matcher({1: parse("crue lang:fr place:91"), 2: parse("crue lang:en place:92")})
    assert matcher.match(Subject(tokenise("beau temps"), language=language, places=places)) == []
    assert asked == []
    assert matcher.match(Subject(tokenise("la crue"), language=language, places=places)) == [1]
    assert asked == ["language", "places"]


def test_a_post_without_any_awaited_word_is_known_not_to_match() -> None:
    matcher = Matcher({"a": parse("crue OR inond*"), "b": parse('"rue des eaux" orge')})
    assert not matcher.may_match(tokenise("il fait beau rue des lilas"))
    assert matcher.may_match(tokenise("inondés"))
