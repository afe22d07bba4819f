"""The printed map: who may, what is on it, as of which entry."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.http import QueryDict
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import translation

from tests import factories
from tests.factories import Cast
from vigie.accounts.models import User
from vigie.accounts.roles import Role
from vigie.journal.queries import last_seq
from vigie.mapping.actions.edits import Edit, apply_edits
from vigie.mapping.actions.layers import create_layer
from vigie.mapping.models import Layer
from vigie.mapping.printing.paper import Paper, view
from vigie.mapping.printing.writing import Sheet, write
from vigie.operations.access import Desk
from vigie.triage.actions.incidents import open_incident
from vigie.web.layers.printing import tiles
from vigie.web.layers.printing.asking import read
from vigie.web.layers.printing.gathering import letters
from vigie.web.layers.views.printing import compose

pytestmark = pytest.mark.django_db
BOX = "2.0,48.4,2.5,48.8"


@pytest.fixture
def ana(cast: Cast) -> Desk:
    return factories.desk(cast.coordinator, cast.operation)


def browser(person: User) -> Client:
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(person)
    return client


def drawn(layer: Layer, by: Desk, now: datetime, *names: str) -> list[Edit]:
    edits = [
        Edit(
            edit=uuid4(), feature=uuid4(), create=True, layer=layer.number,
            set={"name": name, "template": "shelter",
                 "geometry": {"type": "Point", "coordinates": [2.2 + n / 50, 48.6]}},
        )
        for n, name in enumerate(names)
    ]  # fmt: skip
    apply_edits(edits=edits, by=by, now=now)
    return edits


def printed(by: Desk, now: datetime, **asked: Any) -> tuple[Sheet, bytes]:
    """The sheet in English, and its file."""
    data = QueryDict(mutable=True)
    told = {"chosen": "1", "box": BOX, "base": "local", "listed": "on", **asked}
    for key, value in told.items():
        data.setlist(key, [str(each) for each in (value if isinstance(value, list) else [value])])
    with translation.override("en"):
        wanted = read(data, by)
        sheet, seen = compose(by, wanted, now=now)
    return sheet, write(sheet, wanted.paper, seen)


def text(made: tuple[Sheet, bytes]) -> str:
    """All words of a sheet."""
    sheet, _ = made
    rows = [" ".join(row) for table in sheet.tables for row in table.rows]
    heads = [table.caption for table in sheet.tables]
    legend = [words for _, words in sheet.legend]
    return " | ".join([sheet.title, *sheet.facts, *legend, *sheet.foot, *heads, *rows])


def test_a_sheet_says_what_it_is_and_lists_what_is_on_it(
    cast: Cast, ana: Desk, now: datetime
) -> None:
    layer = create_layer(name="Centres d’accueil", by=ana, now=now)
    drawn(layer, ana, now, "Gymnase Jules-Verne", "École du Parc")
    open_incident(
        title="Cave inondée", category="niveau_eau", urgency=4, by=ana, now=now,
        geometry={"type": "Point", "coordinates": [2.3, 48.5]},
    )  # fmt: skip
    pdf = printed(ana, now, layers=layer.number, incidents="on", title="Point de 14 h")
    words = text(pdf)
    entry = last_seq(ana.operation.pk)
    for said in (
        "Point de 14 h", "1:300", f"as of entry {entry} of the journal", "Europe/Paris",
        "Shelter (Centres d’accueil)", "A1", "Gymnase Jules-Verne", "A2", "École du Parc", "Cave inondée", "GeoNames",
        "48.60000, 2.20000",
    ):  # fmt: skip
        assert said in words, said
    assert b"/StructTreeRoot" in pdf[1]


def test_the_first_page_is_the_whole_map_on_the_paper_asked_for(
    cast: Cast, ana: Desk, now: datetime
) -> None:
    layer = create_layer(name="Centres", by=ana, now=now)
    drawn(layer, ana, now, "Gymnase")
    for paper, way, wide, high in (
        ("a4", "landscape", 297, 210), ("a3", "portrait", 297, 420),
    ):  # fmt: skip
        pdf = printed(ana, now, layers=layer.number, paper=paper, way=way)
        boxes = re.findall(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", pdf[1])
        assert [tuple(round(float(side) / 72 * 25.4) for side in box) for box in boxes] == [
            (wide, high), (wide, high),
        ]  # fmt: skip


def test_an_earlier_entry_gives_the_map_of_then(cast: Cast, ana: Desk, now: datetime) -> None:
    layer = create_layer(name="Centres", by=ana, now=now)
    (made,) = drawn(layer, ana, now, "Gymnase")
    before = last_seq(ana.operation.pk)
    change = Edit(
        edit=uuid4(), feature=made.feature, set={"name": "Salle des fêtes"}, base={"*": before}
    )
    apply_edits(edits=[change], by=ana, now=now)
    drawn(layer, ana, now, "École")
    then = text(printed(ana, now, layers=layer.number, entry=before))
    assert "Gymnase" in then
    assert "Salle des fêtes" not in then
    assert "École" not in then
    today = text(printed(ana, now, layers=layer.number))
    assert "Salle des fêtes" in today
    assert "École" in today


def test_what_was_deleted_since_is_on_the_map_of_then(cast: Cast, ana: Desk, now: datetime) -> None:
    layer = create_layer(name="Centres", by=ana, now=now)
    (made,) = drawn(layer, ana, now, "Gymnase")
    before = last_seq(ana.operation.pk)
    apply_edits(
        edits=[Edit(edit=uuid4(), feature=made.feature, set={"deleted": True}, base={"*": before})],
        by=ana,
        now=now,
    )
    assert "Gymnase" in text(printed(ana, now, layers=layer.number, entry=before))
    assert "Gymnase" not in text(printed(ana, now, layers=layer.number))


def test_a_partner_prints_only_what_they_see(cast: Cast, ana: Desk, now: datetime) -> None:
    hidden = create_layer(name="Interne", audience="team", by=ana, now=now)
    shared = create_layer(name="Partagé", audience="partner", by=ana, now=now)
    drawn(hidden, ana, now, "Secret")
    drawn(shared, ana, now, "Gymnase")
    partner = factories.member(cast.operation, Role.PARTNER, now=now)
    words = text(
        printed(factories.desk(partner, cast.operation), now, layers=[hidden.number, shared.number])
    )
    assert "Gymnase" in words
    assert "Secret" not in words
    assert "Interne" not in words


def test_a_volunteer_without_the_right_prints_nothing(cast: Cast, ana: Desk) -> None:
    for name in ("print", "print-file", "print-preview"):
        answer = browser(cast.volunteer).get(
            reverse(f"layers:{name}", kwargs={"slug": ana.operation.slug})
        )
        assert answer.status_code == 403


def test_an_exercise_says_so_on_every_page(cast: Cast, ana: Desk, now: datetime) -> None:
    ana.operation.is_exercise = True
    ana.operation.save()
    layer = create_layer(name="Centres", by=ana, now=now)
    drawn(layer, ana, now, "Gymnase")
    sheet, _ = printed(ana, now, layers=layer.number)
    assert sheet.words.exercise.startswith("EXERCISE")


def test_a_plan_out_of_reach_is_said_on_the_sheet(
    cast: Cast, ana: Desk, now: datetime, tmp_path: Path
) -> None:
    with override_settings(VIGIE_HOME=tmp_path):
        words = text(printed(ana, now, base="ign-plan"))
    assert "IGN plan could not be reached: the local base map" in words


def test_the_preview_is_a_picture_and_the_form_shows_the_scale(cast: Cast, ana: Desk) -> None:
    client = browser(cast.coordinator)
    address = reverse("layers:print-preview", kwargs={"slug": ana.operation.slug})
    picture = client.get(address, {"box": BOX})
    assert picture["Content-Type"] == "image/svg+xml"
    facts = client.get(address, {"box": BOX, "facts": "1"}).content.decode()
    assert "1:" in facts
    assert "print/preview/?box=" in facts
    form = reverse("layers:print", kwargs={"slug": ana.operation.slug})
    assert "<html" in client.get(form).content.decode()
    assert "<html" not in client.get(form, headers={"HX-Request": "true"}).content.decode()


@pytest.mark.parametrize(
    "box", ["", "1,2,3", "nan,1,2,3", "5,5,1,1", "inf,0,1,1", "x", "-180,-90,180,90"]
)
def test_a_box_that_is_none_gives_the_territory(cast: Cast, ana: Desk, box: str) -> None:
    address = reverse("layers:print-preview", kwargs={"slug": ana.operation.slug})
    assert browser(cast.coordinator).get(address, {"box": box, "facts": "1"}).status_code == 200


def test_layers_have_letters() -> None:
    assert [letters(n) for n in (0, 25, 26, 27, 701, 702)] == ["A", "Z", "AA", "AB", "ZZ", "AAA"]


def test_tiles_cover_the_view_and_are_not_too_many() -> None:
    for box in ((1.92, 48.28, 2.58, 48.77), (2.44, 48.62, 2.46, 48.63), (-5.2, 41.3, 9.7, 51.2)):
        seen = view(Paper(size="a3", way="landscape"), box)
        z, x0, y0, x1, y1 = tiles.covering(seen)
        assert (x1 - x0 + 1) * (y1 - y0 + 1) <= tiles.TILES
        west = x0 / 2**z * 360 - 180
        east = (x1 + 1) / 2**z * 360 - 180
        assert west <= seen.box[0]
        assert east >= seen.box[2]
