"""The journal: audit, main courante and outbox in one."""

from __future__ import annotations

from django.conf import settings
from django.db import models

PLATFORM_CHAIN = 0
"""`chain` of entries that belong to no operation (accounts, sources of all, purges)."""


class Head(models.Model):
    """The end of one chain. Locked while an entry is appended, so `seq` has no gap."""

    chain = models.BigIntegerField(primary_key=True)
    seq = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64)


class Entry(models.Model):
    """One line of the journal. Never updated, never deleted; personal data stays out of it.

    `chain` is the operation's id (0 for the platform): the journal lies below operations and has
    no foreign key to them. `touches` names the fragments of the screens that changed.
    """

    chain = models.BigIntegerField()
    seq = models.BigIntegerField()
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    """None when the machine did it by itself (collector, job)."""
    actor = models.CharField(max_length=120)
    """The name as it was then: a person's, or the process's ("collect", "player")."""
    verb = models.CharField(max_length=60)
    """`noun.verb`, for example "incident.opened"; open list."""
    subject_kind = models.CharField(max_length=40, blank=True)
    subject_id = models.BigIntegerField(null=True, blank=True)
    text = models.TextField(blank=True)
    """What a person wrote (manual entry, reason). Never a post's text or an author's handle."""
    data = models.JSONField(default=dict)
    touches = models.JSONField(default=list)
    prev_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["chain", "seq"], name="entry_one_per_seq"),
            models.CheckConstraint(condition=models.Q(seq__gte=1), name="entry_seq_from_1"),
        ]
        indexes = [
            models.Index(fields=["chain", "verb", "-seq"]),
            models.Index(fields=["chain", "subject_kind", "subject_id", "-seq"]),
        ]

    def __str__(self) -> str:
        return f"{self.chain}/{self.seq} {self.verb}"
