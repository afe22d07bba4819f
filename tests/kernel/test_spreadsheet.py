"""Cells that a spreadsheet will not run."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.kernel.spreadsheet import csv_line, safe_cell


@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1"])
def test_what_looks_like_a_formula_becomes_text(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "Orsay", "-12", "+33", "-0.5", "D118 coupée", "a=b"])
def test_what_computes_nothing_is_left(text: str) -> None:
    assert safe_cell(text) == text


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=2)
)
def test_a_line_reads_back_as_it_was_but_for_the_apostrophe(cells: list[str]) -> None:
    [row] = csv.reader(io.StringIO(csv_line(cells), newline=""), delimiter=";")
    assert row == [safe_cell(cell) for cell in cells]
