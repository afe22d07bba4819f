"""Zeeschuimer: what a person's browser was shown while they scrolled, kept by its extension (NDJSON)."""

from __future__ import annotations

import msgspec

from vigie.contracts.drafts import Draft
from vigie.contracts.plugins import SOURCE, Manifest, RawItem, Undecodable
from vigie.plugins.kit.importing import ImportConfig, LinesImport, first_object
from vigie.plugins.kit.reading import dig, load, post, texts
from vigie.plugins.sources.zeeschuimer.platforms import wire_of


class ZeeschuimerConfig(ImportConfig, frozen=True, kw_only=True):
    """Nothing more to set."""


class ZeeschuimerSource(LinesImport):
    manifest = Manifest(
        kind=SOURCE,
        name="zeeschuimer",
        label={"fr": "Export Zeeschuimer", "en": "Zeeschuimer export"},
        help={
            "fr": "Importe ce que l’extension Zeeschuimer a gardé d’une navigation : X, Instagram, Threads, TikTok, LinkedIn…",
            "en": "Imports what the Zeeschuimer extension kept of a browsing session: X, Instagram, Threads, TikTok, LinkedIn…",
        },
        version="1",
        config=ZeeschuimerConfig,
        terms={
            "fr": "Ce qu’une personne a vu sur son écran, avec son compte : les conditions de chaque réseau s’appliquent à elle.",
            "en": "What a person saw on their screen, with their account: each network’s terms bind that person.",
        },
        needs=("blobs",),
        gives=("posts",),
        mode="poll",
        interval_s=86_400.0,
    )

    @classmethod
    def fits(cls, head: bytes, file_name: str) -> float:
        first = first_object(head)
        return 0.95 if "source_platform" in first and "data" in first else 0.0

    @classmethod
    def decode(cls, item: RawItem, config: msgspec.Struct) -> Draft:
        """Read a line. Raises Undecodable: `unknown_platform`, `not_a_post` and the wire's."""
        line = load(item.payload)
        platform = texts(line, "source_platform")
        if not platform:
            raise Undecodable("unknown_platform")
        return post(wire_of(platform, dig(line, "data")))
