"""Making and unmaking the copy that a freeze keeps. Whoever decides is another module's affair."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
from django.db.models import Exists, OuterRef, QuerySet

from vigie.accounts.models import User
from vigie.collection import bulk, holders
from vigie.collection.freezing.models import Freeze, FrozenFile
from vigie.collection.models import Media, Post, RawItem
from vigie.kernel.clock import rfc3339
from vigie.operations.models import Operation

_FILE_FIELDS = ("position", "type", "url", "description", "blob", "sha256", "width", "height")


class NothingToFreeze(Exception):
    """The post was taken back already: there is nothing left to keep."""


class AlreadyFrozen(Exception):
    """This operation has frozen it already."""


def freeze_post(*, post: int, operation: Operation, reason: str, by: User, now: datetime) -> Freeze:
    """Copy what the post says now. In the caller's transaction.

    Raises NothingToFreeze, AlreadyFrozen.
    """
    row = Post.objects.select_for_update(of=("self",)).select_related("author").get(pk=post)
    if row.deleted_at is not None:
        raise NothingToFreeze(post)
    if standing(operation).filter(post=row).exists():
        raise AlreadyFrozen(post)
    raw = RawItem.objects.filter(post=row).first()
    payload = bytes(raw.payload) if raw else b""
    content = _content(row)
    made = Freeze.objects.create(
        operation=operation, post=row, reason=reason, at=now, by=by, content=content,
        payload=payload, sha256=digest(content, payload),
    )  # fmt: skip
    FrozenFile.objects.bulk_create(
        FrozenFile(freeze=made, **{name: getattr(each, name) for name in _FILE_FIELDS})
        for each in Media.objects.filter(post=row).order_by("position")
    )
    return made


def digest(content: dict[str, Any], payload: bytes) -> str:
    """SHA-256 of the raw item (uncompressed) and the content as canonical JSON."""
    raw = zlib.decompress(payload) if payload else b""
    return hashlib.sha256(raw + b"\n" + msgspec.json.encode(content, order="sorted")).hexdigest()


def _content(post: Post) -> dict[str, Any]:
    author = post.author
    return {
        "text": post.text,
        "url": post.url,
        "network": post.network,
        "language": post.language,
        "published_at": rfc3339(post.published_at),
        "edited_at": rfc3339(post.edited_at) if post.edited_at else None,
        "author": {"id": author.remote_id, "handle": author.handle, "name": author.name}
        if author
        else None,
    }


def standing(operation: Operation) -> QuerySet[Freeze]:
    """The operation's freezes that are not lifted."""
    return Freeze.objects.filter(operation=operation, lifted_at__isnull=True)


def unfreeze(freeze: Freeze, *, why: str, by: User | None, now: datetime) -> list[str]:
    """Let the copy go and keep the decision. In the caller's transaction.

    Returns the names of files that nothing needs any more: to be removed once this is committed.
    """
    files = list(freeze.files.exclude(blob="").values_list("blob", flat=True))
    freeze.files.all().delete()
    freeze.content, freeze.payload = {}, b""
    freeze.lifted_at, freeze.lifted_by, freeze.lifted_why = now, by, why
    freeze.save(
        update_fields=["content", "payload", "lifted_at", "lifted_by", "lifted_why"]
    )  # fmt: skip
    return unneeded(files)


def unneeded(blobs: Iterable[str]) -> list[str]:
    """Those among these files that nothing shows any more."""
    return holders.unheld(blobs)


def withdrawn(posts: Iterable[int], *, now: datetime) -> None:
    """These posts are emptied now; what was frozen of them says since when."""
    bulk.change_in(
        "UPDATE collection_freeze SET withdrawn_at = %s "
        "WHERE lifted_at IS NULL AND withdrawn_at IS NULL AND post_id IN {}",
        posts,
        bulk.stamp(now),
    )


def file_fetched(media: int) -> None:
    """A picture of a post was fetched: what is frozen of the post has it too, if it is the same."""
    found = Media.objects.filter(pk=media).first()
    if found is None:
        return
    same = FrozenFile.objects.filter(
        Exists(Freeze.objects.filter(pk=OuterRef("freeze"), post=found.post_id)),
        position=found.position, url=found.url, blob="",
    )  # fmt: skip
    same.update(
        blob=found.blob, sha256=found.sha256, width=found.width, height=found.height
    )  # fmt: skip
