from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vigie.analysis.gazetteer import gazetteer
from vigie.analysis.placenames import place_key
from vigie.kernel.text import fold

pytestmark = pytest.mark.pure

OFFICIAL = (
    Path(os.environ.get("VIGIE_EVALUATION_DATA", "../shared/data"))
    / "gazetteer_fr"
    / "communes91_etalab_2026.json"
)


def names(text: str, **options: object) -> list[str]:
    return [commune.name for commune in gazetteer().search(text, **options)]  # type: ignore[arg-type]


def test_all_current_communes_are_there_and_most_people_live_in_one_with_a_point() -> None:
    known = gazetteer()
    assert len(known) == 34_969
    assert len(known.communes_of("91")) == 194
    everyone = sum(p for p in known.populations if p > 0)
    placed = sum(p for n, p in enumerate(known.populations) if p > 0 and known.point_at(n))
    assert placed / everyone > 0.86


def test_a_commune_without_a_known_point_says_so() -> None:
    communes = gazetteer().communes_of("91")
    assert any(c.lat is None and c.lon is None for c in communes)
    assert all((c.lat is None) == (c.lon is None) for c in communes)


@pytest.mark.parametrize(
    ("code", "name", "lat", "lon"),
    [
        ("91228", "Évry-Courcouronnes", 48.63, 2.44),
        ("91174", "Corbeil-Essonnes", 48.61, 2.49),
        ("91345", "Longjumeau", 48.69, 2.29),
        ("94078", "Villeneuve-Saint-Georges", 48.73, 2.45),
    ],
)
def test_known_communes_have_their_names_and_points(
    code: str, name: str, lat: float, lon: float
) -> None:
    commune = gazetteer().commune(code)
    assert commune is not None
    assert commune.name == name
    assert commune.lat == pytest.approx(lat, abs=0.01)
    assert commune.lon == pytest.approx(lon, abs=0.01)


def test_old_names_and_codes_lead_to_the_merged_commune() -> None:
    known = gazetteer()
    merged = known.commune("91182")
    assert merged is not None
    assert merged.code == "91228"
    assert "91228" in known.communes_named("courcouronnes")
    assert "91228" in known.communes_named("evry")


def test_search_finds_by_name_postcode_departement_and_code() -> None:
    assert names("St-Mich", near=["91"])[0] == "Saint-Michel-sur-Orge"
    assert names("évry", near=["91"])[0] == "Évry-Courcouronnes"
    assert "Savigny-sur-Orge" in names("orge", near=["91"])
    assert names("91160")[0] == "Longjumeau"
    assert names("91345") == ["Longjumeau"]
    assert len(names("91", limit=5)) == 194
    assert len(names("essonne")) == 194
    assert names("2A004") == ["Ajaccio"]
    assert names("paris")[0] == "Paris"
    assert len(names("saint", limit=7)) == 7
    assert names("zzzzzz") == names("") == names("*") == []


@given(st.text(max_size=20))
def test_any_text_can_be_searched(text: str) -> None:
    assert len(gazetteer().search(text, limit=3)) <= 3 or len(text) > 1


def test_every_current_name_finds_its_commune() -> None:
    known = gazetteer()
    for number in range(0, len(known), 97):
        assert known.codes[number] in known.communes_named(place_key(fold(known.names[number])))


@pytest.mark.skipif(not OFFICIAL.is_file(), reason=f"evaluation data not there: {OFFICIAL.name}")
def test_essonne_agrees_with_the_official_list() -> None:
    official = {row["code"]: row for row in json.loads(OFFICIAL.read_text("utf-8"))}
    for commune in gazetteer().communes_of("91"):
        row = official.pop(commune.code)
        assert commune.name == row["nom"]
        assert list(commune.postcodes) == row["codesPostaux"]
        assert commune.population == row.get("population")
    assert official == {}
