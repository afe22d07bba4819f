"""Which tiles an area takes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vigie.analysis.gazetteer import gazetteer
from vigie.mapping.basemaps.areas import Area, AreaUnknown, area_of, joined


def of(text: str, **told: float) -> Area:
    return area_of(text, gazetteer(), **told)


@given(
    st.floats(-170, 170), st.floats(-80, 80), st.floats(0.001, 3), st.floats(0.001, 3),
    st.integers(0, 9),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_a_box_takes_the_tiles_that_it_reaches_into_and_the_count_says_so(
    west: float, south: float, wide: float, high: float, z: int
) -> None:
    area = of(f"{west},{south},{min(west + wide, 180)},{min(south + high, 85)}")
    tiles = list(area.tiles(z, z))
    assert len(tiles) == len(set(tiles)) == area.count(z, z)[z]
    columns, rows = {x for _, x, _ in tiles}, {y for _, _, y in tiles}
    assert len(tiles) == len(columns) * len(rows)
    assert columns == set(range(min(columns), max(columns) + 1))
    across = 1 << z
    assert min(columns) / across <= (west + 180) / 360 + 1e-9
    assert (max(columns) + 1) / across >= (min(west + wide, 180) + 180) / 360 - 1e-9


def test_a_departement_and_a_commune_are_areas_around_their_places() -> None:
    essonne, evry = of("91"), of("91228", around_m=1_000.0)
    assert essonne.name == "Essonne"
    west, south, east, north = essonne.box
    assert 1.8 < west < 1.95
    assert 48.2 < south < 48.35
    assert 2.5 < east < 2.7
    assert 48.7 < north < 48.85
    assert evry.count(14, 14)[14] in (2, 4, 6)
    assert set(evry.tiles(8, 12)) <= set(essonne.tiles(8, 12))
    assert sum(essonne.count(8, 16).values()) < 30_000


def test_an_area_of_a_file_is_as_drawn_and_lines_are_widened(tmp_path: Path) -> None:
    path = tmp_path / "route.geojson"
    line = {"type": "LineString", "coordinates": [[2.2, 48.6], [2.4, 48.7]]}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {}, "geometry": line},
        {"type": "Feature", "properties": {}, "geometry": None}]}))  # fmt: skip
    narrow, wide = of(str(path), around_m=200.0), of(str(path), around_m=3_000.0)
    assert narrow.name == "route"
    assert narrow.count(15, 15)[15] < wide.count(15, 15)[15]
    assert set(narrow.tiles(13, 13)) <= set(wide.tiles(13, 13))
    both = joined([narrow, of("91228")])
    assert both.count(12, 12)[12] >= of("91228").count(12, 12)[12]


@pytest.mark.parametrize("text", ["", "99999", "Évry", "2,48,1,49", "a,b,c,d", "nowhere.geojson"])
def test_what_is_no_area_is_refused_in_words(text: str) -> None:
    with pytest.raises(AreaUnknown) as refused:
        of(text)
    assert len(str(refused.value)) > 10
