"""4CAT: datasets exported as CSV or NDJSON, whatever platform they come from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from vigie.contracts.drafts import Draft
from vigie.contracts.plugins import SOURCE, Manifest, RawItem, Undecodable
from vigie.kernel.clock import UnreadableTime, rfc3339
from vigie.plugins.kit.importing import (
    ImportConfig,
    Row,
    TableImport,
    Taken,
    first_object,
    header_of,
    line_records,
)
from vigie.plugins.kit.reading import dig, load, post, texts
from vigie.plugins.sources.file.columns import read_moment
from vigie.plugins.sources.zeeschuimer.platforms import seconds, wire_of

_HEADER = {"id", "thread_id", "timestamp", "body"}
_NETWORKS = {"twitter": "x", "x": "x", "bsky": "bluesky"}


class FourcatConfig(ImportConfig, frozen=True, kw_only=True):
    """`time_zone` counts for dates alone; 4CAT's `unix_timestamp` goes before."""

    network: str = "web"


class FourcatSource(TableImport):
    """NDJSON when the file begins with an object, CSV otherwise."""

    NEEDED = (("id",), ("body", "message", "text"), ("timestamp", "unix_timestamp"))
    manifest = Manifest(
        kind=SOURCE,
        name="fourcat",
        label={"fr": "Export 4CAT", "en": "4CAT export"},
        help={
            "fr": "Importe un jeu de données de 4CAT, en CSV ou en NDJSON.",
            "en": "Imports a 4CAT dataset, CSV or NDJSON.",
        },
        version="1",
        config=FourcatConfig,
        terms={
            "fr": "Un jeu de données recueilli pour la recherche : ses conditions et celles du réseau s’appliquent.",
            "en": "A dataset gathered for research: its terms and the network’s apply.",
        },
        needs=("blobs",),
        gives=("posts",),
        mode="poll",
        interval_s=86_400.0,
    )

    @classmethod
    def fits(cls, head: bytes, file_name: str) -> float:
        if "__import_meta" in first_object(head):
            return 0.95
        return 0.9 if header_of(head) >= _HEADER else 0.0

    def records(self, path: Path, place: Mapping[str, Any]) -> Iterator[Taken]:
        with path.open("rb") as file:
            is_json = file.read(64).lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{")
        if is_json:
            return line_records(path, place)
        return super().records(path, place)

    @classmethod
    def wire(cls, row: Row, config: ImportConfig) -> dict[str, Any]:
        assert isinstance(config, FourcatConfig)
        title, body = row.first("subject", "title"), row.first("body", "message", "text")
        moment = seconds(row.first("unix_timestamp"))
        if moment is None and (written := row.first("timestamp", "date")):
            try:
                moment = rfc3339(read_moment(written, zone="UTC", day_first=True))
            except UnreadableTime as error:
                raise Undecodable("bad_date", written[:40]) from error
        address = row.first("url", "link", "post_url", "tweet_url", "permalink")
        handle = row.first("author", "author_name", "username", "author_username").removeprefix("@")
        media = [
            {"type": kind, "url": each}
            for kind, names in (
                ("image", ("image_url", "image_urls", "images", "media_urls")),
                ("video", ("video_url", "video_urls")),
            )
            for each in row.first(*names).split(",")
            if each.strip().startswith("http")
        ]
        return {
            "id": row.first("id") or None,
            "text": "\n\n".join(p for p in (title, body) if p),
            "network": row.first("platform", "network") or _network_of(address) or config.network,
            "created_at": moment,
            "url": address,
            "lang": row.first("language", "language_guess", "lang") or None,
            "author": {
                "id": row.first("author_id") or handle,
                "handle": handle,
                "name": row.first("author_fullname", "author_full", "author_display_name"),
                "followers": row.count("author_followers", "follower_count"),
            }
            if handle
            else None,
            "media": media[:20],
            "reply_to": row.first("reply_to", "in_reply_to") or None,
            "likes": row.count("likes", "like_count", "num_likes"),
            "reposts": row.count("reposts", "retweet_count", "shares", "share_count"),
            "replies": row.count(
                "replies", "reply_count", "comments", "num_comments", "comment_count"
            ),
        }

    @classmethod
    def decode(cls, item: RawItem, config: msgspec.Struct) -> Draft:
        """Read a row, or a line of NDJSON. Raises Undecodable."""
        if b'"__import_meta"' in item.payload:
            line = load(item.payload)
            platform = texts(line, "__import_meta", "source_platform")
            if platform:
                return post(wire_of(platform, dig(line, "data") or line))
        return super().decode(item, config)


def _network_of(address: str) -> str:
    host = address.partition("://")[2].partition("/")[0].removeprefix("www.")
    name = host.rpartition(".")[0].rpartition(".")[2]
    return _NETWORKS.get(name, name)
