"""What is held about a person's accounts: found by handle, handed out, erased.

For the data-protection officer (screen and `vigie person`). A handle is looked for in accounts, in
what others wrote of it, and in what could not be read. The journal says that somebody asked and how
much went, never about whom: in its place stands a digest that only this installation can make again.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Lower

from vigie.accounts.models import User
from vigie.accounts.roles import Right
from vigie.analysis.tokens import tokenise
from vigie.collection.blobs import BlobStore
from vigie.collection.freezing.models import Freeze
from vigie.collection.models import Author, Media, Post, RawItem, RefusedItem
from vigie.collection.retention import pseudonym
from vigie.journal import actions as journal
from vigie.kernel.clock import rfc3339
from vigie.kernel.text import clean_line
from vigie.operations.access import machine_desk, record_platform, require_platform
from vigie.operations.models import Operation
from vigie.triage import purging
from vigie.triage.actions.freezing import lift_freeze
from vigie.triage.models import Annotation, IncidentPost, Lead
from vigie.triage.retention import forget_posts

LEAST: Final = 2
"""Characters of a handle at least."""
REASON_LEAST: Final = 10
MENTIONS: Final = 500
"""Posts of others that name the handle, at most in one go."""
HIDDEN: Final = "@…"
"""Stands where others named an erased handle."""


class HandleTooShort(ValueError):
    """It would find everybody."""


class ReasonMissing(ValueError):
    """An erasure needs its reason in writing."""


@dataclass(frozen=True, kw_only=True)
class Officer:
    """Who answers a person's request: an officer of data protection, or a process (`actor`)."""

    user: User | None
    actor: str

    def record(self, verb: str, *, now: datetime, text: str = "", data: dict[str, Any]) -> None:
        record_platform(verb, by=self.user, actor=self.actor, now=now, text=text, data=data)


def officer(user: User) -> Officer:
    """Raises NotAllowed."""
    require_platform(user, Right.PLATFORM_DATA)
    return Officer(user=user, actor=user.display)


@dataclass(frozen=True, kw_only=True)
class Held:
    """What is held. `accounts` with the number of their posts; `frozen` of those posts; `mentions`:
    posts of others that name the handle; `refused`: items set aside that hold it.
    """

    handle: str
    accounts: tuple[tuple[Author, int], ...]
    frozen: tuple[Freeze, ...]
    mentions: tuple[int, ...]
    refused: tuple[int, ...]

    @property
    def is_nothing(self) -> bool:
        return not (self.accounts or self.mentions or self.refused or self.frozen)

    @property
    def posts(self) -> int:
        return sum(number for _, number in self.accounts)


def find(*, handle: str, by: Officer, now: datetime) -> Held:
    """All that is held about a handle or an account's id. Raises HandleTooShort."""
    name = clean_line(handle, limit=255).strip().removeprefix("@")
    if len(name) < LEAST:
        raise HandleTooShort(handle)
    with transaction.atomic():
        found = _held(name)
        by.record("person.searched", now=now, data={"person": digest(name), **_numbers(found)})
    return found


def _held(name: str) -> Held:
    lower = name.lower()
    networks = Author.objects.order_by().values_list("network", flat=True).distinct()
    ids = {name, f"@{name}", *(pseudonym(network, name) for network in networks)}
    rows = list(
        Author.objects.alias(low=Lower("handle"))
        .filter(Q(low__in=[lower, f"@{lower}"]) | Q(remote_id__in=ids))
        .order_by("network", "pk")
    )
    frozen = Freeze.objects.filter(lifted_at__isnull=True).select_related("operation", "by")
    copies = [
        each
        for each in frozen.order_by("pk")
        if _is_of(each, rows, lower, ids)
    ]  # fmt: skip
    own = {row.pk for row in rows}
    named = Post.objects.filter(text__icontains=f"@{name}").exclude(author__in=own)
    return Held(
        handle=name,
        accounts=tuple((row, Post.objects.filter(author=row).count()) for row in rows),
        frozen=tuple(copies),
        mentions=tuple(named.order_by("pk").values_list("pk", flat=True)[:MENTIONS]),
        refused=tuple(_refused_with(name)),
    )


def _is_of(freeze: Freeze, rows: Sequence[Author], lower: str, ids: set[str]) -> bool:
    author = freeze.content.get("author") or {}
    handle = str(author.get("handle", "")).lower().removeprefix("@")
    known = {(row.network, row.remote_id) for row in rows}
    return (
        handle == lower
        or author.get("id") in ids
        or (freeze.content.get("network"), author.get("id")) in known
    )


