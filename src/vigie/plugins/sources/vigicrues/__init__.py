"""Vigicrues: the flood colours of the reaches of rivers, and levels with the floods of the past."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any, Final
from urllib.parse import urlencode

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
    SourceUnreadable,
)
from vigie.contracts.ports import FetchError
from vigie.kernel.clock import rfc3339
from vigie.plugins.kit import manners
from vigie.plugins.kit.official import BOX, box_of, given, pairs, within, words_of_codes
from vigie.plugins.kit.reading import dig, moment, objects
from vigie.plugins.kit.settings import setting
from vigie.plugins.sources.vigicrues import reading

COLOURS: Final = "services/1/InfoVigiCru.geojson"
COLOURS_BEFORE: Final = "services/InfoVigiCru.geojson"
"""The same map at its older address."""
STATION: Final = "services/station.json/index.php"
OBSERVATIONS: Final = "services/observations.json/index.php"
REACH: Final = "services/v1.1/TronEntVigiCru.json"
REACHES_MOST: Final = 60
STATIONS_MOST: Final = 60
KEPT: Final = timedelta(days=1)
LAST_OBSERVATIONS: Final = 600
"""Of each station at the first visit; afterwards those that are new or near the last."""

OVERLAP: Final = timedelta(hours=2)


class VigicruesConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Which reaches and which stations."""

    territory: Annotated[
        str,
        setting(
            "Territoire Vigicrues", "Vigicrues territory",
            help=("Numéro : 7 est « Seine moyenne-Yonne-Loing », où est l’Essonne. Vide : toute la France.",
                  "Number: 7 is “Seine moyenne-Yonne-Loing”, where Essonne lies. Empty: all of France."),
            pattern=r"^\d{0,3}$",
        ),
    ] = "7"  # fmt: skip
    area: Annotated[
        str,
        setting(
            "Cadre (facultatif)", "Box (optional)",
            help=("Ouest, sud, est, nord en degrés : seuls les tronçons qui y passent. Essonne : 1.9,48.2,2.7,48.8.",
                  "West, south, east, north in degrees: only reaches that pass there. Essonne: 1.9,48.2,2.7,48.8."),
            pattern=BOX, max_length=120,
        ),
    ] = "1.9,48.2,2.7,48.8"  # fmt: skip
    reaches: Annotated[
        str,
        setting(
            "Tronçons dont lire aussi les stations (facultatif)",
            "Reaches whose stations are read as well (optional)",
            help=("Codes, un par ligne : ceux que montre Vigicrues (SN12 …).",
                  "Codes, one a line: those that Vigicrues shows (SN12 …)."),
            input="textarea", pattern=r"^[A-Za-z0-9\s,;]*$", max_length=1_000,
        ),
    ] = ""  # fmt: skip
    stations: Annotated[
        str,
        setting(
            "Stations dont lire les niveaux (facultatif)", "Stations to read levels of (optional)",
            help=("Codes à dix caractères, un par ligne : F467000101. Avec leurs crues de référence.",
                  "Codes of ten characters, one a line: F467000101. With their reference floods."),
            input="textarea", pattern=r"^[A-Za-z0-9\s,;]*$", max_length=2_000,
        ),
    ] = ""  # fmt: skip
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
    ] = "https://www.vigicrues.gouv.fr"  # fmt: skip


class NoReach(SourceRefused):
    """No reach of this territory passes through the box."""

    code = "no_reach"


class NothingPublished(SourceUnreadable):
    """The map of colours has no reach at all: that is no calm, it is no map."""

    code = "nothing_published"


