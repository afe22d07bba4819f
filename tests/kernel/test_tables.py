from __future__ import annotations

import pytest

from vigie.kernel.tables import safe_cell


@pytest.mark.parametrize(
    "cell",
    ["=1+1", '=HYPERLINK("https://x")', "+cmd|' /C calc'!A0", "@SUM(A1)", "-2+3", "\t=1", "＝1"],
)
def test_a_formula_is_shown_and_not_run(cell: str) -> None:
    assert safe_cell(cell) == "'" + cell


@pytest.mark.parametrize("cell", ["", "eau", "-3.5", "+33 6 12", "-3,5", "a=b", "5 < 6"])
def test_what_is_no_formula_stays_as_it_is(cell: str) -> None:
    assert safe_cell(cell) == cell
