"""Where a layer from outside comes from, and how it does."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.db import models
from django.db.models import Q

from vigie.mapping.models.layers import Layer

FEED_STATES: Final = ("new", "ok", "failing", "stuck")


class LayerFeed(models.Model):
    """The source of one layer of origin "remote" (French: calque d'ailleurs).

    `kind` names a module of `mapping.feeds`, `options` are what it asks for (collection, layer, style,
    time, opacity …), `facts` what the source said of itself (title, attribution, where its pictures
    are). `choices` tell how its documents are read (`mapping.files.types.Choices`), kept from the first
    one so that objects keep their ids. `code` and `detail` say why the last visit failed, in state
    failing (tried again soon) or stuck (once a day, until a person asks). The layer's objects are those
    of `succeeded_at`, when the source last said that this is how it is.
    """

    layer = models.OneToOneField(Layer, on_delete=models.CASCADE, related_name="feed")
    kind = models.CharField(max_length=20)
    address = models.CharField(max_length=1_000)
    options = models.JSONField(default=dict, blank=True)
    facts = models.JSONField(default=dict, blank=True)
    choices = models.JSONField(default=dict, blank=True)
    token = models.TextField(blank=True)
    """Sealed (`accounts.sealing`); "" without one."""
    interval_s = models.PositiveIntegerField(default=900)
    state = models.CharField(max_length=8, default="new")
    code = models.CharField(max_length=60, blank=True)
    detail = models.CharField(max_length=300, blank=True)
    failures = models.PositiveIntegerField(default=0)
    """Failed visits since the last that went well."""
    next_at = models.DateTimeField()
    asked_at = models.DateTimeField(null=True)
    """Since when a visit is asked for and not over."""
    succeeded_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(null=True)
    """When a visit last changed an object."""
    etag = models.CharField(max_length=500, blank=True)
    last_modified = models.CharField(max_length=200, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    """Of the document that was read last: the same one is not read again."""
    refused_number = models.PositiveIntegerField(default=0)
    refused = models.JSONField(default=list, blank=True)
    """[{number, code, detail}] of what the last document held and could not be used; the first 200."""
    paused_at = models.DateTimeField(null=True)
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=FEED_STATES), name="layer_feed_state"),
            models.CheckConstraint(
                condition=~Q(state__in=("failing", "stuck")) | ~Q(code=""),
                name="layer_feed_failure_says_why",
            ),
            models.CheckConstraint(
                condition=Q(interval_s__gte=60, interval_s__lte=604_800),
                name="layer_feed_interval_a_minute_to_a_week",
            ),
        ]
        indexes = [models.Index(fields=["next_at"])]

    def __str__(self) -> str:
        return f"feed of {self.layer_id}"
