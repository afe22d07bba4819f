"""Warnings in the Common Alerting Protocol: MeteoAlarm, and any server that speaks CAP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal, NamedTuple
from urllib.parse import urljoin
from xml.etree.ElementTree import Element, tostring

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
    Undecodable,
)
from vigie.contracts.ports import FetchError
from vigie.plugins.kit import manners
from vigie.plugins.kit.official import (
    BOX,
    XmlRefused,
    box_of,
    child,
    children,
    local,
    text,
    xml_root,
)
from vigie.plugins.kit.reading import lines_of, objects
from vigie.plugins.kit.settings import setting
from vigie.plugins.sources.cap import reading, signatures
from vigie.plugins.sources.cap.alerts import Alert, alerts_in, inline_alert, read_element, read_json

FETCHED_MOST: Final = 60
"""Alerts fetched in one visit; the rest waits for the next."""

REMEMBERED: Final = 2_000
STATUS_OF: Final = {"actual": ("Actual",), "exercise": ("Exercise", "Test")}


class CapConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Which feed, for which areas."""

    url: Annotated[
        str,
        setting(
            "Adresse du flux ou de l’alerte", "Address of the feed or the alert",
            help=("Atom, RSS, alerte CAP, EDXL-DE ou JSON de MeteoAlarm. France : https://feeds.meteoalarm.org/feeds/meteoalarm-legacy-atom-france",
                  "Atom, RSS, CAP alert, EDXL-DE or MeteoAlarm’s JSON. France: https://feeds.meteoalarm.org/feeds/meteoalarm-legacy-atom-france"),
            input="url", pattern=r"^https?://\S+$", max_length=500,
        ),
    ]  # fmt: skip
    areas: Annotated[
        str,
        setting(
            "Zones (facultatif)", "Areas (optional)",
            help=("Noms ou codes, un par ligne : Essonne, FR102, 91661. Vide : toutes.",
                  "Names or codes, one a line: Essonne, FR102, 91661. Empty: all."),
            input="textarea", max_length=2_000,
        ),
    ] = ""  # fmt: skip
    box: Annotated[
        str,
        setting(
            "Cadre (facultatif)", "Box (optional)",
            help=("Ouest, sud, est, nord en degrés : aussi les alertes dessinées qui y touchent.",
                  "West, south, east, north in degrees: also drawn warnings that touch it."),
            pattern=BOX, max_length=120,
        ),
    ] = ""  # fmt: skip
    language: Annotated[
        str, setting("Langue préférée", "Preferred language", pattern=r"^[a-z]{2}$")
    ] = "fr"
    take: Annotated[
        Literal["actual", "exercise"],
        setting(
            "Alertes prises", "Alerts taken",
            choices={"actual": ("Réelles", "Actual"), "exercise": ("D’exercice et d’essai", "Exercises and tests")},
        ),
    ] = "actual"  # fmt: skip
    certificates: Annotated[
        str,
        setting(
            "Certificats de l’émetteur (facultatif)", "The sender’s certificates (optional)",
            help=("Au format PEM, l’un après l’autre. Une alerte signée par l’un d’eux est dite signée ; une signature fausse est toujours mise de côté.",
                  "In PEM, one after the other. A warning signed by one of them is said to be signed; a false signature is always set aside."),
            input="textarea", max_length=40_000,
        ),
    ] = ""  # fmt: skip
    interval_s: Annotated[
        int,
        setting(
            "Temps entre deux visites (secondes)", "Time between two visits (seconds)",
            ge=60, le=86_400,
        ),
    ] = 300  # fmt: skip

    def __post_init__(self) -> None:
        try:
            signatures.certificates(self.certificates)
        except ValueError as error:
            raise ValueError(f"certificates: no certificate in PEM: {str(error)[:80]}") from error


class NotCap(SourceUnreadable):
    """The answer holds neither alerts nor a feed of them."""

    code = "source_not_cap"


class _Entry(NamedTuple):
    """An entry of a feed: the alert's address ("" when it names none), what tells a new version of
    it, what it says of its areas (None when it says nothing), and itself."""

    link: str
    version: str
    areas: str | None
    element: Element

    @property
    def name(self) -> str:
        return self.link or text(self.element, "id") or text(self.element, "identifier")


