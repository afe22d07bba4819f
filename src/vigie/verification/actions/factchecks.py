"""What the public reads of a claim: written, approved by a second person, published, corrected.

Nobody publishes alone: two different people stand behind one digest of the page (its words, its
signature, its picture, its sources), by whatever door they come.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from vigie.accounts.roles import Right
from vigie.collection.models import Media
from vigie.kernel.clock import rfc3339
from vigie.kernel.ids import slugify
from vigie.kernel.text import clean, clean_line
from vigie.operations.access import Desk
from vigie.verification.actions._claims import ClaimMerged, locked, touches, write
from vigie.verification.decide import PUBLIC, SETTLED, TRANSITIONS, follow
from vigie.verification.factcheck_rules import (
    LIMITS,
    Gap,
    as_draft,
    page_digest,
    text_gaps,
    two_people,
    written_languages,
)
from vigie.verification.models import (
    AnswersReady,
    Claim,
    Evidence,
    FactCheck,
    FactCheckApproval,
    FactCheckVersion,
)
from vigie.verification.public_address import page_url

SIGNED_LIMIT = 120
SLUG_LIMIT = 40
ROOM = 4
"""A draft may be longer than what is published, so that nobody loses words: this many times."""


class ChangedMeanwhile(Exception):
    """Somebody changed the words since they were read; carries the fresh ones."""

    def __init__(self, fact_check: FactCheck) -> None:
        super().__init__(fact_check.pk)
        self.fact_check = fact_check


class NotPublishable(Exception):
    """What has to be done before the public can read it, in order: `gaps` is never empty."""

    def __init__(self, gaps: list[Gap]) -> None:
        super().__init__(", ".join(gap.code for gap in gaps))
        self.gaps = gaps


class NothingPublic(Exception):
    """There is no public page to take back. `code`: nothing, already, why_missing."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def write_draft(
    *,
    claim: Claim,
    draft: Mapping[str, Any],
    version: int,
    by: Desk,
    now: datetime,
    signed: str = "",
) -> FactCheck:
    """Write the words of the public page. `version` is the draft's as it was read, 0 before one.

    Texts that are not given go; a page once published keeps its address. Raises ChangedMeanwhile.
    """
    by.require(Right.PUBLISH_FACT_CHECKS)
    words = {
        code: {
            text: (clean_line if text == "title" else clean)(
                given, limit=ROOM * LIMITS[text]
            ).strip()
            for text, given in texts.items()
        }
        for code, texts in as_draft(draft).items()
    }
    with transaction.atomic():
        claim = locked(claim, by)
        fact_check = FactCheck.objects.filter(claim=claim).first()
        if fact_check is None:
            fact_check = FactCheck(claim=claim, version=0)
        if fact_check.version != version:
            raise ChangedMeanwhile(fact_check)
        fact_check.draft = words
        fact_check.signed = clean_line(signed, limit=SIGNED_LIMIT)
        if fact_check.current_id is None:
            first = written_languages(words)
            title = words[first[0]].get("title", "") if first else ""
            fact_check.slug = slugify(title or claim.wording, limit=SLUG_LIMIT)
        rewritten_page(fact_check, by=by, now=now)
        by.record(
            "fact_check.written",
            now=now,
            subject=("claim", claim.pk),
            data={"number": claim.number, "version": fact_check.version},
            touches=touches(claim),
        )
    return fact_check


def approve_words(
    *, claim: Claim, by: Desk, now: datetime, digest: str = ""
) -> FactCheckApproval | None:
    """The person stands behind the page as it is now (or as `digest` names it).

    None when there are no words, when this person wrote exactly these, or when they changed since
    `digest` was read: nothing is approved then. Called when a second reader agrees to the verdict,
    in the same transaction; approvals from before the verdict do not count.
    """
    by.require(Right.PUBLISH_FACT_CHECKS)
    with transaction.atomic():
        claim = locked(claim, by)
        fact_check = FactCheck.objects.filter(claim=claim).first()
        if fact_check is None or by.user is None or not written_languages(fact_check.draft):
            return None
        current = digest_now(fact_check)
        if digest and digest != current:
            return None
        if by.user.pk == fact_check.updated_by_id and fact_check.draft_digest == current:
            return None
        approval = FactCheckApproval.objects.create(
            fact_check=fact_check, digest=current, at=now, by=by.user
        )
        by.record(
            "fact_check.words_approved",
            now=now,
            subject=("claim", claim.pk),
            data={"number": claim.number, "digest": current},
            touches=touches(claim),
        )
    return approval


