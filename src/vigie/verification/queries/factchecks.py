"""Reading what the public reads of a claim: for the team, and for everybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from vigie.accounts.models import User
from vigie.accounts.roles import Right
from vigie.operations.access import Desk
from vigie.operations.models import Operation
from vigie.verification.actions.factchecks import (
    approvals_of,
    digest_now,
    gaps_of,
    sources_of,
)
from vigie.verification.factcheck_rules import Gap
from vigie.verification.models import (
    AnswersReady,
    Check,
    Claim,
    Evidence,
    FactCheck,
    FactCheckVersion,
)
from vigie.verification.prefill import first_words
from vigie.verification.public_address import page_url

UNSEEN_PHASES = ("prepared",)
"""An operation in preparation is nobody's business: its public page exists once it is active."""


@dataclass(frozen=True, kw_only=True)
class Page:
    """The page of a claim as the team works on it. `version` 0: nothing is written yet."""

    fact_check: FactCheck | None
    version: int
    draft: dict[str, dict[str, str]]
    signed: str
    digest: str
    gaps: tuple[Gap, ...]
    sources: tuple[Evidence, ...]
    approvers: tuple[User, ...]
    versions: tuple[FactCheckVersion, ...]
    url: str
    """The page's address; as long as it may get while nothing is written."""

    @property
    def current(self) -> FactCheckVersion | None:
        """What the public reads now."""
        return self.versions[0] if self.versions else None


def page_of(by: Desk, claim: Claim, *, base: str = "") -> Page:
    """The page of a claim, prefilled when nothing is written. `base` begins its address."""
    by.require(Right.SEE_CLAIMS)
    fact_check = (
        FactCheck.objects.filter(claim=claim)
        .select_related("current", "updated_by", "claim__operation")
        .first()
    )
    sources = sources_of(claim)
    if fact_check is None:
        unwritten = FactCheck(claim=claim, slug="x" * 40)
        url = page_url(unwritten, base=base)
        return Page(
            fact_check=None, version=0, draft=_first_draft(claim, url), signed=_signature(by),
            digest="", gaps=tuple(gaps_of(claim, None)), sources=tuple(sources), approvers=(),
            versions=(), url=url,
        )  # fmt: skip
    digest = digest_now(fact_check)
    return Page(
        fact_check=fact_check,
        version=fact_check.version,
        draft=fact_check.draft,
        signed=fact_check.signed,
        digest=digest,
        gaps=tuple(gaps_of(claim, fact_check)),
        sources=tuple(sources),
        approvers=tuple(
            {row.by_id: row.by for row in approvals_of(fact_check, digest).select_related("by")}
            .values()
        ),
        versions=tuple(fact_check.versions.select_related("by", "second").order_by("-number")),
        url=page_url(fact_check, base=base),
    )  # fmt: skip


def answers_ready(by: Desk, *, taken: bool = False) -> list[AnswersReady]:
    """Answers handed to the communication desk, the oldest first; those of the current version."""
    by.require(Right.SEE_CLAIMS)
    return [
        row
        for row in AnswersReady.objects.filter(
            version__fact_check__claim__operation=by.operation, taken_at__isnull=not taken
        )
        .select_related("version__fact_check__claim__operation", "taken_by")
        .order_by("at")[:100]
        if row.version_id == row.version.fact_check.current_id
    ]


def public_operation(slug: str) -> Operation | None:
    """The operation whose public page exists: active at least, or something was published."""
    operation = Operation.objects.filter(slug=slug).first()
    if operation is None:
        return None
    if operation.phase in UNSEEN_PHASES and not public_pages(operation).exists():
        return None
    return operation


def public_pages(operation: Operation) -> QuerySet[FactCheck]:
    """Pages that the public may read (a withdrawn one says so), the latest first."""
    return (
        FactCheck.objects.filter(claim__operation=operation, current__isnull=False)
        .select_related("current", "claim")
        .order_by("-current__at", "-pk")
    )


def public_page(slug: str, number: int) -> FactCheck | None:
    """One public page by the operation's slug and the claim's number; None when there is none."""
    return (
        FactCheck.objects.filter(
            claim__operation__slug=slug, claim__number=number, current__isnull=False
        )
        .select_related("current", "claim__operation")
        .first()
    )


def public_versions(fact_check: FactCheck) -> Sequence[FactCheckVersion]:
    """Every version the public has read, the latest first."""
    return list(fact_check.versions.order_by("-number"))


def _first_draft(claim: Claim, url: str) -> dict[str, dict[str, str]]:
    verdict = claim.verdict
    if not verdict:
        reading = claim.readings.filter(kind="first").order_by("-round").first()
        verdict = reading.verdict if reading else ""
    last: dict[str, str] = {}
    for check in Check.objects.filter(claim=claim).order_by("pk"):
        last[check.question] = check.answer
    found = [_shown(each) for each in sources_of(claim)]
    return first_words(
        wording=claim.wording, language=claim.language, verdict=verdict, found=found,
        unknown=[code for code, answer in last.items() if answer == "unknown"], url=url,
        exercise=claim.operation.is_exercise,
    )  # fmt: skip


def _signature(by: Desk) -> str:
    """The organisation that signed last in this operation."""
    last = (
        FactCheck.objects.filter(claim__operation=by.operation)
        .exclude(signed="")
        .order_by("-updated_at")
        .first()
    )
    return last.signed if last else ""


def _shown(evidence: Evidence) -> str:
    """What a source shows, for a first draft: its title, and what was said when it was heard."""
    said = evidence.text.strip() if evidence.kind in ("call", "statement") else ""
    if not said or said.startswith(evidence.title):
        return said or evidence.title
    return f"{evidence.title}\u00a0: {said}"
