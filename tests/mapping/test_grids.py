"""A grid of cells: cut from what is chosen, shared out, given back, searched, and never stuck."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests import factories
from tests.factories import Cast
from vigie.journal.models import Entry
from vigie.mapping import cutting, decide_grid
from vigie.mapping.actions import cells, grids
from vigie.mapping.actions.cells import CellTaken, Found, GridClosed, finish, take
from vigie.mapping.actions.edits import Edit, apply_edits
from vigie.mapping.actions.grids import GridRefused, open_grid
from vigie.mapping.actions.layers import create_layer
from vigie.mapping.cutting import TooManyCells
from vigie.mapping.models import CellPass, Feature, Grid
from vigie.mapping.queries import grids as reading
from vigie.mapping.queries.ground import Choice, GroundMissing, cut, ground
from vigie.operations.access import Desk, NotAllowed
from vigie.triage.models import Incident

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
VALUES = {"name": "Orge aval", "instruction": "Publications et photos de rues"}


@pytest.fixture
def ana(cast: Cast) -> Desk:
    return factories.desk(cast.coordinator, cast.operation)


@pytest.fixture
def ben(cast: Cast) -> Desk:
    return factories.desk(cast.volunteer, cast.operation)


@pytest.fixture
def eva(cast: Cast) -> Desk:
    return factories.desk(cast.verifier, cast.operation)


@pytest.fixture
def grid(ana: Desk, now: datetime) -> Grid:
    return open_grid(choice=Choice(kind="communes"), values=VALUES, by=ana, now=now)


def states(by: Desk, grid: Grid, now: datetime) -> list[str]:
    return [row.state for row in reading.board(by, grid, now=now).rows]


def test_a_grid_of_communes_has_one_cell_for_each_by_name(
    grid: Grid, ben: Desk, now: datetime
) -> None:
    rows = reading.board(ben, grid, now=now).rows
    assert [row.cell.name for row in rows] == ["Longjumeau", "Orsay", "Épinay-sur-Orge"]
    assert all(row.cell.geometry for row in rows)
    assert {row.state for row in rows} == {"free"}
    assert Entry.objects.order_by("-seq")[0].verb == "grid.opened"


def test_hexagons_over_the_territory_bear_names_one_can_say(ana: Desk) -> None:
    made = cut(ana, Choice(kind="hexagons", resolution=7))
    assert 5 < len(made) < 100
    assert made[0].name.startswith("A")
    assert len({each.name for each in made}) == len(made)


def test_a_line_of_a_layer_is_cut_by_kilometres_that_count_from_where_one_says(
    ana: Desk, now: datetime
) -> None:
    layer = create_layer(name="Étape 3", theme="crowd", by=ana, now=now)
    uid = uuid4()
    line = {"type": "LineString", "coordinates": [[2.2, 48.7], [2.2, 48.745]]}
    apply_edits(
        edits=[
            Edit(
                edit=uuid4(), feature=uid, create=True, layer=layer.number,
                set={"geometry": line, "name": "Étape"},
            )
        ],
        by=ana,
        now=now,
    )  # fmt: skip
    offer = ground(ana).lines[0]
    assert (offer.code, offer.name, offer.km) == (str(uid), "Étape (Étape 3)", 5.0)
    made = cut(ana, Choice(kind="line", line=uid, piece_km=2, start_km=10))
    assert [each.name for each in made] == ["Étape km 10–12", "Étape km 12–14", "Étape km 14–15"]


@pytest.mark.parametrize(
    ("choice", "code"),
    [
        (Choice(kind="moon"), "kind"),
        (Choice(kind="hexagons", resolution=14), "resolution"),
        (Choice(kind="hexagons", area=uuid4()), "no_area"),
        (Choice(kind="line", line=uuid4(), piece_km=2), "no_line"),
        (Choice(kind="line", line=uuid4(), piece_km=0.0), "piece"),
        (Choice(kind="reaches", reaches=(7,)), "no_reach"),
    ],
)
def test_what_cannot_be_cut_says_why(ana: Desk, choice: Choice, code: str) -> None:
    with pytest.raises(GroundMissing) as refusal:
        cut(ana, choice)
    assert refusal.value.code == code


@pytest.mark.parametrize("resolution", [8, 9])
def test_more_cells_than_people_can_share_are_refused_with_their_number(
    ana: Desk, monkeypatch: pytest.MonkeyPatch, resolution: int
) -> None:
    monkeypatch.setattr(cutting, "MOST", 20)
    with pytest.raises(TooManyCells) as refusal:
        cut(ana, Choice(kind="hexagons", resolution=resolution))
    assert refusal.value.n > 20


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("name", " ", "missing"), ("hold_minutes", 2, "between"), ("recheck_hours", 0, "between"),
        ("blind_hours", 100, "between"), ("colour", "red", "unknown"),
    ],
)  # fmt: skip
def test_a_grid_is_refused_by_field(
    ana: Desk, now: datetime, field: str, value: object, code: str
) -> None:
    with pytest.raises(GridRefused) as refusal:
        open_grid(choice=Choice(kind="communes"), values=VALUES | {field: value}, by=ana, now=now)
    assert (refusal.value.field, refusal.value.code) == (field, code)


def test_who_comes_second_is_told_who_is_there_and_may_join(
    grid: Grid, ben: Desk, eva: Desk, now: datetime
) -> None:
    take(grid=grid, position=1, by=ben, now=now)
    with pytest.raises(CellTaken) as refusal:
        take(grid=grid, position=1, by=eva, now=now + MINUTE)
    assert refusal.value.until == now + 30 * MINUTE
    assert ben.user is not None
    assert refusal.value.names == (ben.user.display,)
    take(grid=grid, position=1, by=eva, now=now + MINUTE, join=True)
    row = reading.board(ben, grid, now=now + MINUTE).rows[0]
    assert [each.joined for each in row.holders] == [False, True]


def test_a_hold_ends_by_itself_without_an_entry_of_the_journal(
    grid: Grid, ben: Desk, eva: Desk, now: datetime
) -> None:
    take(grid=grid, position=1, by=ben, now=now)
    written = Entry.objects.count()
    assert states(ben, grid, now + 29 * MINUTE)[0] == "taken"
    assert reading.board(ben, grid, now=now).changes_at == now + 30 * MINUTE
    assert states(ben, grid, now + 30 * MINUTE)[0] == "free"
    assert Entry.objects.count() == written
    take(grid=grid, position=1, by=eva, now=now + 30 * MINUTE)


def test_taking_again_prolongs_and_is_no_gesture(grid: Grid, ben: Desk, now: datetime) -> None:
    take(grid=grid, position=1, by=ben, now=now)
    written = Entry.objects.count()
    again = take(grid=grid, position=1, by=ben, now=now + 20 * MINUTE)
    assert again.held_until == now + 50 * MINUTE
    assert (Entry.objects.count(), CellPass.objects.count()) == (written, 1)


def test_given_back_is_free_at_once(
    grid: Grid, ben: Desk, eva: Desk, ana: Desk, now: datetime
) -> None:
    take(grid=grid, position=1, by=ben, now=now)
    assert cells.release(grid=grid, position=1, by=eva, now=now) == 0
    assert cells.release(grid=grid, position=1, by=ben, now=now) == 1
    assert states(ben, grid, now)[0] == "free"
    take(grid=grid, position=1, by=eva, now=now)
    assert cells.free(grid=grid, position=1, by=ana, now=now) == 1
    assert states(ben, grid, now)[0] == "free"


def test_only_who_edits_layers_gives_back_for_others(grid: Grid, ben: Desk, now: datetime) -> None:
    with pytest.raises(NotAllowed):
        cells.free(grid=grid, position=1, by=ben, now=now)


def test_what_was_found_is_linked_and_stands(
    grid: Grid, ben: Desk, cast: Cast, now: datetime
) -> None:
    incident = Incident.objects.create(
        operation=cast.operation, number=1, title="Rue sous l’eau", category="flooding",
        lon=2.2943, lat=48.6931, created_at=now, updated_at=now + MINUTE,
    )  # fmt: skip
    take(grid=grid, position=1, by=ben, now=now)
    cell = reading.cell_at(ben, grid, 1)
    assert cell is not None
    assert reading.finds_in(ben, cell, since=now)[0] == [incident]
    found = Found(outcome="found", note="Deux rues", incidents=[1])
    finish(grid=grid, position=1, found=found, by=ben, now=now + 9 * MINUTE)
    board = reading.board(ben, grid, now=now + 9 * MINUTE)
    assert board.rows[0].state == "found"
    assert (board.coverage.looked, board.coverage.ages["1"]) == (33, 1)
    with pytest.raises(GridRefused):
        finish(grid=grid, position=1, found=Found(outcome="found", incidents=[99]), by=ben, now=now)


def test_a_look_counts_also_when_its_hold_had_run_out(
    grid: Grid, ben: Desk, eva: Desk, now: datetime
) -> None:
    take(grid=grid, position=1, by=ben, now=now)
    take(grid=grid, position=1, by=eva, now=now + HOUR)
    finish(grid=grid, position=1, found=Found(outcome="nothing"), by=ben, now=now + HOUR)
    row = reading.board(ben, grid, now=now + HOUR).rows[0]
    assert (row.state, row.cell.result) == ("taken", "nothing")
    assert [each.person for each in row.holders] == [eva.user and eva.user.pk]


def test_of_two_who_were_there_the_one_who_found_something_is_right(
    grid: Grid, ben: Desk, eva: Desk, now: datetime
) -> None:
    take(grid=grid, position=1, by=ben, now=now)
    take(grid=grid, position=1, by=eva, now=now, join=True)
    finish(grid=grid, position=1, found=Found(outcome="found"), by=ben, now=now + MINUTE)
    finish(grid=grid, position=1, found=Found(outcome="nothing"), by=eva, now=now + 2 * MINUTE)
    assert states(ben, grid, now + 2 * MINUTE)[0] == "found"


def test_a_cell_wants_another_look_when_it_grows_old_or_somebody_asks(
    grid: Grid, ben: Desk, ana: Desk, now: datetime
) -> None:
    grids.edit_grid(grid=grid, values={"recheck_hours": 2}, by=ana, now=now)
    grid.refresh_from_db()
    finish(grid=grid, position=1, found=Found(outcome="nothing"), by=ben, now=now)
    assert states(ben, grid, now + HOUR)[0] == "nothing"
    assert states(ben, grid, now + 2 * HOUR)[0] == "recheck"
    cells.ask_recheck(grid=grid, position=1, reason="L’eau monte", by=ana, now=now + MINUTE)
    assert states(ben, grid, now + HOUR)[0] == "recheck"
    finish(grid=grid, position=1, found=Found(outcome="nothing"), by=ben, now=now + HOUR)
    assert states(ben, grid, now + HOUR)[0] == "nothing"
    with pytest.raises(GridRefused):
        cells.ask_recheck(grid=grid, position=2, reason="x", by=ana, now=now)
    with pytest.raises(GridRefused):
        cells.ask_recheck(grid=grid, position=1, reason=" ", by=ana, now=now)


def test_a_closed_grid_gives_no_cell(grid: Grid, ana: Desk, ben: Desk, now: datetime) -> None:
    closed = grids.close_grid(grid=grid, by=ana, now=now)
    with pytest.raises(GridClosed):
        take(grid=closed, position=1, by=ben, now=now)
    grids.reopen_grid(grid=closed, by=ana, now=now)
    take(grid=grid, position=1, by=ben, now=now)


def test_posts_count_in_the_cell_they_come_from(
    grid: Grid, ben: Desk, cast: Cast, now: datetime
) -> None:
    factories.lead(cast.operation, now=now, place_code="91471", lon=2.0, lat=48.0)
    factories.lead(cast.operation, now=now, lon=2.2943, lat=48.6931)
    factories.lead(cast.operation, now=now - 9 * HOUR, lon=2.2943, lat=48.6931)
    factories.lead(cast.operation, now=now, lon=2.2943, lat=48.6931, state="dismissed")
    assert [row.posts for row in reading.board(ben, grid, now=now).rows] == [1, 1, 0]


def test_the_partner_sees_no_grid_and_another_operation_neither(
    grid: Grid, cast: Cast, now: datetime
) -> None:
    with pytest.raises(NotAllowed):
        reading.grid_numbered(factories.desk(cast.partner, cast.operation), grid.number)
    outsider = factories.desk(cast.outsider, cast.other_operation)
    assert reading.grid_numbered(outsider, grid.number) is None
    with pytest.raises(cells.CellNotHere):
        take(grid=grid, position=1, by=outsider, now=now)


def test_a_thousand_cells_cost_as_many_queries_as_three(
    grid: Grid, ana: Desk, now: datetime, django_assert_max_num_queries: object
) -> None:
    big = open_grid(
        choice=Choice(kind="hexagons", resolution=8), values={"name": "Fin"}, by=ana, now=now
    )
    for each in (grid, big):
        with django_assert_max_num_queries(8):  # type: ignore[operator]
            reading.board(ana, each, now=now)


GESTURES = st.lists(
    st.tuples(
        st.sampled_from(["take", "join", "release", "found", "nothing", "recheck"]),
        st.sampled_from(["ben", "eva"]),
        st.integers(min_value=-90, max_value=90),
    ),
    max_size=14,
)


@settings(
    max_examples=30, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(gestures=GESTURES)
def test_whatever_people_and_the_clock_do_a_cell_is_never_stuck_nor_in_two_hands_by_chance(
    cast: Cast, ana: Desk, ben: Desk, eva: Desk, now: datetime, gestures: list[tuple[str, str, int]]
) -> None:
    """The clock runs and goes back (minutes, also negative)."""
    Grid.objects.all().delete()  # of the example before
    grid = open_grid(choice=Choice(kind="communes"), values=VALUES, by=ana, now=now)
    at, latest = now, now
    for what, who, minutes in gestures:
        at += minutes * MINUTE
        latest = max(latest, at)
        by = {"ben": ben, "eva": eva}[who]
        passes = CellPass.objects.filter(cell__grid=grid)
        others = passes.live(at).exclude(user=by.user).exists()
        try:
            if what in ("take", "join"):
                made = take(grid=grid, position=1, by=by, now=at, join=what == "join")
                assert made.held_until >= at + 30 * MINUTE
            elif what == "release":
                cells.release(grid=grid, position=1, by=by, now=at)
            elif what == "recheck":
                cells.ask_recheck(grid=grid, position=1, reason="à revoir", by=by, now=at)
            else:
                finish(grid=grid, position=1, found=Found(outcome=what), by=by, now=at)
        except CellTaken:
            assert others
        except GridRefused:
            pass
        row = reading.board(ben, grid, now=at).rows[0]
        assert (row.state == "taken") == bool(row.holders)
        assert all(each.joined for each in row.holders[1:])
        assert len({each.person for each in row.holders}) == len(row.holders)
    # whatever happened: a little later than the latest hour, anybody can take it
    later = latest + 31 * MINUTE
    assert states(ben, grid, later)[0] != "taken"
    take(grid=grid, position=1, by=eva, now=later)


CELLS = st.builds(
    decide_grid.Facts,
    position=st.integers(1, 50),
    result=st.sampled_from(["", "found", "nothing"]),
    posts=st.integers(0, 3),
    official=st.integers(0, 4),
    recheck=st.booleans(),
)


@given(facts=st.lists(CELLS, max_size=12, unique_by=lambda each: each.position))
def test_the_next_cell_wants_a_look_and_none_is_more_urgent(facts: list[decide_grid.Facts]) -> None:
    now = datetime.fromisoformat("2026-11-24T16:00:00+00:00")
    rules = {"now": now, "recheck_after": HOUR}
    chosen = decide_grid.next_position(facts, blind_after=HOUR, **rules)  # type: ignore[arg-type]
    wanted = [
        each for each in facts
        if decide_grid.standing(each, **rules) in ("free", "recheck")  # type: ignore[arg-type]
    ]  # fmt: skip
    assert (chosen is None) == (not wanted)
    if chosen is not None:
        mine = next(each for each in facts if each.position == chosen)
        assert mine in wanted
        blind = [each for each in wanted if decide_grid.is_blind(each, now=now, after=HOUR)]
        assert not blind or mine in blind


@pytest.mark.parametrize("shift", [timedelta(0), 5 * HOUR, -5 * HOUR])
def test_coverage_counts_every_cell_once(shift: timedelta) -> None:
    now = datetime.fromisoformat("2026-11-24T16:00:00+00:00")
    facts = [
        decide_grid.Facts(position=1),
        decide_grid.Facts(position=2, held_until=now + HOUR),
        decide_grid.Facts(position=3, result="nothing", looked_at=now - 2 * HOUR, official=3),
    ]
    found = decide_grid.coverage(facts, now=now + shift, recheck_after=4 * HOUR, blind_after=HOUR)
    assert sum(found.states.values()) == sum(found.ages.values()) == found.total == 3


def test_under_water_without_a_post_or_a_look_is_a_blind_spot() -> None:
    now = datetime.fromisoformat("2026-11-24T16:00:00+00:00")
    blind = decide_grid.Facts(position=1, official=3)
    assert decide_grid.is_blind(blind, now=now, after=HOUR)
    for seen in (
        decide_grid.Facts(position=1, official=1),
        decide_grid.Facts(position=1, official=3, posts=1),
        decide_grid.Facts(position=1, official=3, held_until=now + HOUR),
        decide_grid.Facts(position=1, official=3, result="nothing", looked_at=now),
    ):
        assert not decide_grid.is_blind(seen, now=now, after=HOUR)


def test_features_of_the_cell_are_offered_to_the_pass(ana: Desk, grid: Grid, now: datetime) -> None:
    layer = create_layer(name="Eau", by=ana, now=now)
    for lon in (2.2943, 2.9):
        place = {"type": "Point", "coordinates": [lon, 48.6931]}
        edit = Edit(
            edit=uuid4(), feature=uuid4(), create=True, layer=layer.number, set={"geometry": place}
        )
        apply_edits(edits=[edit], by=ana, now=now)
    cell = reading.cell_at(ana, grid, 1)
    assert cell is not None
    found = reading.finds_in(ana, cell, since=now)[1]
    assert [each.lon for each in found] == [2.2943]
    assert Feature.objects.count() == 2
