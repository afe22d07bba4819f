"""What lies below a printed map: tiles of a server, of a pack, or the local map when neither comes."""

from __future__ import annotations

import base64
import io
import os
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from django.http import QueryDict
from django.test import override_settings
from django.utils import translation
from PIL import Image

from tests import factories
from tests.factories import Cast
from tests.mapping.basemaps.making import pack, picture
from tests.mapping.basemaps.serving import Tiles, serving_tiles
from vigie.analysis.gazetteer import gazetteer
from vigie.journal.queries import last_seq
from vigie.mapping.actions.layers import create_layer
from vigie.mapping.actions.routes import open_route
from vigie.mapping.basemaps.areas import area_of
from vigie.mapping.basemaps.known import offer
from vigie.mapping.printing.paper import Paper, view
from vigie.mapping.printing.writing import Sheet, distance, write
from vigie.operations.access import Desk
from vigie.web.layers.printing import tiles
from vigie.web.layers.printing.asking import read
from vigie.web.layers.views.printing import compose

pytestmark = pytest.mark.django_db
BOX = "2.30,48.55,2.50,48.70"
PLACE = (2.4, 48.625)


@pytest.fixture
def ana(cast: Cast) -> Desk:
    return factories.desk(cast.coordinator, cast.operation)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Tiles]:
    """A tile server named "Essai", the only base map, on an empty data folder."""
    with serving_tiles() as made:
        own = offer(f"Essai={made.template} © moi")
        address = frozenset({("127.0.0.1", made.server_address[1])})
        with override_settings(
            VIGIE_BASEMAPS=own, VIGIE_HOME=tmp_path, VIGIE_ALLOW_PRIVATE=address
        ):
            yield made


def sheet(by: Desk, now: datetime, **asked: str) -> Sheet:
    data = QueryDict(mutable=True)
    data.update({"chosen": "1", "box": BOX, **asked})
    with translation.override("en"):
        wanted = read(data, by)
        made, seen = compose(by, wanted, now=now)
        assert write(made, wanted.paper, seen).startswith(b"%PDF")
    return made


def ground_of(made: Sheet) -> tuple[Image.Image, tuple[float, float, float, float]] | None:
    """The picture below and where it lies, millimetres; None when there is none."""
    found = re.search(
        r'<image href="data:image/jpeg;base64,([^"]+)" x="([-\d.]+)" y="([-\d.]+)" width="([\d.]+)" height="([\d.]+)"',
        made.svg,
    )
    if not found:
        return None
    x, y, width, height = (float(each) / 10 for each in found.groups()[1:])
    return Image.open(io.BytesIO(base64.b64decode(found[1]))), (x, y, width, height)


def colour_at(made: Sheet, lon: float, lat: float, by: Desk) -> tuple[int, ...]:
    """What the sheet shows below a place, away from what is drawn."""
    found = ground_of(made)
    assert found is not None
    whole, (x, y, width, height) = found
    wanted = read(QueryDict(f"chosen=1&box={BOX}"), by)
    seen = view(wanted.paper, wanted.box)
    ((right, down),) = seen.on_paper(np.array([[lon, lat]]))
    pixel = ((right - x) / width * whole.width, (down - y) / height * whole.height)
    colour = whole.getpixel((int(pixel[0]), int(pixel[1])))
    assert isinstance(colour, tuple)
    return colour


def near(first: tuple[int, ...], second: tuple[int, ...]) -> bool:
    return all(abs(one - other) < 12 for one, other in zip(first, second, strict=True))


def colour_of(tile: tuple[int, int, int]) -> tuple[int, ...]:
    colour = Image.open(io.BytesIO(picture(tile))).getpixel((1, 1))
    assert isinstance(colour, tuple)
    return colour


def tile_at(z: int, lon: float, lat: float) -> tuple[int, int, int]:
    (found,) = area_of(f"{lon},{lat},{lon + 1e-7},{lat + 1e-7}", gazetteer()).tiles(z, z)
    return found


def test_tiles_of_a_server_lie_in_their_place(ana: Desk, now: datetime, server: Tiles) -> None:
    made = sheet(ana, now)
    assert "Base map: © moi (Essai)." in made.foot
    zoom = int(server.asked[0].split("/")[1])
    for lon, lat in (PLACE, (2.35, 48.6), (2.45, 48.66)):
        assert near(colour_at(made, lon, lat, ana), colour_of(tile_at(zoom, lon, lat)))
    asked = len(server.asked)
    sheet(ana, now)
    assert len(server.asked) == asked


@pytest.mark.parametrize("status", [404, 429, 500])
def test_a_server_that_does_not_give_all_leaves_the_local_map(
    ana: Desk, now: datetime, server: Tiles, status: int
) -> None:
    server.status = status
    made = sheet(ana, now)
    assert ground_of(made) is None
    assert "Essai could not be reached: the local base map is below instead." in made.foot


