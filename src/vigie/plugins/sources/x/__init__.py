"""X: recent search and filtered stream, for those whose contract allows it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal

import msgspec

from vigie.contracts.drafts import Draft
from vigie.contracts.plugins import SOURCE, Batch, Manifest, RawItem, SourcePlugin
from vigie.plugins.kit.manners import HOUR_S, NeedsToken
from vigie.plugins.kit.reading import lines_of
from vigie.plugins.kit.settings import setting
from vigie.plugins.sources.x.following import Reader
from vigie.plugins.sources.x.tweets import decode

LONGEST_SEARCH = 512
LONGEST_RULE = 1_024
MOST_RULES = 1_000


class XConfig(msgspec.Struct, frozen=True, kw_only=True):
    """What is looked for, and under which contract."""

    contract_reference: Annotated[
        str,
        setting(
            "Référence du contrat Enterprise", "Reference of the Enterprise contract",
            help=(
                "X interdit de montrer ses contenus à un service public, et de surveiller des événements sensibles, en dessous d’un contrat Enterprise. Sans contrat, utilisez la capture manuelle.",
                "X forbids showing its content to any government user, and monitoring sensitive events, below an Enterprise contract. Without one, use manual capture.",
            ),
            min_length=3, max_length=300,
        ),
    ]  # fmt: skip
    secret: Annotated[
        str,
        setting(
            "Jeton d’accès", "Access token",
            help=(
                "Le jeton (bearer) de l’application.",
                "The application’s bearer token.",
            ),
            input="secret", min_length=1, max_length=100,
        ),
    ]  # fmt: skip
    queries: Annotated[
        str,
        setting(
            "Recherches", "Searches",
            help=(
                "Une par ligne, dans la langue de X : (crue OR inondation) essonne lang:fr -is:retweet.",
                "One a line, in X’s language: (crue OR inondation) essonne lang:fr -is:retweet.",
            ),
            input="textarea", min_length=2, max_length=100_000,
        ),
    ]  # fmt: skip
    way: Annotated[
        Literal["search", "stream"],
        setting(
            "Par où", "By which way",
            choices={
                "search": ("Recherche visitée (7 jours)", "A search, visited (7 days)"),
                "stream": ("En continu (une connexion par contrat)", "Live (one connection a contract)"),
            },
        ),
    ] = "search"  # fmt: skip
    reads_a_day: Annotated[
        int,
        setting(
            "Publications lues par jour au plus", "Posts read a day at most",
            help=(
                "Chaque publication lue est facturée (0,005 $ à l’usage, août 2026).",
                "Each post read is charged ($0.005 pay-per-use, August 2026).",
            ),
            ge=10, le=1_000_000,
        ),
    ] = 2_000  # fmt: skip
    interval_s: Annotated[
        int,
        setting(
            "Temps entre deux visites (secondes)",
            "Time between two visits (seconds)",
            ge=10,
            le=86_400,
        ),
    ] = 60
    server: Annotated[
        str,
        setting(
            "Adresse de l’API", "Address of the API", pattern=r"^https?://\S+$", max_length=300
        ),
    ] = "https://api.x.com"

    def __post_init__(self) -> None:
        for needed in ("contract_reference", "secret", "queries"):
            if not getattr(self, needed).strip():
                raise ValueError(f"{needed}: needed")
        queries = lines_of(self.queries)
        if self.way == "stream" and (
            len(queries) > MOST_RULES or any(len(query) > LONGEST_RULE for query in queries)
        ):
            raise ValueError(f"queries: {MOST_RULES} rules of {LONGEST_RULE} characters at most")
        if self.way == "search" and sum(len(query) + 6 for query in queries) > LONGEST_SEARCH + 6:
            raise ValueError(f"queries: {LONGEST_SEARCH} characters at most in all")


class XSource(SourcePlugin):
    """Visits the search (mode "poll") or follows the stream. Cursor: `newest`, `quota`."""

    manifest = Manifest(
        kind=SOURCE,
        name="x",
        label={"fr": "X (contrat Enterprise)", "en": "X (Enterprise contract)"},
        help={
            "fr": "Cherche ou suit des publications de X, si un contrat le permet.",
            "en": "Searches or follows posts of X, where a contract allows it.",
        },
        version="1",
        config=XConfig,
        terms={
            "fr": "Accord développeur de X : montrer ses contenus à un utilisateur public exige un contrat Enterprise ; la surveillance et le suivi d’événements sensibles sont interdits sans lui. Ce qui est supprimé sur X doit l’être ici sous 24 h de la demande ; ne redistribuer que des identifiants.",
            "en": "X Developer Agreement: showing its content to any government user requires an Enterprise contract; surveillance and monitoring of sensitive events are forbidden without it. What is deleted on X must go within 24 h of a request; redistribute identifiers only.",
        },
        restricted=True,
        needs=("http", "secrets"),
        gives=("posts",),
        mode="poll",
        interval_s=60.0,
    )
    config: XConfig

    @classmethod
    def mode(cls, config: msgspec.Struct) -> str:
        assert isinstance(config, XConfig)
        return "stream" if config.way == "stream" else "poll"

    async def collect(self, cursor: Mapping[str, Any]) -> AsyncIterator[Batch]:
        """One visit, or the stream. Raises SourceError, FetchError, QuotaSpent."""
        token = self.ports.secrets.get(self.config.secret)
        if not token:
            raise NeedsToken(f"secret {self.config.secret}", retry_after_s=HOUR_S)
        reader = Reader(
            server=self.config.server,
            token=token.strip(),
            queries=lines_of(self.config.queries),
            most=self.config.reads_a_day,
            ports=self.ports,
            cursor=cursor,
        )
        if self.config.way == "stream":
            async for batch in reader.stream():
                yield batch
            return
        async for batch in reader.search():
            wait_s = max(batch.retry_after_s or 0.0, float(self.config.interval_s))
            yield replace(batch, retry_after_s=wait_s)

    @classmethod
    def decode(cls, item: RawItem, config: msgspec.Struct) -> Draft:
        """Read a post. Raises Undecodable; codes of `contracts.wire`."""
        return decode(item.payload)
