"""An objection and the hashes of the accounts it is about."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q


class Objection(models.Model):
    """Somebody objected to being collected, or was erased and is not to come back.

    Who it is stands nowhere: only who knows an account and has the installation's key can tell
    whether it is meant. When it ends the hashes go and the row stays, as proof of the decision.
    """

    network = models.CharField(max_length=30, blank=True)
    """"" for every network."""
    origin = models.CharField(max_length=20, default="request")
    """request (the person objected), erasure (added when the person was erased)."""
    reason = models.TextField()
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    """None: at the command line."""
    until = models.DateTimeField(null=True)
    """None: until it is withdrawn."""
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    end_reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="objection_has_a_reason"),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gt=F("at")),
                name="objection_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=False) | Q(end_reason=""),
                name="objection_end_reason_when_ended",
            ),
        ]


class ObjectedAccount(models.Model):
    """One way an account of an objection is named: a handle or an id, as a keyed hash."""

    objection = models.ForeignKey(
        Objection, on_delete=models.CASCADE, related_name="accounts", db_index=False
    )
    digest = models.CharField(max_length=64, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["objection", "digest"], name="objected_account_once_per_objection"
            ),
        ]
