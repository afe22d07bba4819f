"""Opening incidents, letting posts join and leave, listing them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests import factories as make
from tests.factories import Cast
from vigie.accounts.roles import Right
from vigie.journal import queries as journal
from vigie.journal.models import Entry
from vigie.kernel.geojson import GeometryRefused
from vigie.operations.access import Desk, NotAllowed
from vigie.triage.actions import incidents as act
from vigie.triage.actions.incident_edits import assign_incident, locate_incident, set_state
from vigie.triage.actions.incident_merges import merge_incidents
from vigie.triage.decide_incidents import FieldRefused
from vigie.triage.models import Annotation, Incident
from vigie.triage.queries import incident_detail, incident_features, incidents

ORSAY = {"type": "Point", "coordinates": [2.187, 48.699]}


@pytest.fixture
def volunteer(cast: Cast) -> Desk:
    return make.desk(cast.volunteer, cast.operation)


def opened(by: Desk, now: datetime, title: str = "Cave inondée", **fields: object) -> Incident:
    return act.open_incident(title=title, by=by, now=now, **fields)  # type: ignore[arg-type]


def test_incidents_are_numbered_from_1_in_each_operation(cast: Cast, now: datetime) -> None:
    here = make.desk(cast.volunteer, cast.operation)
    there = make.desk(cast.outsider, cast.other_operation)
    assert [opened(here, now).number for _ in range(3)] == [1, 2, 3]
    assert opened(there, now).number == 1


def test_an_incident_takes_what_its_posts_know_and_keeps_them(
    volunteer: Desk, cast: Cast, now: datetime
) -> None:
    first = make.lead(cast.operation, now=now, category="niveau_eau", urgency=2)
    second = make.lead(
        cast.operation, now=now, urgency=4, lon=2.29, lat=48.69, precision_m=300,
        place_name="Longjumeau", place_code="91345", reliability="B", credibility=2,
    )  # fmt: skip
    made = opened(volunteer, now, leads=[first, second])
    assert (made.category, made.urgency, made.lon, made.lat) == ("niveau_eau", 4, 2.29, 48.69)
    assert (made.precision_m, made.place_name, made.place_code) == (300, "Longjumeau", "91345")
    assert (made.reliability, made.credibility) == ("B", 2)
    assert made.occurred_at == first.published_at
    for lead in (first, second):
        lead.refresh_from_db()
        assert (lead.state, lead.touched_by, lead.version) == ("kept", cast.volunteer, 2)
    assert Annotation.objects.filter(kind="state", by=cast.volunteer).count() == 2
    entry = journal.entries(cast.operation.pk)[0]
    assert (entry.verb, entry.subject_id) == ("incident.opened", made.pk)
    assert entry.touches == [
        f"incident:{made.pk}", "incidents", f"lead:{first.pk}", f"lead:{second.pk}",
    ]  # fmt: skip


def test_what_the_person_says_comes_before_what_the_posts_say(
    volunteer: Desk, cast: Cast, now: datetime
) -> None:
    lead = make.lead(cast.operation, now=now, category="medias", urgency=1, lon=2.0, lat=48.0)
    made = opened(
        volunteer, now, leads=[lead], category="victimes", urgency=3, geometry=ORSAY, precision_m=20
    )
    assert (made.category, made.urgency, made.lon, made.precision_m) == ("victimes", 3, 2.187, 20)


def test_without_posts_the_category_gives_the_urgency(volunteer: Desk, now: datetime) -> None:
    assert opened(volunteer, now, category="appel_secours").urgency == 4
    assert opened(volunteer, now).urgency == 0


def test_a_folded_duplicate_joins_by_its_head(volunteer: Desk, cast: Cast, now: datetime) -> None:
    head = make.lead(cast.operation, now=now)
    copy = make.lead(cast.operation, now=now, folded_into=head)
    made = opened(volunteer, now, leads=[copy, head])
    assert [row.lead_id for row in made.backing.all()] == [head.pk]


def test_a_post_of_another_operation_cannot_back_an_incident(
    volunteer: Desk, cast: Cast, now: datetime
) -> None:
    foreign = make.lead(cast.other_operation, now=now)
    with pytest.raises(act.LeadNotHere):
        opened(volunteer, now, leads=[foreign])
    assert not Incident.objects.exists()


def test_without_a_title_nothing_is_opened(volunteer: Desk, now: datetime) -> None:
    with pytest.raises(FieldRefused):
        opened(volunteer, now, title=" ")
    with pytest.raises(GeometryRefused):
        opened(volunteer, now, geometry={"type": "Point", "coordinates": [48.7, 2.2]}, near=(2, 48))
    assert not Entry.objects.exists()


def test_who_may_only_look_cannot_write(cast: Cast, now: datetime) -> None:
    made = opened(make.desk(cast.volunteer, cast.operation), now)
    for person in (cast.partner, cast.observer):
        desk = make.desk(person, cast.operation)
        assert incidents.incident(desk, 1) == made
        for refused in (
            lambda d: opened(d, now),
            lambda d: act.join_incident(incident=made, leads=[], by=d, now=now),
            lambda d: act.comment_incident(incident=made, text="x", by=d, now=now),
            lambda d: set_state(incident=made, state="denied", by=d, now=now),
        ):
            with pytest.raises(NotAllowed):
                refused(desk)


def test_an_incident_of_another_operation_does_not_exist_here(cast: Cast, now: datetime) -> None:
    made = opened(make.desk(cast.volunteer, cast.operation), now)
    elsewhere = make.desk(cast.outsider, cast.other_operation)
    assert incidents.incident(elsewhere, made.number) is None
    with pytest.raises(act.IncidentNotHere):
        act.comment_incident(incident=made, text="x", by=elsewhere, now=now)


def test_joining_twice_counts_once_and_leaving_is_told(
    volunteer: Desk, cast: Cast, now: datetime
) -> None:
    made = opened(volunteer, now)
    lead = make.lead(cast.operation, now=now)
    assert act.join_incident(incident=made, leads=[lead, lead], by=volunteer, now=now) == [lead]
    assert act.join_incident(incident=made, leads=[lead], by=volunteer, now=now) == []
    assert incidents.incidents(volunteer).get().posts == 1  # type: ignore[attr-defined]
    assert act.leave_incident(incident=made, lead=lead, by=volunteer, now=now)
    assert not act.leave_incident(incident=made, lead=lead, by=volunteer, now=now)
    verbs = [entry.verb for entry in journal.entries(cast.operation.pk)]
    assert verbs == ["incident.left", "incident.joined", "incident.opened"]


def test_the_list_filters_and_sorts(volunteer: Desk, cast: Cast, now: datetime) -> None:
    cave = opened(volunteer, now, category="niveau_eau", urgency=3, geometry=ORSAY)
    route = opened(
        volunteer, now + timedelta(hours=1), title="RD118 coupée", category="routes_transports",
        urgency=4, place_name="Longjumeau", place_code="91345",
    )  # fmt: skip
    assign_incident(incident=route, assignee=cast.volunteer, by=volunteer, now=now)

    def numbers(sort: str = "number", **asked: object) -> list[int]:
        wanted = incidents.IncidentFilter(**asked)  # type: ignore[arg-type]
        page = incidents.page(volunteer, wanted, sort=sort)
        return [row.number for row in page.incidents]

    assert numbers() == [2, 1]
    assert numbers("opened") == [1, 2]
    assert numbers("urgency") == [2, 1]
    assert numbers("title") == [1, 2]
    assert numbers(categories=frozenset({"niveau_eau"})) == [1]
    assert numbers(states=frozenset({"closed"})) == []
    assert numbers(urgency_from=4) == [2]
    assert numbers(text="rd118") == [2]
    assert numbers(text="#1") == [1]
    assert numbers(text="longjumeau coupée") == [2]
    assert numbers(place_code="91345") == [2]
    assert numbers(mine=True) == [2]
    assert numbers(located=True) == [1]
    assert numbers(box=(2.1, 48.6, 2.2, 48.8)) == [1]
    assert numbers(box=(170, -90, -170, 90)) == []
    assert numbers(since=now + timedelta(minutes=30)) == [2]
    assert numbers(until=now + timedelta(minutes=30)) == [1]
    assert cave.pk


@pytest.mark.parametrize("sort", list(incidents.SORTS))
def test_pages_follow_each_other_without_gap_or_repetition(
    volunteer: Desk, now: datetime, sort: str
) -> None:
    for i in range(7):
        opened(volunteer, now + timedelta(minutes=i % 3), title="abc"[i % 3], urgency=i % 3)
    seen: list[int] = []
    after = None
    while True:
        page = incidents.page(volunteer, sort=sort, after=after, limit=2)
        seen += [row.number for row in page.incidents]
        after = page.after
        if after is None:
            break
    whole = incidents.page(volunteer, sort=sort)
    assert seen == [row.number for row in whole.incidents]
    assert sorted(seen) == list(range(1, 8))
    with pytest.raises(incidents.CursorUnreadable):
        incidents.page(volunteer, sort=sort, after="x")


def test_the_panel_costs_the_same_whatever_it_shows(
    volunteer: Desk, cast: Cast, now: datetime, django_assert_num_queries: object
) -> None:
    made = opened(volunteer, now)
    with django_assert_num_queries(5):  # type: ignore[operator]
        incident_detail.detail(volunteer, made.number)
    act.join_incident(
        incident=made, leads=[make.lead(cast.operation, now=now) for _ in range(5)],
        by=volunteer, now=now,
    )  # fmt: skip
    for _ in range(4):
        act.comment_incident(incident=made, text="vu", by=volunteer, now=now)
    with django_assert_num_queries(7):  # type: ignore[operator]
        found = incident_detail.detail(volunteer, made.number)
        assert found is not None
        texts = [row.lead.post.text + row.lead.post.source.name for row in found.backing]
        assert found.media == []
        people = {step.entry.by for step in found.history}
    assert len(texts) == 5
    assert people == {cast.volunteer}
    assert len(found.comments) == 4


def test_the_history_tells_what_each_step_changed(volunteer: Desk, now: datetime) -> None:
    made = opened(volunteer, now)
    set_state(incident=made, state="confirmed", reason="vu sur place", by=volunteer, now=now)
    found = incident_detail.detail(volunteer, 1)
    assert found is not None
    last = found.history[0]
    assert last.changes == {"state": ["to_check", "confirmed"]}
    assert last.entry.text == "vu sur place"
    assert found.next_states == ["to_check", "denied", "unverifiable", "handed_over", "closed"]


def test_the_map_asks_only_for_what_changed(volunteer: Desk, cast: Cast, now: datetime) -> None:
    one, two = opened(volunteer, now, geometry=ORSAY), opened(volunteer, now)
    whole = incident_features.features(volunteer)
    assert whole.complete
    assert {f["id"] for f in whole.features} == {one.pk, two.pk}
    nothing = incident_features.features(volunteer, since=whole.seq)
    assert (nothing.features, nothing.gone, nothing.complete) == ([], [], False)
    locate_incident(incident=two, geometry=ORSAY, precision_m=100, by=volunteer, now=now)
    changed = incident_features.features(volunteer, since=whole.seq)
    assert [(f["id"], f["properties"]["precision_m"]) for f in changed.features] == [(two.pk, 100)]
    mapper = make.desk(cast.mapper, cast.operation)
    merge_incidents(incident=one, into=two, by=mapper, now=now)
    merged = incident_features.features(volunteer, since=changed.seq)
    assert [f["id"] for f in merged.features] == [two.pk]
    assert merged.gone == [one.pk]
    assert incident_features.features(volunteer, since=10_000).complete


def test_only_located_posts_without_incident_are_dots(
    volunteer: Desk, cast: Cast, now: datetime
) -> None:
    place = {"lon": 2.3, "lat": 48.6}
    shown = make.lead(cast.operation, now=now, **place)
    make.lead(cast.operation, now=now)
    make.lead(cast.operation, now=now, state="dismissed", **place)
    make.lead(cast.operation, now=now, folded_into=shown, **place)
    make.lead(cast.other_operation, now=now, **place)
    opened(volunteer, now, leads=[make.lead(cast.operation, now=now, **place)])
    dots = incident_features.located_leads(volunteer)
    assert [(dot["id"], dot["geometry"]["coordinates"]) for dot in dots] == [
        (shown.pk, [2.3, 48.6])
    ]
    partner = make.desk(cast.partner, cast.operation)
    with pytest.raises(NotAllowed):
        incident_features.located_leads(partner)
    assert not partner.may(Right.SEE_BOARD)


def test_joining_is_proposed_by_place_time_and_kind(
    volunteer: Desk, cast: Cast, now: datetime
) -> None:
    near = opened(volunteer, now, geometry=ORSAY, category="niveau_eau")
    opened(volunteer, now, geometry={"type": "Point", "coordinates": [7.0, 43.0]})
    closed = opened(volunteer, now, geometry=ORSAY)
    set_state(incident=closed, state="closed", by=volunteer, now=now)
    lead = make.lead(cast.operation, now=now, lon=2.19, lat=48.70, category="niveau_eau")
    found = incident_detail.near(volunteer, incident_detail.where_of_lead(lead), now=now)
    assert [each.incident for each in found] == [near]
    assert found[0].nearness.same_category
    assert found[0].nearness.distance_m == pytest.approx(247, abs=5)
    lost = make.lead(cast.operation, now=now)
    recent = incident_detail.near(volunteer, incident_detail.where_of_lead(lost), now=now)
    assert {each.incident.number for each in recent} == {1, 2}


def test_counts_are_those_of_the_list(volunteer: Desk, cast: Cast, now: datetime) -> None:
    opened(volunteer, now, category="niveau_eau", urgency=3)
    opened(volunteer, now, category="niveau_eau", urgency=1)
    gone = opened(volunteer, now)
    mapper = make.desk(cast.mapper, cast.operation)
    merge_incidents(incident=gone, into=Incident.objects.get(number=1), by=mapper, now=now)
    assert incidents.counts(volunteer) == {
        "state": {"to_check": 2}, "category": {"niveau_eau": 2}, "urgency": {3: 1, 1: 1},
    }  # fmt: skip
