"""Posts, authors, media and raw items as the pipeline stores them: in bulk, inside its transaction.

At least once becomes exactly once here: `known` tells what is stored of a source, under the source's
row lock that `pipeline` holds, and (source, remote id) is unique whatever happens.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec
from django.db import connection

from vigie.collection import bulk
from vigie.collection.freezing import copies
from vigie.contracts.drafts import AuthorDraft, PostDraft
from vigie.contracts.findings import Findings
from vigie.contracts.plugins import Refusal

LONGEST_ID: Final = 500
SHORT_PAYLOAD: Final = 1_000
"""Bytes."""
_AUTHOR_ID: Final = 255
_COUNT_MAX: Final = 2**31 - 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """What is stored under a remote id."""

    post: int
    digest: str
    deleted: bool
    counts: tuple[int | None, int | None, int | None]
    edited_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class NewPost:
    """A post to be stored. `digest` is `content_digest(draft)`."""

    draft: PostDraft
    payload: bytes
    digest: str
    findings: Findings


def content_digest(draft: PostDraft) -> str:
    """Of all that an edit may change, counts aside: tells an edit from a repetition."""
    content = (
        draft.text,
        draft.url,
        draft.author.id if draft.author else None,
        draft.media,
        draft.reply_to,
        draft.repost_of,
        draft.lat,
        draft.lon,
        draft.graphic,
    )
    return hashlib.blake2b(msgspec.msgpack.encode(content), digest_size=16).hexdigest()


def counts_of(draft: PostDraft) -> tuple[int | None, int | None, int | None]:
    """(likes, reposts, replies), cut to what a column holds."""
    return _count(draft.likes), _count(draft.reposts), _count(draft.replies)


def known(source: int, remote_ids: Iterable[str]) -> dict[str, Known]:
    """What is stored of this source under these ids."""
    rows = bulk.select_in(
        "SELECT remote_id, id, digest, deleted_at IS NOT NULL, likes, reposts, replies, edited_at "
        "FROM collection_post WHERE source_id = %s AND remote_id IN {}",
        remote_ids,
        source,
    )
    return {
        row[0]: Known(
            post=row[1],
            digest=row[2],
            deleted=bool(row[3]),
            counts=tuple(row[4:7]),
            edited_at=None if row[7] is None else bulk.read_stamp(row[7]),
        )
        for row in rows
    }


_POST_COLUMNS: Final = (
    "id", "source_id", "remote_id", "network", "url", "author_id", "published_at", "received_at",
    "edited_at", "language", "text", "tokens", "reply_to", "repost_of", "lon", "lat", "likes",
    "reposts", "replies", "has_media", "graphic", "exact", "signature", "digest",
)  # fmt: skip


def add_posts(source: int, posts: Sequence[NewPost], *, now: datetime) -> Sequence[int]:
    """Store new posts with their authors, raw items and media; their ids, in order."""
    if not posts:
        return ()
    authors = _authors(posts)
    ids = bulk.reserve("collection_post", len(posts))
    received = bulk.stamp(now)
    rows, raws, media = [], [], []
    for post_id, post in zip(ids, posts, strict=True):
        draft, found = post.draft, post.findings
        rows.append(
            (
                post_id, source, draft.id, draft.network[:30], draft.url, _author_id(draft, authors),
                bulk.stamp(draft.created_at), received, bulk.stamp(draft.edited_at),
                (found.language or "")[:8], draft.text, " ".join(found.tokens),
                (draft.reply_to or "")[:500], (draft.repost_of or "")[:500], draft.lon, draft.lat,
                *counts_of(draft), bool(draft.media), draft.graphic, signed(found.exact),
                found.signature, post.digest,
            )
        )  # fmt: skip
        raws.append((post_id, _packed(post.payload)))
        media += _media_rows(post_id, draft)
    bulk.insert("collection_post", _POST_COLUMNS, rows)
    bulk.insert("collection_rawitem", ("post_id", "payload"), raws)
    _insert_media(media)
    return ids


def edit_posts(posts: Mapping[int, NewPost], *, now: datetime) -> list[str]:
    """Write the new content of stored posts over the old; media that stay keep their files.

    Returns the names of files that no medium needs any more: to be removed once this is committed.
    """
    authors = _authors(list(posts.values()))
    rows, raws = [], []
    for post_id, post in posts.items():
        draft, found = post.draft, post.findings
        rows.append(
            (
                draft.network[:30], draft.url, _author_id(draft, authors),
                bulk.stamp(draft.edited_at or draft.as_of or now), (found.language or "")[:8], draft.text,
                " ".join(found.tokens), (draft.reply_to or "")[:500],
                (draft.repost_of or "")[:500], draft.lon, draft.lat, *counts_of(draft),
                bool(draft.media), draft.graphic, signed(found.exact), found.signature,
                post.digest, post_id,
            )
        )  # fmt: skip
        raws.append((_packed(post.payload), post_id))
    names = [
        name
        for name in _POST_COLUMNS
        if name not in ("id", "source_id", "remote_id", "published_at", "received_at")
    ]
    assignments = ", ".join(f"{name} = %s" for name in names)
    bulk.change(f"UPDATE collection_post SET {assignments} WHERE id = %s", rows)  # noqa: S608
    bulk.change("UPDATE collection_rawitem SET payload = %s WHERE post_id = %s", raws)
    return _edit_media(posts)


def change_counts(posts: Mapping[int, PostDraft]) -> None:
    """Write likes, reposts and replies that moved; nothing else changed."""
    bulk.change(
        "UPDATE collection_post SET likes = %s, reposts = %s, replies = %s WHERE id = %s",
        [(*counts_of(draft), post_id) for post_id, draft in posts.items()],
    )


def empty_posts(posts: Sequence[int], *, now: datetime) -> list[str]:
    """Take away all that deleted posts said and who said it; their rows stay, empty. What was frozen
    of them stays where it was frozen.

    Returns the names of files that no medium needs any more: to be removed once this is committed.
    """
    authors = [row[0] for row in bulk.select_in(
        "SELECT DISTINCT author_id FROM collection_post WHERE author_id IS NOT NULL AND id IN {}",
        posts,
    )]  # fmt: skip
    files = [row[0] for row in bulk.select_in(
        "SELECT DISTINCT blob FROM collection_media WHERE blob <> '' AND post_id IN {}", posts
    )]  # fmt: skip
    bulk.change_in(
        "UPDATE collection_post SET text = '', tokens = '', url = '', author_id = NULL, "
        "reply_to = '', repost_of = '', lon = NULL, lat = NULL, has_media = %s, graphic = %s, "
        "exact = 0, signature = NULL, digest = '', deleted_at = %s WHERE id IN {}",
        posts, False, False, bulk.stamp(now),
    )  # fmt: skip
    bulk.change_in("DELETE FROM collection_rawitem WHERE post_id IN {}", posts)
    bulk.change_in("DELETE FROM collection_media WHERE post_id IN {}", posts)
    bulk.change_in(
        "DELETE FROM collection_author WHERE NOT EXISTS (SELECT 1 FROM collection_post "
        "WHERE collection_post.author_id = collection_author.id) AND id IN {}",
        authors,
    )
    copies.withdrawn(posts, now=now)
    return copies.unneeded(files)


def posts_of_accounts(source: int, accounts: Iterable[str]) -> list[int]:
    """Posts of this source, not yet emptied, whose author has one of these ids."""
    wanted = list(accounts)
    if not wanted:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_NETWORKS)
        networks = [row[0] for row in cursor.fetchall()]
    authors = [
        row[0]
        for network in networks
        for row in bulk.select_in(
            "SELECT id FROM collection_author WHERE network = %s AND remote_id IN {}",
            wanted,
            network,
        )
    ]
    found = bulk.select_in(
        "SELECT id, source_id FROM collection_post WHERE deleted_at IS NULL AND author_id IN {}",
        authors,
    )
    return [post for post, each in found if each == source]


# The few networks there are, by one seek of the index each.
_NETWORKS: Final = (
    "WITH RECURSIVE n(network) AS (SELECT min(network) FROM collection_author UNION ALL "
    "SELECT (SELECT min(network) FROM collection_author WHERE network > n.network) FROM n "
    "WHERE n.network IS NOT NULL) SELECT network FROM n WHERE network IS NOT NULL"
)


def set_aside(source: int, refusals: Sequence[Refusal], *, now: datetime) -> None:
    """Keep what could not be read, with its reason, where people see it and can retry it."""
    at = bulk.stamp(now)
    bulk.insert(
        "collection_refuseditem",
        ("source_id", "at", quoted("where"), "code", "detail", "payload"),
        [
            (source, at, _line(r.where)[:200], r.code[:60], _line(r.detail), r.payload)
            for r in refusals
        ],
    )


def settle(items: Iterable[int], *, now: datetime) -> None:
    """Refused items that were read at last."""
    bulk.change_in(
        "UPDATE collection_refuseditem SET settled_at = %s WHERE settled_at IS NULL AND id IN {}",
        items, bulk.stamp(now),
    )  # fmt: skip


def refuse_again(items: Mapping[int, Refusal]) -> None:
    """Refused items that still cannot be read, maybe for another reason."""
    bulk.change(
        "UPDATE collection_refuseditem SET code = %s, detail = %s WHERE id = %s",
        [(r.code[:60], _line(r.detail), item) for item, r in items.items()],
    )


def _packed(payload: bytes) -> bytes:
    """zlib's form. A short payload is wrapped, not squeezed: that would take 13 µs to save 140
    bytes of the 3 kB that a post takes with its indexes."""
    return zlib.compress(payload, 1 if len(payload) > SHORT_PAYLOAD else 0)


def signed(unsigned: int) -> int:
    """A 64-bit digest as the signed number a column holds."""
    return unsigned - 2**64 if unsigned >= 2**63 else unsigned


def quoted(name: str) -> str:
    """A column whose name is a word of SQL."""
    return f'"{name}"'


def _count(value: int | None) -> int | None:
    return None if value is None else min(value, _COUNT_MAX)


def _line(text: str) -> str:
    """Text a column of any database takes: no NUL, no half surrogate."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _author_key(author: AuthorDraft, network: str) -> tuple[str, str]:
    identity = author.id
    if len(identity) > _AUTHOR_ID:
        identity = hashlib.blake2b(identity.encode(), digest_size=32).hexdigest()
    return network[:30], identity


