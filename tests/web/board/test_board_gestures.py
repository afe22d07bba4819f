"""Gestures through the screen: one POST for one post or many, answered with lines and words."""

from __future__ import annotations

import html

import pytest

from tests import factories
from vigie.triage.actions import holds
from vigie.triage.actions import leads as act
from vigie.triage.models import Column, Incident, Lead

HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def base(cast):
    return f"/o/{cast.operation.slug}/board/"


@pytest.fixture
def do(client, cast, base):
    client.force_login(cast.volunteer)

    def post(verb, *leads, headers=HTMX, **data):
        seen = [f"{lead.pk}:{lead.version}" for lead in leads]
        return client.post(f"{base}do/{verb}/", {"lead": seen, **data}, **headers)

    return post


@pytest.fixture
def lead(cast, now):
    return factories.lead(cast.operation, now=now)


def text_of(answer):
    return html.unescape(answer.content.decode())


@pytest.mark.parametrize(
    ("verb", "data", "column", "value"),
    [
        ("keep", {}, "state", "kept"),
        ("dismiss", {"reason": "bruit"}, "state", "dismissed"),
        ("urgency", {"level": "4"}, "urgency", 4),
        ("category", {"code": "victimes"}, "category", "victimes"),
        ("reliability", {"value": "B"}, "reliability", "B"),
        ("credibility", {"value": "2"}, "credibility", 2),
        ("locate", {"name": "Orsay", "code": "91471", "lon": "2.18", "lat": "48.69"}, "lon", 2.18),
    ],
)
def test_every_gesture_changes_its_column_and_answers_the_line(do, lead, verb, data, column, value):
    answer = do(verb, lead, **data)
    lead.refresh_from_db()
    assert answer.status_code == 200
    assert getattr(lead, column) == value
    page = text_of(answer)
    assert f'data-lead="{lead.pk}" data-version="2"' in page
    assert "data-entry=" in page


@pytest.mark.parametrize(
    ("verb", "data"),
    [
        ("urgency", {"level": "9"}), ("urgency", {}), ("category", {"code": "météo"}),
        ("reliability", {"value": "G"}), ("credibility", {"value": "x"}), ("note", {"text": " "}),
        ("locate", {"name": "", "lon": "abc"}), ("locate", {"name": "x", "precision_m": "-1"}),
        ("fold", {}),
    ],
)  # fmt: skip
def test_a_value_that_is_none_is_refused_in_words(do, lead, verb, data):
    answer = do(verb, lead, **data)
    assert answer.status_code == 422
    assert "data-said=" in text_of(answer)
    assert Lead.objects.get(pk=lead.pk).version == 1


def test_a_gesture_without_post_or_of_no_known_name_is_refused(do, lead):
    assert do("keep").status_code == 422
    assert do("devine", lead).status_code == 404


def test_who_was_quicker_is_named_and_the_line_shows_what_is(do, cast, lead, now):
    other = factories.desk(cast.verifier, cast.operation)
    act.keep(leads={lead.pk: None}, by=other, now=now)
    answer = do("dismiss", lead)
    assert answer.status_code == 409
    page = text_of(answer)
    assert f"{other.user.display} l’a modifiée entre-temps" in page
    assert 'data-state="kept"' in page


def test_what_somebody_has_in_hand_is_left_to_them(do, cast, lead):
    from vigie.kernel.clock import utc_now

    other = factories.desk(cast.verifier, cast.operation)
    holds.take(leads={lead.pk: None}, by=other, now=utc_now())
    answer = do("keep", Lead.objects.get(pk=lead.pk))
    assert answer.status_code == 409
    assert f"{other.user.display} l’a en main jusqu’à" in text_of(answer)


def test_a_bulk_gesture_says_how_many_and_what_was_left(do, cast, now):
    from vigie.kernel.clock import utc_now

    leads = [factories.lead(cast.operation, now=now) for _ in range(3)]
    other = factories.desk(cast.verifier, cast.operation)
    holds.take(leads={leads[0].pk: None}, by=other, now=utc_now())
    page = text_of(do("keep", *leads))
    assert "2 publications gardées." in page
    assert f"1 a été laissée à {other.user.display}." in page
    assert page.count("<article") == 3


