"""What bears on a claim: added with who and why, struck out with a reason, never replaced."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from django.db import transaction

from vigie.accounts.roles import Right
from vigie.kernel.text import clean, clean_line
from vigie.operations.access import Desk
from vigie.triage.models import Lead
from vigie.verification.actions._claims import (
    ClaimMerged,
    ClaimNotHere,
    locked,
    taken_over,
    touches,
)
from vigie.verification.actions.claims import FieldRefused, LeadNotHere, own_leads
from vigie.verification.archives import stamping
from vigie.verification.archives.capturing import capture
from vigie.verification.handed import Handed
from vigie.verification.models import Archive, Claim, Evidence
from vigie.verification.models.evidence import BEARINGS, KINDS
from vigie.verification.sightings.looking import look_again_at
from vigie.verification.sightings.videos import want_frames

__all__ = [
    "AlreadyStruck", "ArchiveUnderWay", "ClaimMerged", "ClaimNotHere", "EvidenceNotHere",
    "FieldRefused", "LeadNotHere", "Piece", "add", "archive_again", "change", "strike",
]  # fmt: skip

TITLE_LIMIT: Final = 200
TEXT_LIMIT: Final = 20_000
URL_LIMIT: Final = 4_000
REASON_LEAST: Final = 10
"""Characters of a reason at least: a word is none."""
REASON_LIMIT: Final = 1_000
FUTURE: Final = timedelta(minutes=10)
_SPACE: Final = re.compile(r"[\s\x00-\x1f]")


class EvidenceNotHere(Exception):
    """No such evidence of this claim. Shown as 404."""


class AlreadyStruck(Exception):
    """Somebody struck it out before."""


class ArchiveUnderWay(Exception):
    """A copy is being made already, or there is no link to copy."""


@dataclass(frozen=True, kw_only=True)
class Piece:
    """What a person hands in. `title` says what it shows; `who` and `service` of a call."""

    kind: str
    title: str = ""
    bearing: str = "context"
    text: str = ""
    url: str = ""
    who: str = ""
    service: str = ""
    happened_at: datetime | None = None
    lead: Lead | None = None
    handed: Handed | None = None
    graphic: bool = False
    public: bool = False


@dataclass(frozen=True, kw_only=True)
class _Checked:
    title: str
    text: str
    url: str
    facts: Mapping[str, Any] = field(default_factory=dict)


def add(*, claim: Claim, piece: Piece, by: Desk, now: datetime) -> Evidence:
    """Add evidence; a link is kept by a background job. Raises FieldRefused, ClaimNotHere,
    ClaimMerged, LeadNotHere.
    """
    by.require(Right.OPEN_CLAIMS)
    if piece.public:
        by.require(Right.CHECK_CLAIMS)
    given = _checked(piece, by, now)
    handed = piece.handed
    with transaction.atomic():
        claim = locked(claim, by)
        archive = _wanted(given.url, by, now) if given.url else None
        row = Evidence.objects.create(
            claim=claim, kind=piece.kind, bearing=piece.bearing, title=given.title,
            text=given.text, url=given.url, archive=archive, lead=piece.lead, facts=given.facts,
            blob=handed.blob if handed else "", shown=handed.shown if handed else "",
            sha256=handed.sha256 if handed else "", size=handed.size if handed else None,
            file_name=handed.name if handed else "",
            content_type=handed.content_type if handed else "",
            happened_at=piece.happened_at, public=piece.public, added_at=now, added_by=by.user,
        )  # fmt: skip
        by.record(
            "evidence.added", now=now, subject=("claim", claim.pk), text=row.title,
            data={"number": claim.number, "evidence": row.pk, "kind": row.kind,
                  "bearing": row.bearing, "archive": archive.pk if archive else None,
                  "sha256": row.sha256 or None},
            touches=_touches(claim),
        )  # fmt: skip
        if archive is not None:
            capture.enqueue(archive.pk)
        if handed is not None:
            stamping.want_evidence(row.pk)
        if row.shown:
            look_again_at(row)
        else:
            want_frames(row)
    return row


def strike(*, claim: Claim, evidence: int, reason: str, by: Desk, now: datetime) -> Evidence:
    """Strike a piece out: it stays readable, with why. One's own, or anybody's for who checks.

    Raises EvidenceNotHere, AlreadyStruck, FieldRefused (reason), NotAllowed.
    """
    by.require(Right.OPEN_CLAIMS)
    why = clean_line(reason, limit=REASON_LIMIT)
    if len(why) < REASON_LEAST:
        raise FieldRefused("reason", "missing")
    with transaction.atomic():
        row = _locked(claim, evidence, by)
        if by.user is None or row.added_by_id != by.user.pk:
            by.require(Right.CHECK_CLAIMS)
        if row.struck_at is not None:
            raise AlreadyStruck(evidence)
        row.struck_at, row.struck_by, row.struck_because = now, by.user, why
        row.public = False
        row.save(update_fields=["struck_at", "struck_by", "struck_because", "public"])
        by.record(
            "evidence.struck", now=now, subject=("claim", row.claim_id), text=why,
            data={"number": row.claim.number, "evidence": row.pk, "kind": row.kind},
            touches=_touches(claim, row.claim),
        )  # fmt: skip
    return row


def change(
    *, claim: Claim, evidence: int, by: Desk, now: datetime, bearing: str | None = None,
    public: bool | None = None,
) -> Evidence:  # fmt: skip
    """Judge anew what a piece says about the claim, or whether the public page names it.

    Raises EvidenceNotHere, AlreadyStruck, FieldRefused.
    """
    by.require(Right.CHECK_CLAIMS)
    if bearing is not None and bearing not in BEARINGS:
        raise FieldRefused("bearing", "unknown")
    with transaction.atomic():
        row = _locked(claim, evidence, by)
        if row.struck_at is not None:
            raise AlreadyStruck(evidence)
        wanted = {"bearing": bearing, "public": public}
        changes = {
            name: [getattr(row, name), new]
            for name, new in wanted.items()
            if new is not None and new != getattr(row, name)
        }
        if changes:
            for name, (_, new) in changes.items():
                setattr(row, name, new)
            row.save(update_fields=list(changes))
            by.record(
                "evidence.changed", now=now, subject=("claim", row.claim_id),
                data={"number": row.claim.number, "evidence": row.pk, "changes": changes},
                touches=_touches(claim, row.claim),
            )  # fmt: skip
    return row


def archive_again(*, claim: Claim, evidence: int, by: Desk, now: datetime) -> Archive:
    """Have the page kept once more, as another archive; the one before stays as it is.

    Raises EvidenceNotHere, AlreadyStruck, ArchiveUnderWay.
    """
    by.require(Right.OPEN_CLAIMS)
    with transaction.atomic():
        row = _locked(claim, evidence, by)
        if row.struck_at is not None:
            raise AlreadyStruck(evidence)
        before = row.archive
        if before is None or before.state in ("wanted", "expired"):
            raise ArchiveUnderWay(evidence)
        archive = _wanted(before.url, by, now, replaces=before)
        row.archive = archive
        row.save(update_fields=["archive"])
        by.record(
            "archive.asked_again", now=now, subject=("claim", row.claim_id),
            data={"number": row.claim.number, "evidence": row.pk, "archive": archive.pk,
                  "before": before.pk},
            touches=_touches(claim, row.claim),
        )  # fmt: skip
        capture.enqueue(archive.pk)
    return archive


def web_address(url: str) -> str:
    """The address as it can be asked. Raises FieldRefused: too_long, not_http, credentials."""
    address = url.strip()
    if len(address) > URL_LIMIT:
        raise FieldRefused("url", "too_long")
    if "://" not in address and "." in address.partition("/")[0]:
        address = f"https://{address}"
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError as error:
        raise FieldRefused("url", "not_http") from error
    if parts.scheme.lower() not in ("http", "https") or not host or _SPACE.search(address):
        raise FieldRefused("url", "not_http")
    if parts.username is not None or parts.password is not None:
        raise FieldRefused("url", "credentials")
    return address


def _checked(piece: Piece, by: Desk, now: datetime) -> _Checked:
    """What the kind needs, cleaned. Raises FieldRefused, LeadNotHere."""
    if piece.kind not in KINDS:
        raise FieldRefused("kind", "unknown")
    if piece.bearing not in BEARINGS:
        raise FieldRefused("bearing", "unknown")
    text = clean(piece.text).strip()
    if len(text) > TEXT_LIMIT:
        raise FieldRefused("text", "too_long")
    who, service = clean_line(piece.who, limit=200), clean_line(piece.service, limit=200)
    url = web_address(piece.url) if piece.url.strip() else ""
    if piece.lead is not None:
        own_leads([piece.lead], by)
    needs: Mapping[str, tuple[tuple[str, bool], ...]] = {
        "link": (("url", bool(url)),),
        "file": (("file", piece.handed is not None),),
        "screenshot": (("file", piece.handed is not None and bool(piece.handed.shown)),),
        "note": (("text", bool(text)),),
        "call": (("who", bool(who)), ("text", bool(text))),
        "statement": (("text", bool(text or url or piece.handed)),),
        "post": (("lead", piece.lead is not None),),
    }
    for name, given in needs[piece.kind]:
        if not given:
            raise FieldRefused(name, "missing")
    if piece.happened_at is not None and piece.happened_at > now + FUTURE:
        raise FieldRefused("happened_at", "future")
    title = clean_line(piece.title, limit=TITLE_LIMIT * 2)
    if not title and piece.kind in ("note", "call"):
        title = clean_line(who or text, limit=TITLE_LIMIT * 50)[:80]
    if not title:
        raise FieldRefused("title", "missing")
    if len(title) > TITLE_LIMIT:
        raise FieldRefused("title", "too_long")
    handed = piece.handed
    facts = {
        **({"who": who} if who else {}),
        **({"service": service} if service else {}),
        **({"graphic": True} if piece.graphic else {}),
        **({"width": handed.width, "height": handed.height} if handed and handed.shown else {}),
    }
    return _Checked(title=title, text=text, url=url, facts=facts)


def _wanted(url: str, by: Desk, now: datetime, replaces: Archive | None = None) -> Archive:
    return Archive.objects.create(
        operation=by.operation, url=url, asked_at=now, capturer=by.user, replaces=replaces
    )


def _locked(claim: Claim, evidence: int, by: Desk) -> Evidence:
    """The piece, locked until we commit, when it is of this claim, or of one that it took over."""
    row = (
        Evidence.objects.select_for_update(of=("self",))
        .filter(pk=evidence, claim__in=taken_over(claim), claim__operation=by.operation)
        .select_related("claim", "archive").first()
    )  # fmt: skip
    if row is None:
        raise EvidenceNotHere(evidence)
    return row


def _touches(*claims: Claim) -> list[str]:
    found = [word for each in claims for word in touches(each, f"evidence:{each.pk}")]
    return list(dict.fromkeys(found))
