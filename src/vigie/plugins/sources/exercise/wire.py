"""The wire form of an exercise's post, out of the scenario and back into a draft.

Truth, claims and names of prepared injects have no place in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from vigie.contracts.drafts import AuthorDraft, Draft, MediaDraft, PostDeletion, PostDraft
from vigie.contracts.plugins import Undecodable
from vigie.contracts.truth import Truth
from vigie.kernel.clock import rfc3339
from vigie.plugins.sources.exercise.scenario import HOSTS, Account, Post, Scenario

EVALUATION_START = datetime(2026, 1, 12, 15, 0, tzinfo=UTC)
"""The beginning given to a scenario when it is read for its truth, not played."""


class WireAuthor(msgspec.Struct, frozen=True, kw_only=True):
    """`author` of a post on the wire."""

    id: str
    handle: str = ""
    name: str = ""
    followers: int | None = None
    official: bool = False


class WireMedia(msgspec.Struct, frozen=True, kw_only=True):
    """One of `media` of a post on the wire."""

    type: str
    url: str = ""
    description: str = ""


class WirePost(msgspec.Struct, frozen=True, kw_only=True):
    """A post on the wire; beyond the common form, `edited_at` and `graphic` when they apply."""

    id: str
    text: str
    created_at: datetime
    network: str = "exercise"
    url: str = ""
    lang: str | None = None
    author: WireAuthor | None = None
    media: tuple[WireMedia, ...] = ()
    reply_to: str | None = None
    repost_of: str | None = None
    lat: float | None = None
    lon: float | None = None
    likes: int | None = None
    reposts: int | None = None
    replies: int | None = None
    edited_at: datetime | None = None
    graphic: bool = False


class WireDeletion(msgspec.Struct, frozen=True, kw_only=True):
    """The post `id` is gone since `deleted_at`."""

    id: str
    deleted_at: datetime


def post_wire(
    post: Post,
    *,
    prefix: str,
    created_at: datetime,
    text: str = "",
    edited_at: datetime | None = None,
) -> dict[str, Any]:
    """`post` on the wire. `prefix` goes before every post id; `text` replaces its first text."""
    account = post.account
    own = prefix + post.id
    wire: dict[str, Any] = {
        "id": own,
        "network": account.network,
        "url": _address(account, own),
        "created_at": rfc3339(created_at),
        "lang": post.lang,
        "text": text or post.text,
        "author": _author(account),
        "media": [{"type": item.type, "description": item.description} for item in post.media],
        "reply_to": prefix + post.reply_to if post.reply_to else None,
        "repost_of": prefix + post.repost_of if post.repost_of else None,
    }
    for name in ("lat", "lon", "likes", "reposts", "replies"):
        value = getattr(post, name)
        if value is not None:
            wire[name] = value
    if edited_at is not None:
        wire["edited_at"] = rfc3339(edited_at)
    if any(item.graphic for item in post.media):
        wire["graphic"] = True
    return wire


def deletion_wire(post: Post, *, prefix: str, deleted_at: datetime) -> dict[str, Any]:
    """The deletion of `post` on the wire."""
    return {"id": prefix + post.id, "deleted_at": rfc3339(deleted_at)}


def _author(account: Account) -> dict[str, Any]:
    author: dict[str, Any] = {
        "id": f"{HOSTS[account.network]}/{account.id}",
        "handle": account.handle or account.id,
        "name": account.name,
        "official": account.official,
    }
    if account.followers is not None:
        author["followers"] = account.followers
    return author


def _address(account: Account, own: str) -> str:
    return f"https://{HOSTS[account.network]}/{account.handle or account.id}/{own}"


def read(payload: bytes) -> Draft:
    """A payload of this player as a draft. Raises Undecodable (`not_wire_form`)."""
    try:
        if b'"deleted_at"' in payload and b'"text"' not in payload:
            gone = msgspec.json.decode(payload, type=WireDeletion)
            return PostDeletion(id=gone.id, deleted_at=gone.deleted_at)
        post = msgspec.json.decode(payload, type=WirePost)
    except msgspec.MsgspecError as error:
        raise Undecodable("not_wire_form", str(error)) from error
    author = post.author
    return PostDraft(
        id=post.id,
        text=post.text,
        created_at=post.created_at.astimezone(UTC),
        network=post.network,
        url=post.url,
        lang=post.lang,
        author=None
        if author is None
        else AuthorDraft(
            id=author.id,
            handle=author.handle,
            name=author.name,
            followers=author.followers,
            official=author.official,
        ),
        media=tuple(
            MediaDraft(type=item.type, url=item.url, description=item.description)
            for item in post.media
        ),
        reply_to=post.reply_to,
        repost_of=post.repost_of,
        lat=post.lat,
        lon=post.lon,
        likes=post.likes,
        reposts=post.reposts,
        replies=post.replies,
        edited_at=post.edited_at.astimezone(UTC) if post.edited_at else None,
        graphic=post.graphic,
    )


def truths(scenario: Scenario) -> Iterator[tuple[dict[str, Any], Truth]]:
    """Every post of the time line in order, on the wire and with its truth, in the scenario's ids.

    Times count from EVALUATION_START, so that two runs give the same bytes.
    """
    for post in scenario.posts:
        created_at = EVALUATION_START + timedelta(seconds=post.at_s or 0)
        yield post_wire(post, prefix="", created_at=created_at), scenario.truths[post.id]
