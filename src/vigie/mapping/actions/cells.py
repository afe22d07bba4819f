"""Taking a cell of a grid, giving it back, saying what was found there, asking for another look.

Two people never come to one cell by chance: who comes second is told who is there until when, and
may join. A hold ends by itself at its hour; no process and no entry of the journal is needed for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from vigie.accounts.roles import Right
from vigie.kernel.text import clean, clean_line
from vigie.mapping import decide_grid
from vigie.mapping.actions.grids import GridRefused, record
from vigie.mapping.models import Cell, CellPass, Feature, Grid
from vigie.mapping.queries.layers import visible_layers
from vigie.operations.access import Desk
from vigie.triage.models import Incident

ENDINGS: Final = (decide_grid.FOUND, decide_grid.NOTHING)
LINKS: Final = 200
"""Incidents and objects linked to one pass at most."""


class CellNotHere(Exception):
    """No such cell in this operation. Shown as 404."""


class GridClosed(Exception):
    """The grid was closed: no cell of it can be taken."""


class CellTaken(Exception):
    """Somebody is on it: `names`, until `until`. Joining them is possible."""

    def __init__(self, names: tuple[str, ...], until: datetime) -> None:
        super().__init__(", ".join(names))
        self.names = names
        self.until = until


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a pass ends with: outcome (found, nothing), a note, numbers of incidents, ids of
    objects."""

    outcome: str
    note: str = ""
    incidents: Sequence[int] = ()
    features: Sequence[UUID] = ()


def take(*, grid: Grid, position: int, by: Desk, now: datetime, join: bool = False) -> CellPass:
    """Take a cell until `hold_minutes` from now, or prolong one's own hold (which is no gesture).

    With `join`, also when somebody is there. Raises CellTaken, CellNotHere, GridClosed.
    """
    by.require(Right.DRAW)
    with transaction.atomic():
        cell = _locked(grid, position, by)
        if cell.grid.closed_at is not None:
            raise GridClosed(grid.pk)
        there = _live(cell, now)
        mine = next((each for each in there if each.user_id == _pk(by)), None)
        others = [each for each in there if each is not mine]
        minutes = cell.grid.hold_minutes
        if mine is not None:
            mine.held_until = decide_grid.held_until(now, minutes, before=mine.held_until)
            mine.save(update_fields=["held_until"])
            _hold(cell, [*others, mine])
            return mine
        if others and not join:
            raise CellTaken(
                tuple(each.user.display for each in others if each.user is not None),
                max(each.held_until for each in others),
            )
        made = CellPass.objects.create(
            cell=cell, user=by.user, taken_at=now, joined=bool(others),
            held_until=decide_grid.held_until(now, minutes),
        )  # fmt: skip
        _hold(cell, [*others, made])
        _record(cell, "grid.joined" if others else "grid.taken", by=by, now=now)
    return made


def release(*, grid: Grid, position: int, by: Desk, now: datetime) -> int:
    """Give back a cell one has in hand; how many holds ended (0 when one had none). Raises
    CellNotHere."""
    by.require(Right.DRAW)
    return _give_back(grid, position, by=by, now=now, all_of_them=False)


def free(*, grid: Grid, position: int, by: Desk, now: datetime) -> int:
    """Give back a cell whoever has it in hand. Raises CellNotHere."""
    by.require(Right.EDIT_LAYERS)
    return _give_back(grid, position, by=by, now=now, all_of_them=True)


