"""Taking in what others checked, from a feed or a file; what cannot be used is set aside and shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
from django.db import transaction

from vigie.accounts.models import User
from vigie.accounts.roles import Right
from vigie.kernel.text import clean_line
from vigie.operations.access import Desk, record_platform
from vigie.verification.claimreview import Found, ReviewDraft
from vigie.verification.jobs import encode_known
from vigie.verification.models import KnownClaim, KnownImport

BLOCK: Final = 500
REFUSED_KEPT: Final = 200
_TOLD: Final = (
    "wording",
    "language",
    "verdict",
    "rating",
    "title",
    "url",
    "author",
    "published_at",
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
        "refused": done.refused_number,
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
    new, changed, reworded = [], [], []
    for draft in drafts:
        row = known.get(draft.key)
        told = {field: getattr(draft, field) for field in _TOLD}
        if row is None:
            new.append(KnownClaim(feed=feed, key=draft.key, imported_at=now, **told))
        elif any(getattr(row, field) != value for field, value in told.items()):
            if row.wording != draft.wording:
                reworded.append(row.pk)
            for field, value in told.items():
                setattr(row, field, value)
            row.imported_at = now
            changed.append(row)
        else:
            done.same += 1
    KnownClaim.objects.bulk_create(new)
    KnownClaim.objects.bulk_update(changed, [*_TOLD, "imported_at"])
    KnownClaim.objects.filter(pk__in=reworded).update(vector=None, vector_model="", ready_at=None)
    done.new += len(new)
    done.changed += len(changed)
