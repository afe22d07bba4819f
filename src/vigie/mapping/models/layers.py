"""A layer: what is drawn of one theme, for whom, and how it looks."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from vigie.mapping.decide import AUDIENCES, EDITORS, ORIGINS
from vigie.operations.models import Operation


class Layer(models.Model):
    """Objects of one theme (French: calque).

    `audience`: team, partner (team and partners) or public (what of it was released). `editors`:
    team (who may draw at all) or mappers (who may edit layers). `origin`: drawn, imported from a
    file, or remote (brought from outside on schedule; its objects are not edited here). `position`
    orders layers, 0 on top. `style` holds the rules of `mapping.styles`. `objects_number` counts what
    stands in it; `changed` is the journal entry that last changed an object of it.
    """

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="layers")
    number = models.PositiveIntegerField()
    """Counts from 1 within the operation."""
    name = models.CharField(max_length=120)
    theme = models.CharField(max_length=24, default="other")
    description = models.TextField(blank=True)
    audience = models.CharField(max_length=8, default="team")
    editors = models.CharField(max_length=8, default="team")
    origin = models.CharField(max_length=8, default="drawn")
    position = models.PositiveIntegerField(default=0)
    shown = models.BooleanField(default=True)
    """Whether it is on when somebody opens the map for the first time."""
    style = models.JSONField(default=dict, blank=True)
    objects_number = models.PositiveIntegerField(default=0)
    changed = models.BigIntegerField(default=0)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    updated_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["operation", "number"], name="layer_number_once"),
            models.CheckConstraint(
                condition=Q(audience__in=AUDIENCES), name="layer_audience_known"
            ),
            models.CheckConstraint(condition=Q(editors__in=EDITORS), name="layer_editors_known"),
            models.CheckConstraint(condition=Q(origin__in=ORIGINS), name="layer_origin_known"),
        ]
        indexes = [models.Index(fields=["operation", "position", "number"])]

    def __str__(self) -> str:
        return f"layer {self.number}"
