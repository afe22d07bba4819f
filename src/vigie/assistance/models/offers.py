"""Help offered, and offers brought together with needs."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from vigie.assistance.decide_matches import OPEN_STATES as OPEN_MATCHES
from vigie.assistance.decide_matches import STATES as MATCH_STATES
from vigie.assistance.models.needs import Need
from vigie.operations.models import Operation

OFFER_STATES = ("new", "available", "paused", "expired", "withdrawn", "refused")


class Offer(models.Model):
    """Help that somebody offers (French: offre).

    `sealed` holds name, phone, e-mail, address, conditions. `quantity` counts beds, seats, pumps,
    people …, as its kind counts; `used` what agreed matches take of it. It is proposed from
    `available_from` to `available_until` and must be confirmed anew by `confirm_by`.
    """

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="offers")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=24)
    state = models.CharField(max_length=12, default="new")
    quantity = models.PositiveIntegerField(null=True)
    used = models.PositiveIntegerField(default=0)
    place_name = models.CharField(max_length=120, blank=True)
    place_code = models.CharField(max_length=5, blank=True)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    reach_km = models.PositiveIntegerField(null=True)
    """How far they would go; None: they stay where they are."""
    available_from = models.DateTimeField(null=True)
    available_until = models.DateTimeField(null=True)
    confirm_by = models.DateTimeField()
    language = models.CharField(max_length=8, blank=True)
    sealed = models.BinaryField(default=bytes)
    phone_key = models.CharField(max_length=32, blank=True)
    email_key = models.CharField(max_length=32, blank=True)
    follow_digest = models.CharField(max_length=64, unique=True)
    request_key = models.CharField(max_length=64, unique=True)
    offered_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)
    forgotten_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["operation", "number"], name="offer_number_once"),
            models.CheckConstraint(condition=Q(state__in=OFFER_STATES), name="offer_state_known"),
        ]  # fmt: skip
        indexes = [models.Index(fields=["operation", "state", "kind"], name="offer_by_kind")]

    def __str__(self) -> str:
        return f"offer {self.number}"


class Match(models.Model):
    """An offer brought to a need. `score` and `reasons` are why it was proposed; `due_at` is when
    somebody must look at it (again), None exactly when it has ended."""

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="matches")
    need = models.ForeignKey(Need, on_delete=models.CASCADE, related_name="matches")
    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, related_name="matches")
    state = models.CharField(max_length=12, default="proposed")
    need_says = models.BooleanField(null=True)
    offer_says = models.BooleanField(null=True)
    quantity = models.PositiveIntegerField(default=1)
    score = models.FloatField(default=0)
    reasons = models.JSONField(default=list)
    due_at = models.DateTimeField(null=True)
    proposed_at = models.DateTimeField()
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    updated_at = models.DateTimeField()
    sealed = models.BinaryField(default=bytes)
    """Notes, and why it failed."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["need", "offer"], condition=Q(state__in=OPEN_MATCHES),
                name="match_once_at_a_time",
            ),
            models.CheckConstraint(condition=Q(state__in=MATCH_STATES), name="match_state_known"),
            models.CheckConstraint(
                condition=Q(state__in=OPEN_MATCHES, due_at__isnull=False)
                | (~Q(state__in=OPEN_MATCHES) & Q(due_at__isnull=True)),
                name="match_is_due_or_ended",
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["operation", "state", "due_at"], name="match_by_state")]
