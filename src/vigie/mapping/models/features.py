"""An object of a layer, what was changed on it, and what two people changed differently."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from vigie.mapping.models.layers import Layer
from vigie.triage.models import Lead

RELIABILITY = ("A", "B", "C", "D", "E", "F")


class Feature(models.Model):
    """One object (French: objet).

    `uid` is made where it is drawn, so that it exists before any server knows it. `foreign_id` is
    its id in the file or service it came from. `geometry` is GeoJSON (WGS 84), null while it has
    none; `west` … `north` its box and `lon`/`lat` a point in it, degrees. A circle is a point with
    `radius_m`. `attributes` is open: {key: text, number, boolean or null}. `stamps` tells for each
    field the journal entry that last wrote it, `changed` the latest of them. `version` counts
    revisions from 1; the first is the row itself, so only later ones have a `FeatureRevision`.
    """

    layer = models.ForeignKey(Layer, on_delete=models.CASCADE, related_name="features")
    uid = models.UUIDField(unique=True)
    foreign_id = models.CharField(max_length=200, blank=True)
    template = models.CharField(max_length=40, blank=True)
    name = models.CharField(max_length=200, blank=True)
    note = models.TextField(blank=True)
    geometry = models.JSONField(null=True)
    west = models.FloatField(null=True)
    south = models.FloatField(null=True)
    east = models.FloatField(null=True)
    north = models.FloatField(null=True)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    radius_m = models.FloatField(null=True)
    precision_m = models.PositiveIntegerField(null=True)
    valid_from = models.DateTimeField(null=True)
    valid_until = models.DateTimeField(null=True)
    reliability = models.CharField(max_length=1, default="F")
    credibility = models.PositiveSmallIntegerField(default=6)
    lead = models.ForeignKey(Lead, null=True, on_delete=models.SET_NULL, related_name="drawn")
    """The post it was drawn from."""
    attributes = models.JSONField(default=dict, blank=True)
    stamps = models.JSONField(default=dict, blank=True)
    changed = models.BigIntegerField()
    created_edit = models.UUIDField(null=True)
    """The edit that made it: sent again, it makes no second one."""
    created_entry = models.BigIntegerField(default=0)
    """The journal entry that made it, 0 when none is known (then nobody has seen its first state)."""
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    updated_at = models.DateTimeField()
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    version = models.PositiveIntegerField(default=1)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(credibility__gte=1, credibility__lte=6),
                name="feature_credibility_1_to_6",
            ),
            models.CheckConstraint(
                condition=Q(reliability__in=RELIABILITY), name="feature_reliability_a_to_f"
            ),
        ]
        indexes = [
            models.Index(fields=["layer", "changed"]),
            models.Index(fields=["layer", "foreign_id"]),
        ]

    def __str__(self) -> str:
        return f"object {self.uid}"


class FeatureRevision(models.Model):
    """One later version: `changes` are {field: [before, after]}, `asked` what could not be taken and
    became a question, {field: value}. `edit` is the client's id of the edit, so that one sent twice
    counts once; null when no client sent it."""

    feature = models.ForeignKey(Feature, on_delete=models.CASCADE, related_name="revisions")
    version = models.PositiveIntegerField()
    entry = models.BigIntegerField()
    edit = models.UUIDField(null=True, unique=True)
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    changes = models.JSONField(default=dict)
    asked = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["feature", "version"], name="feature_revision_version_once"
            ),
        ]

    def __str__(self) -> str:
        return f"version {self.version} of {self.feature_id}"


class Conflict(models.Model):
    """A field that two people set differently: `kept` stands, `offered` waits until somebody
    chooses (`choice`: kept or offered; replaced when whoever offered it wrote the field again)."""

    feature = models.ForeignKey(Feature, on_delete=models.CASCADE, related_name="conflicts")
    field = models.CharField(max_length=80)
    kept = models.JSONField(null=True)
    kept_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    offered = models.JSONField(null=True)
    offered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    edit = models.UUIDField(null=True)
    at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    choice = models.CharField(max_length=8, blank=True)

    class Meta:
        indexes = [models.Index(fields=["feature", "resolved_at"])]

    def __str__(self) -> str:
        return f"{self.field} of {self.feature_id}"
