"""Feeds of checks by others that are fetched by themselves, and the pages their entries lead to."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.db import models
from django.db.models import Q

from vigie.operations.models import Operation

FEED_STATES: Final = ("new", "ok", "failing", "stuck")
ENTRY_STATES: Final = ("waiting", "read", "none", "failed")


class KnownFeed(models.Model):
    """An address at which others publish their checks; read for all operations.

    `name` is the `feed` of its checks (KnownClaim). `operation`: where it was added, whose journal
    tells of it. `code` and `detail` say why the last visit failed, in state failing (tried again
    soon) or stuck (once a day, until a person asks). `next_at` is when it is visited next.
    """

    address = models.CharField(max_length=500, unique=True)
    name = models.CharField(max_length=200, unique=True)
    language = models.CharField(max_length=8, blank=True)
    """Of checks that do not say theirs."""
    interval_s = models.PositiveIntegerField(default=3600)
    operation = models.ForeignKey(Operation, null=True, on_delete=models.SET_NULL, related_name="+")
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    paused_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=8, default="new")
    code = models.CharField(max_length=60, blank=True)
    detail = models.CharField(max_length=300, blank=True)
    failures = models.PositiveIntegerField(default=0)
    """Failed visits since the last that went well."""
    form = models.CharField(max_length=12, blank=True)
    """What it was read as: reviews, page, entries."""
    next_at = models.DateTimeField()
    asked_at = models.DateTimeField(null=True)
    """Since when a visit is asked for and not over."""
    fetched_at = models.DateTimeField(null=True)
    succeeded_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    etag = models.CharField(max_length=500, blank=True)
    last_modified = models.CharField(max_length=200, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    """Of the document that was read last: the same one is not read again."""
    refused_number = models.PositiveIntegerField(default=0)
    refused = models.JSONField(default=list)
    """[{row, code, said}] of what the last document held and could not be used; the first 200."""

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=FEED_STATES), name="known_feed_state"),
            models.CheckConstraint(
                condition=~Q(state__in=("failing", "stuck")) | ~Q(code=""),
                name="known_feed_failure_says_why",
            ),
            models.CheckConstraint(
                condition=Q(interval_s__gte=600, interval_s__lte=604_800),
                name="known_feed_interval_10_min_to_a_week",
            ),
        ]
        indexes = [models.Index(fields=["next_at"])]

    def __str__(self) -> str:
        return f"known feed {self.pk}"


class KnownEntry(models.Model):
    """A page that an entry of a feed leads to. `digest` is of what the feed says of it: when that
    changes, the page is read again. `keys`: the checks (KnownClaim.key) that it carried."""

    feed = models.ForeignKey(KnownFeed, on_delete=models.CASCADE, related_name="entries")
    url = models.CharField(max_length=500)
    title = models.CharField(max_length=300, blank=True)
    digest = models.CharField(max_length=32)
    state = models.CharField(max_length=8, default="waiting")
    code = models.CharField(max_length=60, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    read_at = models.DateTimeField(null=True)
    keys = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["feed", "url"], name="known_entry_once"),
            models.CheckConstraint(condition=Q(state__in=ENTRY_STATES), name="known_entry_state"),
            models.CheckConstraint(
                condition=~Q(state="failed") | ~Q(code=""), name="known_entry_failure_says_why"
            ),
        ]
        indexes = [models.Index(fields=["feed", "state"])]
