"""What shows whether a claim is true, and the kept copies that prove it was there."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from vigie.operations.models import Operation
from vigie.triage.models import Lead
from vigie.verification.models.claims import Claim

KINDS = ("link", "file", "screenshot", "note", "call", "statement", "post")
BEARINGS = ("supports", "refutes", "context")
ARCHIVE_STATES = ("wanted", "kept", "refused", "stuck", "expired")


class Archive(models.Model):
    """A kept copy of a page or medium with hash and time. A later copy is another row.

    `state`: wanted (a job will), kept, refused (never to be had, `code` says why), stuck (tried and
    given up, `code` says why), expired (its time was over: contents are gone, hash and who stay). Files lie in the blob store: `wacz` holds WARC, text and screenshot.
    `status` is the page's HTTP status, `final_url` where redirects ended, `facts` what else is true
    of the copy (title, language, bytes, truncated, what was shown: cookie wall, scripts only …).
    `token` is an RFC 3161 time-stamp response over `sha256`, when an authority is configured.
    """

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="archives")
    url = models.TextField()
    final_url = models.TextField(blank=True)
    state = models.CharField(max_length=8, default="wanted")
    code = models.CharField(max_length=60, blank=True)
    status = models.PositiveSmallIntegerField(null=True)
    content_type = models.CharField(max_length=120, blank=True)
    title = models.TextField(blank=True)
    text = models.TextField(blank=True)
    wacz = models.CharField(max_length=120, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    """Of the WACZ file."""
    size = models.BigIntegerField(null=True)
    screenshot = models.CharField(max_length=120, blank=True)
    facts = models.JSONField(default=dict)
    token = models.BinaryField(null=True)
    stamped_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField()
    captured_at = models.DateTimeField(null=True)
    capturer = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    tool = models.CharField(max_length=60, blank=True)
    """`vigie@version` that wrote it."""
    replaces = models.ForeignKey(
        "self", null=True, on_delete=models.RESTRICT, related_name="later_tries"
    )
    """The row before, when somebody asked for another try or a newer copy: that one stays."""
    checked_at = models.DateTimeField(null=True)
    intact = models.BooleanField(null=True)
    """Whether the file was what its hash says when it was last looked at; None before."""
    altered_at = models.DateTimeField(null=True)
    """When it was first found altered or missing; None while it is intact."""

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=ARCHIVE_STATES), name="archive_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(state="kept")
                | (Q(captured_at__isnull=False) & ~Q(sha256="") & ~Q(wacz="")),
                name="archive_kept_is_provable",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=("refused", "stuck")) | ~Q(code=""),
                name="archive_failed_says_why",
            ),
            models.CheckConstraint(
                condition=~Q(intact=False) | Q(altered_at__isnull=False),
                name="archive_altered_since",
            ),
        ]
        indexes = [models.Index(fields=["operation", "-asked_at"]), models.Index(fields=["state"])]

    def __str__(self) -> str:
        return f"archive {self.pk}"


class Evidence(models.Model):
    """One thing that bears on a claim: link, file, screenshot, note, call, official statement, post.

    Nothing is replaced in silence: a wrong one is struck out with a reason and stays readable.
    """

    claim = models.ForeignKey(Claim, on_delete=models.CASCADE, related_name="evidence")
    kind = models.CharField(max_length=12)
    bearing = models.CharField(max_length=8, default="context")
    title = models.CharField(max_length=200)
    text = models.TextField(blank=True)
    url = models.TextField(blank=True)
    archive = models.ForeignKey(
        Archive, null=True, on_delete=models.RESTRICT, related_name="evidence"
    )
    lead = models.ForeignKey(Lead, null=True, on_delete=models.SET_NULL, related_name="+")
    blob = models.CharField(max_length=120, blank=True)
    """The file as it was handed in; what people see of a picture is written anew."""
    shown = models.CharField(max_length=120, blank=True)
    """The picture written anew, without what hides in it."""
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.BigIntegerField(null=True)
    file_name = models.CharField(max_length=255, blank=True)
    content_type = models.CharField(max_length=120, blank=True)
    facts = models.JSONField(default=dict)
    """Metadata of the file; of a call: who was called, at what number's service, at what time."""
    token = models.BinaryField(null=True)
    """An RFC 3161 time-stamp response over `sha256` of the file, when an authority is configured."""
    stamped_at = models.DateTimeField(null=True)
    checked_at = models.DateTimeField(null=True)
    intact = models.BooleanField(null=True)
    """Whether the file was what its hash says when it was last looked at; None before."""
    altered_at = models.DateTimeField(null=True)
    happened_at = models.DateTimeField(null=True)
    public = models.BooleanField(default=False)
    """Named among the sources of the public page."""
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    expired_at = models.DateTimeField(null=True)
    """When its time was over: contents are gone, hash, kind, who and when stay."""
    struck_at = models.DateTimeField(null=True)
    struck_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    struck_because = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=KINDS), name="evidence_kind_known"),
            models.CheckConstraint(
                condition=Q(bearing__in=BEARINGS), name="evidence_bearing_known"
            ),
            models.CheckConstraint(
                condition=Q(struck_at__isnull=True) | ~Q(struck_because=""),
                name="evidence_struck_for_a_reason",
            ),
            models.CheckConstraint(
                condition=~Q(intact=False) | Q(altered_at__isnull=False),
                name="evidence_altered_since",
            ),
        ]
        indexes = [models.Index(fields=["claim", "id"])]

    def __str__(self) -> str:
        return f"evidence {self.pk}"
