"""Pictures of a place from outside services, kept for a day to lay them beside a claim's."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from vigie.operations.models import Operation

VIEW_KINDS = ("sky", "search", "street")
VIEW_STATES = ("listed", "wanted", "kept", "none", "failed")


class PlaceView(models.Model):
    """A photo from the air (`sky`), a look for pictures from the street (`search`), or one of those
    it found (`street`). What was fetched is written anew; the row and its files go after a day.

    `across_m` is the width of a photo, the radius of a search, 0 of a picture found. `listed`: found
    and not fetched at its full size; `none`: there is nothing at that place; `failed`: `code` says
    why, `retry_at` until when the service asked to be left alone. `facts`: what it said of it.
    """

    operation = models.ForeignKey(
        Operation, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    kind = models.CharField(max_length=8)
    lon = models.FloatField()
    lat = models.FloatField()
    across_m = models.PositiveIntegerField(default=0)
    search = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="found")
    rank = models.PositiveSmallIntegerField(default=0)
    address = models.TextField(blank=True)
    facts = models.JSONField(default=dict)
    state = models.CharField(max_length=8, default="wanted")
    code = models.CharField(max_length=60, blank=True)
    thumb = models.CharField(max_length=100, blank=True)
    blob = models.CharField(max_length=100, blank=True)
    retry_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=VIEW_KINDS), name="place_view_kind_known"),
            models.CheckConstraint(
                condition=Q(state__in=VIEW_STATES), name="place_view_state_known"
            ),
            models.CheckConstraint(
                condition=Q(kind="street", search__isnull=False)
                | (~Q(kind="street") & Q(search__isnull=True)),
                name="place_view_street_of_a_search",
            ),
            models.UniqueConstraint(
                fields=["operation", "kind", "lon", "lat", "across_m"],
                condition=Q(search__isnull=True),
                name="place_view_once",
            ),
        ]
        indexes = [models.Index(fields=["operation", "asked_at"])]

    def __str__(self) -> str:
        return f"view {self.pk}"

    @property
    def ref(self) -> str:
        """What names it among the pictures of a workbench."""
        return f"v{self.pk}"
