"""Merging incidents and taking it back: nothing is lost, in any order."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import factories as make
from tests.factories import Cast
from vigie.operations.access import Desk, NotAllowed
from vigie.triage.actions.incident_edits import edit_incident, set_state
from vigie.triage.actions.incident_merges import (
    NotMerged,
    SameIncident,
    merge_incidents,
    unmerge_incident,
)
from vigie.triage.actions.incidents import (
    IncidentMerged,
    comment_incident,
    join_incident,
    leave_incident,
    open_incident,
)
from vigie.triage.decide_incidents import root_of, tree_of
from vigie.triage.models import Incident, IncidentPost
from vigie.triage.queries.incident_detail import detail
from vigie.triage.queries.incidents import incidents

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
ORSAY = {"type": "Point", "coordinates": [2.187, 48.699]}


@pytest.fixture
def mapper(cast: Cast) -> Desk:
    return make.desk(cast.mapper, cast.operation)


def posts_of(incident: Incident) -> set[int]:
    return set(IncidentPost.objects.filter(incident=incident).values_list("lead_id", flat=True))


def test_the_other_shows_the_posts_of_both_and_gives_them_back(
    mapper: Desk, cast: Cast, now: datetime
) -> None:
    a, b, shared = (make.lead(cast.operation, now=now) for _ in range(3))
    one = open_incident(
        title="Un", leads=[a, shared], urgency=4, geometry=ORSAY, by=mapper, now=now
    )
    two = open_incident(title="Deux", leads=[b, shared], urgency=1, by=mapper, now=now)
    edit_incident(incident=one, version=1, changes={"description": "d"}, by=mapper, now=now)
    merged = merge_incidents(incident=one, into=two, by=mapper, now=now)
    assert posts_of(merged) == {a.pk, b.pk, shared.pk}
    assert (merged.urgency, merged.lon) == (4, 2.187)
    assert [row.number for row in incidents(mapper)] == [2]
    panel = detail(mapper, 2)
    assert panel is not None
    assert [row.number for row in panel.merged] == [1]
    assert {row.origin.number for row in panel.backing if row.origin} == {1}
    assert {step.of for step in panel.history} == {1, 2}, "the history of both is read"

    back = unmerge_incident(incident=one, by=mapper, now=now)
    two.refresh_from_db()
    assert posts_of(back) == {a.pk, shared.pk}
    assert posts_of(two) == {b.pk, shared.pk}
    assert (two.urgency, two.geometry, two.lon) == (1, None, None)
    assert (back.title, back.description, back.urgency, back.lon) == ("Un", "d", 4, 2.187)


def test_what_somebody_changed_since_is_not_given_back(
    mapper: Desk, cast: Cast, now: datetime
) -> None:
    one = open_incident(title="Un", urgency=4, geometry=ORSAY, by=mapper, now=now)
    two = open_incident(title="Deux", urgency=1, by=mapper, now=now)
    two = merge_incidents(incident=one, into=two, by=mapper, now=now)
    edit_incident(incident=two, version=two.version, changes={"urgency": 3}, by=mapper, now=now)
    unmerge_incident(incident=one, by=mapper, now=now)
    two.refresh_from_db()
    assert (two.urgency, two.geometry) == (3, None)


def test_a_merged_incident_points_to_where_work_goes_on(
    mapper: Desk, cast: Cast, now: datetime
) -> None:
    one, two, three = (
        open_incident(title=title, by=mapper, now=now) for title in ("Un", "Deux", "Trois")
    )
    merge_incidents(incident=one, into=two, by=mapper, now=now)
    merge_incidents(incident=two, into=three, by=mapper, now=now)
    for refused in (
        lambda: set_state(incident=one, state="closed", by=mapper, now=now),
        lambda: comment_incident(incident=one, text="x", by=mapper, now=now),
        lambda: merge_incidents(incident=one, into=three, by=mapper, now=now),
    ):
        with pytest.raises(IncidentMerged) as caught:
            refused()
        assert caught.value.into == three
    panel = detail(mapper, 1)
    assert panel is not None
    assert panel.end == three


def test_merging_into_a_merged_one_reaches_the_end_of_the_chain(
    mapper: Desk, cast: Cast, now: datetime
) -> None:
    one, two, three = (
        open_incident(title=title, by=mapper, now=now) for title in ("Un", "Deux", "Trois")
    )
    merge_incidents(incident=one, into=two, by=mapper, now=now)
    assert merge_incidents(incident=three, into=one, by=mapper, now=now) == two
    with pytest.raises(SameIncident):
        merge_incidents(incident=two, into=three, by=mapper, now=now)
    with pytest.raises(SameIncident):
        merge_incidents(incident=two, into=two, by=mapper, now=now)
    with pytest.raises(NotMerged):
        unmerge_incident(incident=two, by=mapper, now=now)


def test_a_watcher_may_not_merge(mapper: Desk, cast: Cast, now: datetime) -> None:
    one, two = (open_incident(title=t, by=mapper, now=now) for t in ("Un", "Deux"))
    watcher = make.desk(cast.volunteer, cast.operation)
    with pytest.raises(NotAllowed):
        merge_incidents(incident=one, into=two, by=watcher, now=now)


class _RollBack(Exception):
    pass


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(("join", "leave", "merge", "merge", "unmerge")),
            st.integers(0, 4),
            st.integers(0, 4),
        ),
        max_size=25,
    )
)
def test_any_sequence_shows_the_union_and_ends_with_what_was_given(
    steps: list[tuple[str, int, int]], mapper: Desk, cast: Cast
) -> None:
    try:
        with transaction.atomic():
            _play(steps, mapper, cast)
            raise _RollBack
    except _RollBack:
        pass


def _play(steps: list[tuple[str, int, int]], mapper: Desk, cast: Cast) -> None:
    leads = [make.lead(cast.operation, now=NOW) for _ in range(5)]
    rows = [open_incident(title=f"n{i}", by=mapper, now=NOW) for i in range(5)]
    own: dict[int, set[int]] = {row.pk: set() for row in rows}
    parents: dict[int, int] = {}
    for verb, one, two in steps:
        incident, lead = rows[one], leads[two]
        stands = incident.pk not in parents
        if verb == "join" and stands:
            if join_incident(incident=incident, leads=[lead], by=mapper, now=NOW):
                own[incident.pk].add(lead.pk)
        elif verb == "leave" and stands:
            leave_incident(incident=incident, lead=lead, by=mapper, now=NOW)
            for member in tree_of(incident.pk, parents):
                own[member].discard(lead.pk)
        elif verb == "merge" and stands and root_of(rows[two].pk, parents) != incident.pk:
            merge_incidents(incident=incident, into=rows[two], by=mapper, now=NOW)
            parents[incident.pk] = root_of(rows[two].pk, parents)
        elif verb == "unmerge" and not stands:
            unmerge_incident(incident=incident, by=mapper, now=NOW)
            del parents[incident.pk]
        for row in rows:
            if row.pk not in parents:
                union = set().union(*(own[m] for m in tree_of(row.pk, parents)))
                assert posts_of(row) == union
    for row in rows:
        if row.pk in parents:
            unmerge_incident(incident=row, by=mapper, now=NOW)
            del parents[row.pk]
    assert {row.pk: posts_of(row) for row in rows} == own
