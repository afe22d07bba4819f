"""One incident: page, panel and gestures."""

from __future__ import annotations

import json
import re
from datetime import datetime

import pytest
from django.test import Client

from tests import factories as make
from tests.factories import Cast
from tests.web.map.test_room import ORSAY, as_
from vigie.accounts.models import User
from vigie.triage.actions.incidents import open_incident
from vigie.triage.models import Incident

HTMX = {"HX-Request": "true"}


@pytest.fixture
def incident(cast: Cast, now: datetime) -> Incident:
    by = make.desk(cast.volunteer, cast.operation)
    lead = make.lead(cast.operation, "L'eau monte <vite>", now=now)
    return open_incident(title="Cave inondée", leads=[lead], geometry=ORSAY, by=by, now=now)


@pytest.fixture
def base(cast: Cast, incident: Incident) -> str:
    return f"/o/{cast.operation.slug}/incidents/{incident.number}/"


def test_page_panel_and_parts_are_the_same_incident(cast: Cast, base: str) -> None:
    client = as_(cast.volunteer)
    page = client.get(base).content.decode()
    panel = client.get(base, headers=HTMX).content.decode()
    parts = client.get(f"{base}?parts", headers=HTMX).content.decode()
    named = re.compile(r'data-part="(\w+)"')
    assert named.findall(page) == named.findall(panel) == named.findall(parts)
    assert "<html" in page
    assert "<html" not in panel
    assert parts.count('hx-swap-oob="true"') == len(named.findall(parts))
    assert "hx-swap-oob" not in panel
    assert "&lt;vite&gt;" in panel


def test_who_may_only_look_gets_no_form(cast: Cast, base: str) -> None:
    for person in (cast.partner, cast.observer):
        page = as_(person).get(base).content.decode()
        assert "Cave inondée" in page
        assert "in-place" not in page
        assert f'action="{base}' not in page
        for gesture in ("edit", "state", "locate", "comment", "merge", "unmerge", "join", "leave"):
            assert as_(person).post(f"{base}{gesture}/").status_code == 403
    assert as_(cast.outsider).get(base).status_code == 404
    assert as_(cast.volunteer).get(f"{base[:-2]}99/").status_code == 404


def test_a_gesture_is_never_a_get(cast: Cast, base: str) -> None:
    for gesture in ("edit", "state", "locate", "comment", "merge", "unmerge", "join", "leave"):
        assert as_(cast.coordinator).get(f"{base}{gesture}/").status_code == 405


def test_every_field_is_changed_in_place(cast: Cast, base: str, incident: Incident) -> None:
    client = as_(cast.volunteer)
    for field, value in (
        ("title", "Deux caves"),
        ("urgency", "4"),
        ("category", "niveau_eau"),
        ("place_name", "rue de l’Yvette"),
        ("occurred_at", "2026-11-24T03:10"),
        ("reliability", "B"),
        ("credibility", "2"),
        ("description", "un mètre d’eau"),
        ("assignee", str(cast.volunteer.pk)),
    ):
        version = Incident.objects.get().version
        answer = client.post(
            f"{base}edit/", {"version": str(version), field: value}, headers=HTMX
        )  # fmt: skip
        assert answer.status_code == 200, answer.content.decode()[:300]
    row = Incident.objects.get()
    assert (row.title, row.urgency, row.category) == ("Deux caves", 4, "niveau_eau")
    assert (row.reliability, row.credibility, row.assignee) == ("B", 2, cast.volunteer)
    assert row.occurred_at is not None
    assert row.occurred_at.isoformat() == "2026-11-24T02:10:00+00:00"
    assert row.version == 10


def test_without_scripts_a_form_leads_back_to_the_page(cast: Cast, base: str) -> None:
    answer = as_(cast.volunteer).post(f"{base}edit/", {"version": "1", "title": "T"})
    assert (answer.status_code, answer.headers["Location"]) == (302, base)


@pytest.mark.parametrize(
    ("gesture", "data", "said"),
    [
        ("edit", {"title": " "}, "cannot be empty"),
        ("edit", {"urgency": "7"}, "not possible here"),
        ("edit", {"urgency": "x"}, "not possible here"),
        ("edit", {"occurred_at": "hier"}, "cannot be read"),
        ("edit", {"occurred_at": "9999-01-01T00:00"}, "cannot be right"),
        ("edit", {"assignee": "999999"}, "not possible here"),
        ("state", {"state": "nonsense"}, "no such field"),
        ("locate", {"geometry": "{"}, "not a GeoJSON"),
        ("locate", {"geometry": '{"type":"Point","coordinates":[48.7,2.2]}'}, "swapped"),
        ("locate", {"geometry": json.dumps(ORSAY), "precision_m": "-3"}, "not possible here"),
        ("comment", {"comment": " "}, "cannot be empty"),
    ],
)
def test_what_cannot_be_is_said_beside_the_field_and_changes_nothing(
    cast: Cast, base: str, gesture: str, data: dict[str, str], said: str
) -> None:
    User.objects.filter(pk=cast.volunteer.pk).update(language="en")
    before = Incident.objects.values().get()
    answer = as_(cast.volunteer).post(
        f"{base}{gesture}/", {"version": "1", **data}, headers=HTMX
    )  # fmt: skip
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert Incident.objects.values().get() == before


