"""What people do to leads: stated, mirrored, journaled."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests import factories
from vigie.journal.models import Entry
from vigie.operations.access import NotAllowed, machine_desk
from vigie.triage import decide
from vigie.triage.actions import leads as act
from vigie.triage.models import Annotation, Incident, IncidentPost, Lead


@pytest.fixture
def by(cast):
    return factories.desk(cast.volunteer, cast.operation)


@pytest.fixture
def other(cast):
    return factories.desk(cast.verifier, cast.operation)


@pytest.fixture
def lead(cast, now):
    return factories.lead(cast.operation, now=now)


def entries(by):
    return Entry.objects.filter(chain=by.operation.pk).order_by("seq")


def test_a_gesture_states_mirrors_and_journals_in_one_go(lead, by, now):
    done = act.categorise(leads={lead.pk: 1}, code="niveau_eau", by=by, now=now)
    lead.refresh_from_db()
    said = Annotation.objects.get(lead=lead)
    entry = entries(by).get()
    assert (lead.category, lead.category_by_person, lead.version) == ("niveau_eau", True, 2)
    assert (lead.touched_by, lead.touched_at) == (by.user, now)
    assert (said.kind, said.value, said.by, said.at) == (
        "category", {"code": "niveau_eau"}, by.user, now,
    )  # fmt: skip
    assert (entry.seq, entry.verb, entry.touches) == (
        done.entry, "lead.categorised", [f"lead:{lead.pk}"],
    )  # fmt: skip


def test_annotations_are_added_and_the_row_shows_the_latest(lead, by, other, now):
    act.set_urgency(leads={lead.pk: None}, level=2, by=by, now=now)
    act.set_urgency(leads={lead.pk: None}, level=4, by=other, now=now)
    lead.refresh_from_db()
    said = [a.value["level"] for a in Annotation.objects.filter(lead=lead).order_by("pk")]
    assert said == ["medium", "critical"]
    assert lead.urgency == 4


def test_rating_the_information_keeps_the_rating_of_the_source(lead, by, now):
    act.rate(leads={lead.pk: None}, reliability="B", by=by, now=now)
    act.rate(leads={lead.pk: None}, credibility=2, by=by, now=now)
    lead.refresh_from_db()
    assert f"{lead.reliability}{lead.credibility}" == "B2"


def test_locating_by_a_point_keeps_its_radius(lead, by, now):
    act.locate(
        leads={lead.pk: None}, name="Pont de Longjumeau", lon=2.29, lat=48.69, precision_m=50,
        by=by, now=now,
    )  # fmt: skip
    lead.refresh_from_db()
    assert (lead.lon, lead.lat, lead.precision_m, lead.place_by_person) == (2.29, 48.69, 50, True)


def test_keeping_twice_writes_once(lead, by, other, now):
    act.keep(leads={lead.pk: None}, by=by, now=now)
    again = act.keep(leads={lead.pk: None}, by=other, now=now)
    assert again.entry is None
    assert Annotation.objects.filter(lead=lead, kind="state").count() == 1


def test_who_saw_an_older_version_is_told_who_changed_it(lead, by, other, now):
    act.keep(leads={lead.pk: 1}, by=other, now=now)
    with pytest.raises(act.LeadInTheWay) as refusal:
        act.dismiss(leads={lead.pk: 1}, by=by, now=now)
    assert (refusal.value.first.reason, refusal.value.first.other) == (
        "changed", other.user.display,
    )  # fmt: skip
    lead.refresh_from_db()
    assert lead.state == "kept"


def test_ones_own_quick_gestures_do_not_conflict(lead, by, now):
    act.rate(leads={lead.pk: 1}, credibility=2, by=by, now=now)
    act.rate(leads={lead.pk: 1}, reliability="B", by=by, now=now)
    act.keep(leads={lead.pk: 1}, by=by, now=now)
    lead.refresh_from_db()
    assert (lead.state, lead.reliability, lead.credibility) == ("kept", "B", 2)


def test_a_lead_of_another_operation_does_not_exist(cast, by, now):
    foreign = factories.lead(cast.other_operation, now=now)
    with pytest.raises(act.UnknownLead):
        act.keep(leads={foreign.pk: None}, by=by, now=now)
    mine = factories.lead(cast.operation, now=now)
    done = act.keep(leads={foreign.pk: None, mine.pk: None}, by=by, now=now)
    assert done.leads == (mine.pk,)
    assert done.left[foreign.pk].reason == "gone"
    foreign.refresh_from_db()
    assert foreign.state == "new"


def test_who_may_not_triage_changes_nothing(cast, lead, now):
    for person in (cast.observer, cast.partner):
        with pytest.raises(NotAllowed):
            act.keep(
                leads={lead.pk: None}, by=factories.desk(person, cast.operation), now=now
            )  # fmt: skip
    assert not Annotation.objects.exists()


def test_what_backs_an_incident_cannot_be_dismissed(cast, lead, by, now):
    incident = Incident.objects.create(
        operation=cast.operation, number=12, title="Route coupée", category="routes_transports",
        created_at=now, updated_at=now,
    )  # fmt: skip
    IncidentPost.objects.create(incident=incident, lead=lead, at=now)
    with pytest.raises(act.LeadInTheWay) as refusal:
        act.dismiss(leads={lead.pk: None}, by=by, now=now)
    assert (refusal.value.first.reason, refusal.value.first.incident) == ("backs", 12)


def test_a_reason_is_kept_and_a_note_stands_beside_the_post(lead, by, now):
    act.dismiss(leads={lead.pk: None}, reason="Photo de 2016", by=by, now=now)
    act.note(lead=lead.pk, text=" Vue aussi hier ", by=by, now=now)
    said = Annotation.objects.filter(lead=lead).order_by("pk")
    assert [s.value for s in said] == [
        {"state": "dismissed", "reason": "Photo de 2016"}, {"text": "Vue aussi hier"},
    ]  # fmt: skip


def test_each_reveal_of_an_author_is_journaled(lead, by, now):
    act.reveal_author(lead=lead.pk, by=by, now=now)
    act.reveal_author(lead=lead.pk, by=by, now=now)
    assert [e.verb for e in entries(by)] == ["lead.author_revealed"] * 2


def test_a_bulk_gesture_is_one_entry_that_names_every_lead(cast, by, now):
    leads = [factories.lead(cast.operation, now=now) for _ in range(5)]
    done = act.dismiss(leads={each.pk: 1 for each in leads}, by=by, now=now)
    entry = entries(by).get()
    assert entry.data["leads"] == [each.pk for each in leads] == list(done.leads)
    assert entry.subject_id is None
    assert Lead.objects.filter(state="dismissed", version=2).count() == 5
    assert Annotation.objects.count() == 5


def test_a_bulk_gesture_leaves_what_somebody_has_in_hand_and_says_so(cast, by, other, now):
    free, held = (factories.lead(cast.operation, now=now) for _ in range(2))
    Lead.objects.filter(pk=held.pk).update(
        holder=other.user, held_until=now + timedelta(minutes=5)
    )  # fmt: skip
    done = act.keep(leads={free.pk: None, held.pk: None}, by=by, now=now)
    assert done.leads == (free.pk,)
    assert (done.left[held.pk].reason, done.left[held.pk].other) == ("held", other.user.display)


def test_more_than_the_limit_is_refused_whole(lead, by, now):
    with pytest.raises(act.TooManyLeads):
        act.keep(leads=dict.fromkeys(range(lead.pk, lead.pk + 501)), by=by, now=now)
    assert not Annotation.objects.exists()


def test_a_machine_may_state_too(cast, lead, now):
    act.keep(leads={lead.pk: None}, by=machine_desk(cast.operation, "player"), now=now)
    assert Annotation.objects.get(lead=lead).by is None


def test_the_queries_of_a_bulk_gesture_do_not_grow_with_the_leads(
    cast, by, now, django_assert_num_queries
):
    def queries(count):
        leads = {factories.lead(cast.operation, now=now).pk: 1 for _ in range(count)}
        with django_assert_num_queries(8):
            act.categorise(leads=leads, code="medias", by=by, now=now)

    act.categorise(
        leads={factories.lead(cast.operation, now=now).pk: 1}, code="medias", by=by, now=now
    )
    queries(2)
    queries(40)


def test_a_wrong_value_changes_nothing(lead, by, now):
    with pytest.raises(decide.WrongValue):
        act.categorise(leads={lead.pk: None}, code="meteo", by=by, now=now)
    assert not Annotation.objects.exists()
