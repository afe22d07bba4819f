"""What the public reads of a claim: a page whose every version stays."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from vigie.verification.models.claims import Claim


class FactCheck(models.Model):
    """The public page of a claim (French: vérification). `draft` is what is being written.

    `draft`: {language: {title, claim, known, unknown, advice, short, medium, long}}; `draft_digest`
    names those words, which the second reader has to have agreed to before they are published.
    """

    claim = models.OneToOneField(Claim, on_delete=models.CASCADE, related_name="fact_check")
    slug = models.CharField(max_length=80)
    draft = models.JSONField(default=dict)
    draft_digest = models.CharField(max_length=64, blank=True)
    current = models.ForeignKey(
        "FactCheckVersion", null=True, on_delete=models.PROTECT, related_name="+"
    )
    updated_at = models.DateTimeField()
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    version = models.PositiveIntegerField(default=1)
    """Of the draft: an edit of an older one is refused in words, never overwritten."""


class FactCheckVersion(models.Model):
    """The page as it was published, corrected or withdrawn at one time; never changed.

    `content` as `FactCheck.draft`; `sources` [{title, url, archived_at, sha256}] as they stood;
    `why` says what was wrong with the one before (correction, withdrawal).
    """

    fact_check = models.ForeignKey(FactCheck, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10)
    """published, corrected or withdrawn."""
    verdict = models.CharField(max_length=16)
    content = models.JSONField()
    sources = models.JSONField(default=list)
    picture = models.CharField(max_length=120, blank=True)
    why = models.JSONField(default=dict)
    """{language: words}; empty of the first."""
    digest = models.CharField(max_length=64)
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    second = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["fact_check", "number"], name="fact_check_version_once"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=("published", "corrected", "withdrawn")),
                name="fact_check_version_kind_known",
            ),
        ]
