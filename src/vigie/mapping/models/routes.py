"""A race, a march, a road: a line with kilometres, a timetable, and what lies along it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from vigie.mapping.routes.decide import KINDS, MARKS, SIDES
from vigie.operations.models import Operation


class Route(models.Model):
    """A line one finds things by (French: parcours).

    `kind`: race, march or road. `code` is how people name it in a word (étape 5, D 19). `geometry`
    is a GeoJSON LineString in the direction it goes. Its kilometres begin at `first_km`; when
    `stated_km` is given (the organiser's length), they are stretched to it. `timetable` is
    [{km, place, first, last}] in order of km, first and last the times (RFC 3339) at which its head
    and its tail pass, null when unknown. Roads close `close_before_min` before the head and open
    `open_after_min` after the tail. What lies within `near_m` metres is on it.
    """

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="routes")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=8, default="race")
    code = models.CharField(max_length=40, blank=True)
    geometry = models.JSONField()
    length_m = models.FloatField()
    first_km = models.FloatField(default=0)
    stated_km = models.FloatField(null=True)
    timetable = models.JSONField(default=list, blank=True)
    close_before_min = models.PositiveIntegerField(default=60)
    open_after_min = models.PositiveIntegerField(default=15)
    near_m = models.PositiveIntegerField(default=300)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    updated_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["operation", "number"], name="route_number_once"),
            models.CheckConstraint(condition=Q(kind__in=KINDS), name="route_kind_known"),
            models.CheckConstraint(condition=Q(length_m__gt=0), name="route_has_a_length"),
        ]

    def __str__(self) -> str:
        return f"route {self.number}"


class RouteMark(models.Model):
    """Something along a route (French: repère): at `from_km`, or up to `to_km`.

    `side` is left, right, both or empty. A corridor may have a line of its own (`geometry`).
    """

    route = models.ForeignKey(Route, on_delete=models.CASCADE, related_name="marks")
    kind = models.CharField(max_length=12)
    name = models.CharField(max_length=120, blank=True)
    from_km = models.FloatField()
    to_km = models.FloatField(null=True)
    side = models.CharField(max_length=5, blank=True)
    capacity = models.PositiveIntegerField(null=True)
    note = models.CharField(max_length=500, blank=True)
    geometry = models.JSONField(null=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=MARKS), name="route_mark_kind_known"),
            models.CheckConstraint(
                condition=Q(side="") | Q(side__in=SIDES), name="route_mark_side_known"
            ),
            models.CheckConstraint(
                condition=Q(to_km__isnull=True) | Q(to_km__gte=F("from_km")),
                name="route_mark_ends_after_it_begins",
            ),
        ]
        indexes = [models.Index(fields=["route", "from_km"])]

    def __str__(self) -> str:
        return f"{self.kind} at km {self.from_km}"
