"""Tiles of a layer: every object is drawn or counted, in the tile it lies in, and nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import mapbox_vector_tile
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from vigie.mapping.serving import tiles
from vigie.mapping.serving.index import LayerIndex, Rows, build
from vigie.mapping.serving.mercator import SIZE, cells, morton, tile_of, to_degrees, to_world
from vigie.mapping.serving.shapes import read

pytestmark = pytest.mark.pure

WORLD = st.tuples(st.floats(-180, 180), st.floats(-90, 90))
NEAR = st.tuples(st.floats(2.2, 2.3), st.floats(48.5, 48.6))
CORNERS = st.sampled_from(
    [(-180.0, -90.0), (180.0, 90.0), (0.0, 0.0), (180.0, -85.06), (-180.0, 0.0)]
)
PLACES = st.one_of(WORLD, NEAR, CORNERS)


@st.composite
def geometries(draw: st.DrawFn) -> Any:
    lon, lat = draw(PLACES)
    kind = draw(st.sampled_from(["point", "line", "area", "holed", "many"]))
    if kind == "point":
        return shapely.Point(lon, lat)
    wide = draw(st.sampled_from([1e-6, 0.0003, 0.02, 3.0]))
    east, north = min(lon + wide, 180.0), min(lat + wide, 90.0)
    west, south = east - wide, north - wide
    if kind == "line":
        return shapely.LineString([(west, south), (east, south), (east, north)])
    area = shapely.box(west, south, east, north)
    if kind == "holed":
        third = wide / 3
        return area.difference(
            shapely.box(west + third, south + third, east - third, north - third)
        )
    if kind == "many":
        return shapely.MultiPolygon([area, shapely.box(west - 2 * wide, south, west - wide, north)])
    return area


def rows_of(made: Sequence[Any], *, first: int = 1) -> Rows:
    shaped = [at for at, each in enumerate(made) if each.geom_type != "Point"]
    shape = np.full(len(made), -1, dtype=np.int32)
    shape[shaped] = np.arange(len(shaped))
    geometry = np.empty(len(shaped), dtype=object)
    geometry[:] = [made[at] for at in shaped]
    middles = [each.representative_point() for each in made]
    n = len(made)

    def column(values: Sequence[Any]) -> Any:
        out = np.empty(n, dtype=object)
        out[:] = values
        return out

    return Rows(
        pk=np.arange(first, first + n), lon=np.array([each.x for each in middles], dtype=float),
        lat=np.array([each.y for each in middles], dtype=float),
        box=np.array([each.bounds for each in made], dtype=float).reshape(-1, 4).T,
        shape=shape, shapes=read(geometry),
        told={
            "uid": np.array([UUID(int=first + at).bytes for at in range(n)], dtype="V16"),
            "template": column([("shelter", None, "arrow")[at % 3] for at in range(n)]),
            "name": column([f"Objet {first + at}" for at in range(n)]),
            "foreign_id": column([None] * n), "from": column([None] * n),
            "until": column([1.5 if at % 2 else None for at in range(n)]),
            "reliability": column(["F"] * n), "credibility": column([6] * n),
            "attributes": column([f'{{"lit": "oui", "depth_m": {at}}}' for at in range(n)]),
        },
    )  # fmt: skip


def index_of(made: Sequence[Any]) -> LayerIndex:
    return build(rows_of(made), seq=1)


def opened(index: LayerIndex, z: int, x: int, y: int, **asked: Any) -> dict[str, list[Any]]:
    made = tiles.render(index, z, x, y, number=4, **asked)
    read_back = (
        mapbox_vector_tile.decode(made, default_options={"y_coord_down": True}) if made else {}
    )
    return {
        name: read_back.get(name, {"features": []})["features"] for name in ("objects", "counts")
    }


def whole_zoom(index: LayerIndex, z: int) -> Iterator[dict[str, list[Any]]]:
    """All tiles of a zoom in which something lies."""
    lon, lat = to_degrees(index.x, index.y)
    for x, y in {tile_of(float(a), float(b), z) for a, b in zip(lon, lat, strict=True)}:
        yield opened(index, z, x, y)


def drawn(tile: dict[str, list[Any]]) -> list[Any]:
    return [
        each["properties"]
        for each in tile["objects"]
        if not {"anchor", "head"} & each["properties"].keys()
    ]


@settings(max_examples=60, deadline=None)
@given(made=st.lists(geometries(), max_size=40), z=st.integers(0, 22))
def test_what_touches_a_tile_is_drawn_by_it_at_full_zoom(made: list[Any], z: int) -> None:
    index = index_of(made)
    z = max(z, tiles.FULL_ZOOM)
    for at, each in enumerate(made):
        middle = each.representative_point()
        tile = opened(index, z, *tile_of(middle.x, middle.y, z))
        assert f"Objet {at + 1}" in [one["name"] for one in drawn(tile)]
        assert not tile["counts"]


@settings(max_examples=40, deadline=None)
@given(
    made=st.lists(geometries(), min_size=1, max_size=60), z=st.integers(0, 15),
    shown=st.integers(0, 20), alone=st.integers(0, 5), large=st.integers(0, 5),
)  # fmt: skip
def test_objects_drawn_and_counted_sum_to_the_layer_at_every_zoom(
    made: list[Any], z: int, shown: int, alone: int, large: int
) -> None:
    index = index_of(made)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tiles, "SHOWN", shown)
        patch.setattr(tiles, "ALONE", alone)
        patch.setattr(tiles, "LARGE", large)
        names, counted = Counter[str](), 0
        lon, lat = to_degrees(index.x, index.y)
        homes = {
            name: tile_of(float(a), float(b), z)
            for name, a, b in zip(index.told["name"], lon, lat, strict=True)
        }
        for x, y in set(homes.values()):
            tile = opened(index, z, x, y)
            names.update(each["name"] for each in drawn(tile) if homes[each["name"]] == (x, y))
            counted += sum(each["properties"]["n"] for each in tile["counts"])
    assert max(names.values(), default=1) == 1
    assert len(names) + counted == len(made)


def test_a_crowd_is_counted_and_falls_apart_as_one_comes_nearer() -> None:
    rng = np.random.default_rng(5)
    crowd = [shapely.Point(2.25 + a, 48.6 + b) for a, b in rng.normal(0, 0.02, (5_000, 2))]
    index = index_of(crowd)
    for z in (6, 9, 12):
        counted = sum(
            each["properties"]["n"] for tile in whole_zoom(index, z) for each in tile["counts"]
        )
        assert counted > 0
    last = list(whole_zoom(index, tiles.FULL_ZOOM))
    assert not any(tile["counts"] for tile in last)
    assert sum(len(drawn(tile)) for tile in last) == 5_000


def test_a_count_stands_where_its_objects_are() -> None:
    index = index_of([shapely.Point(2.25, 48.6)] * 2_000)
    (count,) = opened(index, 8, *tile_of(2.25, 48.6, 8))["counts"]
    x, y = count["geometry"]["coordinates"]
    world_x, world_y = to_world(2.25, 48.6)
    side = SIZE >> 8
    assert (x, y) == (int(world_x) % side * 4096 // side, int(world_y) % side * 4096 // side)


@pytest.mark.parametrize("z", [0, 3, 16])
def test_an_empty_layer_has_empty_tiles(z: int) -> None:
    assert tiles.render(index_of([]), z, 0, 0, number=1) == b""


def test_a_tile_says_what_looks_need() -> None:
    line = shapely.LineString([(2.2, 48.6), (2.25, 48.6), (2.25, 48.5)])
    index = index_of([shapely.Point(2.21, 48.55), shapely.box(2.2, 48.5, 2.22, 48.52), line])
    x, y = tile_of(2.21, 48.55, 10)
    found = [
        each["properties"]
        for each in opened(index, 10, x, y, attributes=("depth_m", "nowhere"))["objects"]
    ]
    assert {each["uid"] for each in found} == {str(UUID(int=n)) for n in (1, 2, 3)}
    assert all(each["layer"] == 4 and each["reliability"] == "F" for each in found)
    area = next(each for each in found if each["name"] == "Objet 2")
    assert (area["a.depth_m"], area["until"]) == (1, 1.5)
    assert "a.nowhere" not in area
    assert sum("anchor" in each for each in found) == 2
    (head,) = [each for each in found if "head" in each]
    assert head["turn"] == pytest.approx(180)


def test_an_area_larger_than_the_tile_fills_it() -> None:
    index = index_of([shapely.box(-10, 30, 20, 60)])
    (area,) = opened(index, 12, *tile_of(2.25, 48.6, 12))["objects"]
    assert shapely.geometry.shape(area["geometry"]).covers(shapely.box(0, 0, 4096, 4096))


def test_a_hole_is_not_filled() -> None:
    ring = shapely.box(2, 48, 3, 49).difference(shapely.box(2.3, 48.3, 2.7, 48.7))
    index = index_of([ring])
    x, y = tile_of(2.5, 48.5, 8)
    area = next(
        each for each in opened(index, 8, x, y)["objects"] if "anchor" not in each["properties"]
    )
    world_x, world_y = to_world(2.5, 48.5)
    side = SIZE >> 8
    middle = shapely.Point((int(world_x) % side) * 4096 / side, (int(world_y) % side) * 4096 / side)
    assert not shapely.geometry.shape(area["geometry"]).contains(middle)


@settings(max_examples=40, deadline=None)
@given(
    first=st.lists(geometries(), max_size=25), more=st.lists(geometries(), max_size=10),
    gone=st.sets(st.integers(1, 25)), z=st.sampled_from([0, 5, 12, 16]),
)  # fmt: skip
def test_an_index_that_followed_equals_one_read_anew(
    first: list[Any], more: list[Any], gone: set[int], z: int
) -> None:
    followed = index_of(first).updated(
        seq=2, without=np.array(sorted(gone), dtype=np.int64), rows=rows_of(more, first=101)
    )
    kept = [each for at, each in enumerate(first, 1) if at not in gone]
    assert len(followed) == len(kept) + len(more)
    old, new = rows_of(first), rows_of(more, first=101)
    standing = np.array([pk not in gone for pk in old.pk], dtype=bool)
    anew = build(_only(old, standing, first), seq=2).updated(
        seq=2, without=np.zeros(0, dtype=np.int64), rows=new
    )
    lon, lat = to_degrees(anew.x, anew.y)
    for a, b in zip(lon, lat, strict=True):
        x, y = tile_of(float(a), float(b), z)
        assert tiles.render(followed, z, x, y, number=1) == tiles.render(anew, z, x, y, number=1)


def _only(rows: Rows, standing: Any, made: Sequence[Any]) -> Rows:
    kept = [each for each, stands in zip(made, standing, strict=True) if stands]
    fresh = rows_of(kept)
    return Rows(
        pk=rows.pk[standing], lon=fresh.lon, lat=fresh.lat, box=fresh.box, shape=fresh.shape,
        shapes=fresh.shapes, told={name: each[standing] for name, each in rows.told.items()},
    )  # fmt: skip


@given(place=PLACES, z=st.integers(0, 22))
def test_a_point_lies_in_its_tile_by_number_and_by_order(
    place: tuple[float, float], z: int
) -> None:
    x, y = tile_of(*place, z)
    assert 0 <= x < 1 << z
    assert 0 <= y < 1 << z
    starts, ends = cells(z, x, y)
    assert starts <= morton(*to_world(*place)) < ends


@given(lon=st.floats(-180, 180), lat=st.floats(-85, 85))
def test_degrees_come_back_from_the_plane(lon: float, lat: float) -> None:
    back = to_degrees(*to_world(lon, lat))
    assert float(back[0]) == pytest.approx(lon, abs=4e-7)
    assert float(back[1]) == pytest.approx(lat, abs=4e-7)


def test_a_style_says_which_attributes_it_asks_for() -> None:
    style = {
        "look": {"label": "attributes.road"},
        "rules": [
            {"when": [{"on": "attribute", "op": "given", "key": "depth_m"}, {"on": "template"}],
             "look": {"label": "name"}},
        ],
    }  # fmt: skip
    assert tiles.attributes_of(style) == ("depth_m", "road")
    assert tiles.attributes_of({}) == ()
