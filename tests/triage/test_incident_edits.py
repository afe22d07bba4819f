"""Two people at one incident: both keep their work."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests import factories as make
from tests.factories import Cast
from vigie.journal import queries as journal
from vigie.kernel.geojson import GeometryRefused
from vigie.operations.access import Desk
from vigie.triage.actions.incident_edits import (
    AssigneeNotInTeam,
    StateRefused,
    assign_incident,
    edit_incident,
    locate_incident,
    rate_incident,
    set_state,
)
from vigie.triage.actions.incidents import open_incident
from vigie.triage.decide_incidents import FieldRefused
from vigie.triage.models import Incident, IncidentRevision


@pytest.fixture
def anna(cast: Cast) -> Desk:
    return make.desk(cast.volunteer, cast.operation)


@pytest.fixture
def bruno(cast: Cast) -> Desk:
    return make.desk(cast.verifier, cast.operation)


@pytest.fixture
def incident(anna: Desk, now: datetime) -> Incident:
    return open_incident(title="Cave", description="eau", by=anna, now=now, category="niveau_eau")


def test_different_fields_both_win(
    incident: Incident, anna: Desk, bruno: Desk, now: datetime
) -> None:
    first = edit_incident(
        incident=incident, version=1, changes={"title": "Caves inondées"}, by=anna, now=now
    )
    second = edit_incident(
        incident=incident, version=1, changes={"description": "1 m d'eau"}, by=bruno, now=now
    )
    assert (first.applied, second.applied) == (("title",), ("description",))
    assert second.clashes == ()
    row = Incident.objects.get()
    assert (row.title, row.description, row.version) == ("Caves inondées", "1 m d'eau", 3)
    assert [r.changes for r in IncidentRevision.objects.order_by("version")] == [
        {"title": ["Cave", "Caves inondées"]},
        {"description": ["eau", "1 m d'eau"]},
    ]


def test_the_same_field_comes_back_with_both_values_and_the_rest_is_kept(
    incident: Incident, anna: Desk, bruno: Desk, now: datetime
) -> None:
    edit_incident(incident=incident, version=1, changes={"title": "A"}, by=anna, now=now)
    outcome = edit_incident(
        incident=incident, version=1, changes={"title": "B", "urgency": 4}, by=bruno, now=now
    )
    assert outcome.applied == ("urgency",)
    (clash,) = outcome.clashes
    assert (clash.field, clash.base, clash.theirs, clash.mine) == ("title", "Cave", "A", "B")
    row = Incident.objects.get()
    assert (row.title, row.urgency) == ("A", 4)
    decided = edit_incident(
        incident=incident, version=outcome.incident.version, changes={"title": "B"},
        by=bruno, now=now,
    )  # fmt: skip
    assert decided.applied == ("title",)
    assert Incident.objects.get().title == "B"


def test_the_same_value_from_both_is_no_clash_and_no_new_version(
    incident: Incident, anna: Desk, bruno: Desk, now: datetime
) -> None:
    edit_incident(incident=incident, version=1, changes={"title": "A"}, by=anna, now=now)
    outcome = edit_incident(incident=incident, version=1, changes={"title": "A"}, by=bruno, now=now)
    assert (outcome.applied, outcome.clashes, outcome.incident.version) == ((), (), 2)
    assert journal.last_seq(anna.operation.pk) == 2


def test_a_point_moved_by_both_is_shown_to_the_second(
    incident: Incident, anna: Desk, bruno: Desk, now: datetime
) -> None:
    here = {"type": "Point", "coordinates": [2.2, 48.7]}
    there = {"type": "Point", "coordinates": [2.3, 48.6]}
    locate_incident(incident=incident, geometry=here, precision_m=50, version=1, by=anna, now=now)
    outcome = locate_incident(
        incident=incident, geometry=there, precision_m=50, version=1, by=bruno, now=now
    )
    assert outcome.applied == ()
    assert {c.field for c in outcome.clashes} == {"geometry"}
    row = Incident.objects.get()
    assert (row.lon, row.lat) == (2.2, 48.7)


def test_times_people_and_places_are_kept_in_the_history(
    incident: Incident, anna: Desk, cast: Cast, now: datetime
) -> None:
    at = now - timedelta(hours=2)
    changes = {"occurred_at": at, "assignee": cast.mapper, "place_name": "Orsay"}
    edit_incident(incident=incident, version=1, changes=changes, by=anna, now=now)
    row = Incident.objects.get()
    assert (row.occurred_at, row.assignee, row.updated_at) == (at, cast.mapper, now)
    assert IncidentRevision.objects.get().changes == {
        "occurred_at": [None, "2026-11-24T01:00:00Z"],
        "assignee": [None, cast.mapper.pk],
        "place_name": ["", "Orsay"],
    }
    back = edit_incident(incident=row, version=2, changes={"occurred_at": None}, by=anna, now=now)
    assert back.incident.occurred_at is None


def test_an_area_is_mended_and_says_so(incident: Incident, anna: Desk, now: datetime) -> None:
    eight = {
        "type": "Polygon",
        "coordinates": [[[2.2, 48.6], [2.3, 48.7], [2.3, 48.6], [2.2, 48.7], [2.2, 48.6]]],
    }
    outcome = locate_incident(incident=incident, geometry=eight, by=anna, now=now)
    assert outcome.repairs == ("self_crossing",)
    assert outcome.incident.geometry["type"] == "Polygon"  # type: ignore[index]
    off = locate_incident(incident=incident, geometry=None, precision_m=50, by=anna, now=now)
    row = off.incident
    assert (row.geometry, row.lon, row.lat, row.precision_m) == (None, None, None, None)


def test_a_bad_place_changes_nothing(incident: Incident, anna: Desk, now: datetime) -> None:
    swapped = {"type": "Point", "coordinates": [48.7, 2.2]}
    with pytest.raises(GeometryRefused) as caught:
        locate_incident(incident=incident, geometry=swapped, near=(2.2, 48.7), by=anna, now=now)
    assert caught.value.code == "axes"
    assert Incident.objects.get().version == 1


def test_the_state_machine_is_kept(incident: Incident, anna: Desk, now: datetime) -> None:
    set_state(incident=incident, state="denied", by=anna, now=now)
    with pytest.raises(StateRefused):
        set_state(incident=incident, state="handed_over", by=anna, now=now)
    with pytest.raises(FieldRefused):
        set_state(incident=incident, state="lost", by=anna, now=now)
    with pytest.raises(FieldRefused):
        edit_incident(incident=incident, version=2, changes={"state": "closed"}, by=anna, now=now)
    entry = journal.entries(anna.operation.pk)[0]
    assert entry.data["changes"] == {"state": ["to_check", "denied"]}


def test_a_state_somebody_else_set_meanwhile_is_a_clash(
    incident: Incident, anna: Desk, bruno: Desk, now: datetime
) -> None:
    set_state(incident=incident, state="denied", version=1, by=anna, now=now)
    outcome = set_state(incident=incident, state="confirmed", version=1, by=bruno, now=now)
    assert [(c.theirs, c.mine) for c in outcome.clashes] == [("denied", "confirmed")]
    assert Incident.objects.get().state == "denied"


def test_the_axes_of_a_rating_are_independent(
    incident: Incident, anna: Desk, bruno: Desk, now: datetime
) -> None:
    rate_incident(incident=incident, reliability="B", version=1, by=anna, now=now)
    rate_incident(incident=incident, credibility=2, version=1, by=bruno, now=now)
    row = Incident.objects.get()
    assert (row.reliability, row.credibility) == ("B", 2)


def test_only_somebody_who_may_work_on_it_is_made_responsible(
    incident: Incident, anna: Desk, cast: Cast, now: datetime
) -> None:
    for stranger in (cast.outsider, cast.partner, cast.administrator):
        with pytest.raises(AssigneeNotInTeam):
            assign_incident(incident=incident, assignee=stranger, by=anna, now=now)
    assign_incident(incident=incident, assignee=cast.verifier, by=anna, now=now)
    assign_incident(incident=incident, assignee=None, by=anna, now=now)
    verbs = [e.verb for e in journal.entries(anna.operation.pk)]
    assert verbs[:2] == ["incident.unassigned", "incident.assigned"]


def test_the_journal_tells_codes_but_no_free_text(
    incident: Incident, anna: Desk, now: datetime
) -> None:
    changes = {"title": "M. Durand est bloqué", "urgency": 4}
    edit_incident(incident=incident, version=1, changes=changes, by=anna, now=now)
    entry = journal.entries(anna.operation.pk)[0]
    assert entry.data["fields"] == ["title", "urgency"]
    assert entry.data["changes"] == {"urgency": [3, 4]}
    assert "Durand" not in str(entry.data)