class CapSource(SourcePlugin):
    """Visits a feed and the alerts it names. Cursor: `seen` (address → version), `roots`
    (identifier → the first of its chain)."""

    manifest = Manifest(
        kind=SOURCE,
        name="cap",
        label={"fr": "Alertes CAP (MeteoAlarm …)", "en": "CAP warnings (MeteoAlarm …)"},
        help={
            "fr": "Alertes officielles au format CAP 1.2 : MeteoAlarm, services météo, autorités. Suivies d’elles-mêmes sur le territoire.",
            "en": "Official warnings in CAP 1.2: MeteoAlarm, weather services, authorities. Followed by themselves on the territory.",
        },
        version="1",
        config=CapConfig,
        terms={
            "fr": "Celles du service choisi. MeteoAlarm : citer EUMETNET – MeteoAlarm et le service national ; ne pas modifier l’alerte.",
            "en": "Those of the service chosen. MeteoAlarm: credit EUMETNET – MeteoAlarm and the national service; do not alter the warning.",
        },
        needs=("http",),
        gives=("measures",),
        mode="poll",
        interval_s=300.0,
    )
    config: CapConfig

    async def collect(self, cursor: Mapping[str, Any]) -> AsyncIterator[Batch]:
        """One visit. Raises SourceError, FetchError."""
        seen: dict[str, str] = dict(cursor.get("seen") or {})
        roots: dict[str, str] = dict(cursor.get("roots") or {})
        body = await self._get(self.config.url)
        if body.lstrip().startswith((b"{", b"[")):
            items, refusals = self._from_json(body, roots)
            yield Batch(items=items, refusals=refusals, cursor=_cursor(seen, roots))
            return
        root = self._root_of(body)
        if local(root) in ("alert", "EDXLDistribution"):
            items, refusals = self._from_document(root, roots, where=self.config.url, body=body)
            yield Batch(items=items, refusals=refusals, cursor=_cursor(seen, roots))
            return
        entries = [each for each in _entries(root, self.config.url) if self._may_concern(each)]
        fresh = [each for each in entries if seen.get(each.name) != each.version]
        for entry in reversed(fresh[-FETCHED_MOST:]):  # the oldest first, as they were issued
            try:
                document, raw = await self._alert_of(entry)
            except (FetchError, SourceError) as error:
                yield Batch(
                    refusals=(Refusal(code="cap_failed", detail=str(error)[:200], where=entry.name[:200]),),
                    cursor=_cursor(seen, roots),
                )  # fmt: skip
                continue
            items, refusals = self._from_document(document, roots, where=entry.name, body=raw)
            seen[entry.name] = entry.version
            yield Batch(items=items, refusals=refusals, cursor=_cursor(seen, roots))
        names = {each.name for each in entries}
        seen = {name: version for name, version in seen.items() if name in names}
        yield Batch(cursor=_cursor(seen, roots), unchanged=bool(entries) and not fresh)

    async def _alert_of(self, entry: _Entry) -> tuple[Element, bytes]:
        """The alert that an entry names, and the document it came in; what the entry itself says of it when the server will not
        give it, or names none. Raises SourceError, FetchError."""
        inline = inline_alert(entry.element)
        if not entry.link:
            if inline is None:
                raise NotCap("no link")
            return inline, b""
        try:
            body = await self._get(entry.link)
            document = self._root_of(body)
            if next(alerts_in(document), None) is None:
                raise NotCap(local(document)[:40])
            return document, body
        except (SourceRefused, SourceUnreadable):
            if inline is None:
                raise
            return inline, b""

    def _may_concern(self, entry: _Entry) -> bool:
        """Whether the entry's own words leave it possible; the alert itself decides."""
        wanted = self._wanted()
        if entry.areas is None or not wanted or self.config.box:
            return True
        words = entry.areas.casefold()
        return any(each in words for each in wanted)

    def _wanted(self) -> tuple[str, ...]:
        return tuple(line.casefold() for line in lines_of(self.config.areas))

    def _from_document(
        self, root: Element, roots: dict[str, str], *, where: str, body: bytes
    ) -> tuple[tuple[RawItem, ...], tuple[Refusal, ...]]:
        items: list[RawItem] = []
        refusals: list[Refusal] = []
        signed = self._signed(root, body)
        if signed == "invalid":
            refused = Refusal(
                code="cap_signature_invalid", where=where[:200], payload=body[:1_000_000]
            )  # fmt: skip
            return (), (refused,)
        for element in alerts_in(root):
            whole = tostring(element, encoding="unicode")
            try:
                alert = read_element(element)
            except Undecodable as error:
                refusals.append(
                    Refusal(
                        code=error.code, detail=error.detail, where=where[:200],
                        payload=whole.encode()[:1_000_000],
                    )
                )  # fmt: skip
                continue
            items += self._items(alert, roots, {"cap": whole, "signature": signed})
        return tuple(items), tuple(refusals)

    def _signed(self, root: Element, body: bytes) -> str:
        """The verdict on the alert's signatures; "" when there are none and none were to be
        expected. An alert inside another document is told as unsigned: what it is signed in is not
        there."""
        trusted = signatures.certificates(self.config.certificates)
        found: str = "unsigned"
        if local(root) == "alert" and b"Signature" in body:
            found = signatures.verdict(body, trusted=trusted, now=self.ports.clock.now())
        return "" if found == "unsigned" and not trusted else found

    def _from_json(
        self, body: bytes, roots: dict[str, str]
    ) -> tuple[tuple[RawItem, ...], tuple[Refusal, ...]]:
        try:
            told = msgspec.json.decode(body)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise manners.NotJson(str(error)[:80]) from error
        rows = objects(told, "warnings", limit=5_000) or objects(told, "alerts", limit=5_000)
        if not isinstance(told, dict) or not ({"warnings", "alerts"} & told.keys()):
            raise NotCap("JSON")
        items: list[RawItem] = []
        refusals: list[Refusal] = []
        for row in rows:
            try:
                alert = read_json(row["alert"] if isinstance(row.get("alert"), dict) else row)
            except Undecodable as error:
                payload = msgspec.json.encode(row)[:100_000]
                refusals.append(Refusal(code=error.code, detail=error.detail, payload=payload))
                continue
            items += self._items(alert, roots, {"alert": row.get("alert", row)})
        return tuple(items), tuple(refusals)

    def _items(
        self, alert: Alert, roots: dict[str, str], payload: Mapping[str, Any]
    ) -> Iterator[RawItem]:
        if alert.status not in STATUS_OF[self.config.take] or alert.kind in ("Ack", "Error"):
            return
        known = [roots.get(each, each) for each in alert.references]
        root = roots[alert.identifier] = known[0] if known else alert.identifier
        found = list(
            reading.parts(
                alert, root=root, language=self.config.language, wanted=self._wanted(),
                box=box_of(self.config.box),
            )
        )  # fmt: skip
        for part in found:
            yield RawItem(
                payload=msgspec.json.encode({"part": part, **payload}),
                where=alert.identifier[:200],
            )

    async def _get(self, url: str) -> bytes:
        response = await self.ports.http.get(url, max_bytes=10_000_000, timeout_s=30.0)
        manners.check(response, now=self.ports.clock.now())
        return response.body

    def _root_of(self, body: bytes) -> Element:
        try:
            root = xml_root(body)
        except XmlRefused as error:
            raise NotCap(str(error)) from error
        if local(root) not in ("alert", "EDXLDistribution", "feed", "rss", "RDF"):
            raise NotCap(local(root)[:40])
        return root

    @classmethod
    def decode(cls, item: RawItem, config: msgspec.Struct) -> Draft:
        """Read one part of an alert. Raises Undecodable; a whole alert that was set aside because of
        its signature stays so."""
        whole = item.payload.lstrip()
        if whole.startswith(b"<") and b"Signature" in whole:
            always = datetime.max.replace(tzinfo=UTC)
            if signatures.verdict(whole, trusted=(), now=always) == "invalid":
                raise Undecodable("cap_signature_invalid")
        return reading.decode(item.payload)


