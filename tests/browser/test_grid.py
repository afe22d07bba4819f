"""A grid in a real browser: opened with its count, a cell taken, searched, on a phone too."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.conftest import Visits, wait_for
from tests.factories import Cast
from vigie.kernel.clock import utc_now
from vigie.mapping.actions.cells import Found, finish, take
from vigie.mapping.actions.grids import open_grid
from vigie.mapping.models import Cell, Grid
from vigie.mapping.queries.ground import Choice

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def opened(cast: Cast) -> Grid:
    """A grid with a cell of each kind: in other hands, searched, free."""
    now = utc_now()
    by = factories.desk(cast.coordinator, cast.operation)
    values = {"name": "Communes de l’Orge", "instruction": "Photos de rues, webcams"}
    grid = open_grid(choice=Choice(kind="communes"), values=values, by=by, now=now)
    take(grid=grid, position=1, by=factories.desk(cast.verifier, cast.operation), now=now)
    finish(grid=grid, position=2, found=Found(outcome="nothing"), by=by, now=now)
    return grid


def base(cast: Cast) -> str:
    return f"/o/{cast.operation.slug}/layers/grids/"


@pytest.mark.parametrize(
    ("theme", "language", "width"),
    [("light", "fr", 1440), ("dark", "en", 1440), ("dark", "fr", 390)],
)
def test_the_screens_of_a_grid_have_no_accessibility_fault(
    visit: Visits, axe: Callable[[Page], None], cast: Cast, theme: str, language: str, width: int
) -> None:
    grid = opened(cast)
    page = visit(base(cast), person=cast.mapper, theme=theme, language=language, width=width)
    page.locator(".grid-new > summary").click()
    expect(page.locator("#grid-preview .badge")).to_contain_text("3")
    axe(page)
    for rest in (f"{grid.number}/", f"{grid.number}/cells/1/", f"{grid.number}/wall/"):
        page.goto(base(cast) + rest)
        expect(page.locator("[data-ready=yes]")).to_have_count(1)
        axe(page)


@pytest.mark.parametrize("width", [1440, 390])
def test_the_next_cell_is_taken_searched_and_stands_so(
    visit: Visits, cast: Cast, width: int
) -> None:
    grid = opened(cast)
    page = visit(f"{base(cast)}{grid.number}/", person=cast.volunteer, width=width)
    expect(page.locator("[data-ready=yes]")).to_have_count(1)
    page.get_by_role("button", name="Prendre la maille suivante").click()
    panel = page.locator(".grid-cell")
    expect(panel.get_by_role("heading", name="Maille Épinay-sur-Orge")).to_be_visible()
    expect(panel).to_contain_text("Elle est à vous")
    panel.get_by_label("Note").fill("Deux rues sous 20 cm")
    panel.get_by_role("button", name="À signaler", exact=True).click()
    expect(panel.locator(".cell-state").first).to_have_text("À signaler")
    expect(panel).to_contain_text("Deux rues sous 20 cm")
    wait_for(page, lambda: Cell.objects.get(grid=grid, position=3).result == "found")


def test_a_cell_in_other_hands_is_joined_only_on_purpose(visit: Visits, cast: Cast) -> None:
    grid = opened(cast)
    page = visit(f"{base(cast)}{grid.number}/", person=cast.volunteer)
    page.locator("#grid-board").get_by_role("link", name="Longjumeau").click()
    panel = page.locator(".grid-cell")
    expect(panel).to_contain_text("s’en occupe")
    expect(panel.get_by_role("button", name="Prendre la maille")).to_have_count(0)
    panel.get_by_role("button", name="Les rejoindre").click()
    expect(panel).to_contain_text("Elle est à vous")


def test_the_form_asks_what_belongs_to_the_cut_and_says_why_it_cannot(
    visit: Visits, cast: Cast
) -> None:
    page = visit(base(cast), person=cast.mapper)
    page.get_by_label("Hexagones (H3)").check()
    expect(page.get_by_label("Taille")).to_be_visible()
    expect(page.locator("#grid-preview .badge")).to_contain_text("mailles")
    page.get_by_label("Une ligne, par kilomètres").check()
    expect(page.locator("#grid-preview")).to_contain_text("Choisissez une ligne")
    expect(page.get_by_label("Taille")).to_be_hidden()


def test_the_chips_narrow_the_table(visit: Visits, cast: Cast) -> None:
    grid = opened(cast)
    page = visit(f"{base(cast)}{grid.number}/", person=cast.volunteer)
    expect(page.locator("[data-ready=yes]")).to_have_count(1)
    page.locator("[data-grid-state=nothing]").click()
    expect(page.locator(".grid-table tbody tr")).to_have_count(1)
    expect(page.locator("[data-grid-state=nothing]")).to_have_attribute("aria-pressed", "true")
    page.locator("[data-grid-state=nothing]").click()
    expect(page.locator(".grid-table tbody tr")).to_have_count(3)


def test_the_map_room_shows_the_way_and_the_cells(visit: Visits, cast: Cast) -> None:
    opened(cast)
    page = visit(f"/o/{cast.operation.slug}/layers/", person=cast.volunteer)
    expect(page.get_by_role("link", name="Quadrillages")).to_be_visible()
    button = page.get_by_role("button", name="Montrer les mailles du dernier quadrillage")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