def test_two_people_on_one_field_are_both_shown(cast: Cast, base: str) -> None:
    anna, bruno = as_(cast.volunteer), as_(cast.verifier)
    anna.post(f"{base}edit/", {"version": "1", "description": "Texte d’Anna"}, headers=HTMX)
    data = {"version": "1", "description": "Texte de Bruno", "urgency": "4"}
    answer = bruno.post(f"{base}edit/", data, headers=HTMX).content.decode()
    assert "Texte d’Anna" in answer
    assert "Texte de Bruno" in answer
    assert "data-clash-drop" in answer
    row = Incident.objects.get()
    assert (row.description, row.urgency, row.version) == ("Texte d’Anna", 4, 3)
    both = re.search(r'name="description" value="(Texte d’Anna[^"]*)"', answer)
    assert both
    bruno.post(f"{base}edit/", {"version": "3", "description": both[1]}, headers=HTMX)
    assert Incident.objects.get().description == "Texte d’Anna\n\nTexte de Bruno"


def test_comments_states_and_places_are_read_in_the_history(cast: Cast, base: str) -> None:
    User.objects.filter(pk=cast.volunteer.pk).update(language="en")
    client = as_(cast.volunteer)
    client.post(f"{base}comment/", {"comment": "Rappelé <le> voisin"}, headers=HTMX)
    client.post(f"{base}state/", {"version": "1", "state": "confirmed", "reason": "vu"})
    client.post(f"{base}locate/", {"geometry": "", "version": "2"})
    client.post(f"{base}locate/", {"geometry": json.dumps(ORSAY), "precision_m": "1500"})
    page = client.get(base).content.decode()
    assert "Rappelé &lt;le&gt; voisin" in page
    assert "<del>To check</del> → <ins>Confirmed</ins>" in page
    assert "<del>48.69900, 2.18700</del> → <ins>–</ins>" in page
    assert "good to 1.5 km" in page


def test_merging_and_separating_by_the_panel(cast: Cast, base: str, now: datetime) -> None:
    by = make.desk(cast.mapper, cast.operation)
    other = open_incident(title="La même cave", by=by, now=now)
    client = as_(cast.mapper)
    options = client.get(
        f"/o/{cast.operation.slug}/incidents/options/?for=merge&but=1&text=cave", headers=HTMX
    ).content.decode()
    assert "La même cave" in options
    assert "Cave inondée" not in options
    client.post(f"{base}merge/", {"into": str(other.number)}, headers=HTMX)
    merged = client.get(base).content.decode()
    assert f"incidents/{other.number}/" in merged
    assert "in-place" not in merged
    page = client.get(f"/o/{cast.operation.slug}/incidents/{other.number}/").content.decode()
    assert "&lt;vite&gt;" in page, "its posts are shown there"
    client.post(
        f"/o/{cast.operation.slug}/incidents/{other.number}/unmerge/", {"other": "1"}, headers=HTMX
    )
    assert not Incident.objects.filter(merged_into__isnull=False).exists()
    missing = client.post(f"{base}merge/", {"into": "77"}, headers=HTMX)
    assert missing.status_code == 422


def test_posts_are_taken_out_and_joined(
    cast: Cast, base: str, incident: Incident, now: datetime
) -> None:
    client = as_(cast.volunteer)
    lead = incident.backing.get().lead
    client.post(f"{base}leave/", {"lead": str(lead.pk)}, headers=HTMX)
    assert not incident.backing.exists()
    client.post(f"{base}join/", {"lead": str(lead.pk)}, headers=HTMX)
    assert incident.backing.count() == 1
    foreign = make.lead(cast.other_operation, now=now)
    for pk in (str(foreign.pk), "x", "9" * 30):
        assert client.post(f"{base}join/", {"lead": pk}, headers=HTMX).status_code == 404


def test_author_handles_are_never_on_the_panel(cast: Cast, base: str, incident: Incident) -> None:
    author = incident.backing.get().lead.post.author
    assert author is not None
    for person in (cast.coordinator, cast.partner):
        assert author.handle not in as_(person).get(base).content.decode()


def test_making_one_from_a_post_proposes_what_is_known(
    cast: Cast, incident: Incident, now: datetime
) -> None:
    client, url = as_(cast.volunteer), f"/o/{cast.operation.slug}/incidents/new/"
    lead = make.lead(
        cast.operation, "https://ex.fr @moi Rue du Pont sous l'eau", now=now,
        lon=2.188, lat=48.6995, precision_m=100, place_name="Orsay", category="niveau_eau",
    )  # fmt: skip
    form = client.get(f"{url}?lead={lead.pk}", headers=HTMX).content.decode()
    assert 'value="Rue du Pont sous l&#x27;eau"' in form
    assert "Cave inondée" in form, "the incident nearby is proposed"
    made = client.post(
        url, {"lead": str(lead.pk), "title": "Rue du Pont", "category": "", "urgency": ""},
        headers=HTMX,
    )  # fmt: skip
    assert made.status_code == 200
    assert "vigie:incident" in made.headers["HX-Trigger"]
    row = Incident.objects.get(number=2)
    assert (row.category, row.place_name, row.lon) == ("niveau_eau", "Orsay", 2.188)
    refused = client.post(url, {"title": "", "description": "garde-moi"}, headers=HTMX)
    assert refused.status_code == 422
    assert "garde-moi" in refused.content.decode()
    plain = client.post(url, {"title": "Sans script", "geometry": json.dumps(ORSAY)})
    assert plain.status_code == 302
    assert client.get(f"{url}?lead=999999", headers=HTMX).status_code == 404
    assert as_(cast.partner).get(url).status_code == 403


def test_a_stranger_is_asked_to_sign_in(base: str) -> None:
    assert Client().get(base).status_code == 302
    assert Client().post(f"{base}edit/", headers=HTMX).status_code == 401