def _refused_with(name: str) -> Iterator[int]:
    wanted = name.lower().encode()
    for pk, payload in RefusedItem.objects.order_by("pk").values_list("pk", "payload").iterator():
        if wanted in bytes(payload).lower():
            yield pk


def _numbers(found: Held) -> dict[str, int]:
    return {
        "accounts": len(found.accounts), "posts": found.posts, "frozen": len(found.frozen),
        "mentions": len(found.mentions), "refused": len(found.refused),
    }  # fmt: skip


def digest(name: str) -> str:
    """Tells later that two requests were about the same handle, to who knows it and has the key."""
    return pseudonym("person", name.lower())


# -- access ------------------------------------------------------------------------------------


def export(*, found: Held, by: Officer, now: datetime) -> dict[str, Any]:
    """All that is held, as one JSON object; the journal notes that it was handed out.

    `media[].file` names files of the blob store (see `files_of`).
    """
    with transaction.atomic():
        by.record(
            "person.exported", now=now, data={"person": digest(found.handle), **_numbers(found)}
        )
        return {
            "handle": found.handle,
            "made_at": rfc3339(now),
            "accounts": [_account(row) for row, _ in found.accounts],
            "named_by_others": [_mention(pk) for pk in found.mentions],
            "frozen_copies": [_frozen(each) for each in found.frozen],
            "could_not_be_read": [_refused(pk) for pk in found.refused],
        }


def files_of(found: Held) -> list[str]:
    """Names of the kept files of these accounts' posts."""
    authors = [row.pk for row, _ in found.accounts]
    kept = Media.objects.filter(post__author__in=authors).exclude(blob="")
    return sorted(set(kept.values_list("blob", flat=True)))


def _account(row: Author) -> dict[str, Any]:
    posts = Post.objects.filter(author=row).select_related("source").order_by("pk")
    return {
        "network": row.network, "id": row.remote_id, "handle": row.handle, "name": row.name,
        "followers": row.followers,
        "opened_at": rfc3339(row.account_created_at) if row.account_created_at else None,
        "official": row.official,
        "posts": [_post(post) for post in posts.iterator(chunk_size=500)],
    }  # fmt: skip


def _post(post: Post) -> dict[str, Any]:
    raw = RawItem.objects.filter(post=post).first()
    leads = Lead.objects.filter(post=post).select_related("operation").order_by("pk")
    return {
        "id": post.remote_id, "url": post.url, "text": post.text, "language": post.language,
        "published_at": rfc3339(post.published_at), "received_at": rfc3339(post.received_at),
        "source": post.source.name, "lat": post.lat, "lon": post.lon,
        "media": [
            {"type": m.type, "url": m.url, "description": m.description, "file": m.blob or None}
            for m in Media.objects.filter(post=post).order_by("position")
        ],
        "as_received": zlib.decompress(bytes(raw.payload)).decode(errors="replace")
        if raw
        else None,
        "work": [_work(lead) for lead in leads],
    }  # fmt: skip


def _work(lead: Lead) -> dict[str, Any]:
    """What an operation made of it; people of the team by role, not by name."""
    said = Annotation.objects.filter(lead=lead).order_by("pk")
    incidents = IncidentPost.objects.filter(lead=lead).values_list("incident__number", flat=True)
    return {
        "operation": lead.operation.title, "state": lead.state, "urgency": lead.urgency,
        "category": lead.category or None, "rating": f"{lead.reliability}{lead.credibility}",
        "place": lead.place_name or None, "incidents": sorted(incidents),
        "said": [
            {"kind": each.kind, "value": each.value, "by": each.model or "team",
             "at": rfc3339(each.at)}
            for each in said
        ],
    }  # fmt: skip


def _mention(pk: int) -> dict[str, Any]:
    post = Post.objects.get(pk=pk)
    return {"text": post.text, "url": post.url, "published_at": rfc3339(post.published_at)}


def _frozen(freeze: Freeze) -> dict[str, Any]:
    return {
        "operation": freeze.operation.title, "since": rfc3339(freeze.at), "reason": freeze.reason,
        "content": freeze.content,
    }  # fmt: skip


def _refused(pk: int) -> dict[str, Any]:
    row = RefusedItem.objects.get(pk=pk)
    return {"at": rfc3339(row.at), "payload": bytes(row.payload).decode(errors="replace")}


