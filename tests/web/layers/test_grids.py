"""Grids on the screen: opened with a preview, shared out, searched, by page and by fragment."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.test import Client

from tests import factories
from tests.factories import Cast
from vigie.mapping.actions.grids import open_grid
from vigie.mapping.models import Cell, CellPass, Grid
from vigie.mapping.queries.ground import Choice

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def grid(cast: Cast, now: datetime) -> Grid:
    by = factories.desk(cast.coordinator, cast.operation)
    return open_grid(choice=Choice(kind="communes"), values={"name": "Orge"}, by=by, now=now)


def at(grid: Grid, rest: str = "") -> str:
    return f"/o/{grid.operation.slug}/layers/grids/{grid.number}/{rest}"


def signed_in(person: object) -> Client:
    client = Client()
    client.force_login(person)  # type: ignore[arg-type]
    return client


def test_what_is_chosen_says_how_many_cells_before_anything_is_written(cast: Cast) -> None:
    client = signed_in(cast.mapper)
    base = f"/o/{cast.operation.slug}/layers/grids/"
    assert "3 mailles" in client.get(base + "preview/?kind=communes").content.decode()
    far = client.get(base + "preview/?kind=line&line=x&piece_km=2").content.decode()
    assert "Choisissez une ligne" in far
    assert Grid.objects.count() == 0


def test_a_grid_is_opened_from_the_form_and_a_refused_one_comes_back_filled_in(cast: Cast) -> None:
    client = signed_in(cast.mapper)
    url = f"/o/{cast.operation.slug}/layers/grids/new/"
    form = {
        "name": "Aval",
        "kind": "hexagons",
        "resolution": "7",
        "hold_minutes": "45",
        "recheck_hours": "",
    }
    refused = client.post(url, form | {"hold_minutes": "1"})
    assert refused.status_code == 422
    assert "de 5 à 240" in refused.content.decode()
    assert 'value="Aval"' in refused.content.decode()
    assert client.post(url, form).status_code == 302
    made = Grid.objects.get()
    assert (made.hold_minutes, made.recheck_hours, made.blind_hours) == (45, None, 3)


def test_the_fragment_is_what_the_page_holds(cast: Cast, grid: Grid) -> None:
    client = signed_in(cast.volunteer)
    page = client.get(at(grid)).content.decode()
    fragment = client.get(at(grid), headers=HTMX).content.decode()
    assert fragment.strip() in page


def test_the_next_cell_is_taken_and_its_panel_shown(cast: Cast, grid: Grid) -> None:
    client = signed_in(cast.volunteer)
    answer = client.post(at(grid, "next/"), headers=HTMX).content.decode()
    taken = CellPass.objects.get()
    assert f"Maille {taken.cell.name}" in answer
    assert "Elle est à vous" in answer
    assert client.post(at(grid, "next/"), headers=HTMX).status_code == 200
    assert CellPass.objects.count() == 2


def test_a_cell_in_other_hands_answers_with_words_and_the_way_to_join(
    cast: Cast, grid: Grid
) -> None:
    signed_in(cast.volunteer).post(at(grid, "cells/1/take/"))
    second = signed_in(cast.verifier)
    refused = second.post(at(grid, "cells/1/take/"), headers=HTMX)
    assert refused.status_code == 422
    assert "avant vous" in refused.content.decode()
    assert second.post(at(grid, "cells/1/take/"), {"join": "1"}, headers=HTMX).status_code == 200
    assert CellPass.objects.filter(joined=True).count() == 1


def test_what_was_found_is_written_and_asked_again(cast: Cast, grid: Grid) -> None:
    client = signed_in(cast.volunteer)
    client.post(at(grid, "cells/2/take/"))
    done = client.post(
        at(grid, "cells/2/finish/"), {"outcome": "nothing", "note": "Rue sèche"}, headers=HTMX
    )
    assert "Rue sèche" in done.content.decode()
    client.post(at(grid, "cells/2/recheck/"), {"reason": "Nouvelle pluie"}, headers=HTMX)
    assert Cell.objects.get(grid=grid, position=2).recheck_reason == "Nouvelle pluie"
    assert "À revoir" in client.get(at(grid, "cells/2/"), headers=HTMX).content.decode()
    assert (
        client.post(at(grid, "cells/2/recheck/"), {"reason": ""}, headers=HTMX).status_code == 422
    )


def test_the_cells_as_geojson_say_when_the_next_one_changes_by_itself(
    cast: Cast, grid: Grid
) -> None:
    client = signed_in(cast.volunteer)
    assert client.get(at(grid, "cells.geojson")).json()["changes_at"] is None
    client.post(at(grid, "cells/1/take/"))
    told = client.get(at(grid, "cells.geojson")).json()
    assert told["changes_at"] is not None
    first = told["features"][0]["properties"]
    assert (first["state"], first["mine"], first["said"]) == ("taken", True, "Longjumeau ◐")


def test_without_scripts_a_gesture_leads_back_to_the_cell(cast: Cast, grid: Grid) -> None:
    client = signed_in(cast.volunteer)
    answer = client.post(at(grid, "cells/1/take/"))
    assert answer.status_code == 302
    page = client.get(answer["Location"]).content.decode()
    assert "Maille Longjumeau" in page


def test_the_wall_and_the_settings(cast: Cast, grid: Grid) -> None:
    client = signed_in(cast.coordinator)
    signed_in(cast.volunteer).post(at(grid, "cells/1/take/"))
    wall = client.get(at(grid, "wall/")).content.decode()
    assert "Qui a quoi (1)" in wall
    client.post(
        at(grid, "edit/"),
        {"name": "Orge amont", "recheck_hours": "6", "hold_minutes": "20", "blind_hours": "2"},
    )
    grid.refresh_from_db()
    assert (grid.name, grid.recheck_hours, grid.hold_minutes) == ("Orge amont", 6, 20)
    client.post(at(grid, "edit/"), {"close": "1"})
    assert (
        "clos"
        in signed_in(cast.volunteer).post(at(grid, "cells/2/take/"), headers=HTMX).content.decode()
    )
    client.post(at(grid, "edit/"), {"reopen": "1"})
    assert client.post(at(grid, "cells/1/free/")).status_code == 302
    assert client.get(at(grid, "cells/99/")).status_code == 404
