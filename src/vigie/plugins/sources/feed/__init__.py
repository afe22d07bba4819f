"""RSS, Atom, RDF and JSON Feed: a page's news, visited with the manners that servers expect."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Annotated, Any

import msgspec

from vigie.contracts.drafts import Draft
from vigie.contracts.plugins import (
    SOURCE,
    Batch,
    Manifest,
    RawItem,
    SourcePlugin,
    Undecodable,
)
from vigie.kernel.clock import rfc3339
from vigie.plugins.sources.feed import visiting
from vigie.plugins.sources.feed.entries import Entry, digest, has_no_usable_date, post_of
from vigie.plugins.sources.feed.reading import Feed, read_feed

MAX_BYTES = 32_000_000
"""Of an answer, decompressed. The largest feeds met in practice have 5 MB."""

TIMEOUT_S = 30.0
CHUNK = 500
"""Entries of one batch."""

REMEMBERED = 20_000
"""Entries whose digest the cursor keeps (8 characters each): those of the last document."""


class FeedConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Where the feed is and how to read it."""

    url: Annotated[
        str,
        msgspec.Meta(
            pattern=r"^https?://\S+$",
            max_length=2000,
            extra={
                "label": {"fr": "Adresse du flux", "en": "Address of the feed"},
                "help": {
                    "fr": "Elle finit souvent par /rss, /feed ou .xml.",
                    "en": "It often ends in /rss, /feed or .xml.",
                },
                "input": "url",
            },
        ),
    ]
    interval_s: Annotated[
        int,
        msgspec.Meta(
            ge=60,
            le=86_400,
            extra={
                "label": {
                    "fr": "Temps entre deux visites (secondes)",
                    "en": "Time between two visits (seconds)",
                },
                "help": {
                    "fr": "300 secondes conviennent en crise. Si le flux demande plus, Vigie attend.",
                    "en": "300 seconds suit a crisis. If the feed asks for more, Vigie waits.",
                },
            },
        ),
    ] = 300
    longest_wait_s: Annotated[
        int,
        msgspec.Meta(
            ge=60,
            le=86_400,
            extra={
                "label": {
                    "fr": "Attente la plus longue acceptée (secondes)",
                    "en": "Longest wait accepted (seconds)",
                },
                "help": {
                    "fr": "Un flux peut demander un jour entre deux visites ; on revient au plus tard ici.",
                    "en": "A feed may ask for a day between visits; Vigie comes back after this at most.",
                },
            },
        ),
    ] = 3600
    lang: Annotated[
        str,
        msgspec.Meta(
            pattern=r"^([a-z]{2,3})?$",
            extra={
                "label": {"fr": "Langue (facultatif)", "en": "Language (optional)"},
                "help": {
                    "fr": "Code à deux lettres (fr, en). À donner si le flux en annonce une fausse.",
                    "en": "Two-letter code (fr, en). Give it when the feed announces a wrong one.",
                },
            },
        ),
    ] = ""
    author: Annotated[
        str,
        msgspec.Meta(
            max_length=200,
            extra={
                "label": {"fr": "Qui publie (facultatif)", "en": "Who publishes (optional)"},
                "help": {
                    "fr": "Montré quand une entrée ne nomme pas d’auteur ; sinon, le titre du flux.",
                    "en": "Shown when an entry names no author; the feed’s title otherwise.",
                },
            },
        ),
    ] = ""


