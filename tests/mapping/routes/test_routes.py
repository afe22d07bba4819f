"""A route in an operation: opened from its line, timed, and asked what is ahead, in and behind."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from tests import factories
from tests.factories import Cast
from vigie.mapping.actions.edits import Edit, apply_edits
from vigie.mapping.actions.layers import create_layer
from vigie.mapping.actions.routes import (
    RouteNotHere,
    RouteRefused,
    add_mark,
    archive_route,
    edit_route,
    open_route,
    remove_mark,
    set_timetable,
    turn_route,
)
from vigie.mapping.models import Route
from vigie.mapping.queries.routes import along, as_geojson, kilometres_of, places_of, routes_for
from vigie.mapping.routes.decide import Row
from vigie.mapping.routes.gpx import WayPoint
from vigie.operations.access import Desk, NotAllowed
from vigie.triage.actions.incidents import open_incident

pytestmark = pytest.mark.django_db
LINE = [[2.1, 48.3 + step / 100] for step in range(31)]
"""North from Étampes, 33.4 km."""


@pytest.fixture
def desk(cast: Cast) -> Desk:
    return factories.desk(cast.coordinator, cast.operation)


@pytest.fixture
def route(desk: Desk, now: datetime) -> Route:
    made = open_route(
        name="Étape 5", code="E5", line=LINE, by=desk, now=now,
        way_points=[WayPoint(lon=2.1005, lat=48.4, name="Ravitaillement", sort="Food")],
    )  # fmt: skip
    rows = [
        Row(km=0, first=now, last=now + timedelta(minutes=10)),
        Row(km=33.3, first=now + timedelta(minutes=60), last=now + timedelta(minutes=90)),
    ]
    return set_timetable(route=made, rows=rows, by=desk, now=now)


def place_incident(desk: Desk, now: datetime, lat: float, title: str = "Arbre") -> None:
    geometry = {"type": "Point", "coordinates": [2.101, lat]}
    open_incident(title=title, leads=[], geometry=geometry, by=desk, now=now)


def test_a_way_point_beside_the_line_is_a_mark_at_its_kilometre(route: Route) -> None:
    (mark,) = route.marks.all()
    assert (mark.kind, mark.name, mark.side) == ("feed", "Ravitaillement", "right")
    assert mark.from_km == pytest.approx(11.12, abs=0.05)


def test_what_lies_along_it_is_ahead_in_or_behind(route: Route, desk: Desk, now: datetime) -> None:
    for lat, title in ((48.32, "Derrière"), (48.44, "Dans la course"), (48.58, "Devant")):
        place_incident(desk, now, lat, title)
    place_incident(desk, now, 48.9, "Ailleurs")
    view = along(desk, route, now + timedelta(minutes=30))
    assert view.head_km == pytest.approx(16.65, abs=0.1)
    assert view.tail_km == pytest.approx(8.3, abs=0.1)
    told = {thing.title: thing.standing for thing in view.things if thing.sort == "incident"}
    assert told == {"Derrière": "behind", "Dans la course": "in", "Devant": "ahead"}
    assert [thing.km for thing in view.things] == sorted(thing.km for thing in view.things)
    ahead = next(thing for thing in view.of("ahead") if thing.title == "Devant")
    assert ahead.when.first is not None
    assert now + timedelta(minutes=50) < ahead.when.first < now + timedelta(minutes=60)


def test_objects_drawn_near_it_are_along_it(route: Route, desk: Desk, now: datetime) -> None:
    layer = create_layer(name="Routes coupées", by=desk, now=now)
    across = {"type": "LineString", "coordinates": [[2.09, 48.5], [2.1, 48.5], [2.11, 48.5]]}
    apply_edits(
        edits=[
            Edit(edit=uuid4(), feature=uuid4(), create=True, layer=layer.number,
                 set={"geometry": across, "template": "road_cut", "name": "D 49"})
        ],
        by=desk, now=now,
    )  # fmt: skip
    told = [thing for thing in along(desk, route, now).things if thing.sort == "object"]
    assert [(thing.title, thing.kind) for thing in told] == [("D 49", "road_cut")]
    assert told[0].km == pytest.approx(22.2, abs=0.1)


def test_the_nearest_way_through_that_is_open_is_told(
    route: Route, desk: Desk, now: datetime
) -> None:
    for km, name in ((5.0, "Passage bas"), (20.0, "Passage haut")):
        add_mark(route=route, kind="crossing", from_km=km, name=name, by=desk, now=now)
    place_incident(desk, now, 48.36)
    edit_route(route=route, changes={"close_before_min": 5, "open_after_min": 5}, by=desk, now=now)
    route.refresh_from_db()
    thing = next(
        t for t in along(desk, route, now + timedelta(minutes=12)).things if t.sort == "incident"
    )
    assert thing.access is not None
    assert (thing.access.mark.name, thing.access.state) == ("Passage haut", "open")


def test_the_organisers_kilometres_are_said(route: Route, desk: Desk, now: datetime) -> None:
    edit_route(route=route, changes={"first_km": "10", "stated_km": "66,7"}, by=desk, now=now)
    (place,) = places_of(desk, "étape 5 km 43,35")
    assert place.lat == pytest.approx(48.45, abs=0.002)
    assert places_of(desk, "étape 5 km 9") == []
    assert places_of(desk, "étape 6 km 43") == []
    (back,) = kilometres_of(desk, place.lon, place.lat)
    assert back.km == pytest.approx(43.35, abs=0.01)


def test_turned_it_goes_the_other_way(route: Route, desk: Desk, now: datetime) -> None:
    turned = turn_route(route=route, by=desk, now=now)
    (place,) = places_of(desk, "E5 km 0")
    assert place.lat == pytest.approx(48.6)
    assert turned.version == route.version + 1


def test_the_map_has_line_kilometres_head_tail_and_marks(
    route: Route, desk: Desk, now: datetime
) -> None:
    add_mark(route=route, kind="spectators", from_km=3, to_km=4, capacity=2000, by=desk, now=now)
    told = as_geojson(along(desk, route, now + timedelta(minutes=30)))
    roles = [each["properties"]["role"] for each in told["features"]]
    assert {"line", "race", "head", "tail", "km", "mark"} == set(roles)
    assert roles.count("km") == 34


def test_who_may_not_is_refused_and_what_is_elsewhere_is_not_there(
    route: Route, cast: Cast, desk: Desk, now: datetime
) -> None:
    with pytest.raises(NotAllowed):
        open_route(name="x", line=LINE, by=factories.desk(cast.volunteer, cast.operation), now=now)
    elsewhere = factories.desk(cast.outsider, cast.other_operation)
    assert list(routes_for(elsewhere)) == []
    with pytest.raises((RouteNotHere, NotAllowed)):
        archive_route(route=route, by=elsewhere, now=now)


def test_what_cannot_be_is_refused_by_name(route: Route, desk: Desk, now: datetime) -> None:
    for changes, code in (({"name": " "}, "missing"), ({"near_m": "x"}, "not_a_number"),
                          ({"stated_km": "-1"}, "out_of_range"), ({"colour": 1}, "unknown")):  # fmt: skip
        with pytest.raises(RouteRefused) as refusal:
            edit_route(route=route, changes=changes, by=desk, now=now)
        assert refusal.value.code == code
    with pytest.raises(RouteRefused):
        add_mark(route=route, kind="feed", from_km=99, by=desk, now=now)
    with pytest.raises(RouteRefused):
        open_route(name="x", line=[[2, 48], [2, 48]], by=desk, now=now)


def test_put_away_and_brought_back(route: Route, desk: Desk, now: datetime) -> None:
    archive_route(route=route, by=desk, now=now)
    assert list(routes_for(desk)) == []
    archive_route(route=route, by=desk, now=now, back=True)
    assert list(routes_for(desk)) == [route]
    mark = route.marks.get()
    remove_mark(route=route, mark=mark.pk, by=desk, now=now)
    assert not route.marks.exists()
