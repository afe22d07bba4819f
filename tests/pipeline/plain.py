"""A small analyser for tests of the pipeline: quick, without data files, the same every time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import msgspec

from vigie.analysis.duplicates import comparable_words, signature
from vigie.analysis.tokens import tokenise
from vigie.contracts.drafts import PostDraft
from vigie.contracts.findings import CategoryGuess, Findings, Place, Reason, Urgency
from vigie.contracts.plugins import ENRICHER, EnricherPlugin, Manifest, RawItem
from vigie.contracts.registry import Registry, plugins
from vigie.kernel.clock import rfc3339
from vigie.pipeline.intake import Intake
from vigie.pipeline.messages import Message


class Nothing(msgspec.Struct, frozen=True):
    pass


class PlainEnricher(EnricherPlugin):
    """Orsay is the only place, "secours" the only urgency; equal tokens make equal digests."""

    manifest = Manifest(
        kind=ENRICHER, name="plain", label={"en": "Plain"}, version="1", config=Nothing
    )

    def __init__(self) -> None:
        self.asked = 0

    def analyse(self, posts: Iterable[PostDraft]) -> Iterable[Findings]:
        return [self._one(post) for post in posts]

    def _one(self, post: PostDraft) -> Findings:
        self.asked += 1
        if "explose l'analyseur" in post.text:
            raise RuntimeError("as asked")
        tokens = tokenise(post.text)
        at = post.text.find("Orsay")
        help_at = post.text.find("secours")
        digest = hashlib.blake2b(" ".join(tokens).encode(), digest_size=8).digest()
        return Findings(
            model="plain@1",
            language="fr",
            tokens=tokens,
            places=(
                Place(
                    text="Orsay", start=at, end=at + 5, name="Orsay", kind="commune",
                    code="91471", lat=48.699, lon=2.187, p=0.9,
                ),
            )
            if at >= 0
            else (),
            urgency=Urgency(
                level="critical", p=0.8,
                because=(
                    Reason(
                        text="secours", start=help_at, end=help_at + 7, rule="help", weight=3.0
                    ),
                ),
            )
            if help_at >= 0
            else Urgency(),
            categories=(CategoryGuess(code="niveau_eau", p=0.7),) if "crue" in post.text else (),
            exact=int.from_bytes(digest, "big") if len(tokens) > 2 else 0,
            signature=signature(comparable_words(post.text)),
        )  # fmt: skip


def make_intake(enricher: EnricherPlugin | None = None, registry: Registry | None = None) -> Intake:
    chosen = enricher or PlainEnricher()
    return Intake(
        registry=(lambda: registry) if registry else plugins, enricher_for=lambda _: chosen
    )


def wire(number: int | str, text: str, now: datetime, **more: Any) -> bytes:
    """A post in the wire form, written a little before now."""
    post = {
        "id": str(number),
        "network": "mastodon",
        "created_at": rfc3339(now - timedelta(minutes=5)),
        "text": text,
        "author": {"id": f"a{number}", "handle": f"@voisin{number}", "followers": 3},
        **more,
    }
    return json.dumps(post).encode()


def message(source: int, *payloads: bytes, **more: Any) -> Message:
    items = tuple(
        RawItem(payload=payload, where=str(line)) for line, payload in enumerate(payloads, 1)
    )
    return Message(source=source, items=items, **more)
