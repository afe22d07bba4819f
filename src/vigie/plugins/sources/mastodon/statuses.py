"""Statuses of Mastodon (and of what speaks its API) → drafts, and the order of their ids."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from vigie.contracts.drafts import Draft, PostDeletion
from vigie.contracts.plugins import Undecodable
from vigie.plugins.kit.markup import plain
from vigie.plugins.kit.reading import dig, load, moment, objects, post, texts

NETWORK: Final = "mastodon"
_MEDIA: Final = {"image": "image", "gifv": "video", "video": "video", "audio": "audio"}


def order(status_id: str) -> tuple[int, str]:
    """Ids are opaque: a longer one is later, of equal length the greater."""
    return len(status_id), status_id


def newest(*ids: str) -> str:
    return max((each for each in ids if each), key=order, default="")


def is_public(status: dict[str, Any]) -> bool:
    """Whether everybody may read it: a list's timeline also holds what is for followers only."""
    return texts(status, "visibility") in ("public", "unlisted", "")


def decode(payload: bytes) -> Draft:
    """A status, or the note that one is gone (`deletion`).

    Raises Undecodable `not_public` and those of `contracts.wire`.
    """
    value = load(payload)
    if value.get("event") == "delete":
        uri = texts(value, "uri")
        if not uri:
            raise Undecodable("missing_id")
        return PostDeletion(id=uri[:500], deleted_at=moment(value.get("seen_at")))
    if not is_public(value):
        raise Undecodable("not_public")
    draft = post(wire_of(value))
    return msgspec.structs.replace(draft, as_of=draft.edited_at or draft.created_at)


def wire_of(status: dict[str, Any]) -> dict[str, Any]:
    """The wire form. A boost has its own id and author, and the words of what it boosts."""
    boosted = status.get("reblog")
    boosted = boosted if isinstance(boosted, dict) else None
    said = boosted or status
    warning = texts(said, "spoiler_text").strip()
    text = plain(texts(said, "content")).text
    text = "\n\n".join(part for part in (warning, text) if part)
    quoted = dig(said, "quote", "quoted_status") or dig(said, "quote")
    quoted_url = texts(quoted, "url")
    if quoted_url and quoted_url not in text:
        text = f"{text}\n{quoted_url}" if text else quoted_url
    wire = {
        "id": status.get("uri"),
        "text": text,
        "network": NETWORK,
        "created_at": status.get("created_at"),
        "edited_at": said.get("edited_at"),
        "url": said.get("url") or said.get("uri"),
        "lang": said.get("language"),
        "author": _author(status),
        "media": [_medium(each) for each in objects(said, "media_attachments", limit=20)],
        "reply_to": said.get("in_reply_to_id"),
        "graphic": said.get("sensitive") is True or bool(warning),
    }
    if boosted is not None:
        return {**wire, "repost_of": boosted.get("uri"), "reply_to": None}
    return {
        **wire,
        "likes": status.get("favourites_count"),
        "reposts": status.get("reblogs_count"),
        "replies": status.get("replies_count"),
    }


def _author(status: dict[str, Any]) -> dict[str, Any] | None:
    """The account under the name that is the same on every instance."""
    account = status.get("account")
    if not isinstance(account, dict):
        return None
    acct, page = texts(account, "acct"), texts(account, "url")
    handle = acct
    if acct and "@" not in acct and (host := host_of(page)):
        handle = f"{acct}@{host}"
    return {
        "id": page or texts(account, "uri") or handle or None,
        "handle": handle,
        "name": texts(account, "display_name") or texts(account, "username"),
        "followers": account.get("followers_count"),
        "created_at": account.get("created_at"),
    }


def _medium(attached: dict[str, Any]) -> dict[str, Any]:
    kind = texts(attached, "type")
    address = (
        texts(attached, "url") or texts(attached, "remote_url") or texts(attached, "preview_url")
    )
    return {
        "type": _MEDIA.get(kind, "file"),
        "url": address,
        "description": texts(attached, "description"),
    }


def host_of(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def tags_of(status: dict[str, Any]) -> frozenset[str]:
    """The status's hashtags in lower case."""
    return frozenset(texts(tag, "name").lower() for tag in objects(status, "tags", limit=200))
