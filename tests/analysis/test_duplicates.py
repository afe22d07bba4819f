from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.analysis.duplicates import (
    DuplicateIndex,
    comparable_words,
    exact_digest,
    same_fact,
    signature,
)

pytestmark = pytest.mark.pure

CUT = (
    "La D118 est coupée entre Longjumeau et Ballainvilliers, déviation par la N20, prenez patience"
)


def marks(text: str, *telling: str) -> tuple[int, bytes | None]:
    words = comparable_words(text)
    return exact_digest(words), signature(words, telling)


def joined(*texts: str, telling: tuple[str, ...] = ()) -> list[int | None]:
    index: DuplicateIndex[int] = DuplicateIndex()
    return [index.find_or_add(number, *marks(text, *telling)) for number, text in enumerate(texts)]


@pytest.mark.parametrize(
    "copy",
    [
        f"RT @prefet91 : {CUT}",
        f"RT @a: RT @b {CUT} https://example.org/x",
        CUT.upper() + " !!! 🚗🚗",
        CUT.replace("coupée", "coupee") + " (via @ana)",
        f"@ami regarde ? {CUT}".replace("regarde ? ", ""),
    ],
)
def test_a_repost_with_link_case_signs_or_mention_is_the_exact_same(copy: str) -> None:
    assert marks(copy)[0] == marks(CUT)[0] != 0
    assert joined(CUT, copy) == [None, 0]


@pytest.mark.parametrize(
    "copy",
    [
        "URGENT " + CUT + " #D118",
        CUT[:-6] + "…",
        CUT.replace("prenez patience", "soyez patients"),
        "Attention les amis : " + CUT,
        CUT.replace("Longjumeau", "Lonjumeau"),
    ],
)
def test_a_retouched_copy_joins_the_first_of_its_group(copy: str) -> None:
    assert joined("autre chose sans rapport avec tout cela", CUT, copy) == [None, None, 1]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (CUT, CUT.replace("D118", "D35")),
        (CUT, CUT.replace("N20", "N104")),
        ("L’eau a monté de 20 cm au pont de la gare ce matin", "L’eau a monté de 40 cm au pont de la "
         "gare ce matin"),
        (CUT, CUT.replace("est coupée", "n’est plus coupée")),
        (CUT, "FAUX : " + CUT),
        (CUT, CUT.replace("est coupée", "est rouverte")),
    ],
)  # fmt: skip
def test_another_number_road_or_verdict_is_another_fact(one: str, other: str) -> None:
    assert joined(one, other) == [None, None]


def test_another_place_is_another_fact_when_the_places_are_told() -> None:
    one = "La rue des Lilas est inondée, les pompiers sont sur place, évitez le secteur"
    other = one.replace("Lilas", "Roses")
    assert joined(one, other, telling=("lilas", "roses")) == [None, None]
    assert joined(one, one + " merci", telling=("lilas", "roses")) == [None, 0]


@pytest.mark.parametrize("text", ["", "Merci !", "trop de pluie", "🌊🌊🌊", "RT @x https://a.fr/b"])
def test_texts_too_short_to_compare_stay_alone(text: str) -> None:
    assert marks(text) == (0, None)
    assert joined(text, text, text) == [None, None, None]


def test_a_copy_of_a_copy_names_the_first_of_all() -> None:
    assert joined(CUT, "URGENT " + CUT, "RT @a URGENT " + CUT) == [None, 0, 0]


def test_an_index_rebuilt_from_signatures_finds_what_the_first_one_found() -> None:
    rebuilt: DuplicateIndex[str] = DuplicateIndex()
    rebuilt.add("p1", *marks(CUT))
    rebuilt.add("p2", *marks("URGENT " + CUT), first="p1")
    assert rebuilt.find(*marks("RT @x URGENT " + CUT)) == "p1"
    assert rebuilt.find(*marks("Attention " + CUT)) == "p1"
    assert len(rebuilt) == 1


def test_the_index_is_bounded_and_forgets_the_oldest_first() -> None:
    index: DuplicateIndex[int] = DuplicateIndex(capacity=3)
    texts = [f"mot{n}a mot{n}b mot{n}c mot{n}d mot{n}e mot{n}f mot{n}g" for n in range(5)]
    for number, text in enumerate(texts):
        assert index.find_or_add(number, 0, marks(text)[1]) is None
    assert len(index) == 3
    assert index.find(0, marks(texts[0])[1]) is None
    assert index.find(0, marks(texts[4])[1]) == 4


WORDS = st.lists(
    st.sampled_from(["crue", "orge", "rue", "pont", "eau", "monte", "d118", "d35", "12", "40", "pas", "coupée", "inondée", "évacuation", "longjumeau", "savigny", "urgent", "merci", "gare", "école", "pompiers"]),
    min_size=1, max_size=25,
)  # fmt: skip


@given(WORDS, WORDS)
def test_likeness_is_symmetric_and_everything_is_like_itself(
    one: list[str], other: list[str]
) -> None:
    first, second = signature(one), signature(other)
    if first is None or second is None:
        return
    assert same_fact(first, first)
    assert same_fact(first, second) == same_fact(second, first)


@given(WORDS, st.sampled_from(["41", "D7", "N6"]), st.sampled_from(["42", "D8", "N7"]))
def test_two_posts_with_different_numbers_are_never_joined(
    words: list[str], one: str, other: str
) -> None:
    text = " ".join(words)
    assert joined(f"{text} {one}", f"{text} {other}") == [None, None]


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_can_be_compared(text: str) -> None:
    exact, raw = marks(text)
    assert -(2**63) <= exact < 2**63
    assert raw is None or len(raw) % 4 == 0
