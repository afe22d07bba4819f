"""Meta Content Library: posts of Facebook, Instagram and Threads as its CSV gives them."""

from __future__ import annotations

from typing import Any

from vigie.contracts.plugins import SOURCE, Manifest, Undecodable
from vigie.kernel.clock import UnreadableTime, rfc3339
from vigie.plugins.kit.importing import ImportConfig, Row, TableImport, header_of
from vigie.plugins.sources.file.columns import read_moment


class MetaLibraryConfig(ImportConfig, frozen=True, kw_only=True):
    """Nothing more to set."""


class MetaLibrarySource(TableImport):
    NEEDED = (("id",), ("text",), ("creation_time",))
    manifest = Manifest(
        kind=SOURCE,
        name="meta_library",
        label={"fr": "Export Meta Content Library", "en": "Meta Content Library export"},
        help={
            "fr": "Importe un CSV de la Meta Content Library (Facebook, Instagram, Threads).",
            "en": "Imports a CSV of the Meta Content Library (Facebook, Instagram, Threads).",
        },
        version="1",
        config=MetaLibraryConfig,
        terms={
            "fr": "Réservé à la recherche agréée : l’export ne contient que les comptes que Meta permet d’extraire, et ne doit servir qu’au projet déclaré.",
            "en": "For approved research only: the export holds the accounts that Meta lets out, and serves the declared project only.",
        },
        needs=("blobs",),
        gives=("posts",),
        mode="poll",
        interval_s=86_400.0,
    )

    @classmethod
    def fits(cls, head: bytes, file_name: str) -> float:
        header = header_of(head)
        own = {"mcl_url", "creation_time", "surface.type", "post_owner.id", "statistics.like_count"}
        return 0.95 if "creation_time" in header and len(own & header) >= 2 else 0.0

    @classmethod
    def wire(cls, row: Row, config: ImportConfig) -> dict[str, Any]:
        written = row.first("creation_time")
        try:
            moment = rfc3339(read_moment(written, zone="UTC", day_first=False)) if written else None
        except UnreadableTime as error:
            raise Undecodable("bad_date", written[:40]) from error
        owner = row.first("post_owner.id", "owner.id", "author.id")
        address = row.first("post_url", "url", "mcl_url")
        said = [row.first("text"), row.first("link_attachment.name", "link_attachment.title")]
        return {
            "id": row.first("id") or None,
            "text": "\n".join(part for part in said if part),
            "network": _network(row),
            "created_at": moment,
            "edited_at": None,
            "url": address,
            "lang": row.first("lang") or None,
            "author": {
                "id": owner or row.first("post_owner.username"),
                "handle": row.first("post_owner.username", "owner.username"),
                "name": row.first("post_owner.name", "owner.name"),
            }
            if owner or row.first("post_owner.username")
            else None,
            "likes": row.count("statistics.like_count", "statistics.reaction_count"),
            "reposts": row.count("statistics.share_count", "statistics.repost_count"),
            "replies": row.count("statistics.comment_count", "statistics.reply_count"),
        }


def _network(row: Row) -> str:
    said = " ".join(
        (
            row.first("platform"),
            row.first("content_type"),
            row.first("mcl_url"),
            row.first("post_url"),
        )
    ).lower()
    return next((name for name in ("instagram", "threads") if name in said), "facebook")