def _author_id(draft: PostDraft, authors: Mapping[tuple[str, str], int]) -> int | None:
    return authors[_author_key(draft.author, draft.network)] if draft.author else None


def _authors(posts: Sequence[NewPost]) -> dict[tuple[str, str], int]:
    """Ids of the posts' authors, those not seen before added, those that changed written over."""
    wanted: dict[tuple[str, str], AuthorDraft] = {}
    for post in posts:
        author = post.draft.author
        if author is not None:
            wanted[_author_key(author, post.draft.network)] = author
    found = _read_authors(wanted)
    missing = sorted(key for key in wanted if key not in found)
    if missing:
        # Sorted: two writers that meet on PostgreSQL then wait for each other in one order.
        bulk.insert(
            "collection_author",
            ("network", "remote_id", *_AUTHOR_COLUMNS),
            [(*key, *_author_row(wanted[key])) for key in missing],
            or_ignore=True,
        )
    changed = [
        (*_author_row(author), found[key][0])
        for key, author in sorted(wanted.items())
        if key in found
        and author != AuthorDraft(id=author.id)  # which says nothing: what is known stays
        and found[key][1:] != _author_row(author)
    ]
    assignments = ", ".join(f"{name} = %s" for name in _AUTHOR_COLUMNS)
    bulk.change(f"UPDATE collection_author SET {assignments} WHERE id = %s", changed)  # noqa: S608
    if missing:
        found |= _read_authors(dict.fromkeys(missing))
    return {key: row[0] for key, row in found.items()}


