"""Watches without a word: places, languages and authors are told at a glance, and none is missed."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.analysis.gazetteer import gazetteer
from vigie.analysis.language import detect
from vigie.analysis.places.geoparser import Geoparser
from vigie.analysis.query import Known, Sieve, Subject, matches, parse, place_asked
from vigie.analysis.tokens import tokenise
from vigie.contracts.findings import PlaceClues
from vigie.contracts.plugins import Glance
from vigie.kernel.text import clean

pytestmark = pytest.mark.pure

SKY = Known(source="Ciel", network="bluesky", nameless=True)
DATA = Path(os.environ.get("VIGIE_EVALUATION_DATA", "../shared/data"))

QUERIES = st.sampled_from(
    ["place:91", "place:91345", "place:longjumeau", "place:orge", 'place:"savigny sur orge"',
     "place:essonne", "place:75", "place:d118", "place:francilienne", 'place:"gare de juvisy"',
     'place:"les ulis"', "place:saintes", "place:hurepoix", "place:91 -crue", "place:77 OR place:2a",
     "place:91 lang:fr", "lang:fr", "lang:en -place:91", "crue OR place:91228", "has:place",
     "from:maire.example", "from:maire.example -crue", "from:@ana OR place:saclay"]
)  # fmt: skip
NAMES = st.sampled_from(
    ["Longjumeau", "savigny", "Savigny-sur-Orge", "St-Michel s/ Orge", "Ste Geneviève", "Les Ulis",
     "aux Ulis", "Évry", "EVRY-COURCOURONNES", "E\u0301pinay s/Orge", "Massy (91)", "91160 Longjumeau",
     "dans le 91", "#91", "en Essonne", "l'Orge", "la Seine", "Paris", "Ajaccio", "Saintes",
     "gare de Juvisy", "rue de la Gare", "RD 118", "la Francilienne", "Val d'Yerres", "Hurepoix",
     "plateau de Saclay", "Seine-et-Marne", "Gif", "Ris", "Orsay", "Saulx les Chartreux", "œuvre",
     "Brie-Comte-Robert", "Le Coudray", "Soisy", "Fontainebleau", "sgdb", "paname", "Nord"]
)  # fmt: skip
SHAPES = st.sampled_from(
    [str, str, str.upper, str.lower, "#{}".format, "à {}".format, "inondation à {} :".format,
     "https://a.fr/{}".format, "{}https://a.fr".format, "{}www.a.fr/x".format, "@{}".format,
     "({})".format, "l’{}".format, "{}!!!".format, "x{}".format, "＃{}".format, "{}\u200b".format,
     lambda n: "#" + n.replace(" ", "").replace("-", ""), lambda n: "#" + n.replace(" ", "_"),
     lambda n: "#inondation" + n.lower().replace("-", ""), lambda n: f"#{n.lower()}inondee".replace(" ", ""),
     lambda n: n.replace(" ", "\xa0"), lambda n: n.replace("-", "\u2011"), lambda n: n[:3] + "\xad" + n[3:],
     lambda n: f"#RueD91{n}", lambda n: f"crue à {n}, RN 20"]
)  # fmt: skip
PIECES = st.builds(lambda name, shape: shape(name), NAMES, SHAPES) | st.sampled_from(
    [
        "la crue monte",
        "the river is rising",
        "日本は今日も雨",
        "👍🏽",
        "école",
        "jusqu'à",
        "#",
        "D91",
    ]
)
TEXTS = st.lists(st.tuples(PIECES, st.sampled_from([" ", "\n", "", ", ", "\xa0"])), max_size=5).map(
    lambda parts: "".join(piece + blank for piece, blank in parts)
)
TERRITORY = ("91",)
HANDLES = {"did:plc:maire": "Maire.example", "did:plc:ana": "ana"}


@cache
def geoparser() -> Geoparser:
    return Geoparser(TERRITORY)


def clues(value: str) -> PlaceClues | None:
    return geoparser().clues(place_asked(value, gazetteer()))


def sieve_of(*queries: str) -> Sieve:
    return Sieve([parse(text).root for text in queries], SKY, handles=HANDLES, clues=clues)


def matched(queries: list[str], glance: Glance) -> bool:
    text = clean(glance.text).strip()
    subject = Subject(
        tokenise(text), network="bluesky", source="Ciel", handle=HANDLES.get(glance.author, ""),
        language=detect(text, hint=glance.lang), places=lambda: geoparser().places(text),
    )  # fmt: skip
    return any(matches(parse(query), subject, gazetteer()) for query in queries)


GLANCES = st.builds(
    lambda text, author, lang, exact: Glance(text=text, author=author, lang=lang, exact=exact),
    TEXTS, st.sampled_from(["did:plc:maire", "did:plc:ana", "did:plc:x", ""]),
    st.sampled_from(["fr", "en", "ja", None]), st.booleans(),
)  # fmt: skip


@given(
    st.lists(QUERIES, min_size=1, max_size=3).map(tuple), st.lists(GLANCES, min_size=1, max_size=6)
)
def test_what_a_watch_without_a_word_matches_is_never_held_back(
    queries: tuple[str, ...], glances: list[Glance]
) -> None:
    passing = _sieve(queries).passing(glances)
    for at, glance in enumerate(glances):
        if at not in passing:
            assert not matched(list(queries), glance), (glance, queries)


_sieve: Callable[[tuple[str, ...]], Sieve] = cache(lambda queries: sieve_of(*queries))


def test_of_real_posts_none_is_held_back_in_which_such_a_place_is_found() -> None:
    rows = DATA / "checkthat_fr" / "train-fra.csv"
    if not rows.exists():
        pytest.skip("VIGIE_EVALUATION_DATA holds no French posts")
    with rows.open(encoding="utf-8") as lines:
        texts = [row["post"] for row in csv.DictReader(lines)][:1_500]
    for territory in (("91",), ("75", "69", "13")):
        parser = Geoparser(territory)
        for value in ("75", "91", "69", "13", "paris", "marseille", "seine", "lyon"):
            asked = place_asked(value, gazetteer())
            sieve = Sieve(
                [parse(f"place:{value}").root], SKY,
                clues=lambda _, parser=parser, asked=asked: parser.clues(asked),  # type: ignore[misc]
            )  # fmt: skip
            passing = sieve.passing([Glance(text=text) for text in texts])
            for at in set(range(len(texts))) - passing:
                text = clean(texts[at]).strip()
                subject = Subject(tokenise(text), places=parser.places(text))
                assert not matches(parse(f"place:{value}"), subject, gazetteer()), text


@pytest.mark.parametrize(
    ("query", "glance", "expected"),
    [
        ("place:91", Glance(text="Il pleut à Lille"), False),
        ("place:91", Glance(text="Il pleut à Longjumeau"), True),
        ("place:91", Glance(text="#inondationlongjumeau"), True),
        ("place:91345", Glance(text="Il pleut à Massy"), False),
        ("place:d118", Glance(text="rien"), True),  # a road is written in too many ways
        ("has:place", Glance(text="rien"), True),
        ("lang:fr", Glance(text="the river is rising again", lang="en", exact=True), False),
        ("lang:fr", Glance(text="la rivière monte encore dans la rue", lang="en", exact=True), True),
        ("lang:fr", Glance(text="the river is rising again", lang="en"), True),  # there is more of it
        ("from:maire.example", Glance(text="rien", author="did:plc:maire"), True),
        ("from:maire.example", Glance(text="rien", author="did:plc:ana"), False),
        ("from:maire.example", Glance(text="rien"), True),
        ("from:autre.example", Glance(text="rien"), False),
        ("crue -lang:en", Glance(text="rien", author="did:plc:ana"), False),
    ],
)  # fmt: skip
def test_it_asks_for_what_the_query_cannot_do_without(
    query: str, glance: Glance, expected: bool
) -> None:
    assert bool(sieve_of(query).passing([glance])) is expected
