"""CSV in the manner of CrowdTangle, which other tools still write: Facebook pages, groups, Instagram."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from vigie.contracts.plugins import SOURCE, Manifest, Undecodable
from vigie.kernel.clock import UnreadableTime, rfc3339
from vigie.plugins.kit.importing import ImportConfig, Row, TableImport, header_of
from vigie.plugins.sources.file.columns import read_moment

_ZONES = {
    "utc": "+00:00", "gmt": "+00:00", "cet": "+01:00", "cest": "+02:00", "bst": "+01:00",
    "est": "-05:00", "edt": "-04:00", "cst": "-06:00", "cdt": "-05:00", "mst": "-07:00",
    "mdt": "-06:00", "pst": "-08:00", "pdt": "-07:00",
}  # fmt: skip
_NUMBER = re.compile(r"(?:posts|permalink|p|videos|reel|story_fbid=)[/=]?([A-Za-z0-9_-]{6,40})")


class CrowdtangleConfig(ImportConfig, frozen=True, kw_only=True):
    """Nothing more to set."""


class CrowdtangleSource(TableImport):
    NEEDED = (("post created",), ("message", "description"), ("url", "post url"))
    manifest = Manifest(
        kind=SOURCE,
        name="crowdtangle",
        label={"fr": "CSV à la manière de CrowdTangle", "en": "CrowdTangle-style CSV"},
        help={
            "fr": "Importe un CSV aux colonnes de CrowdTangle : Page Name, Post Created, Message, URL…",
            "en": "Imports a CSV with CrowdTangle’s columns: Page Name, Post Created, Message, URL…",
        },
        version="1",
        config=CrowdtangleConfig,
        terms={
            "fr": "CrowdTangle est fermé depuis août 2024 ; les conditions de l’outil qui a produit l’export s’appliquent.",
            "en": "CrowdTangle closed in August 2024; the terms of the tool that made the export apply.",
        },
        needs=("blobs",),
        gives=("posts",),
        mode="poll",
        interval_s=86_400.0,
    )

    @classmethod
    def fits(cls, head: bytes, file_name: str) -> float:
        header = header_of(head)
        own = {
            "page name",
            "group name",
            "account",
            "facebook id",
            "total interactions",
            "overperforming score",
        }
        return 0.9 if "post created" in header and own & header else 0.0

    @classmethod
    def wire(cls, row: Row, config: ImportConfig) -> dict[str, Any]:
        address = row.first("url", "post url")
        instagram = "instagram.com" in address
        said = [
            row.first("message", "description"),
            row.first("image text"),
            row.first("link text"),
        ]
        name = row.first("page name", "group name", "account")
        identity = row.first("facebook id", "account id") or name
        picture = row.first("photo")
        return {
            "id": _identity(address, row),
            "text": "\n\n".join(dict.fromkeys(part for part in said if part)),
            "network": "instagram" if instagram else "facebook",
            "created_at": _moment(row.first("post created"), config.time_zone),
            "url": address,
            "author": {
                "id": identity,
                "handle": row.first("user name"),
                "name": name,
                "followers": row.count(
                    "followers at posting", "size at posting", "likes at posting"
                ),
            }
            if identity
            else None,
            "media": [{"type": "image", "url": picture}] if picture.startswith("http") else None,
            "likes": row.count("likes"),
            "reposts": row.count("shares"),
            "replies": row.count("comments"),
        }


def _identity(address: str, row: Row) -> str:
    found = _NUMBER.search(address)
    if found:
        return f"{row.first('facebook id') or row.first('user name')}_{found[1]}".lstrip("_")
    said = f"{address}\n{row.first('post created')}\n{row.first('message', 'description')}"
    return "row:" + hashlib.blake2b(said.encode(errors="surrogatepass"), digest_size=12).hexdigest()


def _moment(written: str, zone: str) -> str | None:
    """ "2021-05-28 10:00:00 EDT" as RFC 3339; a zone without a name we know is the configuration's."""
    if not written:
        return None
    clock, _, named = written.rpartition(" ")
    offset = _ZONES.get(named.lower())
    text = f"{clock}{offset}" if offset else (clock if named.isalpha() and clock else written)
    try:
        return rfc3339(read_moment(text, zone=zone, day_first=False))
    except UnreadableTime as error:
        raise Undecodable("bad_date", written[:40]) from error