def publish(*, claim: Claim, by: Desk, now: datetime) -> FactCheckVersion:
    """Let the public read it, and hand the ready-made answers to the communication desk.

    Raises NotPublishable, whose gaps say what to do first. A page that the public has read before
    becomes a correction, which has to say what was wrong.
    """
    by.require(Right.PUBLISH_FACT_CHECKS)
    with transaction.atomic():
        claim = locked(claim, by)
        fact_check = FactCheck.objects.filter(claim=claim).first()
        gaps = gaps_of(claim, fact_check)
        if by.user is None:  # a machine publishes nothing, whoever approved
            gaps = [Gap(code="second_person")]
        if fact_check is None or gaps:
            raise NotPublishable(gaps)
        again = fact_check.current_id is not None
        state = claim.state
        for step in ("published", "corrected") if state == "concluded" else ("corrected",):
            if step == "published" or again:
                state = follow(state, step)
        version = _freeze(
            fact_check, kind="corrected" if again else "published", by=by, now=now,
            why={
                code: texts["why"] for code, texts in fact_check.draft.items() if texts.get("why")
            } if again else {},
        )  # fmt: skip
        write(claim, {"state": state}, by=by, now=now, notes={"page": [None, version.number]})
        AnswersReady.objects.create(version=version, at=now)
        for verb in (f"fact_check.{version.kind}", "fact_check.handed_over"):
            by.record(
                verb,
                now=now,
                subject=("claim", claim.pk),
                data={"number": claim.number, "version": version.number, "verdict": claim.verdict},
                touches=touches(claim, "answers"),
            )
    return version


def correct(*, claim: Claim, by: Desk, now: datetime) -> FactCheckVersion:
    """Publish a later version of a page the public has read; the earlier ones stay readable.

    What was wrong is the text `why` of the draft, which is approved with the rest of the words.
    Raises NotPublishable, NothingPublic when there is no page yet.
    """
    by.require(Right.PUBLISH_FACT_CHECKS)
    if not FactCheck.objects.filter(claim=claim, current__isnull=False).exists():
        raise NothingPublic("nothing")
    return publish(claim=claim, by=by, now=now)


def withdraw(*, claim: Claim, why: Mapping[str, str], by: Desk, now: datetime) -> FactCheckVersion:
    """Take a page back at once: it stays at its address and says so. One person may, with a reason.

    `why` is {language: words}, one language at least. A claim that is being checked again stays so.
    Raises NothingPublic.
    """
    by.require(Right.PUBLISH_FACT_CHECKS)
    reason = {
        code: words
        for code, given in why.items()
        if (words := clean(str(given), limit=LIMITS["why"]).strip())
    }
    with transaction.atomic():
        try:
            claim = locked(claim, by)
        except ClaimMerged:  # its page is public all the same, and may do harm
            claim.refresh_from_db()
        fact_check = (
            FactCheck.objects.filter(claim=claim, current__isnull=False)
            .select_related("current")
            .first()
        )
        if fact_check is None or fact_check.current is None:
            raise NothingPublic("nothing")
        if fact_check.current.kind == "withdrawn":
            raise NothingPublic("already")
        if not reason:
            raise NothingPublic("why_missing")
        version = _freeze(fact_check, kind="withdrawn", by=by, now=now, why=reason)
        follows = "withdrawn" in TRANSITIONS[claim.state]
        write(
            claim, {"state": "withdrawn"} if follows else {}, by=by, now=now,
            notes={"page": [version.number - 1, version.number]},
        )  # fmt: skip
        AnswersReady.objects.filter(version__fact_check=fact_check, taken_at__isnull=True).delete()
        by.record(
            "fact_check.withdrawn",
            now=now,
            subject=("claim", claim.pk),
            data={"number": claim.number, "version": version.number},
            touches=touches(claim, "answers"),
        )
    return version


def take_answers(*, answers: AnswersReady, by: Desk, now: datetime) -> bool:
    """A communicator takes up the answers of a page; False when somebody has already."""
    by.require(Right.PUBLISH_FACT_CHECKS)
    with transaction.atomic():
        taken = AnswersReady.objects.filter(
            pk=answers.pk,
            taken_at__isnull=True,
            version__fact_check__claim__operation=by.operation,
        ).update(taken_at=now, taken_by=by.user)
        if not taken:
            return False
        claim = Claim.objects.get(fact_check__versions__answers=answers.pk)
        by.record(
            "fact_check.answers_taken",
            now=now,
            subject=("claim", claim.pk),
            data={"number": claim.number},
            touches=touches(claim, "answers"),
        )
    return True


def sources_of(claim: Claim) -> list[Evidence]:
    """The evidence that the page names: marked public and not struck out."""
    return list(
        claim.evidence.filter(public=True, struck_at__isnull=True)
        .select_related("archive")
        .order_by("pk")
    )


def digest_now(fact_check: FactCheck) -> str:
    """The digest of what the public would read now."""
    return page_digest(
        draft=fact_check.draft,
        signed=fact_check.signed,
        picture=fact_check.picture,
        sources=[(each.pk, each.title, each.url) for each in sources_of(fact_check.claim)],
    )


