"""Grids of an operation: how each cell stands, who has it, what came from it, where nobody looks."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count, Prefetch, Q, QuerySet

from vigie.accounts.roles import Right
from vigie.analysis.gazetteer import gazetteer
from vigie.collection.indicators.queries import COLOURED_NOW, Standing, followed
from vigie.mapping import decide_grid
from vigie.mapping.decide_grid import Coverage, Facts
from vigie.mapping.models import Cell, CellPass, Feature, Grid
from vigie.mapping.placing import Places, Spot
from vigie.mapping.queries.layers import visible_layers
from vigie.operations.access import Desk
from vigie.triage.models import Incident, Lead

POSTS: Final = 20_000
"""Posts counted at most, the latest first."""
NEAR_M: Final = 1_500.0
"""How near an official measure lies to a cell to speak for it."""
AROUND: Final = 0.01
"""Degrees around a cell where what may lie in it is looked for."""
ORANGE: Final = 3


@dataclass(frozen=True, kw_only=True)
class Holder:
    """Somebody who has a cell in hand."""

    name: str
    person: int | None
    until: datetime
    joined: bool


@dataclass(frozen=True, kw_only=True)
class CellRow:
    """A cell as it stands. `posts` came in the last `blind_hours`; `official` is the worst colour
    near it (0 none) and `official_name` what says so."""

    cell: Cell
    state: str
    holders: tuple[Holder, ...]
    posts: int
    official: int
    official_name: str
    blind: bool
    passes: int

    @property
    def until(self) -> datetime | None:
        return max((each.until for each in self.holders), default=None)


@dataclass(frozen=True, kw_only=True)
class GridBoard:
    """A grid at a moment. `changes_at` is when a cell next changes by itself (a hold that ends, a
    look that grows old), None when none will. `measured` tells whether any official measure speaks
    for the grid: without one, blind spots cannot be told."""

    grid: Grid
    rows: tuple[CellRow, ...]
    coverage: Coverage
    changes_at: datetime | None
    measured: bool

    @property
    def blind(self) -> list[CellRow]:
        return [row for row in self.rows if row.blind]

    @property
    def taken(self) -> list[CellRow]:
        return [row for row in self.rows if row.holders]


def grids(by: Desk, *, closed: bool = False) -> QuerySet[Grid]:
    """Grids of the operation, the newest first; `closed`: those that were closed."""
    by.require(Right.SEE_TEAM_LAYERS)
    rows = Grid.objects.filter(operation=by.operation, closed_at__isnull=not closed)
    return rows.order_by("-number")


def grid_numbered(by: Desk, number: int) -> Grid | None:
    """The grid of that number, closed or not."""
    by.require(Right.SEE_TEAM_LAYERS)
    return Grid.objects.filter(operation=by.operation, number=number).first()


def board(by: Desk, grid: Grid, *, now: datetime) -> GridBoard:
    """Every cell of a grid as it stands now. A fixed number of queries, whatever its size."""
    by.require(Right.SEE_TEAM_LAYERS)
    cells = list(grid.cells.annotate(n=Count("passes")).order_by("position"))
    places = places_of(grid, cells)
    posts = _posts(by, places, since=now - timedelta(hours=grid.blind_hours))
    official = _official(by, places, now=now)
    facts = [_facts(cell, posts[cell.position], official) for cell in cells]
    holders = _holders(grid, now)
    recheck, blind = recheck_after(grid), timedelta(hours=grid.blind_hours)
    covered = decide_grid.coverage(facts, now=now, recheck_after=recheck, blind_after=blind)
    dark = set(covered.blind)
    rows = tuple(
        CellRow(
            cell=cell, state=decide_grid.standing(each, now=now, recheck_after=recheck),
            holders=tuple(holders[cell.pk]), posts=each.posts, official=each.official,
            official_name=official.get(cell.position, (0, ""))[1], blind=cell.position in dark,
            passes=cell.n,
        )
        for cell, each in zip(cells, facts, strict=True)
    )  # fmt: skip
    return GridBoard(
        grid=grid, rows=rows, coverage=covered, changes_at=_changes_at(facts, now, recheck),
        measured=bool(official),
    )  # fmt: skip


def next_cell(
    by: Desk, grid: Grid, *, now: datetime, near: tuple[float, float] | None = None
) -> int | None:
    """The position of the cell to take next (`decide_grid.next_position`), nearest to `near` (lon,
    lat), or to the cell the person looked at last."""
    shown = board(by, grid, now=now)
    if near is None and by.user is not None:
        last = CellPass.objects.filter(cell__grid=grid, user=by.user).order_by("-pk").first()
        if last is not None and last.cell.lon is not None and last.cell.lat is not None:
            near = (last.cell.lon, last.cell.lat)
    official = {row.cell.position: (row.official, row.official_name) for row in shown.rows}
    return decide_grid.next_position(
        [_facts(row.cell, row.posts, official) for row in shown.rows],
        now=now, recheck_after=recheck_after(grid),
        blind_after=timedelta(hours=grid.blind_hours), near=near,
    )  # fmt: skip


def cell_at(by: Desk, grid: Grid, position: int) -> Cell | None:
    """One cell with its passes, the latest first."""
    by.require(Right.SEE_TEAM_LAYERS)
    passes = CellPass.objects.select_related("user").prefetch_related("incidents", "features")
    return (
        Cell.objects.filter(grid=grid, grid__operation=by.operation, position=position)
        .select_related("grid", "recheck_by")
        .prefetch_related(Prefetch("passes", passes.order_by("-pk")))
        .first()
    )


def finds_in(by: Desk, cell: Cell, *, since: datetime) -> tuple[list[Incident], list[Feature]]:
    """Incidents and objects in a cell that were made or changed since then: what a pass over it
    may have found."""
    by.require(Right.SEE_TEAM_LAYERS)
    box = Q()
    if cell.west is not None and cell.south is not None:
        box = Q(lon__gte=cell.west - AROUND, lon__lte=(cell.east or 0) + AROUND)
        box &= Q(lat__gte=cell.south - AROUND, lat__lte=(cell.north or 0) + AROUND)
        box |= Q(lon__isnull=True)
    places = places_of(cell.grid, [cell])
    incidents = Incident.objects.filter(
        box, operation=by.operation, merged_into__isnull=True, updated_at__gte=since
    ).order_by("-updated_at")[:100]
    features = Feature.objects.filter(
        box, layer__in=visible_layers(by), deleted_at__isnull=True, updated_at__gte=since
    ).select_related("layer").order_by("-updated_at")[:100]  # fmt: skip
    return (
        [row for row in incidents if _inside(places, row.lon, row.lat, row.place_code)],
        [row for row in features if _inside(places, row.lon, row.lat, "")],
    )


def places_of(grid: Grid, cells: Iterable[Cell]) -> Places:
    """The cells ready to be asked what lies in them."""
    rows = [(cell.position, cell.code, cell.geometry) for cell in cells]
    return Places(rows, by_code=grid.kind == "communes")


def recheck_after(grid: Grid) -> timedelta | None:
    return None if grid.recheck_hours is None else timedelta(hours=grid.recheck_hours)


def _inside(places: Places, lon: float | None, lat: float | None, code: str) -> bool:
    return bool(places.count([Spot(lon=lon, lat=lat, code=code)]))


def _facts(cell: Cell, posts: int, official: dict[int, tuple[int, str]]) -> Facts:
    return Facts(
        position=cell.position, held_until=cell.held_until, result=cell.result,
        looked_at=cell.looked_at, recheck=cell.recheck_at is not None, posts=posts,
        official=official.get(cell.position, (0, ""))[0], lon=cell.lon, lat=cell.lat,
    )  # fmt: skip


def _holders(grid: Grid, now: datetime) -> defaultdict[int, list[Holder]]:
    found: defaultdict[int, list[Holder]] = defaultdict(list)
    live = CellPass.objects.filter(cell__grid=grid).live(now).select_related("user")
    for each in live:
        found[each.cell_id].append(
            Holder(
                name=each.user.display if each.user is not None else "", person=each.user_id,
                until=each.held_until, joined=each.joined,
            )
        )  # fmt: skip
    return found


def _changes_at(
    facts: Sequence[Facts], now: datetime, recheck: timedelta | None
) -> datetime | None:
    moments = [each.held_until for each in facts if each.held_until and each.held_until > now]
    if recheck is not None:
        old = (each.looked_at + recheck for each in facts if each.looked_at is not None)
        moments += [at for at in old if at > now]
    return min(moments, default=None)


def _posts(by: Desk, places: Places, *, since: datetime) -> Counter[int]:
    rows = (
        Lead.objects.filter(
            operation=by.operation, published_at__gte=since, folded_into__isnull=True
        )
        .exclude(state="dismissed")
        .filter(Q(lon__isnull=False) | ~Q(place_code=""))
        .order_by("-published_at")
        .values_list("lon", "lat", "place_code")[:POSTS]
    )
    return places.count(Spot(lon=lon, lat=lat, code=code) for lon, lat, code in rows)


def _official(by: Desk, places: Places, *, now: datetime) -> dict[int, tuple[int, str]]:
    """The worst official colour that speaks for each cell, and what says so."""
    found: dict[int, tuple[int, str]] = {}
    for each in followed(by, now=now, history=timedelta(0)):
        level = _level(each)
        if not level:
            continue
        for position in _spoken_for(each, places, level):
            if level > found.get(position, (0, ""))[0]:
                found[position] = (level, each.indicator.name)
    return found


def _level(each: Standing) -> int:
    """The colour it counts as; a level above a threshold that somebody named counts as yellow."""
    if not each.is_current or each.latest is None:
        return 0
    if each.indicator.kind in COLOURED_NOW and each.latest.level is not None:
        return each.latest.level
    return decide_grid.YELLOW if each.passed is not None else 0


def _spoken_for(each: Standing, places: Places, level: int) -> set[int]:
    """Cells near it, of the communes it names, and all of them when it is orange or red for a whole
    département."""
    indicator, found = each.indicator, set[int]()
    if indicator.geometry is not None:
        found.update(places.near(indicator.geometry, NEAR_M))
    elif indicator.lon is not None and indicator.lat is not None:
        point = {"type": "Point", "coordinates": [indicator.lon, indicator.lat]}
        found.update(places.near(point, NEAR_M))
    for code in indicator.areas:
        if len(code) < 5:
            if level >= ORANGE:
                found.update(places.everywhere())
        elif code in places.codes:
            found.add(places.codes[code])
        elif not places.by_code and (commune := gazetteer().commune(code)) is not None:
            found.update(places.count([Spot(lon=commune.lon, lat=commune.lat)]))
    return found
