"""The wire form of an exercise's post, out of the scenario and back into a draft.

Truth, claims and names of prepared injects have no place in it. Beyond the common form stand
`edited_at` and `graphic` when they apply; a deletion is `{"id", "deleted_at"}`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from vigie.contracts.drafts import Draft, PostDeletion
from vigie.contracts.measures import MeasureDraft
from vigie.contracts.plugins import Undecodable
from vigie.contracts.truth import Truth
from vigie.contracts.wire import decode_object, read_post
from vigie.kernel.clock import UnreadableTime, parse_rfc3339, rfc3339
from vigie.plugins.sources.exercise.scenario import HOSTS, Account, Post, Scenario

EVALUATION_START = datetime(2026, 1, 12, 15, 0, tzinfo=UTC)
"""The beginning given to a scenario when it is read for its truth, not played."""


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
    """A payload of this player as a draft. Raises Undecodable (codes of `contracts.wire`)."""
    value = decode_object(payload)
    if "indicator" in value:
        try:
            return msgspec.json.decode(payload, type=MeasureDraft)  # refuses half a character too
        except msgspec.DecodeError as error:
            raise Undecodable("bad_measure", str(error)[:200]) from error
    if "deleted_at" in value and "text" not in value:
        try:
            deleted_at = parse_rfc3339(str(value["deleted_at"]))
        except UnreadableTime as error:
            raise Undecodable("bad_date", str(error)) from error
        if not isinstance(value.get("id"), str) or not value["id"]:
            raise Undecodable("missing_id")
        return PostDeletion(id=value["id"], deleted_at=deleted_at)
    return read_post(value).post


def truths(scenario: Scenario) -> Iterator[tuple[dict[str, Any], Truth]]:
    """Every post of the time line in order, on the wire and with its truth, in the scenario's ids.

    Times count from EVALUATION_START, so that two runs give the same bytes.
    """
    for post in scenario.posts:
        created_at = EVALUATION_START + timedelta(seconds=post.at_s or 0)
        yield post_wire(post, prefix="", created_at=created_at), scenario.truths[post.id]
