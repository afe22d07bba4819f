"""The drawing: what is in the frame is on it, what people wrote is never markup."""

from __future__ import annotations

from xml.etree import ElementTree

from vigie.mapping.printing.drawing import Ground, Thing, Town, draw
from vigie.mapping.printing.paper import Paper, view

SEEN = view(Paper(size="a4", way="landscape"), (2.0, 48.4, 2.5, 48.7))
HERE = {"type": "Point", "coordinates": [2.25, 48.55]}


def test_what_lies_outside_is_not_on_the_sheet() -> None:
    far = Thing(geometry={"type": "Point", "coordinates": [5.0, 45.0]}, mark="A2")
    line = Thing(geometry={"type": "LineString", "coordinates": [[5, 45], [6, 45]]}, mark="A3")
    drawn = draw(SEEN, Ground(), [Thing(geometry=HERE, mark="A1"), far, line])
    assert drawn.marks == {"A1"}


def test_a_line_through_the_frame_with_both_ends_outside_is_drawn() -> None:
    line = Thing(geometry={"type": "LineString", "coordinates": [[-5, 48.5], [9, 48.6]]}, mark="A1")
    assert draw(SEEN, Ground(), [line]).marks == {"A1"}


def test_a_circle_whose_middle_is_outside_is_drawn_when_it_reaches_in() -> None:
    west = SEEN.box[0]
    circle = Thing(
        geometry={"type": "Point", "coordinates": [west - 0.01, 48.55]}, mark="A1", radius_m=2_000
    )
    assert draw(SEEN, Ground(), [circle]).marks == {"A1"}


def test_what_people_wrote_stays_text() -> None:
    thing = Thing(geometry=HERE, mark="A1", kind="text", name="<script>&\"'")
    town = Town(name="<b>", lon=2.3, lat=48.6, rank=0)
    drawn = draw(SEEN, Ground(towns=[town]), [thing])
    root = ElementTree.fromstring(drawn.svg)
    assert not [each for each in root.iter() if each.tag.endswith(("script", "}b"))]


def test_numbers_do_not_run_into_one_another() -> None:
    drawn = draw(SEEN, Ground(), [Thing(geometry=HERE, mark=f"A{n}") for n in range(30)])
    assert len(drawn.marks) == 30
    assert 20 <= len(drawn.unwritten) < 30


def test_every_kind_of_geometry_can_be_drawn() -> None:
    ring = [[2.2, 48.5], [2.3, 48.5], [2.3, 48.6], [2.2, 48.5]]
    for n, (kind, coordinates) in enumerate(
        (
            ("MultiPoint", [[2.2, 48.5], [2.3, 48.6]]),
            ("MultiLineString", [ring[:2], ring[1:3]]),
            ("Polygon", [ring]),
            ("MultiPolygon", [[ring]]),
        )
    ):
        thing = Thing(
            geometry={"type": kind, "coordinates": coordinates}, mark=f"A{n}", sign="<g/>"
        )
        assert draw(SEEN, Ground(), [thing]).marks == {f"A{n}"}
