"""Situation reports: numbered, approved by a second person, frozen as of a journal entry."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from vigie.operations.models import Operation

REPORT_STATES = ("draft", "proposed", "frozen")


class SituationReport(models.Model):
    """One point de situation. `content` is the structure people edit; when frozen it never changes.

    `as_of_seq` is the journal entry it tells up to, `since_seq` the previous report's.
    """

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="reports")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=12, default="draft")
    since_seq = models.BigIntegerField()
    as_of_seq = models.BigIntegerField()
    period_from = models.DateTimeField()
    period_to = models.DateTimeField()
    content = models.JSONField()
    document = models.JSONField(null=True)
    """The report as laid out when it was frozen, map included: every format is written from it."""
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    frozen_at = models.DateTimeField(null=True)
    frozen_sha256 = models.CharField(max_length=64, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["operation", "number"], name="report_number_once"),
            models.CheckConstraint(condition=Q(state__in=REPORT_STATES), name="report_state_known"),
            models.CheckConstraint(
                condition=Q(since_seq__lte=F("as_of_seq")), name="report_covers_forward"
            ),
            models.CheckConstraint(
                condition=~Q(state="frozen")
                | Q(frozen_at__isnull=False, approved_by__isnull=False)
                & ~Q(approved_by=F("proposed_by")),
                name="report_frozen_by_a_second_person",
            ),
        ]

    def __str__(self) -> str:
        return f"report {self.number}"