def gaps_of(claim: Claim, fact_check: FactCheck | None) -> list[Gap]:
    """What stands between the page and the public, in the order in which it is to be done."""
    gaps = [] if claim.state in SETTLED else [Gap(code="not_concluded")]
    if fact_check is None:
        return [*gaps, Gap(code="no_words")]
    again = fact_check.current_id is not None
    url = page_url(fact_check)
    gaps += text_gaps(
        fact_check.draft, url=url, again=again, picture=bool(fact_check.picture),
        exercise=claim.operation.is_exercise,
    )  # fmt: skip
    digest = digest_now(fact_check)
    if fact_check.current is not None and _unchanged(claim, fact_check.current, digest):
        return [*gaps, Gap(code="unchanged")]
    if not two_people(
        writer=fact_check.updated_by_id if fact_check.draft_digest == digest else None,
        approvers=approvals_of(fact_check, digest).values_list("by", flat=True),
    ):
        gaps.append(Gap(code="second_person"))
    return gaps


def approvals_of(fact_check: FactCheck, digest: str) -> QuerySet[FactCheckApproval]:
    """Approvals of a digest that count: none from before the verdict was reached."""
    rows = fact_check.approvals.filter(digest=digest)
    concluded = fact_check.claim.concluded_at
    return rows.filter(at__gte=concluded) if concluded else rows


def _unchanged(claim: Claim, current: FactCheckVersion, digest: str) -> bool:
    return (
        claim.state in PUBLIC
        and current.kind != "withdrawn"
        and current.digest == digest
        and current.verdict == claim.verdict
    )


def rewritten_page(fact_check: FactCheck, *, by: Desk, now: datetime) -> None:
    """Save a changed page as one new version of the draft with the digest its writer saw."""
    fact_check.version += 1
    fact_check.updated_at = now
    fact_check.updated_by = by.user
    fact_check.draft_digest = digest_now(fact_check)
    fact_check.save()


def _freeze(
    fact_check: FactCheck, *, kind: str, by: Desk, now: datetime, why: Mapping[str, str]
) -> FactCheckVersion:
    """Keep the page as it stands as its next version. A withdrawn one keeps what was read before."""
    old, claim, digest = fact_check.current, fact_check.claim, digest_now(fact_check)
    taken_back = kind == "withdrawn" and old is not None
    second = None
    if not taken_back:
        approval = approvals_of(fact_check, digest).exclude(by=by.user).order_by("-pk").first()
        second = approval.by if approval else fact_check.updated_by
    version = FactCheckVersion.objects.create(
        fact_check=fact_check,
        number=(old.number if old else 0) + 1,
        kind=kind,
        verdict=old.verdict if taken_back and old else claim.verdict,
        content=old.content if taken_back and old else fact_check.draft,
        signed=old.signed if taken_back and old else fact_check.signed,
        sources=old.sources if taken_back and old else [_source(e) for e in sources_of(claim)],
        picture="" if taken_back else fact_check.picture,
        media=old.media if taken_back and old else _media(claim),
        why=dict(why),
        digest=old.digest if taken_back and old else digest,
        at=now,
        by=by.user,
        second=second,
    )
    fact_check.current = version
    fact_check.save(update_fields=["current"])
    return version


def _source(evidence: Evidence) -> dict[str, str]:
    """A source as it stands: with when its copy was kept and what that copy hashes to.

    A post's address names its author, who is nobody's business: its title only.
    """
    archive, kept_at, sha256 = evidence.archive, "", evidence.sha256
    if archive is not None and archive.state == "kept" and archive.captured_at is not None:
        kept_at, sha256 = rfc3339(archive.captured_at), archive.sha256
    return {
        "kind": evidence.kind,
        "happened_at": rfc3339(evidence.happened_at) if evidence.happened_at else "",
        "title": evidence.title,
        "url": "" if evidence.kind == "post" else evidence.url,
        "archived_at": kept_at,
        "sha256": sha256,
    }


def _media(claim: Claim) -> list[dict[str, str]]:
    """The kinds of picture or recording that the claim's posts and public evidence show.

    A hash only of files that people handed in: what we fetched is written anew and hashes to
    something that nobody else has.
    """
    handed_in = [
        {"type": kind, "sha256": each.sha256}
        for each in sources_of(claim)
        if (kind := each.content_type.partition("/")[0]) in ("image", "video") and each.sha256
    ]
    kinds = (
        Media.objects.filter(
            post__leads__claims__claim=claim,
            post__leads__claims__refused_at__isnull=True,
            type__in=("image", "video"),
        )
        .values_list("type", flat=True)
        .distinct()
        .order_by("type")
    )
    known = {each["type"] for each in handed_in}
    return handed_in + [{"type": kind, "sha256": ""} for kind in kinds if kind not in known]
