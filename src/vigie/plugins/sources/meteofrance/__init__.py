"""Météo-France vigilance: the colour of each phenomenon in a département, today and tomorrow."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Annotated, Any, Final

import msgspec

from vigie.contracts.drafts import Draft
from vigie.contracts.plugins import (
    SOURCE,
    Batch,
    Manifest,
    RawItem,
    Refusal,
    SourceError,
    SourcePlugin,
    SourceRefused,
)
from vigie.contracts.ports import FetchError
from vigie.plugins.kit import manners
from vigie.plugins.kit.official import DEPARTEMENTS, given, words_of_codes
from vigie.plugins.kit.reading import dig, objects
from vigie.plugins.kit.settings import setting
from vigie.plugins.sources.meteofrance import reading

MAP: Final = "cartevigilance/encours"
TEXTS: Final = "textesvigilance/encours"


class MeteofranceConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Which départements, and the key."""

    secret: Annotated[
        str,
        setting(
            "Clé de l’API", "API key",
            help=("Clé du portail des API de Météo-France, gratuite.",
                  "Key of Météo-France’s API portal, free of charge."),
            input="secret", pattern=r"^[A-Za-z][A-Za-z0-9_]*$", max_length=60,
        ),
    ]  # fmt: skip
    departements: Annotated[
        str,
        setting(
            "Départements", "Départements", help=("91, 77 par exemple.", "91, 77 for example."),
            pattern=DEPARTEMENTS, max_length=200,
        ),
    ] = "91"  # fmt: skip
    tomorrow: Annotated[bool, setting("Demain aussi", "Tomorrow as well")] = True
    texts: Annotated[
        bool, setting("Joindre les textes des bulletins", "Add the texts of the bulletins")
    ] = True
    interval_s: Annotated[
        int,
        setting(
            "Temps entre deux visites (secondes)", "Time between two visits (seconds)",
            ge=300, le=86_400,
        ),
    ] = 600  # fmt: skip
    server: Annotated[
        str,
        setting(
            "Adresse du service", "Address of the service", pattern=r"^https?://\S+$",
            max_length=300,
        ),
    ] = "https://public-api.meteofrance.fr/public/DPVigilance/v1"  # fmt: skip


class UnknownDomain(SourceRefused):
    """The map of vigilance does not speak of this département."""

    code = "unknown_domain"


class MeteofranceSource(SourcePlugin):
    """Visits the service. Cursor: `update` (the map's own time), for people to see."""

    manifest = Manifest(
        kind=SOURCE,
        name="meteofrance",
        label={"fr": "Vigilance Météo-France", "en": "Météo-France vigilance"},
        help={
            "fr": "Couleur de vigilance par phénomène (pluie-inondation, crues, orages, vent …) avec ses heures. Une clé gratuite est nécessaire.",
            "en": "Vigilance colour by phenomenon (rain and flooding, floods, thunderstorms, wind …) with its hours. A free key is needed.",
        },
        version="1",
        config=MeteofranceConfig,
        terms={
            "fr": "Données publiques (Licence Ouverte 2.0) : citer Météo-France. 60 requêtes par minute et par clé.",
            "en": "Public data (Licence Ouverte 2.0): credit Météo-France. 60 requests a minute for each key.",
        },
        needs=("http", "secrets"),
        gives=("measures",),
        mode="poll",
        interval_s=600.0,
    )
    config: MeteofranceConfig

    async def collect(self, cursor: Mapping[str, Any]) -> AsyncIterator[Batch]:
        """One visit. Raises SourceError, FetchError."""
        told = await self._json(MAP)
        update = given(told.get("product") or {}, "update_time") if isinstance(told, dict) else ""
        if not update or not isinstance(dig(told, "product", "periods"), list):
            raise manners.NotJson("no vigilance")
        refusals: tuple[Refusal, ...] = ()
        words: dict[tuple[str, str], str] = {}
        if self.config.texts:
            try:
                words = reading.bulletin_texts(await self._json(TEXTS))
            except (FetchError, SourceError) as error:  # the colours do not wait for their words
                refusals = (Refusal(code="texts_failed", detail=str(error)[:200]),)
        items = tuple(self._items(told, update, words))
        wanted = set(words_of_codes(self.config.departements))
        missing = wanted - {item.where.partition(" ")[0] for item in items}
        if missing == wanted:
            raise UnknownDomain(", ".join(sorted(missing)))
        if missing:
            refusals += (Refusal(code="unknown_domain", detail=", ".join(sorted(missing))),)
        yield Batch(items=items, refusals=refusals, cursor={"update": update})

    def _items(
        self, told: Any, update: str, words: Mapping[tuple[str, str], str]
    ) -> Iterator[RawItem]:
        wanted = words_of_codes(self.config.departements)
        for period in objects(told, "product", "periods"):
            term = given(period, "echeance")
            if term not in ("J", "J1") or (term == "J1" and not self.config.tomorrow):
                continue
            for domain in objects(period, "timelaps", "domain_ids", limit=500):
                code = given(domain, "domain_id")
                if code not in wanted:
                    continue
                for phenomenon in objects(domain, "phenomenon_items", limit=40):
                    number = given(phenomenon, "phenomenon_id")
                    payload = {
                        "update": update,
                        "term": term,
                        "begin": period.get("begin_validity_time"),
                        "end": period.get("end_validity_time"),
                        "domain": code,
                        "phenomenon": phenomenon,
                        "text": words.get((code, number), ""),
                    }
                    yield RawItem(
                        payload=msgspec.json.encode(payload), where=f"{code} {term} {number}"[:80]
                    )

    async def _json(self, path: str) -> Any:
        key = self.ports.secrets.get(self.config.secret)
        if not key:
            raise manners.NeedsToken(f"VIGIE_SECRET_{self.config.secret.upper()}")
        response = await self.ports.http.get(
            f"{self.config.server.rstrip('/')}/{path}", headers={"apikey": key},
            max_bytes=20_000_000, timeout_s=60.0,
        )  # fmt: skip
        manners.check(response, now=self.ports.clock.now())
        return manners.json_of(response)

    @classmethod
    def decode(cls, item: RawItem, config: msgspec.Struct) -> Draft:
        """Read one phenomenon of a département. Raises Undecodable."""
        return reading.decode(item.payload)
