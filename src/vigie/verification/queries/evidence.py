"""Reading evidence: the only door to it, and to its files, for people."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from vigie.accounts.roles import Right
from vigie.operations.access import Desk
from vigie.triage.models import Lead
from vigie.verification.actions._claims import taken_over
from vigie.verification.actions.evidence import EvidenceNotHere
from vigie.verification.models import Archive, Claim, Evidence

POSTS: Final = 50


@dataclass(frozen=True, kw_only=True)
class Held:
    """A piece of evidence with the copies of its page that were made before the present one, the
    latest first."""

    row: Evidence
    earlier: tuple[Archive, ...] = field(default=())


def evidence_of(by: Desk, claim: Claim) -> list[Held]:
    """All that was added to a claim and to those merged into it, what was struck out too."""
    by.require(Right.SEE_CLAIMS)
    rows = list(
        Evidence.objects.filter(claim__in=taken_over(claim), claim__operation=by.operation)
        .select_related("archive", "archive__capturer", "lead__post", "added_by", "struck_by")
        .order_by("pk")
    )
    before = _earlier(row.archive for row in rows if row.archive is not None)
    return [Held(row=row, earlier=tuple(before.get(row.archive_id or 0, ()))) for row in rows]


def evidence_for(by: Desk, claim: Claim, evidence: int) -> Held:
    """One piece. Raises EvidenceNotHere."""
    for found in evidence_of(by, claim):
        if found.row.pk == evidence:
            return found
    raise EvidenceNotHere(evidence)


def archive_for(by: Desk, claim: Claim, archive: int) -> Archive:
    """An archive of the claim's evidence, a former one too. Raises EvidenceNotHere."""
    for held in evidence_of(by, claim):
        for each in (held.row.archive, *held.earlier):
            if each is not None and each.pk == archive:
                return each
    raise EvidenceNotHere(archive)


def posts_of(by: Desk, claim: Claim) -> list[Lead]:
    """The latest posts that make the claim, which may be added as evidence of it."""
    by.require(Right.SEE_CLAIMS)
    if not by.may(Right.SEE_BOARD):
        return []
    rows = claim.made_of.filter(refused_at__isnull=True, lead__operation=by.operation)
    return [
        row.lead
        for row in rows.select_related("lead__post").order_by("-lead__published_at")[:POSTS]
    ]


def _earlier(latest: Iterable[Archive]) -> dict[int, list[Archive]]:
    """Latest archive → those it replaces, one after the other."""
    found: dict[int, list[Archive]] = {}
    for archive in latest:
        chain: list[Archive] = []
        each = archive
        while each.replaces_id is not None and len(chain) < 50:
            each = Archive.objects.select_related("capturer").get(pk=each.replaces_id)
            chain.append(each)
        if chain:
            found[archive.pk] = chain
    return found