def test_undo_takes_back_the_last_gesture(do, client, base, lead):
    do("category", lead, code="medias")
    answer = client.post(f"{base}do/undo/", **HTMX)
    assert answer.status_code == 200
    assert "Annulé : catégorie (1 publication)." in text_of(answer).replace("\xa0", " ")
    assert Lead.objects.get(pk=lead.pk).category == ""
    assert client.post(f"{base}do/undo/", **HTMX).status_code == 409


def test_undoing_what_somebody_changed_since_is_refused_in_words(do, client, cast, base, lead, now):
    do("category", lead, code="medias")
    other = factories.desk(cast.verifier, cast.operation)
    act.categorise(leads={lead.pk: None}, code="reseaux", by=other, now=now)
    answer = client.post(f"{base}do/undo/", **HTMX)
    assert answer.status_code == 409
    assert other.user.display in text_of(answer)


def test_folding_and_unfolding_through_the_screen(do, client, cast, base, lead, now):
    copy = factories.lead(cast.operation, now=now)
    assert do("fold", copy, into=str(lead.pk)).status_code == 200
    assert Lead.objects.get(pk=lead.pk).copies == 1
    assert "×2" in text_of(client.get(f"{base}lines/?ids={lead.pk}"))
    assert do("unfold", Lead.objects.get(pk=copy.pk)).status_code == 200
    assert Lead.objects.get(pk=lead.pk).copies == 0


def test_without_a_script_a_gesture_leads_back_to_the_post(do, base, lead):
    answer = do("keep", lead, headers={})
    assert (answer.status_code, answer["Location"]) == (302, f"{base}lead/{lead.pk}/")


def test_without_a_script_a_refusal_is_a_page(do, cast, lead, now):
    other = factories.desk(cast.verifier, cast.operation)
    act.keep(leads={lead.pk: None}, by=other, now=now)
    answer = do("dismiss", lead, headers={})
    assert answer.status_code == 409
    assert "<html" in text_of(answer)


def test_a_get_does_nothing(client, cast, base, lead):
    client.force_login(cast.volunteer)
    assert client.get(f"{base}do/keep/", {"lead": lead.pk}).status_code == 405


def test_a_post_of_another_operation_is_not_found(do, cast, now):
    foreign = factories.lead(cast.other_operation, now=now)
    assert do("keep", foreign).status_code == 404
    assert do("incident", foreign, title="x").status_code == 404


def test_an_incident_is_opened_or_joined(do, cast, lead, now):
    page = text_of(do("incident", lead, title="Route coupée à Orsay"))
    incident = Incident.objects.get(operation=cast.operation)
    assert "Signalement 1 ouvert" in page
    assert f'data-incident="{incident.number}"' in page
    second = factories.lead(cast.operation, now=now)
    assert do("incident", second, incident="1").status_code == 200
    assert incident.backing.count() == 2
    assert Lead.objects.get(pk=second.pk).state == "kept"
    assert do("incident", second, incident="99").status_code == 404
    assert do("incident", factories.lead(cast.operation, now=now), title=" ").status_code == 422


def test_places_come_from_the_post_the_territory_and_the_gazetteer(client, cast, base, lead, now):
    from vigie.triage.models import Annotation

    Annotation.objects.create(
        lead=lead, kind="place", value={"name": "Bures-sur-Yvette", "code": "91122"},
        model="m@1", at=now,
    )  # fmt: skip
    client.force_login(cast.volunteer)
    page = text_of(client.get(f"{base}choices/places/", {"lead": lead.pk}))
    assert page.index("Bures-sur-Yvette") < page.index("Longjumeau")
    typed = text_of(client.get(f"{base}choices/places/", {"q": "longj", "lead": lead.pk}))
    assert 'data-code="91345"' in typed
    assert "Bures-sur-Yvette" not in typed
    assert "Écrire « longj »" in typed.replace("\xa0", " ")


