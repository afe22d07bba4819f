"""Taking in what others checked, from a feed or a file; what cannot be used is set aside and shown."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

import msgspec
from django.db import transaction

from vigie.accounts.models import User
from vigie.accounts.roles import Right
from vigie.kernel.text import clean_line
from vigie.operations.access import Desk, machine_desk, record_platform
from vigie.operations.models import OPEN_PHASES
from vigie.verification.claimreview import Found, ReviewDraft
from vigie.verification.jobs import encode_known
from vigie.verification.models import Claim, KnownClaim, KnownFeed, KnownImport

BLOCK: Final = 500
REFUSED_KEPT: Final = 200
ACTOR: Final = "work"
_TOLD: Final = (
    "wording",
    "language",
    "verdict",
    "rating",
    "title",
    "url",
    "author",
    "published_at",
    "is_exercise",
)


def import_known(*, feed: str, found: Found, by: Desk, now: datetime) -> KnownImport:
    """Keep the checks of a feed for all operations; the operation's journal says who brought them.

    What is there already by its address is brought up to date. Vectors are made in the background.
    """
    by.require(Right.CHECK_CLAIMS)
    with transaction.atomic():
        done = _store(feed, found, user=by.user, now=now)
        by.record("claims.imported", now=now, data=_told(done), touches=["claims"])
    return done


def import_known_for_all(*, feed: str, found: Found, now: datetime) -> KnownImport:
    """The same from the command line; the platform's journal tells of it."""
    with transaction.atomic():
        done = _store(feed, found, user=None, now=now)
        record_platform("claims.imported", by=None, actor="import", now=now, data=_told(done))
    return done


def _told(done: KnownImport) -> dict[str, object]:
    return {
        "feed": done.feed, "new": done.new, "changed": done.changed, "same": done.same,
        "refused": done.refused_number, "withdrawn": done.withdrawn,
    }  # fmt: skip


def _store(feed: str, found: Found, *, user: User | None, now: datetime) -> KnownImport:
    name = clean_line(feed, limit=200) or "?"
    drafts = {each.key: each for each in found.drafts}  # the last of a key counts
    done = KnownImport(
        feed=name, at=now, by=user, refused_number=len(found.refused),
        refused=[msgspec.to_builtins(each) for each in found.refused[:REFUSED_KEPT]],
    )  # fmt: skip
    keys = list(drafts)
    for first in range(0, len(keys), BLOCK):
        _store_some(name, [drafts[key] for key in keys[first : first + BLOCK]], done, now=now)
    done.save()
    if done.new or done.changed:
        encode_known.enqueue()
    return done


def _store_some(
    feed: str, drafts: Sequence[ReviewDraft], done: KnownImport, *, now: datetime
) -> None:
    known = {
        row.key: row
        for row in KnownClaim.objects.filter(feed=feed, key__in=[each.key for each in drafts])
        .defer("vector")
    }  # fmt: skip
    new, changed, reworded, answers = [], [], [], []
    for draft in drafts:
        row = known.get(draft.key)
        told = {field: getattr(draft, field) for field in _TOLD}
        if row is None:
            new.append(KnownClaim(feed=feed, key=draft.key, imported_at=now, **told))
        elif row.withdrawn_at is not None or any(
            getattr(row, field) != value for field, value in told.items()
        ):
            if row.wording != draft.wording or row.withdrawn_at is not None:
                reworded.append(row.pk)
            if row.verdict != draft.verdict or row.withdrawn_at is not None:
                answers.append(row.pk)
            row.withdrawn_at = None
            for field, value in told.items():
                setattr(row, field, value)
            row.imported_at = now
            changed.append(row)
        else:
            done.same += 1
    KnownClaim.objects.bulk_create(new)
    KnownClaim.objects.bulk_update(changed, [*_TOLD, "imported_at", "withdrawn_at"])
    KnownClaim.objects.filter(pk__in=reworded).update(vector=None, vector_model="", ready_at=None)
    done.new += len(new)
    done.changed += len(changed)
    _tell_claims(answers, "claim.known_corrected", now=now)


