"""Rules, the ways out, the alerts that rules raised, and what was sent about them.

`Cursor` is how far the journal of an operation was read; alerts, what is due to be sent and the
cursor change in one transaction, so that whatever is killed, each fact is judged once.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from vigie.collection.models import Watch
from vigie.operations.models import Operation

USER = settings.AUTH_USER_MODEL
ALERT_STATES = ("open", "acknowledged", "over")
DELIVERY_STATES = ("waiting", "sent", "stuck", "dropped")


class Channel(models.Model):
    """A way out of an operation: a notifier plugin, its configuration, how it does."""

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="channels")
    name = models.CharField(max_length=80)
    plugin = models.CharField(max_length=60)
    sealed = models.TextField()
    """The configuration, encrypted (see `sealing`)."""
    shown = models.CharField(max_length=200, blank=True)
    """Where it leads, without any secret."""
    roles = models.JSONField(default=list)
    """Roles whose people it reaches, for those that reach people (e-mail, devices)."""
    language = models.CharField(max_length=8, default="fr")
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(USER, null=True, on_delete=models.PROTECT, related_name="+")
    last_success_at = models.DateTimeField(null=True)
    last_failure_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    """In a row."""
    error_code = models.CharField(max_length=60, blank=True)
    error_detail = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["operation", "name"], name="channel_name_once")
        ]

    def __str__(self) -> str:
        return self.name


class Device(models.Model):
    """A browser that a person allowed to be notified (a Web Push subscription)."""

    user = models.ForeignKey(USER, on_delete=models.CASCADE, related_name="devices")
    digest = models.CharField(max_length=64, unique=True)
    """SHA-256 of its endpoint: a browser that subscribes again is the same device."""
    sealed = models.TextField()
    """Endpoint and keys, encrypted: who has them can write to the person's screen."""
    label = models.CharField(max_length=80)
    created_at = models.DateTimeField()
    last_success_at = models.DateTimeField(null=True)


class Rule(models.Model):
    """When to raise an alert, and how to tell of it. `settings` belong to `kind` (see `kinds`)."""

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="alert_rules")
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=30)
    settings = models.JSONField(default=dict)
    active = models.BooleanField(default=True)
    urgent = models.BooleanField(default=False)
    """Told at once even in quiet hours."""
    group_s = models.PositiveIntegerField(default=0)
    """How long the first message waits for others to join it."""
    repeat_s = models.PositiveIntegerField(default=1800)
    """The least time between two messages about the same thing."""
    quiet_from = models.TimeField(null=True)
    quiet_until = models.TimeField(null=True)
    since_seq = models.BigIntegerField(default=0)
    """Entries of the journal up to this one were before the rule: it does not judge them."""
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(USER, null=True, on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["operation", "name"], name="alert_rule_name_once"),
            models.CheckConstraint(
                condition=Q(quiet_from__isnull=True, quiet_until__isnull=True)
                | Q(quiet_from__isnull=False, quiet_until__isnull=False),
                name="alert_rule_quiet_hours_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class RuleChannel(models.Model):
    """A way out of a rule: at once (`after_s` 0), or when nobody acknowledged for so long."""

    rule = models.ForeignKey(Rule, on_delete=models.CASCADE, related_name="ways")
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="ways")
    after_s = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rule", "channel", "after_s"], name="alert_way_once")
        ]