def test_a_page_instead_of_tiles_leaves_the_local_map(
    ana: Desk, now: datetime, server: Tiles
) -> None:
    seen = view(Paper(size="a4", way="landscape"), (2.30, 48.55, 2.50, 48.70))
    z, x, y, _, _ = tiles.covering(seen)
    server.answers[(z, x, y)] = (200, b"<html>Sign in</html>")
    assert ground_of(sheet(ana, now)) is None
    server.answers[(z, x, y)] = (200, b"\x89PNG\r\n\x1a\nand then nothing of the sort")
    assert ground_of(sheet(ana, now)) is None
    server.answers.clear()
    assert ground_of(sheet(ana, now)) is not None


def test_a_pack_lies_below_without_any_network(
    ana: Desk, now: datetime, server: Tiles, tmp_path: Path
) -> None:
    server.status = 500
    area = area_of("2.2,48.5,2.6,48.8", gazetteer())
    pack(
        tmp_path / "basemaps" / "van.pmtiles", {each: picture(each) for each in area.tiles(8, 12)},
        box=area.box, name="Camionnette", attribution="© IGN",
    )  # fmt: skip
    made = sheet(ana, now)
    assert "Base map: © IGN (Camionnette)." in made.foot
    assert any("Essai could not be reached: a base map that is kept" in each for each in made.foot)
    for lon, lat in (PLACE, (2.35, 48.6)):
        assert near(colour_at(made, lon, lat, ana), colour_of(tile_at(12, lon, lat)))
    asked = len(server.asked)
    chosen = sheet(ana, now, base="pack-van")
    assert len(server.asked) == asked
    assert not any("could not be reached" in each for each in chosen.foot)
    assert not any("ends inside" in each for each in chosen.foot)


def test_a_pack_that_ends_inside_the_sheet_says_so_and_its_holes_are_enlarged(
    ana: Desk, now: datetime, server: Tiles, tmp_path: Path
) -> None:
    area = area_of("2.35,48.58,2.45,48.68", gazetteer())
    held = {each: picture(each) for each in area.tiles(8, 12)}
    hole = tile_at(12, *PLACE)
    del held[hole]
    pack(tmp_path / "basemaps" / "petit.pmtiles", held, box=area.box, name="Petit")
    made = sheet(ana, now, base="pack-petit")
    assert any("ends inside" in each for each in made.foot)
    assert near(colour_at(made, *PLACE, ana), colour_of((11, hole[1] >> 1, hole[2] >> 1)))


def test_kept_tiles_go_after_a_day_and_when_they_are_too_many(
    tmp_path: Path, now: datetime
) -> None:
    for number in range(6):
        path = tmp_path / "plan" / f"12-{number}-0.tile"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(bytes(100))
        at = (now - timedelta(hours=5 * number)).timestamp()
        os.utime(path, (at, at))
    (tmp_path / "empty").mkdir()
    tiles.tidy(tmp_path, now=now, most=350)
    left = sorted(path.name for path in tmp_path.rglob("*.tile"))
    assert left == ["12-0-0.tile", "12-1-0.tile", "12-2-0.tile"]
    tiles.tidy(tmp_path, now=now + timedelta(days=1, seconds=1))
    assert list(tmp_path.rglob("*")) == []


def test_openstreetmaps_own_tiles_are_not_printed() -> None:
    with override_settings(VIGIE_BASEMAPS=offer("osm,ign-plan")):
        assert [code for code, _ in tiles.printable()] == ["ign-plan"]


def test_a_route_that_was_not_there_yet_is_not_on_an_old_sheet(
    ana: Desk, now: datetime, server: Tiles
) -> None:
    create_layer(name="Centres", by=ana, now=now)
    before = last_seq(ana.operation.pk)
    later = now + timedelta(minutes=5)
    open_route(name="Étape 5", line=[[2.31, 48.6], [2.49, 48.65]], by=ana, now=later)
    asked = {"routes": "on", "listed": "on", "base": "local"}
    assert any("P1" in row for table in sheet(ana, now, **asked).tables for row in table.rows)
    old = sheet(ana, now, entry=str(before), **asked)
    assert not any("P1" in row for table in old.tables for row in table.rows)


@pytest.mark.parametrize(
    ("metres", "language", "words"),
    [
        (2_500, "fr", "2,5 km"),
        (2_500, "en", "2.5 km"),
        (250, "fr", "250 m"),
        (10_000, "fr", "10 km"),
    ],
)
def test_a_bar_says_its_length_as_the_language_does(
    metres: float, language: str, words: str
) -> None:
    assert distance(metres, language) == words
