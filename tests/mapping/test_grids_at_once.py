"""Two people reach for the same cell in the same instant, each on a connection of their own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier

import pytest
from django.db import connections

from tests import factories
from vigie.accounts.roles import Role
from vigie.mapping.actions.cells import CellTaken, take
from vigie.mapping.actions.grids import open_grid
from vigie.mapping.models import CellPass, Grid
from vigie.mapping.queries.ground import Choice
from vigie.operations.access import Desk


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_many_who_take_the_same_cell_at_once_one_has_it(now: datetime) -> None:
    operation = factories.operation(now=now)
    mapper = factories.desk(factories.member(operation, Role.MAPPER, now=now), operation)
    people = [
        factories.desk(factories.member(operation, Role.WATCHER, now=now), operation)
        for _ in range(4)
    ]
    grid = open_grid(choice=Choice(kind="communes"), values={"name": "Orge"}, by=mapper, now=now)
    start = Barrier(len(people))

    def reach(by: Desk, position: int) -> bool:
        try:
            start.wait()
            take(grid=Grid.objects.get(pk=grid.pk), position=position, by=by, now=now)
        except CellTaken:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(len(people)) as pool:
        for position in (1, 2, 3):
            had = list(pool.map(lambda by, at=position: reach(by, at), people))
            assert had.count(True) == 1
    assert CellPass.objects.count() == 3
    assert not CellPass.objects.filter(joined=True).exists()
