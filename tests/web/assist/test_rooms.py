"""The rooms of needs and hand-offs: what each role sees and does there."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests import factories
from tests.factories import Cast
from vigie.assistance.actions.handoffs import hand_over
from vigie.assistance.actions.partners import save_partner
from vigie.assistance.actions.receiving import receive
from vigie.assistance.asked import Asked
from vigie.assistance.models import HandOff, Need, Partner
from vigie.journal.models import Entry
from vigie.operations.access import machine_desk
from vigie.triage.actions.incidents import open_incident

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def as_(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def need(cast: Cast, now: datetime) -> Need:
    asked = Asked(kind="rescue", words="bloqués à l’étage", phone="0612345678", name="Rose Petit",
                  address="12 rue de l’Orge", place_code="91589", place_name="Savigny-sur-Orge")  # fmt: skip
    return receive(asked=asked, by=machine_desk(cast.operation, "formulaire"), now=now).need


@pytest.fixture
def codis(cast: Cast, now: datetime) -> Partner:
    by = factories.desk(cast.coordinator, cast.operation)
    return save_partner(name="CODIS 91", people=[cast.partner], by=by, now=now)


def url(cast: Cast, name: str, *parts: Any) -> str:
    return reverse(name, args=[cast.operation.slug, *parts])


def test_the_queue_shows_words_to_who_works_and_lines_to_who_observes(
    cast: Cast, need: Need
) -> None:
    page = as_(cast.volunteer).get(url(cast, "assist:needs")).content.decode()
    assert "bloqués à l’étage" in page
    assert "Savigny-sur-Orge" in page
    assert "Rose" not in page
    seen = as_(cast.observer).get(url(cast, "assist:needs")).content.decode()
    assert "Savigny-sur-Orge" in seen
    assert "bloqués" not in seen
    for person in (cast.partner, cast.caller):
        assert as_(person).get(url(cast, "assist:needs")).status_code == 403


def test_a_number_is_shown_once_asked_for_and_that_is_written_down(cast: Cast, need: Need) -> None:
    client = as_(cast.volunteer)
    sheet = client.get(url(cast, "assist:need", 1), headers=HTMX).content.decode()
    assert "612345678" not in sheet
    contact = need.contacts.get()
    shown = client.post(url(cast, "assist:reveal", 1, contact.pk), headers=HTMX).content.decode()
    assert "+33612345678" in shown
    assert Entry.objects.filter(verb="need.contact_revealed", by=cast.volunteer).count() == 1


def test_a_gesture_refused_says_why_and_keeps_what_was_written(cast: Cast, need: Need) -> None:
    client = as_(cast.volunteer)
    close = url(cast, "assist:gesture", 1, "close")
    answer = client.post(close, {"closing": "no_need", "words": ""}, headers=HTMX)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    answer = client.post(close, {"closing": "safe", "words": "voisin"}, headers=HTMX)
    assert answer.status_code == 200
    need.refresh_from_db()
    assert (need.state, need.closed_by) == ("closed", cast.volunteer)
    assert client.post(url(cast, "assist:gesture", 1, "dance"), headers=HTMX).status_code == 404


def test_a_call_is_written_down_while_they_speak(cast: Cast, now: datetime) -> None:
    client = as_(cast.volunteer)
    page = client.get(url(cast, "assist:intake")).content.decode()
    key = page.split('name="request_key" value="')[1].split('"')[0]
    said = {"request_key": key, "words": "l’eau monte", "kind": "evacuation", "persons": "3",
            "danger": "yes", "phone": "06 12 34 56 78", "vulnerabilities": ["elderly", "?"],
            "vulnerabilities_asked": "1", "water_cm": "soixante"}  # fmt: skip
    for _ in range(2):  # the line fell, it is sent again
        assert client.post(url(cast, "assist:intake"), said).status_code == 302
    row = Need.objects.get()
    assert (row.level, row.persons, row.water_cm, row.kind) == (1, 3, None, "evacuation")
    empty = client.post(url(cast, "assist:intake"), {"request_key": "x"})
    assert empty.status_code == 422


def test_a_need_is_handed_over_and_answered_with_one_click(
    cast: Cast, need: Need, codis: Partner
) -> None:
    desk, officer = as_(cast.volunteer), as_(cast.partner)
    answer = desk.post(
        url(cast, "handoffs:new"), {"need": "1", "partner": codis.pk, "asked": "Évacuer"}
    )
    assert answer.status_code == 302
    inbox = officer.get(url(cast, "handoffs:list")).content.decode()
    assert "Évacuer" in inbox
    assert "Rose" not in inbox
    said = officer.post(url(cast, "handoffs:answer", 1), {"said": "engaged", "words": "VSAV parti"},
                        headers=HTMX)  # fmt: skip
    assert said.status_code == 200
    assert "VSAV parti" in desk.get(url(cast, "handoffs:one", 1), headers=HTMX).content.decode()
    assert HandOff.objects.get().state == "engaged"
    again = desk.post(url(cast, "handoffs:new"), {"need": "1", "partner": codis.pk})
    assert again.status_code == 422
    assert desk.post(url(cast, "handoffs:answer", 1), {"said": "done"}).status_code == 403
    by_phone = desk.post(
        url(cast, "handoffs:phone", 1), {"said": "done", "name": "Adj. Roy"}, headers=HTMX
    )
    assert "Adj. Roy" in by_phone.content.decode()


def test_another_partner_s_officer_sees_nothing_of_it(
    cast: Cast, need: Need, codis: Partner, now: datetime
) -> None:
    by = factories.desk(cast.coordinator, cast.operation)
    codis.people.set([])
    other = save_partner(name="COD", people=[cast.coordinator], by=by, now=now)
    hand_over(subject=need, partner=other, by=by, now=now)
    officer = as_(cast.partner)
    assert "Aucun" not in officer.get(url(cast, "handoffs:list")).content.decode()
    assert officer.get(url(cast, "handoffs:one", 1)).status_code == 404
    assert officer.post(url(cast, "handoffs:answer", 1), {"said": "done"}).status_code == 404


@pytest.mark.parametrize("form", ["emsi", "cap_alert", "geojson_handoff", "csv_handoff"])
def test_a_hand_off_is_taken_as_a_file(
    cast: Cast, codis: Partner, now: datetime, form: str
) -> None:
    by = factories.desk(cast.volunteer, cast.operation)
    incident = open_incident(title="RD 118 coupée", category="routes_transports", by=by, now=now)
    hand_over(subject=incident, partner=codis, by=by, now=now)
    answer = as_(cast.partner).get(url(cast, "handoffs:file", 1, form))
    assert answer.status_code == 200
    assert "RD 118" in answer.content.decode()
    assert "transmission-1" in answer["Content-Disposition"]
    assert as_(cast.partner).get(url(cast, "handoffs:file", 1, "feed")).status_code == 404


def test_coordination_writes_partners_down(cast: Cast) -> None:
    client = as_(cast.coordinator)
    page = url(cast, "handoffs:partners")
    made = {"name": "CODIS 91", "kind": "sdis", "minutes": "5", "phone": "0199001001",
            "people": [cast.partner.pk]}  # fmt: skip
    assert client.post(page, made).status_code == 302
    assert "0199001001" in client.get(page).content.decode()
    assert client.post(page, made).status_code == 422
    row = Partner.objects.get()
    assert (row.answer_s, list(row.people.all())) == (300, [cast.partner])
    assert client.post(page, {**made, "partner": row.pk, "minutes": "7"}).status_code == 302
    row.refresh_from_db()
    assert row.answer_s == 420
    assert as_(cast.volunteer).get(page).status_code == 403