def _cursor(seen: Mapping[str, str], roots: Mapping[str, str]) -> dict[str, Any]:
    return {
        "seen": dict(list(seen.items())[-REMEMBERED:]),
        "roots": dict(list(roots.items())[-REMEMBERED:]),
    }


def _entries(root: Element, base: str) -> list[_Entry]:
    """The alerts that a feed names, in its order."""
    found = []
    rss = local(root) != "feed"
    channel = child(root, "channel") if local(root) == "rss" else root
    for entry in children(channel, "item" if rss else "entry") if channel is not None else ():
        link = text(entry, "link") if rss else _link(entry)
        if not link and not text(entry, "identifier"):
            continue
        version = text(entry, "pubDate") or text(entry, "updated") or text(entry, "sent") or "-"
        areas = [text(each) for each in children(entry, "areaDesc")]
        areas += [text(each, "value") for each in children(entry, "geocode")]
        found.append(
            _Entry(
                link=urljoin(base, link) if link else "", version=version,
                areas=" ".join(areas) if any(areas) else None, element=entry,
            )
        )  # fmt: skip
    return found


def _link(entry: Element) -> str:
    """The alert's address: the link that says it is CAP, else the first that is no web page."""
    links = list(children(entry, "link"))
    for link in links:
        if "cap+xml" in link.get("type", ""):
            return link.get("href", "").strip()
    for link in links:
        if link.get("rel", "alternate") in ("alternate", "related") and "html" not in link.get(
            "type", ""
        ):
            return link.get("href", "").strip()
    return ""
