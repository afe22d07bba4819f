"""Hub'Eau hydrometry: levels and flows of the gauges of France, every few minutes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Final
from urllib.parse import urlencode

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
    SourceRefused,
    Undecodable,
)
from vigie.contracts.ports import FetchError, HttpResponse
from vigie.kernel.clock import rfc3339
from vigie.plugins.kit import manners
from vigie.plugins.kit.official import (
    DEPARTEMENTS,
    given,
    number,
    point,
    required,
    words_of_codes,
)
from vigie.plugins.kit.reading import dig, load, moment, objects
from vigie.plugins.kit.settings import setting

ASKED_AT_ONCE: Final = 40
"""Stations in one request, so that its address stays short."""

PAGE: Final = 2_000
MOST_PAGES: Final = 60
CHUNK: Final = 500
OVERLAP: Final = timedelta(hours=2)
"""Asked again at each visit: stations send late, and what they sent is corrected within hours."""

STATIONS_KEPT: Final = timedelta(days=1)
FRESH_S: Final = 2 * 3600
DOUBTFUL: Final = "12"
"""`code_qualification_obs` (Sandre 515): 12 doubtful, 16 not qualified, 20 good."""

QUANTITIES: Final = {"H": ("level", "m", 1000.0), "Q": ("flow", "m³/s", 1000.0)}
"""What comes in mm and l/s is told in m and m³/s."""


class HubeauConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Which gauges."""

    departements: Annotated[
        str,
        setting(
            "Départements", "Départements",
            help=("Numéros, 91 par exemple : toutes leurs stations en service.",
                  "Numbers, 91 for example: all their stations in service."),
            pattern=DEPARTEMENTS + "|^$", max_length=200,
        ),
    ] = "91"  # fmt: skip
    stations: Annotated[
        str,
        setting(
            "Stations (à la place des départements)", "Stations (instead of départements)",
            help=("Codes à dix caractères, un par ligne : F467000101.",
                  "Codes of ten characters, one a line: F467000101."),
            input="textarea", pattern=r"^[A-Za-z0-9\s,;]*$", max_length=2_000,
        ),
    ] = ""  # fmt: skip
    flows: Annotated[bool, setting("Débits aussi", "Flows as well")] = True
    hours_back: Annotated[
        int,
        setting(
            "Heures demandées à la première visite", "Hours asked for at the first visit",
            ge=1, le=720,
        ),
    ] = 24  # fmt: skip
    interval_s: Annotated[
        int,
        setting(
            "Temps entre deux visites (secondes)", "Time between two visits (seconds)",
            ge=120, le=86_400,
        ),
    ] = 300  # fmt: skip
    server: Annotated[
        str,
        setting(
            "Adresse du service", "Address of the service", pattern=r"^https?://\S+$",
            max_length=300,
        ),
    ] = "https://hubeau.eaufrance.fr/api/v2/hydrometrie"  # fmt: skip


class NoStations(SourceRefused):
    """No station in service has these codes or lies in these départements."""

    code = "no_stations"


