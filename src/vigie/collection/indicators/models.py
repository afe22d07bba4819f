"""Indicators, their measures, and what an operation follows of them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from vigie.operations.models import Operation


class Indicator(models.Model):
    """Something officially measured, as one source describes it."""

    source = models.ForeignKey(
        "collection.Source", on_delete=models.CASCADE, related_name="indicators", db_index=False
    )
    key = models.CharField(max_length=200)
    kind = models.CharField(max_length=40)
    """level, flow, flood_colour, vigilance, warning, road, disaster_order …; open list."""
    name = models.CharField(max_length=200)
    unit = models.CharField(max_length=20, blank=True)
    station = models.CharField(max_length=60, blank=True)
    river = models.CharField(max_length=120, blank=True)
    phenomenon = models.CharField(max_length=40, blank=True)
    authority = models.CharField(max_length=120, blank=True)
    url = models.TextField(blank=True)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    geometry = models.JSONField(null=True)
    areas = models.JSONField(default=list)
    """INSEE codes of communes, codes of départements."""
    references = models.JSONField(default=list)
    """[{"name", "value"}], lowest first."""
    fresh_s = models.PositiveIntegerField(null=True)
    seen_s = models.PositiveIntegerField(null=True)
    event = models.BooleanField(default=False)
    automatic = models.BooleanField(default=False)
    digest = models.CharField(max_length=32)
    """Of the description: tells a new one from a repetition."""
    first_seen_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    latest = models.OneToOneField(
        "collection.Measure", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    """The measure observed last, whenever it arrived."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "key"], name="indicator_once_per_source"),
            models.CheckConstraint(
                condition=(
                    Q(lon__isnull=True, lat__isnull=True)
                    | Q(lon__gte=-180, lon__lte=180, lat__gte=-90, lat__lte=90)
                ),
                name="indicator_position_on_the_globe",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Measure(models.Model):
    """What an indicator said at a moment."""

    indicator = models.ForeignKey(
        Indicator, on_delete=models.CASCADE, related_name="measures", db_index=False
    )
    observed_at = models.DateTimeField()
    received_at = models.DateTimeField()
    value = models.FloatField(null=True)
    level = models.PositiveSmallIntegerField(null=True)
    """Official colour: 1 green, 2 yellow, 3 orange, 4 red."""
    state = models.CharField(max_length=40, blank=True)
    quality = models.CharField(max_length=20, blank=True)
    text = models.TextField(blank=True)
    valid_until = models.DateTimeField(null=True)
    spans = models.JSONField(default=list)
    url = models.TextField(blank=True)
    digest = models.CharField(max_length=32)
    corrections = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["indicator", "observed_at"], name="measure_once_per_moment"
            ),
            models.CheckConstraint(
                condition=Q(level__isnull=True) | Q(level__gte=1, level__lte=4),
                name="measure_colour_known",
            ),
            models.CheckConstraint(
                condition=Q(value__isnull=False) | Q(level__isnull=False) | ~Q(state=""),
                name="measure_says_something",
            ),
        ]
        indexes = [models.Index(fields=["received_at"])]


class Correction(models.Model):
    """What a measure said before its source corrected it."""

    measure = models.ForeignKey(Measure, on_delete=models.CASCADE, related_name="corrected")
    replaced_at = models.DateTimeField()
    value = models.FloatField(null=True)
    level = models.PositiveSmallIntegerField(null=True)
    state = models.CharField(max_length=40, blank=True)
    quality = models.CharField(max_length=20, blank=True)
    text = models.TextField(blank=True)
    valid_until = models.DateTimeField(null=True)


class Following(models.Model):
    """An operation follows an indicator: its limits, and what was last told of it."""

    operation = models.ForeignKey(
        Operation, on_delete=models.CASCADE, related_name="followings", db_index=False
    )
    indicator = models.ForeignKey(Indicator, on_delete=models.CASCADE, related_name="followings")
    since = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    """None: the operation follows it by itself (events, colours of its territory)."""
    active = models.BooleanField(default=True)
    """False: somebody put it away; it does not come back by itself."""
    rise_per_h = models.FloatField(null=True)
    """Unit per hour from which on a rise is told; None: never."""
    over_s = models.PositiveIntegerField(default=3600)
    """The time that a rise is measured over."""
    judged_at = models.DateTimeField(null=True)
    """Observation time of the newest measure compared with the limits."""
    judged_value = models.FloatField(null=True)
    judged_level = models.PositiveSmallIntegerField(null=True)
    judged_state = models.CharField(max_length=40, blank=True)
    rising = models.BooleanField(default=False)
    silent = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["operation", "indicator"], name="following_once_per_operation"
            ),
            models.CheckConstraint(
                condition=Q(rise_per_h__isnull=True) | Q(rise_per_h__gt=0),
                name="following_rise_above_zero",
            ),
            models.CheckConstraint(
                condition=Q(over_s__gte=600, over_s__lte=86400), name="following_over_a_time"
            ),
        ]


class Threshold(models.Model):
    """A value of a followed indicator at which something is to be told."""

    following = models.ForeignKey(
        Following, on_delete=models.CASCADE, related_name="thresholds", db_index=False
    )
    name = models.CharField(max_length=80)
    value = models.FloatField()
    origin = models.CharField(max_length=20, default="own")
    """own (somebody wrote it), reference (a flood of the past, as the source names it)."""
    above = models.BooleanField(null=True)
    """Whether the last measure was at or above it; None: not compared yet."""
    changed_at = models.DateTimeField(null=True)
    """Observation time of the last crossing."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["following", "value"], name="threshold_value_once"),
        ]