def store_fetched(
    *, feed: KnownFeed, found: Found, gone: Collection[str], now: datetime
) -> KnownImport:
    """What a visit of a followed feed brought, and the keys of the checks that it took back; in the
    caller's transaction. A check that another followed feed brings too stays with that one; those
    of files that were handed in are taken over, so that they are corrected from now on."""
    drafts = {each.key: each for each in found.drafts}
    others = _held_elsewhere(feed, list(drafts))
    done = KnownImport(feed=feed.name, at=now)
    keys = [key for key in drafts if key not in others]
    done.same += len(drafts) - len(keys)
    for first in range(0, len(keys), BLOCK):
        _store_some(feed.name, [drafts[key] for key in keys[first : first + BLOCK]], done, now=now)
    done.withdrawn = _withdraw(feed.name, gone, now=now)
    if done.new or done.changed or done.withdrawn:
        done.save()
        tell_feed(feed, "known_feed.read", now=now, data={**_told(done)})
        encode_known.enqueue()
    return done


def _held_elsewhere(feed: KnownFeed, keys: Sequence[str]) -> set[str]:
    """Those of the keys that another followed feed holds. What files brought is moved to this feed."""
    followed = set(KnownFeed.objects.exclude(pk=feed.pk).values_list("name", flat=True))
    elsewhere: set[str] = set()
    for first in range(0, len(keys), BLOCK):
        some = keys[first : first + BLOCK]
        own = set(
            KnownClaim.objects.filter(feed=feed.name, key__in=some).values_list("key", flat=True)
        )
        taken: list[int] = []
        rows = KnownClaim.objects.filter(key__in=some).exclude(feed=feed.name)
        for pk, key, name in rows.order_by("pk").values_list("pk", "key", "feed"):
            if key in own:
                continue
            if name in followed:
                elsewhere.add(key)
            else:
                taken.append(pk)
                own.add(key)
        KnownClaim.objects.filter(pk__in=taken).update(feed=feed.name)
    return elsewhere


def _withdraw(feed: str, keys: Collection[str], *, now: datetime) -> int:
    """Let checks answer nobody any more; the rows stay, claims were opened from them."""
    wanted, number = sorted(keys), 0
    for first in range(0, len(wanted), BLOCK):
        rows = KnownClaim.objects.filter(
            feed=feed, key__in=wanted[first : first + BLOCK], withdrawn_at__isnull=True
        )
        ids = list(rows.values_list("pk", flat=True))
        number += KnownClaim.objects.filter(pk__in=ids).update(
            withdrawn_at=now, vector=None, vector_model="", ready_at=None
        )
        _tell_claims(ids, "claim.known_withdrawn", now=now)
    return number


def _tell_claims(known: Sequence[int], verb: str, *, now: datetime) -> None:
    """Into the journal of each operation where a claim was opened from one of these checks."""
    claims = Claim.objects.filter(known__in=known, merged_into__isnull=True)
    for claim in claims.select_related("operation", "known").defer("vector"):
        assert claim.known is not None  # asked for
        machine_desk(claim.operation, ACTOR).record(
            verb, now=now, subject=("claim", claim.pk),
            data={"number": claim.number, "feed": claim.known.feed},
            touches=[f"claim:{claim.pk}", "claims"],
        )  # fmt: skip


def tell_feed(feed: KnownFeed, verb: str, *, now: datetime, data: dict[str, object]) -> None:
    """Into the journal of the operation that added it, while that is open; else the platform's."""
    said = {"feed": feed.name, **data}
    if feed.operation is not None and feed.operation.phase in OPEN_PHASES:
        machine_desk(feed.operation, ACTOR).record(
            verb, now=now, subject=("known_feed", feed.pk), data=said,
            touches=["claims", "known_feeds"],
        )  # fmt: skip
    else:
        record_platform(
            verb, by=None, actor=ACTOR, now=now, subject=("known_feed", feed.pk), data=said
        )