class Alert(models.Model):
    """Something a rule found, told as one thing however often it was found.

    `key` is what the rule groups by ("watch:3", "place:91471"); at most one alert of a rule and a
    key is open. `facts` say why, as data; they are put into words for whoever reads them.
    """

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="alerts")
    rule = models.ForeignKey(Rule, null=True, on_delete=models.SET_NULL, related_name="alerts")
    number = models.PositiveIntegerField()
    """Counts from 1 within the operation."""
    kind = models.CharField(max_length=30)
    key = models.CharField(max_length=120)
    title = models.CharField(max_length=80)
    """The rule's name as it was."""
    urgent = models.BooleanField(default=False)
    state = models.CharField(max_length=14, default="open")
    facts = models.JSONField(default=dict)
    subject_kind = models.CharField(max_length=40, blank=True)
    subject_id = models.BigIntegerField(null=True)
    count = models.PositiveIntegerField(default=1)
    opened_at = models.DateTimeField()
    last_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    """When the next message about it goes; None: nothing to say."""
    held = models.BooleanField(default=False)
    """`due_at` is the end of quiet hours."""
    told_at = models.DateTimeField(null=True)
    told_count = models.PositiveIntegerField(default=0)
    messages = models.PositiveIntegerField(default=0)
    first_told_at = models.DateTimeField(null=True)
    step_s = models.PositiveIntegerField(default=0)
    """The last step of the escalation that was told, in seconds after the first message."""
    step_at = models.DateTimeField(null=True)
    """When the next step is told if nobody acknowledges."""
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(USER, null=True, on_delete=models.SET_NULL, related_name="+")
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["operation", "number"], name="alert_number_once"),
            models.UniqueConstraint(
                fields=["rule", "key"], condition=Q(state="open"), name="alert_open_once"
            ),
            models.CheckConstraint(condition=Q(state__in=ALERT_STATES), name="alert_state_known"),
            models.CheckConstraint(
                condition=Q(state="open", settled_at__isnull=True)
                | (~Q(state="open") & Q(settled_at__isnull=False)),
                name="alert_settled_has_a_time",
            ),
            models.CheckConstraint(
                condition=Q(last_at__gte=F("opened_at")), name="alert_last_after_first"
            ),
        ]
        indexes = [
            models.Index(fields=["operation", "state", "-last_at"]),
            models.Index(fields=["rule", "key", "-id"]),
            models.Index(
                fields=["due_at"], condition=Q(due_at__isnull=False), name="alert_to_tell"
            ),
            models.Index(
                fields=["step_at"], condition=Q(step_at__isnull=False), name="alert_to_escalate"
            ),
        ]

    def __str__(self) -> str:
        return f"alert {self.number}"


class Delivery(models.Model):
    """One message on its way to one destination. `key` makes it one however often it is tried."""

    alert = models.ForeignKey(Alert, null=True, on_delete=models.CASCADE, related_name="deliveries")
    """None: a test of the channel."""
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="deliveries")
    key = models.CharField(max_length=120, unique=True)
    reason = models.CharField(max_length=20)
    """opened, more, escalated, over, test."""
    user = models.ForeignKey(USER, null=True, on_delete=models.CASCADE, related_name="+")
    device = models.ForeignKey(Device, null=True, on_delete=models.SET_NULL, related_name="+")
    address = models.CharField(max_length=254, blank=True)
    language = models.CharField(max_length=8, default="fr")
    state = models.CharField(max_length=10, default="waiting")
    """dropped: there is nobody at that address any more, or the channel was closed meanwhile."""
    attempts = models.PositiveSmallIntegerField(default=0)
    code = models.CharField(max_length=60, blank=True)
    detail = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=DELIVERY_STATES), name="delivery_state_known"
            ),
            models.CheckConstraint(
                condition=Q(state="sent", sent_at__isnull=False)
                | (~Q(state="sent") & Q(sent_at__isnull=True)),
                name="delivery_sent_has_a_time",
            ),
        ]
        indexes = [models.Index(fields=["channel", "-id"])]


class Cursor(models.Model):
    """How far rules have judged an operation's journal, and when they last looked around."""

    operation = models.OneToOneField(
        Operation, primary_key=True, on_delete=models.CASCADE, related_name="+"
    )
    seq = models.BigIntegerField(default=0)
    looked_at = models.DateTimeField(null=True)


class Pulse(models.Model):
    """How many posts answered a watch in one span of five minutes: the past a burst is seen by."""

    watch = models.ForeignKey(Watch, on_delete=models.CASCADE, related_name="+", db_index=False)
    at = models.DateTimeField()
    hits = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["watch", "at"], name="pulse_once")]
        indexes = [models.Index(fields=["at"])]


class Awaited(models.Model):
    """Something that should be answered by `due_at`: a hand-off a partner has to acknowledge."""

    rule = models.ForeignKey(Rule, on_delete=models.CASCADE, related_name="awaited")
    subject_kind = models.CharField(max_length=40)
    subject_id = models.BigIntegerField()
    since = models.DateTimeField()
    due_at = models.DateTimeField()
    facts = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "subject_kind", "subject_id"], name="awaited_once"
            )
        ]
        indexes = [models.Index(fields=["rule", "due_at"])]
