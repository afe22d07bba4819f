"""The map in time: what is told for playing it, and two moments compared."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client

from tests import factories
from tests.factories import Cast
from vigie.kernel.clock import rfc3339, utc_now
from vigie.mapping.actions.edits import Edit, apply_edits, seen_all
from vigie.mapping.actions.layers import create_layer
from vigie.mapping.models import Feature, Layer
from vigie.mapping.queries import comparing
from vigie.operations.access import Desk
from vigie.triage.actions.incident_edits import set_state
from vigie.triage.actions.incidents import open_incident

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
ORSAY = {"type": "Point", "coordinates": [2.187, 48.699]}
SACLAY = {"type": "Point", "coordinates": [2.17, 48.73]}


@pytest.fixture
def start() -> datetime:
    return utc_now().replace(microsecond=0) - 6 * HOUR


@pytest.fixture
def desk(cast: Cast) -> Desk:
    return factories.desk(cast.mapper, cast.operation)


@pytest.fixture
def layer(desk: Desk, start: datetime) -> Layer:
    return create_layer(name="Routes coupées", theme="roads", audience="partner", by=desk, now=start)  # fmt: skip


def draw(layer: Layer, by: Desk, at: datetime, **fields: Any) -> UUID:
    uid = uuid4()
    told = {"geometry": ORSAY, "template": "road_cut", **fields}
    edit = Edit(edit=uuid4(), feature=uid, create=True, layer=layer.number, set=told)
    apply_edits(edits=[edit], by=by, now=at)
    return uid


def change(uid: UUID, by: Desk, at: datetime, **fields: Any) -> None:
    base = seen_all(Feature.objects.get(uid=uid))
    apply_edits(edits=[Edit(edit=uuid4(), feature=uid, set=fields, base=base)], by=by, now=at)


def get(person: object, cast: Cast, what: str, **asked: str) -> Any:
    client = Client()
    client.force_login(person)  # type: ignore[arg-type]
    return client.get(f"/o/{cast.operation.slug}/layers/time/{what}", asked)


def test_the_course_tells_how_each_object_was_and_each_change_with_its_author(
    cast: Cast, desk: Desk, layer: Layer, start: datetime
) -> None:
    still = draw(layer, desk, start + HOUR, name="Reste")
    moved = draw(layer, desk, start + HOUR, name="Bouge")
    change(moved, desk, start + 2 * HOUR, geometry=SACLAY)
    change(moved, desk, start + 3 * HOUR, deleted=True)
    told = get(cast.mapper, cast, "course.json", **{"from": rfc3339(start + 1.5 * HOUR)}).json()
    (one,) = told["objects"]
    assert (one["uid"], one["drawn"]) == (str(moved), None)
    assert one["first"]["geometry"] == ORSAY
    assert [each["fields"] for each in one["changes"]] == [{"geometry": SACLAY}, {"deleted": True}]
    assert one["changes"][0]["by"] == desk.actor
    told = get(cast.mapper, cast, "course.json", **{"from": rfc3339(start)}).json()
    objects = {each["uid"]: each for each in told["objects"]}
    assert objects[str(still)]["first"] is None
    assert objects[str(still)]["drawn"]["at"] == rfc3339(start + HOUR)
    assert objects[str(moved)]["first"]["properties"]["name"] == "Bouge"


def test_what_is_the_team_s_is_told_to_no_partner(
    cast: Cast, desk: Desk, layer: Layer, start: datetime
) -> None:
    own = create_layer(name="Équipe", by=desk, now=start)
    draw(own, desk, start + HOUR, name="Secret")
    draw(layer, desk, start + HOUR, name="D 19")
    course = get(cast.partner, cast, "course.json").content.decode()
    page = get(cast.partner, cast, "compare/", **{"from": rfc3339(start)}).content.decode()
    assert ("Secret" in course, "Secret" in page) == (False, False)
    assert "D 19" in page
    assert (
        "Secret" in get(cast.mapper, cast, "compare/", **{"from": rfc3339(start)}).content.decode()
    )


def test_two_moments_tell_what_appeared_ended_moved_and_changed(
    cast: Cast, desk: Desk, layer: Layer, start: datetime
) -> None:
    at = [start + n * HOUR for n in range(6)]
    ends = draw(layer, desk, at[0], name="Finit")
    over = draw(layer, desk, at[0], name="Échoit", valid_until=rfc3339(at[3]))
    moves = draw(layer, desk, at[0], name="Bouge")
    change_ = draw(layer, desk, at[0], name="Change")
    draw(layer, desk, at[0], name="Reste")
    row = open_incident(title="Cave", geometry=ORSAY, by=desk, now=at[0])
    change(ends, desk, at[2], deleted=True)
    change(moves, desk, at[2], geometry=SACLAY)
    change(change_, desk, at[2], note="gué")
    draw(layer, desk, at[3], name="Apparaît")
    draw(layer, desk, at[3], name="Demain", valid_from=rfc3339(at[5] + 9 * HOUR))
    set_state(incident=row, state="closed", by=desk, now=at[3])
    draw(layer, desk, at[5], name="Trop tard")
    change(moves, desk, at[5], name="Renommé trop tard")
    found = comparing.compare(desk, after=at[1], until=at[4])
    told = {each.name: each.kind for each in found.differences}
    assert told == {
        "Finit": "ended", "Échoit": "ended", "Bouge": "moved", "Change": "changed",
        "Apparaît": "appeared", "Demain": "announced", "Cave": "ended",
    }  # fmt: skip
    by_name = {each.name: each for each in found.differences}
    assert by_name["Échoit"].by_itself
    assert (by_name["Finit"].by, by_name["Finit"].at) == (desk.actor, at[2])
    assert by_name["Change"].fields == {"note": ("", "gué")}
    assert found.closures == (5, 4)
    assert over


def test_the_comparison_is_a_page_a_part_of_one_and_a_text(
    cast: Cast, desk: Desk, layer: Layer, start: datetime
) -> None:
    uid = draw(layer, desk, start + 2 * HOUR, name="D 19 <coupée>")
    asked = {"from": rfc3339(start + HOUR), "to": rfc3339(start + 3 * HOUR)}
    page = get(cast.volunteer, cast, "compare/", **asked).content.decode()
    assert "D 19 &lt;coupée&gt;" in page
    assert f"?object={uid}" in page
    client = Client()
    client.force_login(cast.volunteer)
    url = f"/o/{cast.operation.slug}/layers/time/compare/"
    part = client.get(url, asked, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert part.split("<form")[0].strip() in page
    text = get(cast.volunteer, cast, "compare.txt", **asked)
    assert text["Content-Type"].startswith("text/plain")
    said = text.content.decode()
    assert "D 19 <coupée>" in said
    assert desk.actor in said


def test_moments_are_put_in_order_and_never_lie_ahead(
    cast: Cast, layer: Layer, start: datetime
) -> None:
    asked = {"from": rfc3339(utc_now() + 9 * HOUR), "to": rfc3339(start)}
    page = get(cast.volunteer, cast, "compare/", **asked).content.decode()
    assert page.index(f'data-from="{start.year}') < page.index("data-to=")


def test_what_is_no_moment_is_refused_in_words(cast: Cast, layer: Layer) -> None:
    assert get(cast.volunteer, cast, "course.json", **{"from": "hier"}).json() == {
        "code": "unreadable", "field": "from",
    }  # fmt: skip
    page = get(cast.volunteer, cast, "compare/", to="demain")
    assert page.status_code == 422
    assert 'role="alert"' in page.content.decode()
    assert get(cast.volunteer, cast, "compare.txt", to="demain").status_code == 422


def test_the_course_costs_the_same_queries_for_one_object_and_for_fifty(
    cast: Cast, desk: Desk, layer: Layer, start: datetime, django_assert_max_num_queries: Any
) -> None:
    for nth in range(50):
        uid = draw(layer, desk, start + HOUR, name=f"Objet {nth}")
        change(uid, desk, start + 2 * HOUR, note="a")
    with django_assert_max_num_queries(32):
        told = get(cast.mapper, cast, "course.json")
    assert len(json.loads(told.content)["objects"]) == 50
    with django_assert_max_num_queries(40):
        get(cast.mapper, cast, "compare/", **{"from": rfc3339(start)})


def test_nothing_is_told_of_an_object_while_it_stood_in_a_layer_one_does_not_see(
    cast: Cast, desk: Desk, layer: Layer, start: datetime
) -> None:
    own = create_layer(name="Équipe", by=desk, now=start)
    uid = draw(own, desk, start + HOUR, name="Secret", note="rien pour les autres")
    change(uid, desk, start + 2 * HOUR, name="Barrage", note="")
    change(uid, desk, start + 3 * HOUR, layer=layer.number)
    asked = {"from": rfc3339(start + 1.5 * HOUR)}
    answer = get(cast.partner, cast, "course.json", **asked)
    (told,) = answer.json()["objects"]
    assert "Secret" not in answer.content.decode()
    assert told["first"]["properties"]["deleted"]
    (shown,) = told["changes"]
    assert (shown["fields"]["name"], shown["fields"]["deleted"]) == ("Barrage", False)
    page = get(cast.partner, cast, "compare/", **asked).content.decode()
    assert 'data-difference="appeared"' in page
    assert ("Secret" in page, "Équipe" in page) == (False, False)
    page = get(cast.mapper, cast, "compare/", **asked).content.decode()
    assert ("Secret" in page, "Équipe" in page) == (True, True)
