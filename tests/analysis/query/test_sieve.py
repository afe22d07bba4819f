"""Whatever a query matches, the sieve lets through, however the text is written."""

from __future__ import annotations

import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.analysis.query import strategies as some
from tests.analysis.query.test_matching import LONGJUMEAU, PLACES, TwoCommunes
from vigie.analysis.query import Known, Sieve, Subject, matches, parse
from vigie.analysis.query.heads import _ODD, Heads
from vigie.analysis.query.nodes import Term
from vigie.analysis.query.terms import Terms
from vigie.analysis.tokens import plain_words, stem, tokenise
from vigie.contracts.plugins import Glance
from vigie.kernel.text import clean, fold, words_of

pytestmark = pytest.mark.pure

ROOT = Path(__file__).resolve().parents[3]
ANYWHERE = Known(source="Préfecture")

SHAPES = st.sampled_from(
    [
        str, str.upper, str.capitalize, "#{}".format, "@{}".format, "l'{}".format, "d’{}".format,
        "({}),".format, "{}…".format, "_{}_".format, "https://a.fr/{}".format, "www.{}.fr".format,
        "x{}".format, "{}\u200b{}".format, "\xad{}".format, "{}.fr/a".format, "🌊{}".format,
        "{}!!!".format, "＃{}".format, "{}日本".format, "\u0301{}".format,
        lambda w: unicodedata.normalize("NFD", w), lambda w: w[:2] + "\xad" + w[2:],
        lambda w: w[:3] + "\x1f" + w[3:], lambda w: w + w[-1] * 4, lambda w: w + "s",
        lambda w: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in w),
    ]
)  # fmt: skip


def _shaped(word: str, shape: object) -> str:
    try:
        return shape(word)  # type: ignore[operator,no-any-return]
    except IndexError:  # a shape that takes the word twice
        return shape(word, word)  # type: ignore[operator,no-any-return]


ROADS = st.sampled_from(
    ["RD 118", "D", "118", "D.", "-118", "N 20", "n", "20", "nationale 20", "RD", "D_118", "#118",
     "#routeD", "@118", "départementale", "118,", "Dhttps://a.fr/x", "d１１８"]
)  # fmt: skip
PIECES = st.one_of(
    st.builds(_shaped, st.sampled_from(some.WORDS), SHAPES),
    ROADS,
    st.sampled_from(["日本は今日も雨", "здравствуй", "👍🏽", "https://", "http://\u200b", "été"]),
    st.text(max_size=5),
)
BLANKS = st.sampled_from([" ", " ", "\n", "\xa0", "\u2028", "\t", "", "  ", "\x1c", "\u3000"])
TEXTS = st.lists(st.tuples(PIECES, BLANKS), max_size=10).map(
    lambda parts: "".join(piece + blank for piece, blank in parts)
)
QUERIES = st.one_of(
    some.text_queries,
    some.queries,
    st.sampled_from(['"D118 coupée" OR N20', "n20", "d1*", "日本*", "https", '"rue D118"', "x*"])
    .filter(lambda text: text != "x*"),
)  # fmt: skip


@given(
    st.lists(QUERIES, min_size=1, max_size=8),
    st.lists(TEXTS, min_size=1, max_size=6),
    st.sampled_from(["fr", "en", None]),
    st.sampled_from(["ana", "bob@a.example", ""]),
    PLACES,
    st.booleans(),
)
def test_what_any_query_matches_is_never_held_back(
    queries: list[str],
    texts: list[str],
    language: str | None,
    handle: str,
    places: list[object],
    knows_network: bool,
) -> None:
    roots = [parse(text).root for text in queries]
    known = Known(
        source="Préfecture",
        network="mastodon" if knows_network else None,
        nameless=not handle,
    )
    sieve = Sieve(roots, known)
    assert sieve.passing([Glance(text=text) for text in texts]) == {
        at for at, text in enumerate(texts) if sieve.may_match(text)
    }
    for text in texts:
        subject = Subject(
            tokenise(clean(text)), language=language, network="mastodon", source="Préfecture",
            handle=handle, media_types=("image",), places=tuple(places),  # type: ignore[arg-type]
        )  # fmt: skip
        if any(matches(root, subject, TwoCommunes()) for root in roots):
            assert sieve.may_match(text), (text, queries)