class HubeauSource(SourcePlugin):
    """Visits the service. Cursor: `stations` (as of `stations_at`), `since` (newest observation)."""

    manifest = Manifest(
        kind=SOURCE,
        name="hubeau",
        label={"fr": "Hub’Eau : niveaux et débits", "en": "Hub’Eau: levels and flows"},
        help={
            "fr": "Hauteurs et débits des cours d’eau, mesurés toutes les 5 à 60 minutes. À suivre ensuite dans « Mesures officielles ».",
            "en": "Levels and flows of rivers, measured every 5 to 60 minutes. To be followed afterwards under “Official measures”.",
        },
        version="1",
        config=HubeauConfig,
        terms={
            "fr": "Données publiques (Licence Ouverte 2.0) : citer Hub’Eau et le producteur. Mesures brutes, non validées.",
            "en": "Public data (Licence Ouverte 2.0): credit Hub’Eau and the producer. Raw measures, not validated.",
        },
        needs=("http",),
        gives=("measures",),
        mode="poll",
        interval_s=300.0,
    )
    config: HubeauConfig

    async def collect(self, cursor: Mapping[str, Any]) -> AsyncIterator[Batch]:
        """One visit. Raises SourceError, FetchError."""
        try:
            stations, stations_at = await self._stations(cursor)
        except (SourceError, FetchError) as error:
            stations, stations_at = self._undescribed(error), None
            yield Batch(
                refusals=(Refusal(code="stations_failed", detail=str(error)[:200]),),
                cursor=dict(cursor),
            )
        since = moment(cursor.get("since"))
        newest = since
        place: dict[str, Any] = {"stations": stations, "stations_at": stations_at}
        codes = sorted(stations)
        any_rows = False
        for quantity in ("H", "Q") if self.config.flows else ("H",):
            for first in range(0, len(codes), ASKED_AT_ONCE):
                asked = codes[first : first + ASKED_AT_ONCE]
                async for rows, server_now, cut in self._observations(asked, quantity, since):
                    items = [_item(row, stations) for row in rows if row.get("code_station")]
                    moments = [m for m in (moment(row.get("date_obs")) for row in rows) if m]
                    # A date ahead of the server's own clock would skip all that is still to come.
                    newest = max(
                        [m for m in (newest, *moments) if m and m <= server_now], default=newest
                    )
                    any_rows = any_rows or bool(items)
                    for start in range(0, max(len(items), 1), CHUNK):
                        yield Batch(
                            items=tuple(items[start : start + CHUNK]),
                            refusals=(Refusal(code="answer_cut", detail=str(MOST_PAGES * PAGE)),)
                            if cut and start == 0
                            else (),
                            cursor={**place, "since": cursor.get("since")},
                        )  # fmt: skip
        yield Batch(
            cursor={**place, "since": rfc3339(newest) if newest else None},
            unchanged=not any_rows,
        )

    def _undescribed(self, error: Exception) -> dict[str, dict[str, Any]]:
        """The stations named in the settings, without names or places; asked for again next time.

        Raises `error` when none is named, or when the server asks for patience.
        """
        wanted = words_of_codes(self.config.stations)
        if not wanted or isinstance(error, manners.ServerBusy | NoStations):
            raise error
        return {code: {} for code in wanted}

    async def _stations(self, cursor: Mapping[str, Any]) -> tuple[dict[str, dict[str, Any]], str]:
        """Stations by code, from the cursor for a day, then asked for again."""
        now = self.ports.clock.now()
        at = moment(cursor.get("stations_at"))
        known = cursor.get("stations")
        wanted = words_of_codes(self.config.stations)
        if isinstance(known, dict) and known and at and timedelta() <= now - at < STATIONS_KEPT:
            return known, rfc3339(at)
        asked: dict[str, Any] = {"en_service": "true", "format": "json", "size": 1_000}
        if wanted:
            asked["code_station"] = ",".join(wanted)
        else:
            asked["code_departement"] = ",".join(words_of_codes(self.config.departements))
        response = await self._get(f"referentiel/stations?{urlencode(asked)}")
        rows = objects(manners.json_of(response), "data", limit=1_000)
        found = {
            str(row["code_station"]): _station(row)
            for row in rows
            if isinstance(row.get("code_station"), str)
        }
        if not found and not isinstance(dig(manners.json_of(response), "data"), list):
            raise manners.NotJson("no data")
        if not found:
            raise NoStations(", ".join(wanted) or self.config.departements)
        return found, rfc3339(now.replace(microsecond=0))

    async def _observations(
        self, stations: Sequence[str], quantity: str, since: datetime | None
    ) -> AsyncIterator[tuple[list[dict[str, Any]], datetime, bool]]:
        """Pages of rows, the server's time, and whether there was more than is read."""
        now = self.ports.clock.now()
        start = since - OVERLAP if since else now - timedelta(hours=self.config.hours_back)
        asked = {
            "code_entite": ",".join(stations), "grandeur_hydro": quantity,
            "date_debut_obs": rfc3339(start.replace(microsecond=0)), "sort": "asc", "size": PAGE,
        }  # fmt: skip
        address = f"observations_tr?{urlencode(asked)}"
        for number_of_page in range(1, MOST_PAGES + 1):
            response = await self._get(address)
            told = manners.json_of(response)
            if not isinstance(dig(told, "data"), list):
                raise manners.NotJson("no data")
            following = dig(told, "next")
            more = isinstance(following, str) and following.startswith(self.config.server)
            yield (
                objects(told, "data", limit=PAGE * 10),
                manners.server_time(response.headers, now=now),
                more and number_of_page == MOST_PAGES,
            )
            if not more:
                return
            address = following.removeprefix(self.config.server).lstrip("/")

    async def _get(self, path: str) -> HttpResponse:
        url = f"{self.config.server.rstrip('/')}/{path}"
        response = await self.ports.http.get(url, max_bytes=30_000_000, timeout_s=60.0)
        manners.check(response, now=self.ports.clock.now())  # 206 is a whole page of more
        return response

    @classmethod
    def decode(cls, item: RawItem, config: msgspec.Struct) -> Draft:
        """Read one observation with its station. Raises Undecodable."""
        told = load(item.payload)
        row, station = told.get("observation"), told.get("station")
        if not isinstance(row, dict) or not isinstance(station, dict):
            raise Undecodable("not_a_measure")
        code = required(given(row, "code_station"), "no_station")
        quantity = QUANTITIES.get(given(row, "grandeur_hydro"))
        if quantity is None:
            raise Undecodable("unknown_quantity", given(row, "grandeur_hydro")[:40])
        kind, unit, per = quantity
        value = required(number(row.get("resultat_obs")), "no_value")
        at = required(moment(row.get("date_obs")), "bad_date", str(row.get("date_obs"))[:40])
        lon = number(station.get("lon")) if station else number(row.get("longitude"))
        lat = number(station.get("lat")) if station else number(row.get("latitude"))
        return MeasureDraft(
            indicator=IndicatorDraft(
                key=f"{code}:{row['grandeur_hydro']}",
                kind=kind,
                name=given(station, "name") or code,
                unit=unit,
                station=code,
                river=given(station, "river"),
                authority="Hub’Eau",
                geometry=point(lon, lat),
                url=f"https://www.hydro.eaufrance.fr/stationhydro/{code}/fiche",
                fresh_s=FRESH_S,
            ),
            observed_at=at,
            value=round(value / per, 4),
            quality="doubtful" if given(row, "code_qualification_obs") == DOUBTFUL else "",
        )


def _item(row: Mapping[str, Any], stations: Mapping[str, Any]) -> RawItem:
    """An observation beside its station. Rows of sites (no station) repeat those of stations."""
    code = str(row["code_station"])
    payload = {"observation": row, "station": stations.get(code, {})}
    where = f"{code} {row.get('grandeur_hydro')} {row.get('date_obs')}"
    return RawItem(payload=msgspec.json.encode(payload), where=where[:200])


def _station(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": given(row, "libelle_station"),
        "river": given(row, "libelle_cours_eau"),
        "lon": number(row.get("longitude_station")),
        "lat": number(row.get("latitude_station")),
    }
