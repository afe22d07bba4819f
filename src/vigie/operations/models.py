"""Operations: an activation, its territory, its team."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from vigie.accounts.roles import Role

PHASES = ("prepared", "active", "winding_down", "closed")
OPEN_PHASES = ("prepared", "active", "winding_down")


class Operation(models.Model):
    """An activation: flood, storm, gathering …, real or exercise."""

    slug = models.SlugField(max_length=80, unique=True)
    title = models.CharField(max_length=160)
    kind = models.CharField(max_length=30)
    """Key of `operations.kinds.KINDS`; open list."""
    phase = models.CharField(max_length=20, default="prepared")
    is_exercise = models.BooleanField(default=False)
    languages = models.JSONField(default=list)
    """ISO 639-1 codes looked for, most important first."""
    time_zone = models.CharField(max_length=60, default="Europe/Paris")
    hold_minutes = models.PositiveSmallIntegerField(default=10)
    """A post or incident taken and not touched for that long is released."""
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(phase__in=PHASES), name="operation_phase_known"),
            models.CheckConstraint(
                condition=Q(phase="closed", closed_at__isnull=False)
                | (~Q(phase="closed") & Q(closed_at__isnull=True)),
                name="operation_closed_has_a_time",
            ),
        ]
        indexes = [models.Index(fields=["phase", "-created_at"])]

    def __str__(self) -> str:
        return self.title


class TerritoryCommune(models.Model):
    """One commune of an operation's territory, copied from the gazetteer as it was."""

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="communes")
    code = models.CharField(max_length=5)
    name = models.CharField(max_length=80)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["operation", "code"], name="commune_once_per_operation")
        ]


class Membership(models.Model):
    """One role of one person in one operation."""

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField(max_length=20)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)
    """Set when the person leaves; the row stays as proof."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["operation", "user", "role"],
                condition=Q(until__isnull=True),
                name="membership_once_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(role__in=[r.value for r in Role]), name="membership_role_known"
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("since")),
                name="membership_ends_after_it_began",
            ),
        ]
        indexes = [models.Index(fields=["user", "until"])]


class Invitation(models.Model):
    """A link that lets one person (or several, until `uses_left` is 0) join with a role."""

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="invitations")
    role = models.CharField(max_length=20)
    email = models.EmailField(blank=True)
    """When given, only this address can use the link."""
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    expires_at = models.DateTimeField()
    uses_left = models.PositiveSmallIntegerField(default=1)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(role__in=[r.value for r in Role]), name="invitation_role_known"
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")), name="invitation_expires_later"
            ),
        ]


class Presence(models.Model):
    """When a person of the team was last seen in the operation, and in which room."""

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    room = models.CharField(max_length=20, blank=True)
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["operation", "user"], name="presence_once")]


class Retention(models.Model):
    """How long an operation keeps each kind of personal data, where that is not the usual time.

    Days count from the end of the operation, except for refused items (from when they came) and
    files (from when they were read). See `operations.retention`.
    """

    operation = models.OneToOneField(
        Operation, primary_key=True, on_delete=models.CASCADE, related_name="retention"
    )
    days = models.JSONField(default=dict)
    """Kind → days; the kinds of `operations.retention.KINDS`, those that are as usual left out."""
    reason = models.TextField(blank=True)
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )


class Night(models.Model):
    """A round of housekeeping: once a night, whoever of the workers writes this row first."""

    night = models.DateField(primary_key=True)
    begun_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    found = models.JSONField(default=dict)
    """Kind → how many went."""

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("begun_at")),
                name="night_ends_after_it_began",
            )
        ]
