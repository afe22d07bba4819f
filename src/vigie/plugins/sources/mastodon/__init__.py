"""Mastodon and what speaks its API: hashtags, public and list timelines, visited or streamed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec

from vigie.contracts.drafts import Draft
from vigie.contracts.plugins import (
    SOURCE,
    Batch,
    Manifest,
    RawItem,
    SourcePlugin,
)
from vigie.plugins.kit.manners import NeedsToken
from vigie.plugins.kit.reading import lines_of, words_of
from vigie.plugins.kit.settings import setting
from vigie.plugins.sources.mastodon import statuses
from vigie.plugins.sources.mastodon.instance import Instance
from vigie.plugins.sources.mastodon.running import followed, visits
from vigie.plugins.sources.mastodon.timelines import CAP, State, Timeline, timelines_of

MOST_INSTANCES = 10
MOST_TIMELINES = 30


class MastodonConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Where to look and for what."""

    instances: Annotated[
        str,
        setting(
            "Serveurs", "Servers",
            help=(
                "Un par ligne : mastodon.social, piaille.fr… Chacun ne voit que ce qui lui parvient ; ce qui vient par plusieurs n’est gardé qu’une fois.",
                "One a line: mastodon.social, piaille.fr… Each sees only what reaches it; what comes through several is kept once.",
            ),
            input="textarea", min_length=3, max_length=2_000,
        ),
    ]  # fmt: skip
    tags: Annotated[
        str,
        setting(
            "Mots-dièse", "Hashtags",
            help=("Sans le #, un par ligne.", "Without the #, one a line."),
            input="textarea", max_length=2_000,
        ),
    ] = ""  # fmt: skip
    any_tags: Annotated[
        str,
        setting(
            "… ou l’un de ceux-ci (4 au plus)", "… or one of these (4 at most)",
            max_length=500,
        ),
    ] = ""  # fmt: skip
    all_tags: Annotated[
        str,
        setting(
            "… avec tous ceux-ci (4 au plus)", "… with all of these (4 at most)", max_length=500
        ),
    ] = ""
    none_tags: Annotated[
        str, setting("… sans ceux-ci (4 au plus)", "… without these (4 at most)", max_length=500)
    ] = ""
    public: Annotated[
        Literal["no", "local", "public"],
        setting(
            "Fil public", "Public timeline",
            choices={
                "no": ("Non", "No"),
                "local": ("Les comptes du serveur", "The server’s own accounts"),
                "public": ("Tout ce qui parvient au serveur", "All that reaches the server"),
            },
        ),
    ] = "no"  # fmt: skip
    lists: Annotated[
        str,
        setting(
            "Listes (facultatif)", "Lists (optional)",
            help=(
                "Numéros de listes du compte dont le jeton est donné, un par ligne.",
                "Numbers of lists of the account whose token is given, one a line.",
            ),
            input="textarea", max_length=500,
        ),
    ] = ""  # fmt: skip
    search: Annotated[
        str,
        setting(
            "Recherche (facultatif)", "Search (optional)",
            help=(
                "Mots cherchés en plus. Il faut un jeton, et un serveur qui cherche dans les textes.",
                "Words looked for besides. It takes a token, and a server that searches texts.",
            ),
            max_length=300,
        ),
    ] = ""  # fmt: skip
    streaming: Annotated[
        bool,
        setting(
            "En continu", "Live",
            help=(
                "Les publications arrivent dans la seconde. Il faut un jeton ; sinon Vigie visite.",
                "Posts arrive within a second. It takes a token; otherwise Vigie visits.",
            ),
        ),
    ] = False  # fmt: skip
    secret: Annotated[
        str,
        setting(
            "Jetons d’accès (facultatif)", "Access tokens (optional)",
            help=(
                "Celui du serveur ; pour plusieurs serveurs, une ligne « serveur jeton » par serveur (mastodon.exemple AbC123), toutes à la fois.",
                "The server’s; for several servers, a line “server token” for each (mastodon.example AbC123), all at once.",
            ),
            input="secrets", max_length=100,
        ),
    ] = ""  # fmt: skip
    interval_s: Annotated[
        int,
        setting(
            "Temps entre deux visites (secondes)",
            "Time between two visits (seconds)",
            ge=15,
            le=86_400,
        ),
    ] = 60

    def __post_init__(self) -> None:
        bases = bases_of(self.instances)
        if not 1 <= len(bases) <= MOST_INSTANCES:
            raise ValueError(f"instances: 1 to {MOST_INSTANCES} servers")
        for name in ("any_tags", "all_tags", "none_tags"):
            if len(words_of(getattr(self, name))) > CAP:
                raise ValueError(f"{name}: {CAP} at most, the servers look at no more")
        if not self.tags.strip() and (self.any_tags or self.all_tags or self.none_tags):
            raise ValueError("tags: give a hashtag that the others go with")
        wanted = self.timelines()
        if not wanted and not self.search.strip():
            raise ValueError("tags: give a hashtag, a timeline, a list or a search")
        if len(wanted) > MOST_TIMELINES:
            raise ValueError(f"tags: {MOST_TIMELINES} timelines at most")
        if (self.lists or self.search.strip()) and not self.secret:
            raise ValueError("secret: lists and search take a token")

    def timelines(self) -> list[Timeline]:
        def tags(listed: str) -> tuple[str, ...]:
            return tuple(tag.lstrip("#＃") for tag in words_of(listed) if tag.lstrip("#＃"))

        return timelines_of(
            tags=tags(self.tags),
            any_tags=tags(self.any_tags),
            all_tags=tags(self.all_tags),
            none_tags=tags(self.none_tags),
            public=self.public,
            lists=words_of(self.lists),
        )


