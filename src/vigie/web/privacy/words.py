"""Kinds of personal data in people's words."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from vigie.operations.retention import KINDS


@dataclass(frozen=True, kw_only=True)
class Words:
    """What a kind is called, what it holds, and what becomes of it when its time is over."""

    name: Promise
    holds: Promise
    then: Promise


WORDS: dict[str, Words] = {
    "needs": Words(
        name=_("Help asked for"),
        holds=_("Names, numbers, addresses and words of who needed help; what was handed over."),
        then=_("Contents and positions go; counts, levels, times and outcomes stay."),
    ),
    "accounts": Words(
        name=_("Who wrote"),
        holds=_("Names and handles of accounts, links and raw items that carry them."),
        then=_("A pseudonym stands in their place."),
    ),
    "posts": Words(
        name=_("Posts and pictures"),
        holds=_("Texts, pictures, positions, and what quotes them."),
        then=_("They are emptied; their place in incidents and the figures stay."),
    ),
    "freezes": Words(
        name=_("Frozen copies"),
        holds=_("Copies that somebody decided, in writing, to keep."),
        then=_("The copy goes; the decision stays on record."),
    ),
    "evidence": Words(
        name=_("Evidence and kept pages"),
        holds=_("What shows whether claims are true: files, notes, calls, copies of pages."),
        then=_("Contents go; hashes, who added them and when stay on record."),
    ),
    "map": Words(
        name=_("Map"),
        holds=_(
            "Layers, objects with their attributes, who drew what and when, questions, grids and who "
            "searched them, routes, what imports left."
        ),
        then=_("It is deleted; the journal keeps how much, and a proof."),
    ),
    "refused": Words(
        name=_("Refused items"),
        holds=_("What could not be read, as it came."),
        then=_("It is deleted, seven days after it was settled at the latest."),
    ),
    "files": Words(
        name=_("Imported files"),
        holds=_("Files as they were handed in."),
        then=_("The file is deleted; its name and its hash stay."),
    ),
}
assert set(WORDS) == set(KINDS)

NETWORKS: tuple[tuple[str, str], ...] = (
    ("mastodon", "Mastodon"), ("bluesky", "Bluesky"), ("telegram", "Telegram"),
    ("youtube", "YouTube"), ("x", "X"), ("facebook", "Facebook"), ("instagram", "Instagram"),
    ("threads", "Threads"), ("reddit", "Reddit"), ("tiktok", "TikTok"), ("whatsapp", "WhatsApp"),
)  # fmt: skip
"""Where an account that is objected to may be; its code as sources name it."""
