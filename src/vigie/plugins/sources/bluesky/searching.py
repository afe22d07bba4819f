"""Bluesky's search, visited: for those who cannot keep a stream open, and for what came before."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final
from urllib.parse import urlencode

import msgspec

from vigie.contracts.plugins import Batch, RawItem, SourceUnreadable
from vigie.contracts.ports import Ports
from vigie.kernel.clock import rfc3339
from vigie.plugins.kit import manners
from vigie.plugins.kit.reading import dig, moment, texts

PAGE: Final = 100
PAGES: Final = 20
OVERLAP: Final = timedelta(minutes=3)
"""The index is not filled in order: what is found late is found by looking back."""

REMEMBERED: Final = 2_000
SPARE: Final = 10
SESSION: Final = timedelta(hours=1)


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """`server` is https://host; `account` "identifier:app password" or "" (where none is needed)."""

    server: str
    words: str
    lang: str = ""
    second_version: bool = False
    account: str = ""


class Searcher:
    """One visit: everything indexed since the last one, newest first, once."""

    _sessions: ClassVar[dict[tuple[str, str], tuple[datetime, str]]] = {}
    """(server, identifier) → (until, token): signing in is counted and limited by the day."""

    def __init__(self, search: Search, ports: Ports) -> None:
        self.search = search
        self.ports = ports

    async def batches(self, cursor: Mapping[str, Any]) -> AsyncIterator[Batch]:
        """Pages until what was seen before; the cursor moves with the last one.

        Raises SourceError, FetchError.
        """
        known = set(cursor.get("seen") or ())
        newest = str(cursor.get("newest") or "")
        since = moment(newest)
        seen: list[str] = []
        page, wait_s = "", None
        for _ in range(PAGES):
            posts, page, headers = await self._page(page, since)
            now = self.ports.clock.now()
            wait_s = manners.wait_for_quota_s(headers, now=now, spare=SPARE, prefix="ratelimit-")
            fresh = []
            for view in posts:
                mark = _mark(view)
                newest = max(newest, _indexed(view))
                seen.append(mark)
                if mark not in known:
                    fresh.append(view)
            last = not page or not posts or wait_s is not None
            reached = since is not None and _is_before(posts, since - OVERLAP)
            if last or reached:
                page = ""
            if page:
                yield Batch(items=_raw(fresh), cursor=cursor)
                continue
            break
        else:
            fresh = []
        yield Batch(
            items=_raw(fresh),
            cursor={"newest": newest, "seen": list(dict.fromkeys(seen))[:REMEMBERED]},
            unchanged=bool(seen) and not fresh,
            retry_after_s=wait_s,
        )

    async def _page(
        self, page: str, since: datetime | None
    ) -> tuple[list[dict[str, Any]], str, Mapping[str, str]]:
        response = await self.ports.http.get(
            self._address(page, since), headers=await self._headers(), max_bytes=20_000_000
        )
        if response.status in (400, 401) and "ExpiredToken" in manners.reason(response):
            self._sessions.pop(self._who(), None)
        manners.check(response, now=self.ports.clock.now())
        found = manners.json_of(response)
        posts = dig(found, "posts")
        if not isinstance(posts, list):
            raise SourceUnreadable("no posts")
        return [p for p in posts if isinstance(p, dict)], texts(found, "cursor"), response.headers

    def _address(self, page: str, since: datetime | None) -> str:
        search = self.search
        asked: list[tuple[str, str | int]] = [("limit", PAGE)]
        if search.second_version:
            method = "app.bsky.feed.searchPostsV2"
            asked += [("query", search.words), ("sort", "recent")]
            asked += [("languages", search.lang)] if search.lang else []
        else:
            method = "app.bsky.feed.searchPosts"
            asked += [("q", search.words), ("sort", "latest")]
            asked += [("lang", search.lang)] if search.lang else []
        if since is not None:
            asked.append(("since", rfc3339((since - OVERLAP).replace(microsecond=0))))
        if page:
            asked.append(("cursor", page))
        return f"{search.server.rstrip('/')}/xrpc/{method}?{urlencode(asked)}"

    def _who(self) -> tuple[str, str]:
        return self.search.server, self.search.account.partition(":")[0]

    async def _headers(self) -> dict[str, str]:
        if not self.search.account:
            return {}
        now = self.ports.clock.now()
        until, token = self._sessions.get(self._who(), (now, ""))
        if now >= until:
            token = await self._sign_in()
            self._sessions[self._who()] = now + SESSION, token
        return {"Authorization": f"Bearer {token}"}

    async def _sign_in(self) -> str:
        identifier, _, password = self.search.account.partition(":")
        response = await self.ports.http.post(
            f"{self.search.server.rstrip('/')}/xrpc/com.atproto.server.createSession",
            body=msgspec.json.encode({"identifier": identifier, "password": password}),
            headers={"Content-Type": "application/json"},
        )
        manners.check(response, now=self.ports.clock.now())
        token = texts(manners.json_of(response), "accessJwt")
        if not token:
            raise manners.NeedsToken("no accessJwt")
        return token


def _mark(view: Mapping[str, Any]) -> str:
    """What a post is and says, counts aside, in 12 characters."""
    said = f"{texts(view, 'uri')}\n{texts(view, 'cid')}".encode(errors="surrogatepass")
    return hashlib.blake2b(said, digest_size=6).hexdigest()


def _indexed(view: Mapping[str, Any]) -> str:
    at = moment(view.get("indexedAt"))
    return rfc3339(at.replace(microsecond=0)) if at is not None else ""


def _is_before(posts: list[dict[str, Any]], moment_kept: datetime) -> bool:
    """Whether the page's last post was indexed before that."""
    at = moment(posts[-1].get("indexedAt")) if posts else None
    return at is not None and at < moment_kept


def _raw(views: list[dict[str, Any]]) -> tuple[RawItem, ...]:
    return tuple(
        RawItem(payload=msgspec.json.encode(view), where=texts(view, "uri")[:200])
        for view in reversed(views)
    )
