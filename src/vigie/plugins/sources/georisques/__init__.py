"""Géorisques: natural disaster orders of communes, the memory of the floods of a place."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import msgspec

from vigie.contracts.drafts import Draft
from vigie.contracts.measures import IndicatorDraft, MeasureDraft
from vigie.contracts.plugins import (
    SOURCE,
    Batch,
    Manifest,
    RawItem,
    Refusal,
    SourceError,
    SourcePlugin,
)
from vigie.contracts.ports import FetchError
from vigie.plugins.kit import manners
from vigie.plugins.kit.official import given, required, words_of_codes
from vigie.plugins.kit.reading import dig, load, objects
from vigie.plugins.kit.settings import setting

PAGE: Final = 100
PAGES_MOST: Final = 10
BETWEEN_S: Final = 0.5
_DATE: Final = re.compile(r"^(\d{2})/(\d{2})/(\d{4})$|^(\d{4})-(\d{2})-(\d{2})")
_PARIS: Final = ZoneInfo("Europe/Paris")


class GeorisquesConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Which communes."""

    communes: Annotated[
        str,
        setting(
            "Communes", "Communes",
            help=("Codes INSEE, un par ligne : 91471.", "INSEE codes, one a line: 91471."),
            input="textarea", pattern=r"^\s*((\d{5}|2[ABab]\d{3})[\s,;]*)+$", max_length=4_000,
        ),
    ]  # fmt: skip
    only: Annotated[
        str,
        setting(
            "Seulement ces risques (facultatif)", "Only these risks (optional)",
            help=("Un mot de leur libellé : inondation.", "A word of their label: inondation."),
            max_length=80,
        ),
    ] = "inondation"  # fmt: skip
    interval_s: Annotated[
        int,
        setting(
            "Temps entre deux visites (secondes)", "Time between two visits (seconds)",
            ge=3_600, le=604_800,
        ),
    ] = 86_400  # fmt: skip
    server: Annotated[
        str,
        setting(
            "Adresse du service", "Address of the service", pattern=r"^https?://\S+$",
            max_length=300,
        ),
    ] = "https://georisques.gouv.fr/api/v1"  # fmt: skip


class GeorisquesSource(SourcePlugin):
    """Visits the service once a day. Cursor: `communes`, how many orders each had."""

    manifest = Manifest(
        kind=SOURCE,
        name="georisques",
        label={"fr": "Géorisques : arrêtés de catastrophe naturelle", "en": "Géorisques: natural disaster orders"},
        help={
            "fr": "Les arrêtés CatNat des communes : quand et pour quoi elles ont été touchées, depuis 1982.",
            "en": "Natural disaster orders of communes: when and by what they were hit, since 1982.",
        },
        version="1",
        config=GeorisquesConfig,
        terms={
            "fr": "Données publiques (Licence Ouverte 2.0) : citer Géorisques (base GASPAR).",
            "en": "Public data (Licence Ouverte 2.0): credit Géorisques (GASPAR base).",
        },
        needs=("http",),
        gives=("measures",),
        mode="poll",
        interval_s=86_400.0,
    )  # fmt: skip
    config: GeorisquesConfig

    async def collect(self, cursor: Mapping[str, Any]) -> AsyncIterator[Batch]:
        """One visit, a commune at a time. Raises SourceError, FetchError when all fail."""
        numbers: dict[str, int] = dict(cursor.get("communes") or {})
        communes = words_of_codes(self.config.communes)
        failed: SourceError | FetchError | None = None
        failures = 0
        for place, commune in enumerate(communes):
            if place:
                await self.ports.clock.sleep(BETWEEN_S)
            try:
                rows = await self._orders(commune)
            except manners.ServerBusy:
                raise
            except (SourceError, FetchError) as error:
                failed, failures = error, failures + 1
                yield Batch(
                    refusals=(Refusal(code="commune_failed", detail=f"{commune}: {error}"[:200]),),
                    cursor={"communes": numbers},
                )
                continue
            numbers[commune] = len(rows)
            wanted = self.config.only.strip().casefold()
            yield Batch(
                items=tuple(
                    RawItem(payload=msgspec.json.encode(row), where=_where(row))
                    for row in rows
                    if wanted in given(row, "libelle_risque_jo").casefold()
                ),
                cursor={"communes": numbers},
            )
        if failed is not None and failures == len(communes):
            raise failed

    async def _orders(self, commune: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for page in range(1, PAGES_MOST + 1):
            asked = {"code_insee": commune, "page": page, "page_size": PAGE}
            url = f"{self.config.server.rstrip('/')}/gaspar/catnat?{urlencode(asked)}"
            response = await self.ports.http.get(url, max_bytes=5_000_000, timeout_s=60.0)
            manners.check(response, now=self.ports.clock.now())
            told = manners.json_of(response)
            if not isinstance(dig(told, "data"), list):
                raise manners.NotJson("no data")
            found += objects(told, "data")
            if page >= (dig(told, "total_pages") or 0):
                break
        return found

    @classmethod
    def decode(cls, item: RawItem, config: msgspec.Struct) -> Draft:
        """Read one order. Raises Undecodable."""
        row = load(item.payload)
        commune = required(given(row, "code_insee"), "missing_id")
        risk = required(given(row, "libelle_risque_jo"), "not_a_measure")
        begin = required(
            _day(given(row, "date_debut_evt")), "bad_date", given(row, "date_debut_evt")[:40]
        )
        town = given(row, "libelle_commune").title() or commune
        slug = re.sub(r"[^\w]+", "-", risk.casefold()).strip("-")[:80]
        return MeasureDraft(
            indicator=IndicatorDraft(
                key=f"catnat:{commune}:{slug}",
                kind="disaster_order",
                name=f"{town} – {risk}",
                authority="Géorisques",
                areas=(commune,),
                url=f"https://www.georisques.gouv.fr/mes-risques/connaitre-les-risques-pres-de-chez-moi/rapport2?codeInsee={commune}",
            ),
            observed_at=begin,
            state="recognised",
            text=_words(row),
        )


def _words(row: Mapping[str, Any]) -> str:
    begin, end = given(row, "date_debut_evt"), given(row, "date_fin_evt")
    published, code = given(row, "date_publication_jo"), given(row, "code_national_catnat")
    parts = [f"{begin} → {end}" if end else begin]
    parts += [f"JO {published}"] if published else []
    parts += [code] if code else []
    return " · ".join(part for part in parts if part)


def _where(row: Mapping[str, Any]) -> str:
    return f"{given(row, 'code_insee')} {given(row, 'code_national_catnat')}"[:200]


def _day(written: str) -> datetime | None:
    """The beginning of a day in Paris, in UTC; None when the text is no day."""
    found = _DATE.match(written)
    if found is None:
        return None
    day, month, year, iso_year, iso_month, iso_day = found.groups()
    try:
        at = datetime(
            int(year or iso_year), int(month or iso_month), int(day or iso_day), tzinfo=_PARIS
        )
        return at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
