from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.analysis.reading import KEPT_LENGTH, read
from vigie.analysis.scan import Scan
from vigie.kernel.text import clean, fold

pytestmark = pytest.mark.pure

TEXTS = st.text("aéœ’' .-#_1½🌊@/\n") | st.text(st.characters(exclude_categories=("Cs",)))


@given(TEXTS.map(clean))
def test_every_word_points_at_what_it_was_folded_from(text: str) -> None:
    scan = Scan(text)
    assert len(scan.words) == len(scan.starts) == len(scan.ends) == len(scan.gaps)
    for word, start, end in zip(scan.words, scan.starts, scan.ends, strict=True):
        assert word in "".join(re.findall(r"[^\W_]+", fold(text[start:end])))


@given(TEXTS.map(clean))
def test_a_span_asked_for_alone_is_the_one_that_all_words_together_give(text: str) -> None:
    alone = [Scan(text).span(at, at) for at in range(len(Scan(text)))]
    scan = Scan(text)
    assert alone == list(zip(scan.starts, scan.ends, strict=True))


def test_the_parts_of_a_hashtag_are_words_and_leave_the_remembered_reading_alone() -> None:
    text = "Crue #SavignySurOrge ce soir"
    assert Scan(text).words == ["crue", "savigny", "sur", "orge", "ce", "soir"]
    assert read(text).words == ["crue", "savignysurorge", "ce", "soir"]
    assert read(text) is read(text)


def test_a_text_too_long_to_be_remembered_is_read_all_the_same() -> None:
    text = "crue " * KEPT_LENGTH
    assert read(text) is not read(text)
    assert len(read(text).words) == KEPT_LENGTH


def test_sentences_begin_after_their_signs() -> None:
    assert Scan("la rue est coupee").sentences == frozenset()
    assert Scan("Rue coupée. Passez par le pont ! Merci").sentences == {2, 6}
