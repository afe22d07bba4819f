from __future__ import annotations

import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.analysis.claims.meaning import model, of_claims, of_posts
from vigie.analysis.claims.wording import ASKED, BUCKETS, asked_of, once, pieces_of, worded

pytestmark = pytest.mark.pure

POST = "La digue cède à Saulx, partez tout de suite !"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{POST} {POST} {POST}", POST),
        (f"{POST}\n{POST}", POST),
        (f"{POST} {POST} Texte lu sur l’image", f"{POST}\nTexte lu sur l’image"),
        (POST, POST),
        ("court court", "court court"),
        ("", ""),
    ],
)
def test_a_text_given_several_times_over_is_read_once(text: str, expected: str) -> None:
    assert once(text) == expected


@given(st.text(max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    reading = worded(once(text))
    assert len(reading.pieces) == len(reading.piece_counts)
    assert len(asked_of(text)) <= max(ASKED, len(text))


def test_what_is_asked_has_no_address_mention_or_emoji_and_ends_with_a_sentence() -> None:
    text = "🚨 @sdis91 La digue cède !!! https://example.org/a " + "Une phrase de plus. " * 40
    asked = asked_of(text)
    assert asked.startswith("La digue cède ! Une phrase")
    assert asked.endswith("de plus.")
    assert len(asked) <= ASKED


@pytest.mark.parametrize("text", ["बाँध टूट गया है", "السدّ انهار", "เขื่อนแตกแล้ว", "Ο φράκτης έσπασε"])
def test_what_is_asked_keeps_every_letter_of_other_scripts(text: str) -> None:
    assert asked_of(f"{text} 🚨") == unicodedata.normalize("NFKC", text)


def test_pieces_of_words_do_not_reach_over_two_words() -> None:
    apart = set(pieces_of(["inonde", "orsay"]).tolist())
    assert apart == set(pieces_of(["inonde"]).tolist()) | set(pieces_of(["orsay"]).tolist())
    assert max(apart) < BUCKETS


def test_the_middle_and_manner_are_those_of_the_encoder_installed() -> None:
    assert model().slope > 0


def test_vectors_are_compared_at_length_one() -> None:
    vectors = np.random.default_rng(1).normal(size=(3, 384)).astype(np.float32)
    for turned in (of_claims(vectors), of_posts(vectors)):
        assert np.allclose(np.linalg.norm(turned, axis=1), 1, atol=1e-5)
