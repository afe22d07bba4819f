"""An account's own archive of X (ZIP or tweets.js), or the tables of tweets that older ones held."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import msgspec

from vigie.contracts.drafts import Draft
from vigie.contracts.plugins import SOURCE, Manifest, RawItem, Refusal, Undecodable
from vigie.kernel.clock import UnreadableTime, rfc3339
from vigie.plugins.kit.archives import files_of, open_zip, read_entry
from vigie.plugins.kit.importing import ImportConfig, Row, TableImport, Taken, header_of
from vigie.plugins.kit.jsonscan import objects_in
from vigie.plugins.kit.reading import dig, load, objects, post, texts
from vigie.plugins.kit.settings import setting
from vigie.plugins.sources.file.columns import read_moment
from vigie.plugins.sources.file.sniffing import FileUnusable


class XArchiveConfig(ImportConfig, frozen=True, kw_only=True):
    """Whose archive it is, where the file does not say (tweets.js alone)."""

    handle: Annotated[
        str,
        setting(
            "Compte (facultatif)", "Account (optional)",
            help=("Sans @. L’archive complète le dit elle-même.", "Without @. A whole archive says it itself."),
            pattern=r"^[A-Za-z0-9_]{0,20}$",
        ),
    ] = ""  # fmt: skip


class XArchiveSource(TableImport):
    NEEDED = (("tweet_id", "id"), ("text", "full_text"), ("timestamp", "created_at"))
    manifest = Manifest(
        kind=SOURCE,
        name="x_archive",
        label={"fr": "Archive d’un compte X", "en": "Archive of an X account"},
        help={
            "fr": "Importe l’archive qu’un compte X a demandée (ZIP, tweets.js ou tweets.csv).",
            "en": "Imports the archive that an X account asked for (ZIP, tweets.js or tweets.csv).",
        },
        version="1",
        config=XArchiveConfig,
        terms={
            "fr": "Les publications d’un compte, remises par la personne qui le tient.",
            "en": "An account’s posts, handed over by the person who holds it.",
        },
        needs=("blobs",),
        gives=("posts",),
        mode="poll",
        interval_s=86_400.0,
    )

    @classmethod
    def fits(cls, head: bytes, file_name: str) -> float:
        if head.lstrip().startswith((b"window.YTD.tweet", b"window.YTD.tweets")):
            return 0.95
        if head.startswith(b"PK"):
            return (
                0.9
                if b"data/tweet" in head
                or b"data/account" in head
                or file_name.lower().startswith("twitter-")
                else 0.0
            )
        return 0.9 if {"tweet_id", "timestamp", "text"} <= header_of(head) else 0.0

    def records(self, path: Path, place: Mapping[str, Any]) -> Iterator[Taken]:
        with path.open("rb") as file:
            head = file.read(64)
        if head.startswith(b"PK"):
            yield from self._of_zip(path, place)
        elif head.lstrip(b"\xef\xbb\xbf \r\n").startswith((b"window.", b"[")):
            with path.open("rb") as file:
                yield from _tweets(file, int(place.get("offset") or 0), b"")
        else:
            yield from super().records(path, place)

    def _of_zip(self, path: Path, place: Mapping[str, Any]) -> Iterator[Taken]:
        with open_zip(path) as archive:
            files = files_of(archive)
            parts = sorted((f for f in files if _is_part(f.filename)), key=lambda f: f.filename)
            if not parts:
                raise FileUnusable("x_archive_without_tweets")
            account = b""
            for entry in files:
                if entry.filename.endswith("data/account.js"):
                    account = _account(read_entry(archive, entry, most=1_000_000))
            first = int(place.get("part") or 0)
            for number, entry in enumerate(parts):
                if number < first:
                    continue
                offset = int(place.get("offset") or 0) if number == first else 0
                with archive.open(entry) as file:
                    for record, here, done in _tweets(file, offset, account):  # type: ignore[arg-type]
                        yield Taken(record, {**here, "part": number}, done)

    @classmethod
    def wire(cls, row: Row, config: ImportConfig) -> dict[str, Any]:
        assert isinstance(config, XArchiveConfig)
        identity = row.first("tweet_id", "id")
        return {
            "id": identity or None,
            "text": html.unescape(row.first("text", "full_text")),
            "network": "x",
            "created_at": _moment(row.first("timestamp", "created_at")),
            "url": f"https://x.com/{config.handle or 'i/web'}/status/{identity}",
            "author": {"id": config.handle, "handle": config.handle} if config.handle else None,
            "reply_to": row.first("in_reply_to_status_id") or None,
            "repost_of": row.first("retweeted_status_id") or None,
        }

    @classmethod
    def decode(cls, item: RawItem, config: msgspec.Struct) -> Draft:
        """Read a tweet of the archive, or a row. Raises Undecodable."""
        assert isinstance(config, XArchiveConfig)
        if not item.payload.lstrip().startswith((b'{"account"', b'{"tweet"')):
            return super().decode(item, config)
        value = load(item.payload)
        tweet = dig(value, "tweet")
        if not isinstance(tweet, dict):
            raise Undecodable("not_a_post")
        handle = texts(value, "account", "username") or config.handle
        return post(_wire(tweet, handle, value))


def _is_part(name: str) -> bool:
    """data/tweets.js, tweets-part1.js, tweet.js …, and no other."""
    stem = name.rpartition("/")[2].removesuffix(".js")
    base, _, part = stem.partition("-part")
    return name.endswith(".js") and base in ("tweet", "tweets") and (not part or part.isdigit())


def _tweets(file: BinaryIO, offset: int, account: bytes) -> Iterator[Taken]:
    for cut in objects_in(file, offset=offset):
        record: RawItem | Refusal
        if cut.raw is None:
            record = Refusal(code="line_too_long", where=str(cut.end))
        else:
            raw = cut.raw.strip()
            inner = raw if raw[1:].lstrip().startswith(b'"tweet"') else b'{"tweet":' + raw + b"}"
            payload = b'{"account":' + (account or b"null") + b"," + inner[1:].lstrip()
            record = RawItem(payload=payload, where=str(cut.end))
        yield Taken(record, {"offset": cut.end}, cut.end)


def _account(script: bytes) -> bytes:
    """The account of account.js as JSON; b"" when it is not there."""
    try:
        found = msgspec.json.decode(script[script.index(b"[") :])
    except (ValueError, msgspec.DecodeError, UnicodeError, RecursionError):
        return b""
    account = dig(found, 0, "account")
    if not isinstance(account, dict):
        return b""
    kept = {name: account.get(name) for name in ("username", "accountId", "accountDisplayName")}
    return msgspec.json.encode(kept)


def _wire(tweet: dict[str, Any], handle: str, value: Any) -> dict[str, Any]:
    identity = texts(tweet, "id_str") or texts(tweet, "id")
    text = texts(tweet, "full_text") or texts(tweet, "text")
    for link in objects(tweet, "entities", "urls", limit=50):
        text = text.replace(texts(link, "url") or "\0", texts(link, "expanded_url"))
    media = objects(tweet, "extended_entities", "media", limit=10) or objects(
        tweet, "entities", "media", limit=10
    )
    for medium in media:
        text = text.replace(texts(medium, "url") or "\0", "")
    point = dig(tweet, "coordinates", "coordinates")
    lon, lat = point if isinstance(point, list) and len(point) == 2 else (None, None)
    return {
        "id": identity or None,
        "text": html.unescape(text).strip() or None,
        "network": "x",
        "created_at": _moment(texts(tweet, "created_at")),
        "url": f"https://x.com/{handle or 'i/web'}/status/{identity}",
        "lang": texts(tweet, "lang") or None,
        "author": {
            "id": texts(value, "account", "accountId") or handle,
            "handle": handle,
            "name": texts(value, "account", "accountDisplayName"),
        }
        if handle
        else None,
        "media": [
            {
                "type": "image" if texts(m, "type") == "photo" else "video",
                "url": texts(m, "media_url_https"),
            }
            for m in media
        ],
        "reply_to": texts(tweet, "in_reply_to_status_id_str") or None,
        "lat": _degrees(lat),
        "lon": _degrees(lon),
        "likes": _count(tweet.get("favorite_count")),
        "reposts": _count(tweet.get("retweet_count")),
    }


def _moment(written: str) -> str | None:
    if not written:
        return None
    try:
        return rfc3339(read_moment(written.removesuffix(" UTC"), zone="UTC", day_first=False))
    except UnreadableTime:
        try:  # "2016-06-02 10:00:00 +0000"
            return rfc3339(read_moment(written.replace(" +0000", "Z"), zone="UTC", day_first=False))
        except UnreadableTime as error:
            raise Undecodable("bad_date", written[:40]) from error


def _degrees(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _count(value: Any) -> int | None:
    return int(value) if isinstance(value, str) and value.isdigit() and len(value) < 16 else None