class VigicruesSource(SourcePlugin):
    """Visits the services. Cursor: `stations` (described, as of `stations_at`), `since` by station."""

    manifest = Manifest(
        kind=SOURCE,
        name="vigicrues",
        label={"fr": "Vigicrues : tronçons et niveaux", "en": "Vigicrues: reaches and levels"},
        help={
            "fr": "Couleur de vigilance crues de chaque tronçon, bulletins de 10 h et 16 h, davantage en crue ; niveaux des stations avec leurs crues de référence.",
            "en": "Flood colour of each reach, bulletins at 10 a.m. and 4 p.m., more often in floods; levels of stations with their reference floods.",
        },
        version="1",
        config=VigicruesConfig,
        terms={
            "fr": "Données publiques (Licence Ouverte 2.0) : citer Vigicrues. La carte officielle fait foi.",
            "en": "Public data (Licence Ouverte 2.0): credit Vigicrues. The official map is what counts.",
        },
        needs=("http",),
        gives=("measures",),
        mode="poll",
        interval_s=600.0,
    )
    config: VigicruesConfig

    async def collect(self, cursor: Mapping[str, Any]) -> AsyncIterator[Batch]:
        """One visit: colours first, then stations. Raises SourceError, FetchError."""
        yield Batch(items=await self._colours(), cursor=dict(cursor))
        stations, at, refusals = await self._stations(cursor)
        since: dict[str, str] = {
            code: last for code, last in dict(cursor.get("since") or {}).items() if code in stations
        }
        place: dict[str, Any] = {"stations": stations, "stations_at": at}
        for code in sorted(stations):
            try:
                items, last = await self._levels(code, stations[code], since.get(code))
            except (FetchError, SourceUnreadable) as error:  # one station fails, the others go on
                refusals.append(Refusal(code="station_failed", detail=f"{code}: {error}"[:200]))
                continue
            if last:
                since[code] = last
            yield Batch(items=items, cursor={**place, "since": since})
        yield Batch(refusals=tuple(refusals), cursor={**place, "since": since})

    async def _colours(self) -> tuple[RawItem, ...]:
        try:
            told = await self._json(COLOURS, {}, max_bytes=40_000_000)
        except manners.Missing:
            told = await self._json(COLOURS_BEFORE, {}, max_bytes=40_000_000)
        features = objects(told, "features", limit=5_000)
        issued = reading.issued_at(told)
        if not isinstance(dig(told, "features"), list) or issued is None:
            raise manners.NotJson("no map of colours")
        if not features:
            raise NothingPublished
        box, territory = box_of(self.config.area), self.config.territory
        kept = [
            feature
            for feature in features
            if (not territory or given(feature.get("properties") or {}, "cdensup_1") == territory)
            and within(box, pairs(dig(feature, "geometry", "coordinates")))
        ]
        if not kept:
            raise NoReach(f"{territory} {self.config.area}".strip())
        return tuple(
            RawItem(
                payload=msgspec.json.encode({"issued": rfc3339(issued), "reach": feature}),
                where=given(feature.get("properties") or {}, "CdEntCru", "id")[:80],
            )
            for feature in kept
        )

    async def _stations(
        self, cursor: Mapping[str, Any]
    ) -> tuple[dict[str, dict[str, Any]], str, list[Refusal]]:
        """Descriptions of the stations by code, from the cursor for a day."""
        now = self.ports.clock.now()
        at, known = moment(cursor.get("stations_at")), cursor.get("stations")
        if isinstance(known, dict) and at and timedelta() <= now - at < KEPT:
            return known, rfc3339(at), []
        refusals: list[Refusal] = []
        found: dict[str, dict[str, Any]] = {}
        for code in await self._codes(refusals):
            try:
                told = await self._json(STATION, {"CdStationHydro": code})
            except (FetchError, SourceError) as error:
                refusals.append(Refusal(code="station_failed", detail=f"{code}: {error}"[:200]))
                continue
            found[code] = reading.station_in_short(told)
        return found, rfc3339(now.replace(microsecond=0)), refusals

    async def _codes(self, refusals: list[Refusal]) -> Sequence[str]:
        """Stations named, then those of the reaches named."""
        codes = list(words_of_codes(self.config.stations))
        for reach in words_of_codes(self.config.reaches)[:REACHES_MOST]:
            asked = {"CdEntVigiCru": reach, "TypEntVigiCru": "8"}
            try:
                told = await self._json(REACH, asked)
            except (FetchError, SourceError) as error:
                refusals.append(Refusal(code="reach_failed", detail=f"{reach}: {error}"[:200]))
                continue
            codes += [
                given(below, "CdEntVigiCruInferieur")
                for entity in objects(told, "ListEntVigiCru")
                for below in objects(entity, "aNMoinsUn")
                if given(below, "TypEntVigiCruInferieur") == "7"
            ]
        return list(dict.fromkeys(code for code in codes if code))[:STATIONS_MOST]

    async def _levels(
        self, code: str, station: Mapping[str, Any], since: str | None
    ) -> tuple[tuple[RawItem, ...], str | None]:
        asked = {"CdStationHydro": code, "GrdSerie": "H", "FormatDate": "iso"}
        told = await self._json(OBSERVATIONS, asked)
        rows = objects(told, "Serie", "ObssHydro", limit=20_000)
        after = moment(since)
        moments = [(at, row) for row in rows if (at := moment(row.get("DtObsHydro"))) is not None]
        moments.sort(key=lambda each: each[0])
        if after is not None:
            moments = [each for each in moments if each[0] > after - OVERLAP]
        kept = moments[-LAST_OBSERVATIONS:]
        items = tuple(
            RawItem(
                payload=msgspec.json.encode(
                    {"code": code, "station": station, "observation": row}
                ),
                where=f"{code} {rfc3339(at)}",
            )
            for at, row in kept
        )  # fmt: skip
        return items, rfc3339(kept[-1][0]) if kept else since

    async def _json(
        self, path: str, asked: Mapping[str, str], *, max_bytes: int = 10_000_000
    ) -> Any:
        url = f"{self.config.server.rstrip('/')}/{path}"
        url += f"?{urlencode(asked)}" if asked else ""
        response = await self.ports.http.get(url, max_bytes=max_bytes, timeout_s=60.0)
        manners.check(response, now=self.ports.clock.now())
        return manners.json_of(response)

    @classmethod
    def decode(cls, item: RawItem, config: msgspec.Struct) -> Draft:
        """Read a reach's colour or a station's level. Raises Undecodable."""
        return reading.decode(item.payload)
