"""Help asked for: the need, everybody who asked for it, what was said and every call."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from vigie.assistance.decide_needs import CLOSINGS, STATES
from vigie.operations.models import Operation
from vigie.triage.models import Incident, Lead


class Need(models.Model):
    """Help that somebody asks for (French: demande).

    What could tell who they are stands in `sealed` (see `assistance.sealing`): address, access,
    words, vulnerabilities, exact position. Open columns are what the queue sorts, filters and draws
    by: `level` 1 life … 4 can wait, `lon`/`lat` to the nearest 0.001° (some 100 m), the commune.
    `due_at` is when somebody must look at it (again); None exactly when it is closed. `told` is what
    the person said last and nobody has read: changed, safe, withdrawn. `merged_into` names the need
    of the same household that stands for it.
    """

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="needs")
    number = models.PositiveIntegerField()
    """Counts from 1 within the operation: people say "la demande 12"."""
    kind = models.CharField(max_length=24)
    level = models.PositiveSmallIntegerField()
    level_by_person = models.BooleanField(default=False)
    reasons = models.JSONField(default=list)
    """Codes of `decide_triage`, the weightiest first."""
    state = models.CharField(max_length=12, default="new")
    due_at = models.DateTimeField(null=True)
    holder = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    held_until = models.DateTimeField(null=True)
    told = models.CharField(max_length=12, blank=True)
    persons = models.PositiveIntegerField(null=True)
    water_cm = models.PositiveIntegerField(null=True)
    language = models.CharField(max_length=8, blank=True)
    place_name = models.CharField(max_length=120, blank=True)
    """The commune's name, or what stands for it."""
    place_code = models.CharField(max_length=5, blank=True)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    precision_m = models.PositiveIntegerField(null=True)
    place_key = models.CharField(max_length=32, blank=True)
    """Fingerprint of the address, as far as it is known to the house number."""
    sealed = models.BinaryField(default=bytes)
    incident = models.ForeignKey(
        Incident, null=True, on_delete=models.SET_NULL, related_name="needs"
    )
    merged_into = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="merged"
    )
    arrived_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)
    closing = models.CharField(max_length=16, blank=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    forgotten_at = models.DateTimeField(null=True)
    """When what could tell who they are was deleted."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["operation", "number"], name="need_number_once"),
            models.CheckConstraint(condition=Q(state__in=STATES), name="need_state_known"),
            models.CheckConstraint(
                condition=Q(level__gte=1, level__lte=4), name="need_level_1_to_4"
            ),
            models.CheckConstraint(
                condition=Q(closing="") | Q(closing__in=CLOSINGS), name="need_closing_known"
            ),
            models.CheckConstraint(
                condition=(
                    Q(state="closed", due_at__isnull=True, closed_at__isnull=False)
                    & Q(closed_by__isnull=False)
                    & ~Q(closing="")
                )
                | (
                    ~Q(state="closed")
                    & Q(due_at__isnull=False, closed_at__isnull=True, closed_by__isnull=True)
                    & Q(closing="")
                ),
                name="need_is_due_or_closed_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(holder__isnull=True) | Q(held_until__isnull=False),
                name="need_hold_has_an_end",
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | Q(state="closed", closing="duplicate"),
                name="need_merged_is_closed",
            ),
        ]
        indexes = [
            models.Index(
                fields=["operation", "level", "due_at", "id"],
                condition=~Q(state="closed"),
                name="need_queue",
            ),
            models.Index(fields=["operation", "state", "-id"], name="need_by_state"),
            models.Index(fields=["operation", "place_code", "state"], name="need_by_commune"),
            models.Index(
                fields=["operation", "place_key"],
                condition=~Q(place_key=""),
                name="need_by_address",
            ),
            models.Index(
                fields=["holder", "held_until"], condition=Q(holder__isnull=False), name="need_held"
            ),
        ]

    def __str__(self) -> str:
        return f"need {self.number}"


class Contact(models.Model):
    """Somebody who asked for a need: the person, a neighbour, a daughter far away, a post's account.

    `sealed` holds name, phone, e-mail. Everybody attached keeps being answered, also when their need
    was merged: `follow_digest` is of the secret in their private link. `consent`: they agreed that
    their contact may be passed to who helps (None: not asked). `safe_at`, `withdrawn_at`: they said
    so themselves.
    """

    need = models.ForeignKey(Need, on_delete=models.CASCADE, related_name="contacts")
    origin = models.CharField(max_length=12)
    """form, phone, post, sms, email; open list."""
    relation = models.CharField(max_length=12, default="self")
    """self, family, neighbour, carer, other, unknown."""
    lead = models.ForeignKey(Lead, null=True, on_delete=models.SET_NULL, related_name="contacts")
    language = models.CharField(max_length=8, blank=True)
    sealed = models.BinaryField(default=bytes)
    phone_key = models.CharField(max_length=32, blank=True)
    email_key = models.CharField(max_length=32, blank=True)
    consent = models.BooleanField(null=True)
    consent_at = models.DateTimeField(null=True)
    follow_digest = models.CharField(max_length=64, unique=True)
    request_key = models.CharField(max_length=64, unique=True)
    """The form's or gateway's own key: the same request sent twice is one."""
    asked_at = models.DateTimeField()
    safe_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    """When they last opened their link."""

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(consent__isnull=True) | Q(consent_at__isnull=False),
                name="contact_consent_at_a_time",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["phone_key"], condition=~Q(phone_key=""), name="contact_by_phone"),
            models.Index(fields=["email_key"], condition=~Q(email_key=""), name="contact_by_email"),
        ]


class NeedNote(models.Model):
    """What was said or done about a need, sealed; only added. `kind`: asked, changed, safe,
    withdrawn (the person); note, sorted, closed, reopened, merged, answer (ours: read by them)."""

    need = models.ForeignKey(Need, on_delete=models.CASCADE, related_name="notes")
    contact = models.ForeignKey(Contact, null=True, on_delete=models.SET_NULL, related_name="notes")
    kind = models.CharField(max_length=12)
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    sealed = models.BinaryField(default=bytes)

    class Meta:
        indexes = [models.Index(fields=["need", "-id"])]


class Call(models.Model):
    """A call back that was made. `outcome`: reached, no_answer, voicemail, busy, wrong_number,
    refused, language; `again_at` when the next one was promised."""

    need = models.ForeignKey(Need, on_delete=models.CASCADE, related_name="calls")
    contact = models.ForeignKey(Contact, null=True, on_delete=models.SET_NULL, related_name="calls")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    outcome = models.CharField(max_length=16)
    again_at = models.DateTimeField(null=True)
    sealed = models.BinaryField(default=bytes)

    class Meta:
        indexes = [models.Index(fields=["need", "-id"]), models.Index(fields=["by", "-at"])]
