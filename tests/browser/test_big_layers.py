"""A layer too large to be sent whole, in a real browser: seen, chosen, listed, filtered, coloured alike."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.conftest import Visits
from tests.browser.drawing import open_room, until
from tests.factories import Cast
from vigie.mapping.actions.edits import Edit, apply_edits
from vigie.mapping.actions.layers import create_layer
from vigie.mapping.models import Layer
from vigie.mapping.queries import layers
from vigie.mapping.serving import held
from vigie.mapping.styles import Facts, look_of, read_style

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LIMIT = 8
STYLE = {"rules": [{
    "when": [{"on": "attribute", "op": "at_least", "key": "depth_m", "value": 5}],
    "look": {"family": "hazard", "width": 8},
}]}  # fmt: skip


@pytest.fixture
def layer(cast: Cast, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Layer:
    """Ten lines, two more than are sent whole."""
    monkeypatch.setattr(layers, "BIG", LIMIT)
    held.layers.clear()
    held.tiles.clear()
    desk = factories.desk(cast.coordinator, cast.operation)
    made = create_layer(name="Bâti", theme="water", by=desk, now=now, style=STYLE)
    edits = [
        Edit(
            edit=uuid4(), feature=uuid4(), create=True, layer=made.number,
            set={"name": f"Rive {n}", "note": "Digue fermée" if n == 3 else "", "attributes.depth_m": n,
                 "geometry": {"type": "LineString", "coordinates": [[2.2, at], [2.3, at]]}},
        )
        for n, at in ((n, 48.6 + n / 100) for n in range(LIMIT + 2))
    ]  # fmt: skip
    apply_edits(edits=edits, by=desk, now=now)
    made.refresh_from_db()
    return made


def opened(visit: Visits, cast: Cast, layer: Layer) -> Page:
    page = open_room(visit(f"/o/{cast.operation.slug}/layers/", person=cast.coordinator))
    page.evaluate("() => room.map.map.jumpTo({ center: [2.25, 48.65], zoom: 10.5 })")
    until(page, SEEN, [layer.number, LIMIT + 2])
    return page


SEEN = """([number, n]) => {
  const { map } = room.map;
  const id = `drawn-${number}-line`;
  if (!map.getLayer(id) || !map.isSourceLoaded(`tiles-${number}`)) return false;
  return new Set(map.queryRenderedFeatures({ layers: [id] }).map((each) => each.properties.uid)).size === n;
}"""
LOOKS = """(number) => Object.fromEntries(
  room.map.map.queryRenderedFeatures({ layers: [`drawn-${number}-line`] }).map(({ properties, layer }) => {
    const plain = room.drawn.look(properties);
    return [properties.name, {
      depth: properties["a.depth_m"], family: plain.family, width: plain.width,
      drawn: layer.paint["line-width"], ink: layer.paint["line-color"].toString(), wanted: room.drawn.inks[plain.family],
    }];
  }))"""


def test_a_layer_from_tiles_is_listed_chosen_and_filtered_like_any_other(
    visit: Visits, cast: Cast, layer: Layer
) -> None:
    page = opened(visit, cast, layer)
    assert page.evaluate("() => room.store.all().length") == 0
    listed = page.locator(f'[data-big-list="{layer.number}"]')
    expect(listed.get_by_role("button", name="Rive 4")).to_be_visible()
    listed.get_by_role("button", name="Rive 4").click()
    expect(page.locator("#detail [data-object]")).to_be_visible()
    until(page, "() => room.store.all().map((each) => each.properties.name).join() === 'Rive 4'")
    page.evaluate("() => room.want({ text: 'fermee' })")
    until(page, SEEN, [layer.number, 1])
    expect(listed.get_by_role("button", name="Rive 3")).to_be_visible()
    expect(listed.get_by_role("button", name="Rive 5")).to_have_count(0)


def test_the_map_the_list_and_the_server_give_an_object_the_same_look(
    visit: Visits, cast: Cast, layer: Layer, now: datetime
) -> None:
    page = opened(visit, cast, layer)
    looks = page.evaluate(LOOKS, layer.number)
    assert len(looks) == LIMIT + 2
    for each in looks.values():
        asked = look_of(read_style(STYLE), Facts(attributes={"depth_m": each["depth"]}), now=now)
        assert (each["family"], each["width"]) == (asked.family, asked.width)
        assert each["drawn"] == asked.width
        colour = page.evaluate(
            "(name) => { const one = document.createElement('i'); one.style.color = name; return one.style.color; }",
            each["wanted"],
        )
        ink = page.evaluate(
            "(name) => { const one = document.createElement('i'); one.style.color = name; return one.style.color; }",
            each["ink"],
        )
        assert ink == colour