def test_incidents_to_join_are_offered_near_first(client, cast, base, now):
    lead = factories.lead(cast.operation, "Arbre tombé. Route barrée", now=now, lon=2.18, lat=48.69)
    for number, lon in ((1, 3.0), (2, 2.19)):
        Incident.objects.create(
            operation=cast.operation, number=number, title=f"Signalé {number}", category="",
            lon=lon, lat=48.69, created_at=now, updated_at=now,
        )  # fmt: skip
    client.force_login(cast.volunteer)
    page = text_of(client.get(f"{base}choices/incidents/", {"lead": lead.pk}))
    assert page.index("Arbre tombé") < page.index("Signalé 2") < page.index("Signalé 1")
    assert "Signalé 1" in text_of(client.get(f"{base}choices/incidents/", {"q": "signalé 1"}))


# -- composing ------------------------------------------------------------------------------------


def test_columns_are_added_moved_renamed_filtered_and_removed(client, cast, base, now):
    client.force_login(cast.volunteer)
    watch = factories.watch(cast.operation, now=now)
    client.post(f"{base}column/", {"kind": "mine"})
    client.post(f"{base}column/", {"kind": "search", "q": "crue", "urgency": "3"})
    columns = list(Column.objects.order_by("position"))
    assert [c.kind for c in columns] == ["watch", "todo", "kept", "mine", "search"]
    assert columns[0].watch == watch
    assert columns[4].settings["filters"] == {"text": "crue", "urgency": 3}
    url = f"{base}column/c{columns[4].pk}/change/"
    client.post(url, {"do": "left"})
    client.post(url, {"do": "rename", "name": "Crue grave"})
    client.post(url, {"do": "filter", "q": "inond*", "category": "victimes"})
    changed = Column.objects.get(pk=columns[4].pk)
    assert (changed.position, changed.settings) == (
        3, {"name": "Crue grave", "filters": {"text": "inond*", "category": "victimes"}},
    )  # fmt: skip
    client.post(url, {"do": "remove"})
    assert Column.objects.count() == 4


def test_a_column_that_cannot_be_is_not_found(client, cast, base, now):
    client.force_login(cast.volunteer)
    foreign = factories.watch(cast.other_operation, now=now)
    for kind in (f"watch:{foreign.pk}", "watch:x", "devine", ""):
        assert client.post(f"{base}column/", {"kind": kind}).status_code == 404
    assert client.post(f"{base}column/c9/change/", {"do": "left"}).status_code == 404


def test_a_point_of_the_map_takes_the_name_of_the_commune_it_is_in(do, client, base, lead):
    assert "data-vigie-picker" in text_of(client.get(f"{base}choices/map/", **HTMX))
    do("locate", lead, geometry='{"type":"Point","coordinates":[2.29,48.69]}', precision_m="50")
    lead.refresh_from_db()
    assert (lead.place_name, lead.place_code, lead.lon, lead.precision_m) == (
        "Longjumeau", "91345", 2.29, 50,
    )  # fmt: skip


def test_a_named_point_keeps_its_name_and_one_far_away_takes_none(do, lead):
    do("locate", lead, name="Pont", geometry='{"type":"Point","coordinates":[2.29,48.69]}')
    lead.refresh_from_db()
    assert (lead.place_name, lead.place_code) == ("Pont", "91345")
    do("locate", lead, geometry='{"type":"Point","coordinates":[5.0,45.0]}')
    lead.refresh_from_db()
    assert (lead.place_name, lead.place_code, lead.lat) == ("", "", 45.0)


@pytest.mark.parametrize(
    "geometry", ["x", "[]", '{"type":"Polygon","coordinates":[]}', '{"type":"Point"}',
                 '{"type":"Point","coordinates":[999,0]}'],
)  # fmt: skip
def test_a_geometry_that_is_no_point_is_refused(do, lead, geometry):
    assert do("locate", lead, geometry=geometry).status_code == 422
