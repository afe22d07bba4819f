"""The room of incidents in a real browser: one selection, keyboard alone, live, offline base map."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import datetime

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests import factories as make
from tests.browser.conftest import AsgiServer, Visits, wait_for
from tests.factories import Cast
from vigie.accounts.models import User
from vigie.triage.actions.incidents import open_incident
from vigie.triage.models import Incident

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ORSAY = {"type": "Point", "coordinates": [2.187, 48.699]}


@pytest.fixture
def incidents(cast: Cast, now: datetime) -> list[Incident]:
    by = make.desk(cast.volunteer, cast.operation)
    lead = make.lead(cast.operation, "L'eau monte rue de Paris", now=now)
    area = [[2.29, 48.69], [2.31, 48.69], [2.30, 48.70], [2.29, 48.69]]
    return [
        open_incident(
            title="Cave inondée", category="niveau_eau", urgency=4, geometry=ORSAY,
            precision_m=100, place_name="Orsay", leads=[lead], by=by, now=now,
        ),
        open_incident(
            title="RD118 coupée", category="routes_transports", by=by, now=now,
            geometry={"type": "Polygon", "coordinates": [area]},
        ),
        open_incident(title="Rumeur", category="rumeur_infox", by=by, now=now),
    ]  # fmt: skip


def room(visit: Visits, person: User, slug: str, query: str = "", **options: object) -> Page:
    """The room, once its map shows the incidents."""
    page = visit(f"/o/{slug}/map/{query}", person=person, **options)  # type: ignore[arg-type]
    expect(page.locator("[data-vigie-map]")).to_have_attribute("data-ready", "yes", timeout=30_000)
    return page


def test_one_selection_across_list_map_and_detail(
    visit: Visits, cast: Cast, incidents: list[Incident]
) -> None:
    page = room(visit, cast.volunteer, cast.operation.slug)
    page.locator("#row-1").click()
    expect(page.locator("#detail .title-field")).to_have_value("Cave inondée")
    expect(page.locator("#row-1")).to_have_attribute("aria-current", "true")
    expect(page.locator("[data-vigie-map]")).to_have_attribute("data-chosen", "1")
    assert "incident=1" in page.url
    page.keyboard.press("Escape")
    expect(page.locator("#detail")).to_be_empty()
    expect(page.locator("[data-vigie-map]")).to_have_attribute("data-chosen", "")
    assert "incident=" not in page.url


def test_a_sign_on_the_map_opens_its_incident(visit: Visits, cast: Cast, now: datetime) -> None:
    by = make.desk(cast.volunteer, cast.operation)
    open_incident(title="Seul sur la carte", geometry=ORSAY, by=by, now=now)
    page = room(visit, cast.volunteer, cast.operation.slug)
    page.emulate_media(reduced_motion="reduce")  # the map jumps there instead of flying
    page.keyboard.press("0")
    canvas = page.locator(".maplibregl-canvas")
    box = canvas.bounding_box()
    assert box
    panel = page.locator("#detail .title-field")

    def opened() -> bool:
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.wait_for_timeout(300)
        return panel.is_visible()

    assert any(opened() for _ in range(20)), "the sign in the middle of the map was clicked"
    expect(panel).to_have_value("Seul sur la carte")
    expect(page.locator("#row-1")).to_have_attribute("aria-current", "true")


def test_by_keyboard_alone_an_incident_is_opened_rated_confirmed_and_placed(
    visit: Visits, cast: Cast, incidents: list[Incident]
) -> None:
    page = room(visit, cast.verifier, cast.operation.slug, "?sort=number")
    page.keyboard.press("j")
    expect(page.locator("#row-3")).to_be_focused()
    page.keyboard.press("Enter")
    panel = page.locator("#detail")
    expect(panel.locator(".title-field")).to_have_value("Rumeur")
    page.keyboard.press("s")
    page.keyboard.press("c")
    expect(panel.locator("[data-part=status] .state")).to_have_attribute("data-state", "confirmed")
    page.keyboard.press("Shift+B")
    expect(panel.locator("[name=reliability][value=B]")).to_be_checked()
    page.keyboard.press("2")
    expect(panel.locator("[name=credibility][value='2']")).to_be_checked()
    page.keyboard.press("t")
    expect(panel.locator("[name=assignee]")).to_have_value(str(cast.verifier.pk))
    page.keyboard.press("l")
    editor = page.locator("[data-map-editor]")
    expect(editor).to_be_visible()
    for key in ("ArrowRight", "ArrowRight", "Shift+ArrowDown", "+"):
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    expect(editor).to_be_hidden()
    expect(panel.locator("[data-part=place]")).to_contain_text("à 10")
    wait_for(page, lambda: Incident.objects.get(number=3).assignee == cast.verifier)
    row = Incident.objects.get(number=3)
    assert (row.state, row.reliability, row.credibility) == ("confirmed", "B", 2)
    assert row.precision_m == 10
    assert row.lon is not None
    assert row.lat is not None
    assert 2.1 < row.lon < 2.4
    page.keyboard.press("l")
    page.keyboard.press("Escape")
    expect(editor).to_be_hidden()
    expect(panel.locator(".title-field")).to_be_visible()


def test_a_line_is_drawn_and_kept(visit: Visits, cast: Cast, incidents: list[Incident]) -> None:
    page = room(visit, cast.volunteer, cast.operation.slug, "?incident=3&locate=1")
    editor = page.locator("[data-map-editor]")
    expect(editor).to_be_visible()
    editor.locator("[data-kind=LineString]").click()
    box = page.locator(".maplibregl-canvas").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 3
    for step in ((0, 0), (60, 30), (120, 0), (120, 0)):
        page.mouse.move(x + step[0], y + step[1], steps=4)
        page.mouse.click(x + step[0], y + step[1])
        page.wait_for_timeout(300)
    save = editor.locator(".btn.primary")
    expect(save).to_be_enabled()
    save.click()
    expect(page.locator("#detail [data-part=place]")).to_contain_text("ligne de 3 points")
    row = Incident.objects.get(number=3)
    assert row.geometry is not None
    assert row.geometry["type"] == "LineString"


def test_saying_where_comes_first_when_one_is_made_on_the_map(
    visit: Visits, cast: Cast, incidents: list[Incident]
) -> None:
    page = room(visit, cast.volunteer, cast.operation.slug)
    page.keyboard.press("i")
    page.keyboard.press("Enter")
    page.locator("#new-title").fill("Arbre tombé")
    page.locator("#detail .btn.primary").click()
    expect(page.locator("#detail .title-field")).to_have_value("Arbre tombé")
    row = Incident.objects.get(number=4)
    assert (row.precision_m, row.geometry is not None) == (100, True)


def test_filters_narrow_list_and_map_alike(
    visit: Visits, cast: Cast, incidents: list[Incident]
) -> None:
    page = room(visit, cast.partner, cast.operation.slug)
    expect(page.locator("[data-rows] [data-row]")).to_have_count(3)
    page.locator("#filter-text").fill("rd118")
    expect(page.locator("[data-rows] [data-row]")).to_have_count(1)
    expect(page.locator("[data-vigie-map]")).to_have_attribute("data-shown", "1")
    assert "text=rd118" in page.url
    page.get_by_role("link", name="Tout voir").click()
    expect(page.locator("[data-rows] [data-row]")).to_have_count(3)


def test_without_the_ign_the_local_map_is_complete_and_says_so(
    visit: Visits, cast: Cast, incidents: list[Incident]
) -> None:
    page = room(visit, cast.observer, cast.operation.slug)
    expect(page.locator("[data-map-note]")).to_have_text("Fond local (Plan IGN injoignable)")
    expect(page.locator("[data-vigie-map]")).to_have_attribute("data-base", "local")
    expect(page.locator("[data-map-new]")).to_have_count(0)


def test_with_the_ign_its_plan_is_shown_with_its_name(
    visit: Visits, cast: Cast, incidents: list[Incident]
) -> None:
    page = visit("/healthz", person=cast.volunteer)
    tile = io.BytesIO()
    Image.new("RGB", (256, 256), "white").save(tile, "PNG")
    page.context.route(
        "https://data.geopf.fr/**",
        lambda route: route.fulfill(
            body=tile.getvalue(),
            content_type="image/png",
            headers={"Access-Control-Allow-Origin": "*"},
        ),
    )
    page.goto(f"/o/{cast.operation.slug}/map/")
    expect(page.locator("[data-vigie-map]")).to_have_attribute(
        "data-base", "ign-plan", timeout=30_000
    )  # fmt: skip
    expect(page.locator("[data-map-note]")).to_be_hidden()
    expect(page.locator(".maplibregl-ctrl-attrib")).to_contain_text("© IGN")
    page.locator(".map-tools summary").click()
    with page.expect_request(lambda asked: "ORTHOIMAGERY.ORTHOPHOTOS" in asked.url):
        page.get_by_label("Photos aériennes de l’IGN").check()
    expect(page.locator("[data-vigie-map]")).to_have_attribute("data-base", "ign-ortho")
    expect(page.locator("[data-map-note]")).to_be_hidden()
    page.get_by_label("Fond local, sans réseau").check()
    expect(page.locator("[data-map-note]")).to_have_text("Fond local")


def test_on_a_phone_the_list_comes_first_and_the_map_is_one_touch_away(
    visit: Visits, cast: Cast, incidents: list[Incident], axe: Callable[[Page], None]
) -> None:
    page = room(visit, cast.volunteer, cast.operation.slug, width=390)
    expect(page.locator("#row-1")).to_be_visible()
    axe(page)
    page.get_by_role("button", name="Carte").tap()
    expect(page.locator("[data-map-fit]")).to_be_visible()
    axe(page)
    page.get_by_role("button", name="Liste").tap()
    page.locator("#row-1").tap()
    expect(page.locator("#detail .title-field")).to_be_visible()
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 390


@pytest.mark.parametrize(("theme", "language"), [("light", "fr"), ("dark", "en")])
def test_room_panel_page_and_form_have_no_barrier(
    visit: Visits, cast: Cast, incidents: list[Incident], axe: Callable[[Page], None],
    theme: str, language: str,
) -> None:  # fmt: skip
    page = room(
        visit, cast.coordinator, cast.operation.slug, "?incident=1", theme=theme, language=language
    )
    expect(page.locator("#detail .title-field")).to_be_visible()
    axe(page)
    page.keyboard.press("l")
    expect(page.locator("[data-map-editor]")).to_be_visible()
    axe(page)
    page.goto(f"/o/{cast.operation.slug}/incidents/1/")
    axe(page)
    page.goto(f"/o/{cast.operation.slug}/incidents/new/")
    expect(page.locator(".picker-map .maplibregl-canvas")).to_be_visible()
    axe(page)


def test_the_small_map_of_the_form_is_filled_by_keys(
    visit: Visits, cast: Cast, now: datetime
) -> None:
    page = visit(f"/o/{cast.operation.slug}/incidents/new/", person=cast.volunteer)
    page.locator("#new-title").fill("Cave")
    canvas = page.locator(".picker-map .maplibregl-canvas")
    expect(page.locator(".picker-map .map-cross")).to_be_attached(timeout=30_000)
    canvas.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("[data-picker-words]")).to_contain_text("48.")
    page.locator("[name=precision_m]").select_option("500")
    page.get_by_role("button", name="Ouvrir le signalement").click()
    expect(page.locator("#detail .title-field")).to_have_value("Cave")
    row = Incident.objects.get()
    assert (row.precision_m, (row.geometry or {})["type"]) == (500, "Point")


SETUP = """
from vigie.kernel.clock import utc_now
from tests import factories
from vigie.triage.actions.incidents import open_incident
now = utc_now()
cast = factories.make_cast(now=now)
by = factories.desk(cast.volunteer, cast.operation)
open_incident(title="Cave", by=by, now=now)
print(cast.operation.slug, cast.volunteer.email, cast.verifier.email)
"""
EDIT = """
from vigie.kernel.clock import utc_now
from vigie.operations.access import desk_for
from vigie.accounts.queries import user_by_email
from vigie.triage.actions.incident_edits import edit_incident, locate_incident
from vigie.triage.queries.incidents import incident
by = desk_for(user_by_email("{email}"), "{slug}")
row = incident(by, 1)
edit_incident(incident=row, version=row.version, changes={changes}, by=by, now=utc_now())
locate_incident(incident=row, geometry={place}, by=by, now=utc_now())
"""


def test_what_another_does_appears_and_never_over_what_one_writes(
    visit: Visits, asgi_server: AsgiServer
) -> None:
    slug, anna, bruno = asgi_server.python(SETUP).split()
    page = room(visit, User(email=anna), slug, "?incident=1", server=asgi_server)
    expect(page.locator("body")).to_have_attribute("data-line", "on")
    expect(page.locator("[data-vigie-map]")).to_have_attribute("data-placed", "0")
    description = page.locator("#detail [name=description]")
    description.focus()
    page.keyboard.type("Vu par le voisin")
    changes = {"title": "Deux caves", "description": "Texte de Bruno"}
    asgi_server.python(
        EDIT.format(slug=slug, email=bruno, changes=json.dumps(changes), place=json.dumps(ORSAY))
    )
    expect(page.locator("#row-1")).to_contain_text("Deux caves")
    expect(page.locator("#detail .title-field")).to_have_value("Deux caves")
    expect(page.locator("[data-vigie-map]")).to_have_attribute("data-placed", "1")
    expect(description).to_have_value("Vu par le voisin")
    expect(description).to_be_focused()
    page.locator("#detail h2").click()
    clash = page.locator("#detail .clash")
    expect(clash).to_contain_text("Texte de Bruno")
    expect(clash).to_contain_text("Vu par le voisin")
    clash.get_by_role("button", name="Garder les deux").click()
    expect(clash).to_have_count(0)
    expect(page.locator("#detail [name=description]")).to_have_value(
        "Texte de Bruno\n\nVu par le voisin"
    )


def test_distance_and_bearing_are_measured_by_keyboard_and_by_click(
    visit: Visits, axe: Callable[[Page], None], cast: Cast, incidents: list[Incident]
) -> None:
    page = room(visit, cast.volunteer, cast.operation.slug, "?measure=48.70000,2.20000")
    bar, button = page.locator("[data-map-ruler-bar]"), page.locator("[data-map-ruler]")
    expect(bar).to_contain_text("Depuis 48.70000, 2.20000")
    expect(button).to_have_attribute("aria-pressed", "true")
    point = bar.get_by_label("Latitude, longitude")
    point.fill("quelque part")
    point.press("Enter")
    expect(bar).to_contain_text("Écrivez la latitude")
    point.fill("48,70000 2,21000")
    point.press("Enter")
    expect(bar).to_contain_text("734 m, azimut 90° (retour 270°)")
    point.fill("48.71, 2.21")
    point.press("Enter")
    expect(bar).to_contain_text("1,11 km, azimut 0° (retour 180°)")
    expect(bar).to_contain_text("En tout : 1,85 km")
    axe(page)
    page.locator(".maplibregl-canvas").focus()
    page.keyboard.press("Escape")
    expect(bar).to_contain_text("Cliquez l’endroit d’où vous mesurez")
    page.keyboard.press("Enter")
    expect(bar).to_contain_text("Posez maintenant le second point")
    page.locator(".maplibregl-canvas").click(position={"x": 300, "y": 300})
    expect(bar.get_by_role("listitem")).to_have_count(1)
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(bar).to_be_hidden()
    expect(button).to_have_attribute("aria-pressed", "false")
