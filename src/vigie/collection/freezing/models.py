"""A frozen post: what it said when somebody decided, in writing, that it must be kept."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from vigie.operations.models import Operation


class Freeze(models.Model):
    """A decision of one operation about one post, and the copy it keeps.

    The post itself goes when its source takes it back; this copy stays for the operation that
    decided, until somebody lifts the decision or its time is over. Then the copy goes and the row
    stays, as proof of who decided what and why.
    """

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="freezes")
    post = models.ForeignKey("collection.Post", on_delete=models.CASCADE, related_name="freezes")
    reason = models.TextField()
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    content = models.JSONField(default=dict)
    """text, url, network, language, published_at, author {id, handle, name}; {} once lifted."""
    payload = models.BinaryField(default=bytes)
    """The raw item (zlib), as the post keeps it."""
    sha256 = models.CharField(max_length=64)
    """Of the raw item and the content when it was frozen; stays as proof of what was kept."""
    withdrawn_at = models.DateTimeField(null=True)
    """When the source's deletion, or our own calendar, emptied the post."""
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    """None with `lifted_at`: its time was over."""
    lifted_why = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["operation", "post"],
                condition=Q(lifted_at__isnull=True),
                name="freeze_once_at_a_time",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="freeze_has_a_reason"),
            models.CheckConstraint(
                condition=Q(lifted_at__isnull=True)
                | (Q(lifted_at__gte=F("at"), content={}) & ~Q(lifted_why="")),
                name="freeze_lifted_keeps_no_content",
            ),
        ]

    def __str__(self) -> str:
        return f"freeze {self.pk}"


class FrozenFile(models.Model):
    """A medium of a frozen post. `blob` names the file when there is one; it outlives the post's."""

    freeze = models.ForeignKey(Freeze, on_delete=models.CASCADE, related_name="files")
    position = models.PositiveSmallIntegerField()
    type = models.CharField(max_length=20)
    url = models.TextField(blank=True)
    description = models.TextField(blank=True)
    blob = models.CharField(max_length=120, blank=True, db_index=True)
    sha256 = models.CharField(max_length=64, blank=True)
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["freeze", "position"], name="frozen_file_position_once")
        ]