class FeedSource(SourcePlugin):
    """Visits one feed. Cursor: validators, digest of the document, digests of its entries."""

    manifest = Manifest(
        kind=SOURCE,
        name="feed",
        label={"fr": "Flux RSS, Atom ou JSON", "en": "RSS, Atom or JSON feed"},
        help={
            "fr": "Suit les nouvelles d’un site, d’un compte Mastodon ou d’un service officiel.",
            "en": "Follows the news of a site, a Mastodon account or an official service.",
        },
        version="1",
        config=FeedConfig,
        terms={
            "fr": "Des fils offerts au public ; les conditions de chaque éditeur s’appliquent.",
            "en": "Publicly offered feeds; each publisher’s own terms apply.",
        },
        needs=("http",),
        gives=("posts",),
        mode="poll",
        interval_s=300.0,
    )
    config: FeedConfig

    async def collect(self, cursor: Mapping[str, Any]) -> AsyncIterator[Batch]:
        """One visit. The new cursor comes with the last batch: a visit cut short is made again.

        Raises SourceError (see `visiting`, `reading`) and FetchError.
        """
        now = self.ports.clock.now()
        if cursor.get("url") != self.config.url:
            cursor = {}
        response = await self.ports.http.get(
            self.config.url,
            headers=visiting.request_headers(cursor),
            max_bytes=MAX_BYTES,
            timeout_s=TIMEOUT_S,
        )
        visiting.check_status(response, now=now)
        kept_s = float(cursor.get("wait_s") or 0.0)
        if response.status == 304:
            yield self._unchanged(cursor, self._wait_s(kept_s, response.headers))
            return
        body_digest = hashlib.blake2b(response.body, digest_size=16).hexdigest()
        validators = {
            "etag": response.headers.get("etag", ""),
            "last_modified": response.headers.get("last-modified", ""),
        }
        if body_digest == cursor.get("body"):
            wait_s = self._wait_s(kept_s, response.headers)
            yield self._unchanged({**cursor, **validators}, wait_s)
            return
        feed = read_feed(
            response.body,
            content_type=response.headers.get("content-type", ""),
            url=response.url or self.config.url,
        )
        fresh, memory = _news(feed, cursor, now=now)
        wait_s = self._wait_s(feed.wait_s or 0.0, response.headers)
        while len(fresh) > CHUNK:
            chunk, fresh = fresh[:CHUNK], fresh[CHUNK:]
            yield Batch(items=_raw(chunk), cursor=cursor, retry_after_s=wait_s)
        yield Batch(
            items=_raw(fresh),
            cursor={
                "url": self.config.url,
                **validators,
                "body": body_digest,
                "wait_s": feed.wait_s,
                **memory,
            },
            unchanged=bool(feed.entries) and not fresh,
            retry_after_s=wait_s,
        )

    @classmethod
    def decode(cls, item: RawItem, config: msgspec.Struct) -> Draft:
        """Read an entry. Raises Undecodable: `bad_json` or a code of `entries.post_of`."""
        assert isinstance(config, FeedConfig)
        try:
            entry = _ENTRY.decode(item.payload)
        except (msgspec.DecodeError, UnicodeError) as error:
            raise Undecodable("bad_json", str(error)[:200]) from error
        return post_of(
            entry,
            network="rss",
            lang=config.lang or None,
            author=config.author,
            address=config.url,
        )

    def _wait_s(self, asked: float, headers: Mapping[str, str]) -> float:
        return visiting.wait_s(
            interval_s=self.config.interval_s,
            longest_s=self.config.longest_wait_s,
            asked=asked,
            headers=headers,
        )

    def _unchanged(self, cursor: Mapping[str, Any], wait_s: float) -> Batch:
        return Batch(cursor=cursor, unchanged=True, retry_after_s=wait_s)


_ENTRY = msgspec.json.Decoder(Entry)


def _raw(entries: list[Entry]) -> tuple[RawItem, ...]:
    return tuple(
        RawItem(payload=msgspec.json.encode(entry), where=(entry.link or entry.id)[:200])
        for entry in entries
    )


def _news(
    feed: Feed, cursor: Mapping[str, Any], *, now: datetime
) -> tuple[list[Entry], dict[str, Any]]:
    """Entries that are new or say something new, oldest first, and what the cursor remembers.

    `seen`: the digests of the document's entries, base64. `undated`: for entries without a usable
    date, by digest of their id, when they were first seen; an edit does not make them younger.
    """
    known = _unpack(str(cursor.get("seen") or ""))
    was_undated: Mapping[str, str] = cursor.get("undated") or {}
    undated: dict[str, str] = {}
    seen: list[bytes] = []
    fresh: list[Entry] = []
    for entry in feed.entries:
        mark = digest(entry)
        if len(seen) < REMEMBERED:
            seen.append(mark)
        seen_at = ""
        if has_no_usable_date(entry, now=now):
            key = base64.b64encode(digest(Entry(id=entry.id))).decode()
            seen_at = undated[key] = was_undated.get(key) or rfc3339(now)
        if mark not in known:
            fresh.append(msgspec.structs.replace(entry, seen_at=seen_at, feed=feed.title[:200]))
    fresh.reverse()
    memory = {"seen": base64.b64encode(b"".join(seen)).decode(), "undated": undated}
    return fresh, memory


def _unpack(seen: str) -> frozenset[bytes]:
    packed = base64.b64decode(seen)
    return frozenset(packed[i : i + 6] for i in range(0, len(packed), 6))