def bases_of(instances: str) -> list[str]:
    """https://host of each server named. Raises ValueError for what is none."""
    found = []
    for word in words_of(instances):
        address = word if "://" in word else f"https://{word}"
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"instances: {word[:60]!r} is no server")
        found.append(f"{parts.scheme}://{parts.netloc}")
    return list(dict.fromkeys(found))


class MastodonSource(SourcePlugin):
    """Visits (mode "poll") or streams (mode "stream"). The id of a post is its `uri`, which is the
    same on every instance. Cursor: see `timelines.State`.
    """

    manifest = Manifest(
        kind=SOURCE,
        name="mastodon",
        label={"fr": "Mastodon", "en": "Mastodon"},
        help={
            "fr": "Suit des mots-dièse, le fil public ou des listes sur un ou plusieurs serveurs Mastodon.",
            "en": "Follows hashtags, the public timeline or lists on one or more Mastodon servers.",
        },
        version="1",
        config=MastodonConfig,
        terms={
            "fr": "Seules les publications publiques sont lues. Chaque serveur a ses conditions ; les suppressions sont appliquées ici, et les limites de requêtes respectées.",
            "en": "Only public posts are read. Each server has its terms; deletions are applied here, and limits on requests obeyed.",
        },
        needs=("http", "secrets"),
        gives=("posts", "deletions"),
        mode="poll",
        interval_s=60.0,
    )
    config: MastodonConfig

    @classmethod
    def mode(cls, config: msgspec.Struct) -> str:
        assert isinstance(config, MastodonConfig)
        return "stream" if config.streaming else "poll"

    @classmethod
    def decode(cls, item: RawItem, config: msgspec.Struct) -> Draft:
        """Read a status. Raises Undecodable: `not_public` and those of `contracts.wire`."""
        return statuses.decode(item.payload)

    async def collect(self, cursor: Mapping[str, Any]) -> AsyncIterator[Batch]:
        """One visit of every server; when streaming, streams until every server fails.

        One server's failure does not stop the others: it is set aside once (`instance_failed`) when
        it begins. Raises SourceError or FetchError when all fail.
        """
        state = State.of(cursor)
        instances = self._instances()
        timelines = self.config.timelines()
        if not self.config.streaming:
            batches = visits(instances, timelines, self.config.search.strip(), state)
            async for batch in batches:
                wait_s = max(batch.retry_after_s or 0.0, float(self.config.interval_s))
                yield replace(batch, retry_after_s=wait_s)
            return
        async with aclosing(
            followed(instances, timelines, state, interval_s=self.config.interval_s)
        ) as found:
            async for batch in found:
                yield batch

    def _instances(self) -> list[Instance]:
        """Raises NeedsToken when a secret is named and is not there."""
        bases = bases_of(self.config.instances)
        given = ""
        if self.config.secret:
            found = self.ports.secrets.get(self.config.secret)
            if found is None:
                raise NeedsToken(f"secret {self.config.secret}")
            given = found.strip()
        tokens = {}
        for line in lines_of(given):
            host, _, token = line.rpartition(" ")
            tokens[host.strip().lower()] = token.strip()
        only = tokens.get("", "") if len(bases) == 1 else ""
        return [
            Instance(base, tokens.get(urlsplit(base).netloc.lower()) or only, self.ports)
            for base in bases
        ]
