"""The posts of a claim: what a machine proposed is confirmed or refused, what each says of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction

from vigie.accounts.roles import Right
from vigie.operations.access import Desk
from vigie.verification.actions._claims import (
    FieldRefused,
    LeadNotHere,
    hold_operation,
    locked,
    next_number,
    touches,
    write,
)
from vigie.verification.actions.claims import worded
from vigie.verification.jobs import encode_claims
from vigie.verification.models import Claim, ClaimPost
from vigie.verification.models.claims import STANCES
from vigie.verification.spread import measure


def confirm_posts(*, claim: Claim, leads: Iterable[int], by: Desk, now: datetime) -> list[int]:
    """Agree that these posts make the claim, as a machine proposed; those it changed."""
    by.require(Right.OPEN_CLAIMS)
    with transaction.atomic():
        row = locked(claim, by)
        rows = _posts(row, leads)
        open_ = [each for each in rows if not each.confirmed]
        if not open_:
            return []
        ClaimPost.objects.filter(pk__in=[each.pk for each in open_]).update(
            confirmed=True, refused_at=None, by=by.user, at=now
        )
        return _done("claim.posts_confirmed", row, open_, by=by, now=now)


def refuse_posts(*, claim: Claim, leads: Iterable[int], by: Desk, now: datetime) -> list[int]:
    """Say that these posts do not belong to the claim: taken out, and never proposed again."""
    by.require(Right.OPEN_CLAIMS)
    with transaction.atomic():
        row = locked(claim, by)
        rows = [each for each in _posts(row, leads) if each.refused_at is None]
        if not rows:
            return []
        ClaimPost.objects.filter(pk__in=[each.pk for each in rows]).update(
            confirmed=False, refused_at=now, by=by.user, at=now
        )
        return _done("claim.posts_refused", row, rows, by=by, now=now)


def set_stance(*, claim: Claim, lead: int, stance: str, by: Desk, now: datetime) -> bool:
    """Say what a post does with the claim (spreads, doubts, denies, asks); it is confirmed by it.

    Only those that spread it count. Raises FieldRefused, LeadNotHere.
    """
    by.require(Right.OPEN_CLAIMS)
    if stance not in STANCES:
        raise FieldRefused("stance", "unknown")
    with transaction.atomic():
        row = locked(claim, by)
        (post,) = _posts(row, [lead])
        if post.stance == stance and post.confirmed:
            return False
        post.stance, post.confirmed, post.refused_at = stance, True, None
        post.by, post.at = by.user, now
        post.save(update_fields=["stance", "confirmed", "refused_at", "by", "at"])
        _done("claim.stance_set", row, [post], by=by, now=now, stance=stance)
    return True


def split_claim(
    *, claim: Claim, leads: Iterable[int], wording: str, by: Desk, now: datetime
) -> Claim:
    """Let some posts leave into a new claim of that wording, which is returned.

    They are refused where they were, so that they are not proposed there again. Raises
    FieldRefused, LeadNotHere, ClaimMerged.
    """
    by.require(Right.CHECK_CLAIMS)
    words = worded(wording)
    with transaction.atomic():
        hold_operation(by)
        row = locked(claim, by)
        posts = [each for each in _posts(row, leads) if each.refused_at is None]
        if not posts:
            raise FieldRefused("posts", "missing")
        made = Claim.objects.create(
            operation=by.operation, number=next_number(by), wording=words, language=row.language,
            origin="split", category=row.category, harm=row.harm, place_name=row.place_name,
            place_code=row.place_code, opened_at=now, opened_by=by.user, updated_at=now,
        )  # fmt: skip
        ClaimPost.objects.bulk_create(
            ClaimPost(
                claim=made, lead_id=each.lead_id, stance=each.stance, confirmed=True, at=now,
                by=by.user,
            )
            for each in posts
        )  # fmt: skip
        ClaimPost.objects.filter(pk__in=[each.pk for each in posts]).update(
            confirmed=False, refused_at=now, by=by.user, at=now
        )
        ids = [each.lead_id for each in posts]
        write(row, {}, by=by, now=now, notes={"split": [ids, made.number]})
        measure(row, now=now)
        measure(made, now=now)
        encode_claims.enqueue([made.pk])
        by.record(
            "claim.split",
            now=now,
            subject=("claim", made.pk),
            data={"number": made.number, "source": row.number, "leads": ids},
            touches=touches(made, f"claim:{row.pk}", *(f"lead:{pk}" for pk in ids)),
        )
    return made


def _posts(claim: Claim, leads: Iterable[int]) -> list[ClaimPost]:
    wanted = set(leads)
    rows = list(claim.made_of.filter(lead__in=wanted).order_by("pk"))
    missing = wanted - {row.lead_id for row in rows}
    if missing:
        raise LeadNotHere(min(missing))
    return rows


def _done(
    verb: str, row: Claim, posts: Sequence[ClaimPost], *, by: Desk, now: datetime, **data: str
) -> list[int]:
    """One version, the spread counted again, one entry; the posts' ids."""
    ids = [each.lead_id for each in posts]
    note = {"claim.posts_refused": [ids, []]}.get(verb, [[], ids])
    write(row, {}, by=by, now=now, notes={data.get("stance", "posts"): note})
    measure(row, now=now)
    by.record(
        verb,
        now=now,
        subject=("claim", row.pk),
        data={"number": row.number, "version": row.version, "leads": ids, **data},
        touches=touches(row, *(f"lead:{pk}" for pk in ids)),
    )
    return ids
