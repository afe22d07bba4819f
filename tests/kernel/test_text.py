from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.kernel.text import (
    CUT_MARK,
    clean,
    clean_aligned,
    clean_line,
    fold,
    fold_aligned,
    words_of,
)

pytestmark = pytest.mark.pure

ANY_TEXT = st.text(st.characters(exclude_categories=())) | st.text("éÉœŒ’ İıﬁ️ăΩ\u0301ßǅ½…")


@given(ANY_TEXT, st.integers(0, 60))
def test_clean_never_fails_keeps_the_limit_and_is_idempotent(text: str, limit: int) -> None:
    once = clean(text, limit=limit)
    assert len(once) <= limit
    assert clean(once, limit=limit) == once
    assert unicodedata.is_normalized("NFC", once)
    once.encode()


def test_clean_removes_controls_and_direction_overrides_but_keeps_lines_and_emoji() -> None:
    assert clean("a\x00b\u202ec\u2066d\r\ne\tf\u200b") == "abcd\ne\tf"
    assert clean("👩\u200d🚒 🏴 e\u0301") == "👩\u200d🚒 🏴 é"
    assert clean("\ud83d coupé") == "\ufffd coupé"


def test_a_text_of_a_megabyte_is_cut_with_a_visible_mark() -> None:
    cut = clean("é" * 1_000_000, limit=1000)
    assert len(cut) == 1000
    assert cut.endswith("é" + CUT_MARK)


def test_a_text_at_the_limit_is_left_whole() -> None:
    assert clean("x" * 100, limit=100) == "x" * 100


@given(ANY_TEXT)
def test_clean_line_gives_one_trimmed_line(text: str) -> None:
    line = clean_line(text)
    assert "\n" not in line
    assert line == line.strip()


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Évry, CŒUR d’Orge", "evry, coeur d'orge"),
        ("INONDÉE", "inondee"),
        ("e\u0301cole", "ecole"),
        ("𝗜𝗡𝗢𝗡𝗗𝗔𝗧𝗜𝗢𝗡", "inondation"),
        ("Ｆｕｌｌ", "full"),
        ("Straße", "strasse"),
        ("10\u00a0000", "10 000"),
        ("Saint–Michel", "saint-michel"),
    ],
)
def test_fold_takes_case_accents_and_ligatures_away(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(ANY_TEXT)
def test_fold_is_idempotent_and_aligned_fold_gives_the_same(text: str) -> None:
    folded = fold(text)
    assert fold(folded) == folded
    assert fold_aligned(text).text == folded


@given(ANY_TEXT, st.data())
def test_a_folded_span_leads_back_to_the_characters_it_came_from(
    text: str, data: st.DataObject
) -> None:
    folded = fold_aligned(text)
    if not folded.text:
        return
    start = data.draw(st.integers(0, len(folded.text) - 1))
    end = data.draw(st.integers(start + 1, len(folded.text)))
    first, last = folded.span(start, end)
    assert 0 <= first < last <= len(text)
    assert folded.text[start:end] in fold(text[first:last])


def test_a_span_ending_inside_a_ligature_takes_the_whole_ligature() -> None:
    folded = fold_aligned("cœur")
    assert folded.span(0, 2) == (0, 2)
    assert "cœur"[slice(*folded.span(1, 3))] == "œ"


@given(ANY_TEXT, st.data())
def test_a_span_of_the_cleaned_text_leads_back_to_what_it_was_cleaned_from(
    text: str, data: st.DataObject
) -> None:
    cleaned = clean_aligned(text)
    assert cleaned.text == clean(text)
    if not cleaned.text:
        return
    start = data.draw(st.integers(0, len(cleaned.text) - 1))
    end = data.draw(st.integers(start + 1, len(cleaned.text)))
    first, last = cleaned.span(start, end)
    assert 0 <= first < last <= len(text)


def test_a_decomposed_word_is_found_again_whole() -> None:
    text = "a\u0000 E\u0301vry\r\nE\u0301tampes"
    cleaned = clean_aligned(text)
    assert cleaned.text == "a Évry\nÉtampes"
    assert text[slice(*cleaned.span(2, 6))] == "E\u0301vry"
    assert text[slice(*cleaned.span(7, 14))] == "E\u0301tampes"


@given(ANY_TEXT | st.text(st.characters(max_codepoint=255)))
def test_a_text_folds_as_its_characters_do_one_by_one(text: str) -> None:
    assert fold(text) == "".join(map(fold, text))


@given(ANY_TEXT | st.text(st.characters(max_codepoint=255)))
def test_words_are_the_runs_of_letters_and_digits(text: str) -> None:
    assert words_of(fold(text)) == re.findall(r"[^\W_]+", fold(text))


@given(st.text("ab  \t\n\xa0é") | ANY_TEXT)
def test_a_line_has_single_blanks_and_none_at_its_ends(text: str) -> None:
    line = clean_line(text)
    assert line == " ".join(line.split(" ")).strip()
    assert "  " not in line
