"""The scenario of an exercise: its written form and what it means once checked.

Written form: YAML, docs/reference/scenario-format.md; the `*Spec` structs say it field by field.
`reading.load` turns it into a `Scenario`, which is whole: every reference resolves, every time is
in seconds from the beginning.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

import msgspec

from vigie.contracts.truth import Truth

FORMAT = "vigie-scenario/1"

CATEGORIES = (
    "appel_secours", "victimes", "evacuation_hebergement", "routes_transports", "reseaux",
    "batiments_erp", "niveau_eau", "pollution_risque_techno", "foule_ordre_public",
    "rumeur_infox", "demande_info", "solidarite", "info_officielle", "sentiment", "medias",
    "hors_sujet",
)  # fmt: skip
"""The 16 codes of the categories referential."""

HOSTS = {
    "mastodon": "mastodon.exemple",
    "bluesky": "bluesky.exemple",
    "facebook": "facebook.exemple",
    "x": "x.exemple",
    "instagram": "instagram.exemple",
    "tiktok": "tiktok.exemple",
    "telegram": "telegram.exemple",
    "youtube": "youtube.exemple",
    "forum": "forum.exemple",
    "rss": "actualites.exemple",
}
"""Known networks and the invented host that stands for each: nothing points at a real site."""

TEXT_LIMIT = 5_000
"""Characters of one post."""

_RELATIVE = re.compile(r"^\+(\d{1,3})h(?:([0-5]\d)m)?(?:([0-5]\d)s)?$")


def seconds(text: str) -> int | None:
    """Read a relative time ("+03h12m", "+26h05m30s", "+2h") in seconds; None if it is not one."""
    found = _RELATIVE.match(text)
    if found is None:
        return None
    hours, minutes, rest = (int(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + rest


class Words(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The same in French and in English."""

    fr: str
    en: str


class Demo(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a demonstration plays it: where it begins, how many times faster than life."""

    start_at: str = "+0h"
    speed: float = 20.0


class WatchSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A watch to create with the exercise, in the watch query language."""

    name: str
    query: str


class ClaimSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What some posts say, what the trainer knows of it, and why."""

    id: str
    says: Words
    verdict: Literal["true", "false", "misleading", "unproven"]
    because: str


class Account(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An invented account. `handle` is its `id` unless given. Unknown followers stay unknown."""

    id: str
    name: str
    network: str
    handle: str = ""
    followers: int | None = None
    official: bool = False
    lang: str = "fr"


class IndicatorSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A measure over time, `points` being [relative time, value] in time order.

    A `river_level` is in mm and runs straight from point to point; a `flood_colour` (1 green to 4
    red, of the reach) and a `vigilance` (rain and flooding, of the département that `commune` is in)
    keep their colour until the next point. `references` are floods of the past: [name, mm].
    """

    id: str
    name: str
    kind: Literal["river_level", "flood_colour", "vigilance"]
    commune: str
    unit: Literal["mm"] = "mm"
    lat: float
    lon: float
    points: tuple[tuple[str, int], ...]
    references: tuple[tuple[str, int], ...] = ()


class MediaSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An attachment told in words: there is no file behind it."""

    type: Literal["image", "video", "audio", "file"] = "image"
    description: str
    graphic: bool = False


class TruthSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """As `contracts.truth.Truth`, in the scenario's own post ids."""

    category: str
    urgency: str
    places: tuple[str, ...] = ()
    duplicate_of: str | None = None
    claim: str | None = None


class PostSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A post of the time line. A repost without text has the text of what it reposts."""

    id: str
    at: str
    by: str
    truth: TruthSpec
    text: str = ""
    lang: str | None = None
    media: tuple[MediaSpec, ...] = ()
    reply_to: str | None = None
    repost_of: str | None = None
    lat: float | None = None
    lon: float | None = None
    likes: int | None = None
    reposts: int | None = None
    replies: int | None = None


class EditSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From `at` on, the post reads `text`."""

    at: str
    post: str
    text: str


class DeletionSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """At `at`, its author deletes the post."""

    at: str
    post: str


class InjectSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A prepared post outside the time line, which the trainer sends when he likes."""

    id: str
    title: Words
    by: str
    text: str
    truth: TruthSpec
    lang: str | None = None
    media: tuple[MediaSpec, ...] = ()
    reply_to: str | None = None


class PartSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a scenario's file, or one of its parts, may list."""

    claims: tuple[ClaimSpec, ...] = ()
    accounts: tuple[Account, ...] = ()
    indicators: tuple[IndicatorSpec, ...] = ()
    posts: tuple[PostSpec, ...] = ()
    edits: tuple[EditSpec, ...] = ()
    deletions: tuple[DeletionSpec, ...] = ()
    injects: tuple[InjectSpec, ...] = ()


class ScenarioSpec(PartSpec, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The scenario's main file. `local_start` is the time of day the texts are written for."""

    format: Literal["vigie-scenario/1"]
    name: str
    title: Words
    summary: Words
    kind: Literal["flood", "storm", "fire", "industrial", "gathering", "other"]
    territory: tuple[str, ...]
    languages: tuple[str, ...]
    length: str
    local_start: str
    zone: str = "Europe/Paris"
    demo: Demo = Demo()
    parts: tuple[str, ...] = ()
    watches: tuple[WatchSpec, ...] = ()


class Post(msgspec.Struct, frozen=True, kw_only=True):
    """A checked post, its text filled in: all that may be seen of it, so not its truth.

    `at_s` is in seconds from the beginning, None outside the time line.
    """

    id: str
    at_s: int | None
    account: Account
    text: str
    lang: str | None
    media: tuple[MediaSpec, ...] = ()
    reply_to: str | None = None
    repost_of: str | None = None
    lat: float | None = None
    lon: float | None = None
    likes: int | None = None
    reposts: int | None = None
    replies: int | None = None


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One moment of the time line: `post` appears, is edited (`text`), or is deleted."""

    at_s: int
    kind: Literal["post", "edit", "deletion"]
    post: Post
    text: str = ""


class Inject(msgspec.Struct, frozen=True, kw_only=True):
    """A prepared post and what the trainer's screen calls it."""

    title: Words
    post: Post


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """A scenario that can be played. `timeline` is in the order of playing, `posts` as well.

    `truths` are by post id, prepared injects included. `edited` are the ids of the posts that an
    edit touches. `digest` changes with any change of the written form.
    """

    name: str
    title: Words
    summary: Words
    kind: str
    territory: tuple[str, ...]
    languages: tuple[str, ...]
    length_s: int
    local_start: str
    zone: str
    demo_start_s: int
    demo_speed: float
    watches: tuple[WatchSpec, ...]
    claims: tuple[ClaimSpec, ...]
    accounts: tuple[Account, ...]
    indicators: tuple[IndicatorSpec, ...]
    timeline: tuple[Event, ...]
    posts: tuple[Post, ...]
    injects: tuple[Inject, ...]
    truths: Mapping[str, Truth]
    edited: frozenset[str]
    digest: str
