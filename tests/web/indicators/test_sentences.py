"""What the journal says of indicators, in both languages."""

from __future__ import annotations

from typing import Any

import pytest

from tests.web.room.test_sentences import say

LEVEL = {
    "name": "L'Orge à Épinay",
    "unit": "m",
    "kind": "level",
    "value": 1.62,
    "level": None,
    "state": "",
}
COLOUR = {
    "name": "Orge aval",
    "unit": "",
    "kind": "flood_colour",
    "value": None,
    "level": 3,
    "state": "",
}

CASES: list[tuple[str, dict[str, Any], str, str]] = [
    ("threshold", {**LEVEL, "direction": "up", "threshold": {"name": "Juin 2016", "value": 1.6}},
     "L'Orge à Épinay : 1,62 m, au-dessus du seuil « Juin 2016 » (1,60 m)",
     "L'Orge à Épinay: 1.62 m, above the threshold “Juin 2016” (1.60 m)"),
    ("threshold", {**LEVEL, "direction": "down", "threshold": {"name": "Quai", "value": 1.7}},
     "L'Orge à Épinay : 1,62 m, repassé sous le seuil « Quai » (1,70 m)",
     "L'Orge à Épinay: 1.62 m, back below the threshold “Quai” (1.70 m)"),
    ("rising", {**LEVEL, "direction": "up", "slope": 0.12},
     "L'Orge à Épinay monte vite : +12 cm/h, à 1,62 m", "L'Orge à Épinay rises fast: +12 cm/h, at 1.62 m"),
    ("colour", {**COLOUR, "before": 2}, "Orge aval : passage de jaune à orange", "Orge aval goes from yellow to orange"),
    ("colour", {**COLOUR, "before": None}, "Orge aval : orange", "Orge aval: orange"),
    ("state", {"name": "N20 – Linas", "state": "flooded"}, "N20 – Linas : inondée", "N20 – Linas: flooded"),
    ("silent", {**LEVEL, "direction": "down", "age_s": 11_000},
     "L'Orge à Épinay : plus de mesures, la dernière date de 3 h", "L'Orge à Épinay: no data any more, the last value is 3 h old"),
]  # fmt: skip


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(("what", "data", "french", "english"), CASES)
def test_a_happening_is_said_in_both_languages(
    what: str, data: dict[str, Any], french: str, english: str
) -> None:
    fields = {"data": data, "subject_kind": "indicator", "subject_id": 3}
    assert plain(say("fr", f"indicator.{what}", **fields)) == french
    assert plain(say("en", f"indicator.{what}", **fields)) == english
