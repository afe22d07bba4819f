"""Partners, what was handed to them, by which ways it went and what they answered."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from vigie.assistance.decide_handoffs import ENDED, STATES
from vigie.assistance.models.needs import Need
from vigie.operations.models import Operation
from vigie.triage.models import Incident

HANDOFF_KINDS = ("first", "update", "cancel")


class Partner(models.Model):
    """An authority served in an operation (CODIS, COD, Département, commune).

    `people` answer for it on their screen (none named: everybody with the partner's role). `sealed`
    holds the telephone of the flash and identifiers for standard messages. `answer_s` is the time
    agreed for an acknowledgement, in seconds.
    """

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="partners")
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=16, default="other")
    """sdis, prefecture, departement, commune, samu, police, other; open list."""
    answer_s = models.PositiveIntegerField(default=600)
    people = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+", blank=True)
    sealed = models.BinaryField(default=bytes)
    created_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["operation", "name"], condition=Q(archived_at__isnull=True),
                name="partner_name_once",
            ),
            models.CheckConstraint(
                condition=Q(answer_s__gte=60, answer_s__lte=86_400), name="partner_answers_in_a_day"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name


class HandOff(models.Model):
    """A transmission to a partner (French: transmission) of an incident or a need.

    `sealed` is what was sent, as it was: rating, place, time, media, what is asked. An update or a
    cancellation names the `first` it belongs to. `flash`: they were called first (`called` who,
    `called_at` when). `due_at` is when the desk looks at it again, None exactly when it has ended.
    """

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="handoffs")
    number = models.PositiveIntegerField()
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="handoffs")
    need = models.ForeignKey(Need, null=True, on_delete=models.PROTECT, related_name="handoffs")
    incident = models.ForeignKey(
        Incident, null=True, on_delete=models.PROTECT, related_name="handoffs"
    )
    kind = models.CharField(max_length=8, default="first")
    first = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="later")
    state = models.CharField(max_length=12, default="sent")
    level = models.PositiveSmallIntegerField()
    """As the need's: 1 life … 4 can wait."""
    sealed = models.BinaryField(default=bytes)
    flash = models.BooleanField(default=False)
    called = models.CharField(max_length=120, blank=True)
    called_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField()
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    answer_by = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    answer_digest = models.CharField(max_length=64, unique=True)
    """Of the secret in the e-mail's link."""
    message_id = models.CharField(max_length=120, blank=True)
    """Under which standard messages (EMSI, CAP) name it."""
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["operation", "number"], name="handoff_number_once"),
            models.CheckConstraint(condition=Q(state__in=STATES), name="handoff_state_known"),
            models.CheckConstraint(condition=Q(kind__in=HANDOFF_KINDS), name="handoff_kind_known"),
            models.CheckConstraint(
                condition=Q(need__isnull=False, incident__isnull=True)
                | Q(need__isnull=True, incident__isnull=False),
                name="handoff_of_one_thing",
            ),
            models.CheckConstraint(
                condition=Q(kind="first", first__isnull=True)
                | (~Q(kind="first") & Q(first__isnull=False)),
                name="handoff_later_names_the_first",
            ),
            models.CheckConstraint(
                condition=Q(state__in=ENDED, due_at__isnull=True)
                | (~Q(state__in=ENDED) & Q(due_at__isnull=False)),
                name="handoff_is_due_or_ended",
            ),
            models.CheckConstraint(
                condition=Q(flash=False) | (~Q(called="") & Q(called_at__isnull=False)),
                name="handoff_flash_was_called",
            ),
        ]
        indexes = [
            models.Index(fields=["partner", "state", "level", "-id"], name="handoff_inbox"),
            models.Index(
                fields=["operation", "due_at"], condition=Q(due_at__isnull=False),
                name="handoff_due",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"hand-off {self.number}"


class HandOffAnswer(models.Model):
    """What a partner said of a hand-off; only added. `via`: screen, link, webhook, phone (written
    down by us)."""

    handoff = models.ForeignKey(HandOff, on_delete=models.CASCADE, related_name="answers")
    said = models.CharField(max_length=12)
    at = models.DateTimeField()
    via = models.CharField(max_length=12)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    name = models.CharField(max_length=120, blank=True)
    """Who said it, when they have no account here."""
    changed = models.BooleanField()
    """False when it told nothing new."""
    sealed = models.BinaryField(default=bytes)
    """Their words."""
