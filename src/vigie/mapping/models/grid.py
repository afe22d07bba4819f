"""A grid of cells to be searched, and who passed over them."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery

from vigie.mapping.decide_grid import RESULTS
from vigie.mapping.models.features import Feature
from vigie.operations.models import Operation
from vigie.triage.models import Incident


class Grid(models.Model):
    """A territory cut into cells (French: mailles), and what is to be looked for in each.

    `kind` says what it was cut by: communes, hexagons, reaches, line; open list. `instruction` are
    the words everybody who takes a cell reads. A hold lasts `hold_minutes`. After `recheck_hours` a
    cell wants another look (None: never by itself); after `blind_hours` without a post or a look one
    under water is a blind spot.
    """

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="grids")
    number = models.PositiveIntegerField()
    """Counts from 1 within the operation."""
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=16)
    instruction = models.TextField(blank=True)
    hold_minutes = models.PositiveSmallIntegerField(default=30)
    recheck_hours = models.PositiveSmallIntegerField(null=True)
    blind_hours = models.PositiveSmallIntegerField(default=3)
    cells_number = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["operation", "number"], name="grid_number_once"),
            models.CheckConstraint(
                condition=Q(hold_minutes__gte=5, hold_minutes__lte=240),
                name="grid_hold_5_to_240_minutes",
            ),
            models.CheckConstraint(
                condition=Q(recheck_hours__isnull=True) | Q(recheck_hours__gte=1),
                name="grid_recheck_from_an_hour",
            ),
            models.CheckConstraint(condition=Q(blind_hours__gte=1), name="grid_blind_from_an_hour"),
        ]

    def __str__(self) -> str:
        return f"grid {self.number}"


class Cell(models.Model):
    """One cell (French: maille): "Saclas", "B7". `position` counts from 1 within the grid.

    `held_until` is the end of the latest hold on it, of whoever: taking is one conditional UPDATE
    of it. `result` and `looked_at` mirror the last pass that ended with a word. `recheck_at` is set
    while somebody asks for another look, with `recheck_reason`.
    """

    grid = models.ForeignKey(Grid, on_delete=models.CASCADE, related_name="cells")
    position = models.PositiveIntegerField()
    name = models.CharField(max_length=120)
    code = models.CharField(max_length=40)
    geometry = models.JSONField(null=True)
    west = models.FloatField(null=True)
    south = models.FloatField(null=True)
    east = models.FloatField(null=True)
    north = models.FloatField(null=True)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    held_until = models.DateTimeField(null=True)
    result = models.CharField(max_length=8, blank=True)
    looked_at = models.DateTimeField(null=True)
    recheck_at = models.DateTimeField(null=True)
    recheck_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    recheck_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["grid", "position"], name="cell_position_once"),
            models.CheckConstraint(condition=Q(result__in=RESULTS), name="cell_result_known"),
            models.CheckConstraint(
                condition=Q(result="", looked_at__isnull=True)
                | (~Q(result="") & Q(looked_at__isnull=False)),
                name="cell_result_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Passes(models.QuerySet["CellPass"]):
    def live(self, now: datetime) -> Self:
        """Holds that last at `now`, the first one of a cell first."""
        alone = CellPass.objects.filter(cell=OuterRef("cell"), joined=False).order_by("-pk")
        return self.filter(
            ended_at__isnull=True, held_until__gt=now, pk__gte=Subquery(alone.values("pk")[:1])
        ).order_by("pk")


class CellPass(models.Model):
    """One person's passage over a cell (French: passage), from taking it to the word it ended with.

    `outcome` is found, nothing or released; empty while it goes on, and for ever when its hold ran
    out (`held_until` then says when). `joined`: somebody was there already and they agreed to be
    two; a pass that did not join ends all holds before it, whatever the clock says later.
    """

    cell = models.ForeignKey(Cell, on_delete=models.CASCADE, related_name="passes")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    taken_at = models.DateTimeField()
    held_until = models.DateTimeField()
    joined = models.BooleanField(default=False)
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=8, blank=True)
    note = models.TextField(blank=True)
    incidents = models.ManyToManyField(Incident, related_name="+")
    features = models.ManyToManyField(Feature, related_name="+")

    objects = Passes.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome__in=("", "found", "nothing", "released")),
                name="pass_outcome_known",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("taken_at")),
                name="pass_ends_after_it_began",
            ),
            models.CheckConstraint(
                condition=Q(held_until__gte=F("taken_at")), name="pass_held_after_it_began"
            ),
            models.CheckConstraint(
                condition=Q(outcome="", ended_at__isnull=True)
                | (~Q(outcome="") & Q(ended_at__isnull=False)),
                name="pass_outcome_has_a_time",
            ),
        ]
        indexes = [models.Index(fields=["cell", "-taken_at"])]

    def __str__(self) -> str:
        return f"pass over {self.cell_id}"