_AUTHOR_COLUMNS: Final = ("handle", "name", "followers", "account_created_at", "official")


def _author_row(author: AuthorDraft) -> tuple[Any, ...]:
    return (
        author.handle[:255], author.name[:255], author.followers,
        bulk.stamp(author.created_at), author.official,
    )  # fmt: skip


def _read_authors(keys: Mapping[tuple[str, str], Any]) -> dict[tuple[str, str], tuple[Any, ...]]:
    """(network, id) → (row id, *columns as `_author_row` writes them)."""
    by_network: dict[str, list[str]] = {}
    for network, remote_id in keys:
        by_network.setdefault(network, []).append(remote_id)
    found: dict[tuple[str, str], tuple[Any, ...]] = {}
    for network, remote_ids in by_network.items():
        for row in bulk.select_in(
            "SELECT remote_id, id, handle, name, followers, account_created_at, official "
            "FROM collection_author WHERE network = %s AND remote_id IN {}",
            remote_ids,
            network,
        ):
            found[network, row[0]] = (*row[1:6], bool(row[6]))
    return found


_MEDIA_COLUMNS: Final = (
    "post_id", "position", "type", "url", "description", "state", "reason", "blob", "sha256",
)  # fmt: skip


def _media_rows(post_id: int, draft: PostDraft) -> list[tuple[Any, ...]]:
    return [
        (
            post_id, position, each.type[:20], each.url, each.description,
            "fetched" if each.blob else "remote", "", each.blob, "",
        )
        for position, each in enumerate(draft.media)
    ]  # fmt: skip


def _insert_media(rows: Sequence[tuple[Any, ...]]) -> None:
    bulk.insert("collection_media", tuple(map(quoted, _MEDIA_COLUMNS)), rows)


def _edit_media(posts: Mapping[int, NewPost]) -> list[str]:
    """What is still at its place stays with its file; the others come and go. Files not needed."""
    stored: dict[int, dict[int, str]] = {}
    blobs: dict[tuple[int, int], str] = {}
    for post_id, position, where, blob in bulk.select_in(
        "SELECT post_id, \"position\", CASE WHEN url = '' THEN blob ELSE url END, blob "
        "FROM collection_media WHERE post_id IN {}",
        posts,
    ):
        stored.setdefault(post_id, {})[position] = where
        blobs[post_id, position] = blob
    gone: list[tuple[int, int]] = []
    new = []
    for post_id, post in posts.items():
        old = stored.get(post_id, {})
        wanted = {at: each.url or each.blob for at, each in enumerate(post.draft.media)}
        gone += [(post_id, at) for at, where in old.items() if wanted.get(at) != where]
        new += [
            row for row in _media_rows(post_id, post.draft) if old.get(row[1]) != wanted[row[1]]
        ]
    bulk.change('DELETE FROM collection_media WHERE post_id = %s AND "position" = %s', gone)
    _insert_media(new)
    return copies.unneeded(blobs[each] for each in gone if blobs[each]) if gone else []
