"""What the public reads of a claim: a page whose every version stays."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from vigie.verification.models.claims import Claim
from vigie.verification.models.evidence import Evidence


class FactCheck(models.Model):
    """The public page of a claim (French: vérification). `draft` is what is being written.

    `draft`: {language: {text: words}} with the texts of `factcheck_rules.TEXTS`; `draft_digest` names
    the page (words, signature, picture, sources) as its last writer had it before the eyes. Two
    different people have to stand behind one digest before it is published (`FactCheckApproval`).
    `signed` is the organisation that answers; never a person.
    """

    claim = models.OneToOneField(Claim, on_delete=models.CASCADE, related_name="fact_check")
    slug = models.CharField(max_length=80)
    draft = models.JSONField(default=dict)
    draft_digest = models.CharField(max_length=64, blank=True)
    signed = models.CharField(max_length=120, blank=True)
    picture = models.CharField(max_length=120, blank=True)
    """The picture for the page, written anew with its faces blurred; empty without one."""
    picture_of = models.ForeignKey(Evidence, null=True, on_delete=models.RESTRICT, related_name="+")
    """The evidence it was made of, which stays as it is in the locker."""
    current = models.ForeignKey(
        "FactCheckVersion", null=True, on_delete=models.RESTRICT, related_name="+"
    )
    updated_at = models.DateTimeField()
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    version = models.PositiveIntegerField(default=1)
    """Of the draft: an edit of an older one is refused in words, never overwritten."""


class FactCheckVersion(models.Model):
    """The page as it was published, corrected or withdrawn at one time; never changed.

    `content` as `FactCheck.draft`; `sources` [{title, url, archived_at, sha256, kind}] as
    they stood;
    `why` says what was wrong with the one before (correction, withdrawal).
    """

    fact_check = models.ForeignKey(FactCheck, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10)
    """published, corrected or withdrawn."""
    verdict = models.CharField(max_length=16)
    content = models.JSONField()
    signed = models.CharField(max_length=120, blank=True)
    sources = models.JSONField(default=list)
    picture = models.CharField(max_length=120, blank=True)
    media = models.JSONField(default=list)
    """[{type: image or video, sha256}] of what the claim's posts and public evidence show."""
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
            models.CheckConstraint(
                condition=Q(kind="withdrawn")
                | Q(by__isnull=False, second__isnull=False) & ~Q(by=F("second")),
                name="fact_check_published_by_two",
            ),
        ]


class FactCheckApproval(models.Model):
    """A person read a page, named by its digest, and stands behind it. Added, never changed."""

    fact_check = models.ForeignKey(FactCheck, on_delete=models.CASCADE, related_name="approvals")
    digest = models.CharField(max_length=64)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["fact_check", "digest"])]


class AnswersReady(models.Model):
    """The ready-made answers of a published version, handed to the communication desk."""

    version = models.OneToOneField(
        FactCheckVersion, on_delete=models.CASCADE, related_name="answers"
    )
    at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)
    """When a communicator took them up."""
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        indexes = [models.Index(fields=["taken_at"])]
