"""The map as the public was given it: every release frozen, one of them at most the present one."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from vigie.mapping.decide_release import PRECISIONS
from vigie.mapping.models.features import Feature
from vigie.mapping.models.layers import Layer
from vigie.operations.models import Operation
from vigie.triage.models import Incident


class MapRelease(models.Model):
    """What of the map was given to the public at one time; never changed (French: carte publiée).

    The latest is the present one unless it was withdrawn; then there is none. `words` are {language:
    {title, text}}. `signed` is the organisation that answers for it, never a person; `by` is known
    inside the house only. `entry` is the journal entry that released it, `digest` names what was
    read before it was released (`decide_release.digest`).
    """

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="map_releases")
    number = models.PositiveIntegerField()
    """Counts from 1 within the operation."""
    words = models.JSONField()
    signed = models.CharField(max_length=120, blank=True)
    licence = models.CharField(max_length=80)
    licence_url = models.CharField(max_length=200, blank=True)
    digest = models.CharField(max_length=64)
    left_out = models.JSONField(default=list)
    """Keys of what could have gone out and was kept back: not proposed again by itself."""
    entry = models.BigIntegerField()
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["operation", "number"], name="map_release_number_once"),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True) | Q(withdrawn_at__gte=F("at")),
                name="map_release_withdrawn_after",
            ),
        ]

    def __str__(self) -> str:
        return f"release {self.number}"


class ReleasedObject(models.Model):
    """One thing of a release, with all that is published of it and nothing else.

    `public_id` is its name outside and stays through releases. `position` counts from 1 in the order
    of the list. `feature`, `incident` and `layer` say inside the house where it came from; null once
    that is gone. The other fields are those of `decide_release.Shown`.
    """

    release = models.ForeignKey(MapRelease, on_delete=models.CASCADE, related_name="things")
    position = models.PositiveIntegerField()
    public_id = models.UUIDField()
    layer = models.ForeignKey(Layer, null=True, on_delete=models.SET_NULL, related_name="+")
    feature = models.ForeignKey(Feature, null=True, on_delete=models.SET_NULL, related_name="+")
    incident = models.ForeignKey(Incident, null=True, on_delete=models.SET_NULL, related_name="+")
    kind = models.CharField(max_length=8)
    theme = models.CharField(max_length=24)
    template = models.CharField(max_length=40, blank=True)
    title = models.CharField(max_length=200, blank=True)
    text = models.TextField(blank=True)
    attributes = models.JSONField(default=dict)
    geometry = models.JSONField(null=True)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    radius_m = models.FloatField(null=True)
    precision = models.CharField(max_length=8)
    precision_m = models.PositiveIntegerField(null=True)
    commune = models.CharField(max_length=80, blank=True)
    valid_from = models.DateTimeField(null=True)
    valid_until = models.DateTimeField(null=True)
    doubtful = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["release", "position"], name="released_object_position_once"
            ),
            models.UniqueConstraint(
                fields=["release", "public_id"], name="released_object_id_once"
            ),
            models.CheckConstraint(
                condition=Q(precision__in=PRECISIONS), name="released_object_precision_known"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=("object", "incident")), name="released_object_kind_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.position} of {self.release_id}"