def finish(*, grid: Grid, position: int, found: Found, by: Desk, now: datetime) -> CellPass:
    """Say what was found in a cell one took; also after the hold ran out, so that no look is lost.
    Without having taken it, one takes it and ends at once.

    Raises CellTaken, CellNotHere, GridRefused.
    """
    by.require(Right.DRAW)
    if found.outcome not in ENDINGS:
        raise GridRefused("outcome", "unknown")
    with transaction.atomic():
        cell = _locked(grid, position, by)
        incidents, features = _links(found, by)
        mine = cell.passes.filter(user=by.user, ended_at__isnull=True).order_by("-pk").first()
        if mine is None:
            mine = take(grid=grid, position=position, by=by, now=now)
            cell.refresh_from_db()
        mine.ended_at = decide_grid.not_before(now, mine.taken_at)
        mine.outcome, mine.note = found.outcome, clean(found.note, limit=4_000)
        mine.save(update_fields=["ended_at", "outcome", "note"])
        mine.incidents.set(incidents)
        mine.features.set(features)
        cell.result = decide_grid.result_of(
            found.outcome, began=mine.taken_at, before=cell.result, looked_at=cell.looked_at
        )
        cell.looked_at = max(mine.ended_at, cell.looked_at or mine.ended_at)
        if cell.recheck_at is not None and cell.recheck_at <= mine.taken_at:
            cell.recheck_at, cell.recheck_by, cell.recheck_reason = None, None, ""
        _hold(cell, [each for each in _live(cell, now) if each.pk != mine.pk])
        cell.save()
        _record(
            cell, "grid.searched", by=by, now=now, outcome=found.outcome,
            links=len(incidents) + len(features), note=mine.note,
        )  # fmt: skip
    return mine


def ask_recheck(*, grid: Grid, position: int, reason: str, by: Desk, now: datetime) -> Cell:
    """Ask for another look at a cell that was searched, with the reason.

    Raises CellNotHere, GridRefused (reason: missing; cell: nothing, when nobody looked yet).
    """
    by.require(Right.DRAW)
    words = clean_line(reason, limit=300)
    if not words:
        raise GridRefused("reason", "missing")
    with transaction.atomic():
        cell = _locked(grid, position, by)
        if not cell.result:
            raise GridRefused("cell", "nothing")
        cell.recheck_at, cell.recheck_by, cell.recheck_reason = now, by.user, words
        cell.save(update_fields=["recheck_at", "recheck_by", "recheck_reason"])
        _record(cell, "grid.recheck", by=by, now=now, reason=words)
    return cell


def _give_back(grid: Grid, position: int, *, by: Desk, now: datetime, all_of_them: bool) -> int:
    with transaction.atomic():
        cell = _locked(grid, position, by)
        there = _live(cell, now)
        ending = [each for each in there if all_of_them or each.user_id == _pk(by)]
        for each in ending:
            each.ended_at = decide_grid.not_before(now, each.taken_at)
            each.outcome = "released"
        CellPass.objects.bulk_update(ending, ["ended_at", "outcome"])
        if ending:
            _hold(cell, [each for each in there if each not in ending])
            _record(cell, "grid.freed" if all_of_them else "grid.released", by=by, now=now)
    return len(ending)


def _locked(grid: Grid, position: int, by: Desk) -> Cell:
    row = (
        Cell.objects.select_for_update(of=("self",))
        .select_related("grid")
        .filter(grid=grid, grid__operation=by.operation, position=position)
        .first()
    )
    if row is None:
        raise CellNotHere(position)
    return row


def _live(cell: Cell, now: datetime) -> list[CellPass]:
    """Holds on the cell that have not ended, the first one first."""
    return list(CellPass.objects.filter(cell=cell).live(now).select_related("user"))


def _hold(cell: Cell, there: Sequence[CellPass]) -> None:
    cell.held_until = max((each.held_until for each in there), default=None)
    cell.save(update_fields=["held_until"])


def _links(found: Found, by: Desk) -> tuple[list[Incident], list[Feature]]:
    if len(found.incidents) + len(found.features) > LINKS:
        raise GridRefused("links", "too_many")
    numbers, uids = set(found.incidents), set(found.features)
    incidents = list(Incident.objects.filter(operation=by.operation, number__in=numbers))
    features = list(Feature.objects.filter(layer__in=visible_layers(by), uid__in=uids))
    if len(incidents) < len(numbers) or len(features) < len(uids):
        raise GridRefused("links", "unknown")
    return incidents, features


def _record(cell: Cell, verb: str, *, by: Desk, now: datetime, **data: Any) -> None:
    record(cell.grid, verb, by=by, now=now, cell=cell.position, cell_name=cell.name, **data)


def _pk(by: Desk) -> int | None:
    return by.user.pk if by.user is not None else None
