"""What is said, who says it, who checks it and what two people concluded."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from vigie.operations.models import Operation
from vigie.triage.models import Incident, Lead
from vigie.verification.decide import STATES, VERDICTS

RELIABILITY = ("A", "B", "C", "D", "E", "F")
STANCES = ("spreads", "doubts", "denies", "asks")


class Claim(models.Model):
    """Something that is said, in short neutral words (French: allégation).

    `spread` columns are computed from the posts that make it and kept live: `posts`, `accounts`,
    `reach` (sum of followers where given, None when no account gives them), `growth_per_h` (posts of
    the last hour), `networks` ({network: posts}), `first_seen_at`, `last_seen_at`. `harm` 0 … 4.
    `merged_into` names the claim that took it over. `vector` is the wording as
    `analysis.claims.encode` gives it, by the model `vector_model`.
    """

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="claims")
    number = models.PositiveIntegerField()
    """Counts from 1 within the operation: people say "l'allégation 3"."""
    wording = models.CharField(max_length=280)
    language = models.CharField(max_length=8, blank=True)
    details = models.TextField(blank=True)
    origin = models.CharField(max_length=20, default="hand")
    """post, story, question (from the public), hand, known (an earlier or imported check); open list."""
    category = models.CharField(max_length=40, blank=True)
    harm = models.PositiveSmallIntegerField(default=1)
    place_name = models.CharField(max_length=200, blank=True)
    place_code = models.CharField(max_length=5, blank=True)
    state = models.CharField(max_length=16, default="detected")
    verdict = models.CharField(max_length=16, blank=True)
    """What two people concluded; empty until then."""
    reliability = models.CharField(max_length=1, default="F")
    credibility = models.PositiveSmallIntegerField(default=6)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    assigned_at = models.DateTimeField(null=True)
    posts = models.PositiveIntegerField(default=0)
    accounts = models.PositiveIntegerField(default=0)
    reach = models.BigIntegerField(null=True)
    growth_per_h = models.FloatField(default=0)
    networks = models.JSONField(default=dict)
    first_seen_at = models.DateTimeField(null=True)
    last_seen_at = models.DateTimeField(null=True)
    spread_as_of = models.DateTimeField(null=True)
    priority = models.FloatField(default=0)
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    concluded_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)
    merged_into = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="merged"
    )
    repeats = models.ForeignKey(
        "self", null=True, on_delete=models.SET_NULL, related_name="repeated_by"
    )
    """An earlier claim, often of another operation, that this one says again."""
    known = models.ForeignKey(
        "KnownClaim", null=True, on_delete=models.SET_NULL, related_name="repeated_by"
    )
    """What somebody else checked already, when it was opened from there."""
    vector = models.BinaryField(null=True)
    vector_model = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["operation", "number"], name="claim_number_once"),
            models.CheckConstraint(condition=Q(state__in=STATES), name="claim_state_known"),
            models.CheckConstraint(
                condition=Q(verdict="") | Q(verdict__in=VERDICTS), name="claim_verdict_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=("detected", "assigned", "checking", "second_reading"))
                | ~Q(verdict=""),
                name="claim_settled_has_a_verdict",
            ),
            models.CheckConstraint(condition=Q(harm__lte=4), name="claim_harm_0_to_4"),
            models.CheckConstraint(
                condition=Q(credibility__gte=1, credibility__lte=6),
                name="claim_credibility_1_to_6",
            ),
            models.CheckConstraint(
                condition=Q(reliability__in=RELIABILITY), name="claim_reliability_a_to_f"
            ),
            models.CheckConstraint(
                condition=Q(assignee__isnull=True) | Q(assigned_at__isnull=False),
                name="claim_assigned_at_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["operation", "state", "-priority"]),
            models.Index(fields=["operation", "-updated_at"]),
        ]

    def __str__(self) -> str:
        return f"claim {self.number}"


class ClaimPost(models.Model):
    """A post that takes part in a claim. `origin` remembers the claim it came with before a merge.

    `score` and `model` when a machine proposed it, `confirmed` once a person agreed (what a person
    added is); `refused_at` when a person said it does not belong: it is not proposed again.
    """

    claim = models.ForeignKey(Claim, on_delete=models.CASCADE, related_name="made_of")
    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="claims")
    stance = models.CharField(max_length=8, default="spreads")
    score = models.FloatField(null=True)
    model = models.CharField(max_length=60, blank=True)
    confirmed = models.BooleanField(default=False)
    refused_at = models.DateTimeField(null=True)
    origin = models.ForeignKey(
        Claim, null=True, on_delete=models.SET_NULL, related_name="lent_posts"
    )
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["claim", "lead"], name="claim_post_once"),
            models.CheckConstraint(condition=Q(stance__in=STANCES), name="claim_stance_known"),
            models.CheckConstraint(
                condition=Q(score__isnull=True) | Q(score__gte=0, score__lte=1),
                name="claim_post_score_0_to_1",
            ),
        ]


class ClaimIncident(models.Model):
    """An incident a claim is about."""

    claim = models.ForeignKey(Claim, on_delete=models.CASCADE, related_name="about")
    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="claims")
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["claim", "incident"], name="claim_incident_once")
        ]


class ClaimRevision(models.Model):
    """What one edit changed: {field: [before, after]}. The claim's history."""

    claim = models.ForeignKey(Claim, on_delete=models.CASCADE, related_name="revisions")
    version = models.PositiveIntegerField()
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    changes = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["claim", "version"], name="claim_version_once")
        ]


