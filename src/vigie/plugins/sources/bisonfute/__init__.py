"""Bison Futé: events of the national road network, in DATEX II (version 2)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Annotated, Any, Final
from xml.etree.ElementTree import Element

import msgspec

from vigie.contracts.drafts import Draft
from vigie.contracts.plugins import (
    SOURCE,
    Batch,
    Manifest,
    RawItem,
    SourcePlugin,
    SourceUnreadable,
)
from vigie.contracts.ports import HttpResponse
from vigie.kernel.clock import rfc3339
from vigie.plugins.kit import manners
from vigie.plugins.kit.official import BOX, XmlRefused, box_of, descendants, within, xml_root
from vigie.plugins.kit.reading import moment
from vigie.plugins.kit.settings import setting
from vigie.plugins.sources.bisonfute import reading

SNAPSHOT_EVERY: Final = timedelta(hours=1)
INCREMENTS_MOST: Final = 120
"""Read in one visit; further behind than that, the snapshot is quicker."""

OPEN_MOST: Final = 3_000
PUBLICATIONS: Final = ("payloadPublication", "payload", "situation")
"""What a publication of situations holds, in version 2 and in version 3."""


class BisonfuteConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Which roads."""

    box: Annotated[
        str,
        setting(
            "Cadre", "Box",
            help=("Ouest, sud, est, nord en degrés. Essonne : 1.9,48.2,2.7,48.8. Vide : toute la France.",
                  "West, south, east, north in degrees. Essonne: 1.9,48.2,2.7,48.8. Empty: all of France."),
            pattern=BOX, max_length=120,
        ),
    ] = "1.9,48.2,2.7,48.8"  # fmt: skip
    interval_s: Annotated[
        int,
        setting(
            "Temps entre deux visites (secondes)", "Time between two visits (seconds)",
            ge=60, le=86_400,
        ),
    ] = 300  # fmt: skip
    server: Annotated[
        str,
        setting(
            "Adresse du service", "Address of the service", pattern=r"^https?://\S+$",
            max_length=300,
        ),
    ] = "https://tipi.bison-fute.gouv.fr/bison-fute-ouvert/publicationsDIR/Evenementiel-DIR/grt/RRN"  # fmt: skip


class NotDatex(SourceUnreadable):
    """The answer is no DATEX II publication of situations."""

    code = "source_not_datex"


class BisonfuteSource(SourcePlugin):
    """Reads the snapshot once an hour and the increments between. Cursor: `next` (increment),
    `snapshot_at`, `open` (key → version of what goes on)."""

    manifest = Manifest(
        kind=SOURCE,
        name="bisonfute",
        label={"fr": "Bison Futé : routes nationales", "en": "Bison Futé: national roads"},
        help={
            "fr": "Accidents, inondations, fermetures et travaux du réseau routier national non concédé (DiRIF comprise). Les routes départementales n’y sont pas.",
            "en": "Accidents, floods, closures and works on the national roads without toll (DiRIF included). Departmental roads are not in it.",
        },
        version="1",
        config=BisonfuteConfig,
        terms={
            "fr": "Données publiques (Licence Ouverte 2.0) : citer Bison Futé et les directions interdépartementales des routes.",
            "en": "Public data (Licence Ouverte 2.0): credit Bison Futé and the interdepartmental road directorates.",
        },
        needs=("http",),
        gives=("measures",),
        mode="poll",
        interval_s=300.0,
    )
    config: BisonfuteConfig

    async def collect(self, cursor: Mapping[str, Any]) -> AsyncIterator[Batch]:
        """One visit. Raises SourceError, FetchError."""
        following = await self._next_number()
        known: dict[str, str] = dict(cursor.get("open") or {})
        at, mine = moment(cursor.get("snapshot_at")), cursor.get("next")
        now = self.ports.clock.now()
        fits = (
            isinstance(mine, int)
            and at is not None
            and timedelta() <= now - at < SNAPSHOT_EVERY
            and following is not None
            and mine <= following <= mine + INCREMENTS_MOST
        )
        if not fits:
            items, known = await self._snapshot(known)
            at = now.replace(microsecond=0)
            yield Batch(items=items, cursor=_cursor(following, rfc3339(at), known))
            return
        assert isinstance(mine, int)
        assert at is not None
        assert following is not None
        taken = False
        for number in range(mine, following + 1):
            response = await self._get(f"{number}.xml")
            if response.status == 404:  # the last one is named before it is there
                break
            manners.check(response, now=now)
            items, known = self._changed(_publication(response.body), known)
            taken = True
            yield Batch(items=items, cursor=_cursor(number + 1, rfc3339(at), known))
        if not taken:
            yield Batch(cursor=_cursor(mine, rfc3339(at), known), unchanged=True)

    async def _next_number(self) -> int | None:
        """The number of the next increment; None when the service does not say."""
        response = await self._get("index.txt")
        if response.status == 404:
            return None
        manners.check(response, now=self.ports.clock.now())
        digits = response.body.decode("ascii", errors="replace").strip()
        return int(digits) if digits.isdigit() and len(digits) < 12 else None

    async def _snapshot(
        self, known: Mapping[str, str]
    ) -> tuple[tuple[RawItem, ...], dict[str, str]]:
        """All that goes on now; what was open and is not in it any more has ended."""
        response = await self._get("content.xml")
        manners.check(response, now=self.ports.clock.now())
        root = _publication(response.body)
        published = next(
            ((each.text or "").strip() for each in descendants(root, "publicationTime")), ""
        )
        items, still = self._changed(root, {})
        when = moment(published) or self.ports.clock.now()
        gone = [key for key in known if key not in still]
        items += tuple(
            RawItem(
                payload=msgspec.json.encode({"gone": key, "at": rfc3339(when)}), where=key[:200]
            )
            for key in gone
        )
        return items, still

    def _changed(
        self, root: Element, known: Mapping[str, str]
    ) -> tuple[tuple[RawItem, ...], dict[str, str]]:
        """Records of the box that are new or of another version, and what is open after them."""
        box, still = box_of(self.config.box), dict(known)
        items = []
        for _situation, record in reading.records(root):
            key = reading.key_of(record)
            points = reading.place_of(record).points
            if not key or (key not in still and not (points and within(box, points))):
                continue
            version = reading.version_of(record)
            if still.get(key) == version:
                continue
            items.append(RawItem(payload=reading.payload_of(record), where=key[:200]))
            if reading.ended(record):
                still.pop(key, None)
            elif len(still) < OPEN_MOST:
                still[key] = version
        return tuple(items), still

    async def _get(self, path: str) -> HttpResponse:
        url = f"{self.config.server.rstrip('/')}/{path}"
        return await self.ports.http.get(url, max_bytes=60_000_000, timeout_s=60.0)

    @classmethod
    def decode(cls, item: RawItem, config: msgspec.Struct) -> Draft:
        """Read one road event. Raises Undecodable."""
        return reading.decode(item.payload)


def _publication(body: bytes) -> Element:
    try:
        root = xml_root(body)
    except XmlRefused as error:
        raise NotDatex(str(error)) from error
    if all(next(descendants(root, name), None) is None for name in PUBLICATIONS):
        raise NotDatex("no publication")
    return root


def _cursor(following: int | None, at: str, known: Mapping[str, str]) -> dict[str, Any]:
    return {"next": following, "snapshot_at": at, "open": dict(known)}
