"""Incidents as they stood at a moment, whatever was done to them since."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests import factories as make
from tests.factories import Cast
from vigie.operations.access import Desk
from vigie.triage.actions.incident_edits import edit_incident, set_state
from vigie.triage.actions.incident_merges import merge_incidents, unmerge_incident
from vigie.triage.actions.incidents import open_incident
from vigie.triage.queries.incident_past import incident_courses, incidents_at, past_feature

pytestmark = pytest.mark.django_db
ORSAY = {"type": "Point", "coordinates": [2.187, 48.699]}
SACLAY = {"type": "Point", "coordinates": [2.17, 48.73]}
MINUTE = timedelta(minutes=1)


@pytest.fixture
def mapper(cast: Cast) -> Desk:
    return make.desk(cast.mapper, cast.operation)


def test_an_incident_is_told_as_it_was_at_each_moment(mapper: Desk, now: datetime) -> None:
    at = [now + n * MINUTE for n in range(6)]
    row = open_incident(title="Cave", geometry=ORSAY, urgency=1, by=mapper, now=at[1])
    edit_incident(
        incident=row, version=1, by=mapper, now=at[2],
        changes={"geometry": SACLAY, "urgency": 4, "title": "Cave inondée"},
    )  # fmt: skip
    row.refresh_from_db()
    set_state(incident=row, state="confirmed", by=mapper, now=at[3])
    told = [
        [(each.title, each.urgency, each.state, each.lon) for each in incidents_at(mapper, moment)]
        for moment in at[:4]
    ]
    assert told == [
        [],
        [("Cave", 1, "to_check", 2.187)],
        [("Cave inondée", 4, "to_check", 2.17)],
        [("Cave inondée", 4, "confirmed", 2.17)],
    ]
    (course,) = incident_courses(mapper, since=at[1])
    assert not course.opened
    assert [(each.by, set(each.fields)) for each in course.versions[1:]] == [
        (mapper.actor, {"geometry", "urgency", "title"}), (mapper.actor, {"state"}),
    ]  # fmt: skip
    first = course.versions[0].row
    assert first is not None
    assert past_feature(first)["properties"]["point"] == [2.187, 48.699]


def test_one_that_was_merged_stood_alone_before_and_after(mapper: Desk, now: datetime) -> None:
    one = open_incident(title="Un", urgency=4, by=mapper, now=now)
    two = open_incident(title="Deux", urgency=1, by=mapper, now=now)
    merge_incidents(incident=one, into=two, by=mapper, now=now + 2 * MINUTE)
    one.refresh_from_db()
    unmerge_incident(incident=one, by=mapper, now=now + 4 * MINUTE)
    told = [
        [(each.number, each.urgency) for each in incidents_at(mapper, now + n * MINUTE)]
        for n in (1, 3, 5)
    ]
    assert told == [[(1, 4), (2, 1)], [(2, 4)], [(1, 4), (2, 1)]]