# -- erasure -----------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Erased:
    """How much went. `kept_frozen`: copies that reasoned decisions keep, with their reasons."""

    posts: int
    accounts: int
    mentions: int
    refused: int
    frozen: int
    kept_frozen: tuple[Freeze, ...] = ()


def erase(
    *, found: Held, reason: str, lift_frozen: bool = False, by: Officer, now: datetime
) -> Erased:
    """Erase what is held: texts, pictures, accounts; the handle in what others wrote; what could not
    be read. The places in incidents and the journal stay. Frozen copies stay, unless `lift_frozen`.

    In one transaction. Raises ReasonMissing.
    """
    why = clean_line(reason, limit=1_000)
    if len(why) < REASON_LEAST:
        raise ReasonMissing
    files: list[str] = []
    with transaction.atomic():
        authors = [row.pk for row, _ in found.accounts]
        rows = list(
            Lead.objects.filter(post__author__in=authors)
            .select_related("operation").order_by("operation", "pk")
        )  # fmt: skip
        lines, gone = forget_posts(rows, now=now)
        files += gone
        Author.objects.filter(pk__in=authors).delete()
        mentioning = _hide_mentions(found)
        RefusedItem.objects.filter(pk__in=found.refused).delete()
        lifted = list(found.frozen) if lift_frozen else []
        for freeze in lifted:
            files += _lift(freeze, why=why, by=by, now=now)
        proof = purging.proof_of([*lines, *(f"refused:{pk}" for pk in found.refused)])
        _tell([*rows, *mentioning], by=by, now=now, why=why)
        done = Erased(
            posts=len(set(lines)), accounts=len(authors), mentions=len(found.mentions),
            refused=len(found.refused), frozen=len(lifted),
            kept_frozen=() if lift_frozen else found.frozen,
        )  # fmt: skip
        by.record(
            "person.erased", now=now, text=why,
            data={
                "person": digest(found.handle), "posts": done.posts, "accounts": done.accounts,
                "mentions": done.mentions, "refused": done.refused, "frozen": done.frozen,
                "kept_frozen": len(done.kept_frozen), "proof": proof,
            },
        )  # fmt: skip
    BlobStore().remove(files)
    return done


def _lift(freeze: Freeze, *, why: str, by: Officer, now: datetime) -> list[str]:
    lead = Lead.objects.filter(operation=freeze.operation_id, post=freeze.post_id).first()
    desk = machine_desk(freeze.operation, by.actor)
    return lift_freeze(freeze, lead=lead.pk if lead else None, why=why, by=desk, now=now)


def _hide_mentions(found: Held) -> list[Lead]:
    """Take the handle out of what others wrote, and let their raw items go, which hold it too."""
    posts = list(Post.objects.filter(pk__in=found.mentions))
    for post in posts:
        post.text = _without(post.text, f"@{found.handle}")
        post.tokens = " ".join(tokenise(post.text))
        post.exact, post.signature = 0, None
        post.save(update_fields=["text", "tokens", "exact", "signature"])
    RawItem.objects.filter(post__in=found.mentions).delete()
    leads = Lead.objects.filter(post__in=found.mentions).select_related("operation")
    Annotation.objects.filter(
        lead__in=leads, by__isnull=True, kind__in=("urgency", "place")
    ).delete()
    return list(leads)


def _without(text: str, name: str) -> str:
    """The text with the name replaced wherever it stands, in small or capital letters."""
    low, wanted, parts, at = text.lower(), name.lower(), [], 0
    if len(low) != len(text):  # a letter that changes its length: only as it was written
        return text.replace(name, HIDDEN)
    while (found := low.find(wanted, at)) >= 0:
        parts += [text[at:found], HIDDEN]
        at = found + len(wanted)
    return "".join([*parts, text[at:]])


def _tell(leads: Iterable[Lead], *, by: Officer, now: datetime, why: str) -> None:
    """Into the journal of each operation that worked on something of it."""
    by_operation: dict[Operation, list[int]] = {}
    for lead in leads:
        by_operation.setdefault(lead.operation, []).append(lead.pk)
    for operation, ids in sorted(by_operation.items(), key=lambda each: each[0].pk):
        journal.write(
            chain=operation.pk, verb="person.erased", now=now, by=by.user, actor=by.actor,
            text=why, data={"number": len(ids)},
            touches=[f"lead:{pk}" for pk in ids[:100]],
        )  # fmt: skip