@pytest.mark.parametrize(
    ("query", "text", "expected"),
    [
        ("crue", "La crue monte", True),
        ("crue", "Les écrues de Vienne", False),
        ("inond*", "#Inondations à Orsay", True),
        ("savigny", "#SavignySurOrge", True),
        ("crue", "lisez https://a.fr/crue", False),
        ("D118", "la RD\n118 coupée", True),  # no road, but that takes the whole text to tell
        ("crue", "la cr\x1fue", True),
        ("crue", "la cr\xadue", True),
        ("日本*", "日本は今日も雨", True),
        ("https", "voir https:// partout", True),
        ("crue orge", "la crue de l'Yvette", False),
        ('"eaux usées"', "les eaux montent, routes usées", True),
        ("crue -météo", "crue, dit la météo", True),
        ("crue lang:fr", "flood", False),
        ("from:ana crue", "crue", True),
        ("place:91", "rien", True),
        ("-météo", "", True),
    ],
)
def test_it_asks_for_the_words_a_query_cannot_do_without(
    query: str, text: str, expected: bool
) -> None:
    assert Sieve([parse(query).root], ANYWHERE).may_match(text) is expected


@pytest.mark.parametrize(
    ("query", "open_"),
    [
        ("source:autre", False),
        ("source:pref*", True),
        ("network:mastodon", False),
        ("network:bluesky", True),
        ("from:ana", False),
        ("-network:bluesky", False),
        ("crue OR network:mastodon", False),
        ("crue OR has:media", True),
        ("place:91 -source:pref*", False),
    ],
)
def test_what_is_known_of_the_whole_source_is_settled_beforehand(query: str, open_: bool) -> None:
    known = Known(source="Préfecture", network="bluesky", nameless=True)
    sieve = Sieve([parse(query).root], known)
    assert sieve.open is open_
    assert sieve.may_match("bonjour") is open_
    subject = Subject(
        tokenise("bonjour"), network="bluesky", source="Préfecture", language="fr",
        places=(LONGJUMEAU,),
    )  # fmt: skip
    assert matches(parse(query), subject) <= open_


def test_each_text_of_many_is_told_from_its_neighbours() -> None:
    sieve = Sieve([parse(query).root for query in ("a", "D3", "crue orge")], ANYWHERE)
    texts = ["", "a", "la D", "3", "crue", "orge", "#crue orge", "œ", "œuvre 3", "fin @a", "b"]
    assert sieve.passing([Glance(text=text) for text in texts]) == {1, 3, 6, 8, 9}


def test_without_queries_nothing_passes() -> None:
    assert not Sieve([], ANYWHERE).may_match("la crue monte")


def test_the_characters_taken_for_blanks_fold_to_no_letter_that_a_query_may_hold() -> None:
    wrong = [
        character
        for character in map(chr, range(0x100, sys.maxunicode + 1))
        if not _ODD.search(character)
        and (not fold(clean(character)) or any(map(str.isascii, words_of(fold(character)))))
    ]
    assert wrong == []


def is_headed(word: str) -> bool:
    terms = Terms()
    terms.parts(Term(word, (stem(word),)))
    return bool(Heads(terms).of([word]))


LETTERS = st.text("abcdefghilmnoprstuvxyz", max_size=6)
ENDINGS = st.sampled_from(
    ["", "s", "es", "ies", "y", "ying", "ied", "ing", "eed", "ement", "amment", "ation", "logie",
     "ence", "eux", "aux", "eaux", "euse", "ity", "bility", "ous", "ly", "ell", "ette", "ennent"]
)  # fmt: skip


@given(LETTERS, ENDINGS)
def test_stemming_leaves_the_head_of_a_word_as_it_is(beginning: str, ending: str) -> None:
    word = beginning + ending
    assert not word or is_headed(word)


def test_it_does_so_with_every_word_of_the_house() -> None:
    words = {word for name in ("README.md", "CHANGELOG.md", "GLOSSARY.md") for word in
             plain_words((ROOT / name).read_text("utf-8"))}  # fmt: skip
    words |= {"yeux", "dying", "lying", "tying", "skies", "only", "noient", "hopitaux", "ouuuuui",
              "using", "crrrue", "l", "rd118", "oeil"}  # fmt: skip
    assert [word for word in words if not is_headed(word)] == []