class Check(models.Model):
    """An answer to one question of the guided checklist; added, never overwritten: the last counts.

    `question` is a code of `checklist`; `answer` yes, no, unknown or not_applicable.
    """

    claim = models.ForeignKey(Claim, on_delete=models.CASCADE, related_name="checks")
    question = models.CharField(max_length=40)
    answer = models.CharField(max_length=16)
    note = models.TextField(blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        indexes = [models.Index(fields=["claim", "question", "-id"])]


class Reading(models.Model):
    """A person's verdict on a claim: the first proposes, the second agrees or dissents. Kept for ever.

    `round` counts from 1 each time a verdict is proposed anew. `text_digest` names the words of the
    public page as the reader had them before the eyes (empty without a page).
    """

    claim = models.ForeignKey(Claim, on_delete=models.CASCADE, related_name="readings")
    round = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=6)
    """first or second."""
    verdict = models.CharField(max_length=16)
    agrees = models.BooleanField(null=True)
    """Of a second reading: whether it upholds the first; None of a first."""
    reliability = models.CharField(max_length=1, default="F")
    credibility = models.PositiveSmallIntegerField(default=6)
    reason = models.TextField(blank=True)
    text_digest = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["claim", "round", "by"], name="reading_once_per_person_and_round"
            ),
            models.UniqueConstraint(
                fields=["claim", "round"], condition=Q(kind="first"), name="reading_one_first"
            ),
            models.CheckConstraint(condition=Q(verdict__in=VERDICTS), name="reading_verdict_known"),
            models.CheckConstraint(
                condition=Q(kind="first", agrees__isnull=True)
                | Q(kind="second", agrees__isnull=False),
                name="reading_second_agrees_or_not",
            ),
        ]
        indexes = [models.Index(fields=["claim", "round"])]


class Stint(models.Model):
    """Time a person had a claim open to check it: `until` moves while they are at it."""

    claim = models.ForeignKey(Claim, on_delete=models.CASCADE, related_name="stints")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    since = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(until__gte=F("since")), name="stint_ends_after")
        ]
        indexes = [models.Index(fields=["claim", "by", "-until"])]


class KnownClaim(models.Model):
    """A claim somebody else checked: from an imported ClaimReview feed or file.

    `key` is unique in its `feed` (the review's address). It answers nobody by itself: a person
    looks at the old verdict and opens a claim from it.
    """

    feed = models.CharField(max_length=200)
    """The feed's address or the file's name, as people know it."""
    key = models.CharField(max_length=500)
    wording = models.TextField()
    language = models.CharField(max_length=8, blank=True)
    verdict = models.CharField(max_length=16, blank=True)
    """Ours, when theirs can be read as one; empty otherwise."""
    rating = models.CharField(max_length=200, blank=True)
    """Their words for it."""
    title = models.TextField(blank=True)
    url = models.TextField(blank=True)
    author = models.CharField(max_length=200, blank=True)
    published_at = models.DateTimeField(null=True)
    imported_at = models.DateTimeField()
    vector = models.BinaryField(null=True)
    vector_model = models.CharField(max_length=60, blank=True)
    ready_at = models.DateTimeField(null=True)
    """When its vector was made; from then on it is found."""
    withdrawn_at = models.DateTimeField(null=True)
    """When its feed was found to have taken it back: it answers nobody any more."""
    is_exercise = models.BooleanField(default=False)
    """It says itself that it was played: it is found in exercises only."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["feed", "key"], name="known_claim_once")]
        indexes = [
            models.Index(fields=["feed", "-published_at"]),
            models.Index(fields=["vector_model", "ready_at"]),
        ]

    def __str__(self) -> str:
        return f"known claim {self.pk}"


class KnownImport(models.Model):
    """One reading of a feed or file of checks. `refused` [{row, code, said}] is what was set aside:
    at most the first 200, `refused_number` counts all."""

    feed = models.CharField(max_length=200)
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    new = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    same = models.PositiveIntegerField(default=0)
    withdrawn = models.PositiveIntegerField(default=0)
    refused_number = models.PositiveIntegerField(default=0)
    refused = models.JSONField(default=list)

    class Meta:
        indexes = [models.Index(fields=["-at"])]


class Follower(models.Model):
    """How far the journal of an operation was read to keep the spread of its claims live."""

    operation = models.OneToOneField(
        Operation, primary_key=True, on_delete=models.CASCADE, related_name="+"
    )
    seq = models.PositiveBigIntegerField(default=0)
