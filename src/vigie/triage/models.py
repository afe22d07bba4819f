"""What people and the analyser say of posts, and the incidents they make of them.

`Annotation` rows are added, never overwritten. A `Lead` is one post as one operation works on it:
the latest annotations folded into columns, so that the board reads one row per line.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from vigie.collection.models import Post, Watch
from vigie.operations.models import Operation

LEAD_STATES = ("new", "kept", "dismissed")
INCIDENT_STATES = ("to_check", "confirmed", "denied", "unverifiable", "handed_over", "closed")
RELIABILITY = ("A", "B", "C", "D", "E", "F")


class Lead(models.Model):
    """A post in an operation (French: piste). Columns mirror the latest annotations.

    `urgency` 0 none … 4 critical. `copies` counts the duplicates folded into it; a folded lead
    names its head in `folded_into` and appears in no column. `held_until` ends a take by itself.
    """

    operation = models.ForeignKey(
        Operation, on_delete=models.CASCADE, related_name="leads", db_index=False
    )
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="leads")
    published_at = models.DateTimeField()
    arrived_at = models.DateTimeField()
    state = models.CharField(max_length=12, default="new")
    urgency = models.PositiveSmallIntegerField(default=0)
    urgency_by_person = models.BooleanField(default=False)
    category = models.CharField(max_length=40, blank=True)
    category_by_person = models.BooleanField(default=False)
    reliability = models.CharField(max_length=1, default="F")
    credibility = models.PositiveSmallIntegerField(default=6)
    place_name = models.CharField(max_length=160, blank=True)
    place_code = models.CharField(max_length=5, blank=True)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    precision_m = models.PositiveIntegerField(null=True)
    place_by_person = models.BooleanField(default=False)
    folded_into = models.ForeignKey(
        "self", null=True, on_delete=models.SET_NULL, related_name="folded", db_index=False
    )
    copies = models.PositiveIntegerField(default=0)
    holder = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    held_until = models.DateTimeField(null=True)
    touched_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    touched_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["operation", "post"], name="lead_once_per_operation"),
            models.CheckConstraint(condition=Q(state__in=LEAD_STATES), name="lead_state_known"),
            models.CheckConstraint(condition=Q(urgency__lte=4), name="lead_urgency_0_to_4"),
            models.CheckConstraint(
                condition=Q(credibility__gte=1, credibility__lte=6), name="lead_credibility_1_to_6"
            ),
            models.CheckConstraint(
                condition=Q(reliability__in=RELIABILITY), name="lead_reliability_a_to_f"
            ),
            models.CheckConstraint(
                condition=Q(holder__isnull=True) | Q(held_until__isnull=False),
                name="lead_hold_has_an_end",
            ),
        ]
        indexes = [
            models.Index(
                fields=["operation", "-id"],
                condition=Q(folded_into__isnull=True),
                name="lead_board",
            ),
            models.Index(
                fields=["operation", "state", "-urgency", "id"],
                condition=Q(folded_into__isnull=True),
                name="lead_to_do",
            ),
            models.Index(
                fields=["operation", "state", "-touched_at", "-id"],
                condition=Q(folded_into__isnull=True, touched_at__isnull=False),
                name="lead_touched",
            ),
            models.Index(
                fields=["holder", "held_until"], condition=Q(holder__isnull=False), name="lead_held"
            ),
            models.Index(fields=["operation", "published_at"], name="lead_by_publication"),
            models.Index(
                fields=["folded_into"],
                condition=Q(folded_into__isnull=False),
                name="lead_folded",
            ),
        ]

    def __str__(self) -> str:
        return f"lead {self.pk}"


class WatchHit(models.Model):
    """A watch that a lead's post answered. `lead_id` grows with arrival: the column's order."""

    watch = models.ForeignKey(Watch, on_delete=models.CASCADE, related_name="hits", db_index=False)
    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="hits")

    class Meta:
        # Read backwards, the index of the constraint is the column's order.
        constraints = [models.UniqueConstraint(fields=["watch", "lead"], name="hit_once")]


class Annotation(models.Model):
    """One statement about a lead by a person or a model; added, never overwritten.

    `kind`: urgency, category, place, rating, state, duplicate, note … (open list). `value` is the
    statement, for example {"level": "high", "because": […]}.
    """

    lead = models.ForeignKey(
        Lead, on_delete=models.CASCADE, related_name="annotations", db_index=False
    )
    kind = models.CharField(max_length=30)
    value = models.JSONField()
    confidence = models.FloatField(null=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    model = models.CharField(max_length=60, blank=True)
    """`name@version` when a model says it; empty when a person does."""
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(confidence__isnull=True) | Q(confidence__gte=0, confidence__lte=1),
                name="annotation_confidence_0_to_1",
            ),
        ]
        indexes = [models.Index(fields=["lead", "kind", "-id"])]


class Incident(models.Model):
    """Something at a place and a time, backed by posts: the card of the board, the map's point.

    `geometry` is a GeoJSON Point, LineString or Polygon (WGS 84, lon/lat) or None; `lon`/`lat` its
    point for lists and clusters; `precision_m` the radius it is good to. `merged_into` names the
    incident that took it over; unmerging gives everything back.
    """

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="incidents")
    number = models.PositiveIntegerField()
    """Counts from 1 within the operation: people say "le signalement 12"."""
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    category = models.CharField(max_length=40)
    urgency = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(max_length=14, default="to_check")
    reliability = models.CharField(max_length=1, default="F")
    credibility = models.PositiveSmallIntegerField(default=6)
    occurred_at = models.DateTimeField(null=True)
    place_name = models.CharField(max_length=200, blank=True)
    place_code = models.CharField(max_length=5, blank=True)
    geometry = models.JSONField(null=True)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    precision_m = models.PositiveIntegerField(null=True)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    merged_into = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="merged"
    )
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    updated_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["operation", "number"], name="incident_number_once"),
            models.CheckConstraint(
                condition=Q(state__in=INCIDENT_STATES), name="incident_state_known"
            ),
            models.CheckConstraint(
                condition=Q(credibility__gte=1, credibility__lte=6),
                name="incident_credibility_1_to_6",
            ),
            models.CheckConstraint(
                condition=Q(reliability__in=RELIABILITY), name="incident_reliability_a_to_f"
            ),
            models.CheckConstraint(condition=Q(urgency__lte=4), name="incident_urgency_0_to_4"),
            models.CheckConstraint(
                condition=Q(lon__isnull=True, lat__isnull=True)
                | Q(lon__gte=-180, lon__lte=180, lat__gte=-90, lat__lte=90),
                name="incident_position_on_the_globe",
            ),
        ]
        indexes = [
            models.Index(fields=["operation", "state", "-updated_at"]),
            models.Index(fields=["operation", "-updated_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"


class IncidentPost(models.Model):
    """A lead that backs an incident. `origin` remembers the incident it came with before a merge."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="backing")
    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="backed")
    origin = models.ForeignKey(
        Incident, null=True, on_delete=models.SET_NULL, related_name="lent_posts"
    )
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["incident", "lead"], name="incident_post_once")
        ]


class IncidentRevision(models.Model):
    """What one edit changed: {field: [before, after]}. The incident's history."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="revisions")
    version = models.PositiveIntegerField()
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    changes = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["incident", "version"], name="revision_version_once")
        ]


class Column(models.Model):
    """A column of a person's board: a watch, a filter, "to do", "mine"."""

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="columns")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="columns"
    )
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=20)
    """watch, search, todo, mine, kept, incidents; open list."""
    watch = models.ForeignKey(Watch, null=True, on_delete=models.CASCADE, related_name="+")
    settings = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["operation", "user", "position"])]
