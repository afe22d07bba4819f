"""What is handed to a partner, in one form for every channel, and how an exporter writes it."""

from __future__ import annotations

from abc import abstractmethod
from datetime import datetime
from typing import ClassVar

import msgspec

from vigie.contracts.plugins import Plugin

FIRST, UPDATE, CANCEL = "first", "update", "cancel"


class Party(msgspec.Struct, frozen=True, kw_only=True):
    """An organisation: its identifier in the partner's network ("fr.fire.sdis910"; "" unknown) and
    its name."""

    id: str = ""
    name: str


class MediaLink(msgspec.Struct, frozen=True, kw_only=True):
    """`kind`: photo, video, page, map."""

    url: str
    kind: str = "photo"
    label: str = ""


class HandOffMessage(msgspec.Struct, frozen=True, kw_only=True):
    """One hand-off. Times are aware; None and "" are unknown.

    `id` is a UUID of this message, `first_id` that of the first one of an update or cancellation.
    `subject` names what it is about ("demande-12", the same for all its messages). `level` 1 life …
    4 can wait. `category` is a code of the watch's categories, `need_kind` one of needs' kinds ("" for
    an incident). `state`: open, in_progress, ended. `reliability` A…F, `credibility` 1…6. `geometry`
    is GeoJSON (WGS 84), `lon`/`lat` its point, good to `precision_m`.
    """

    id: str
    kind: str = FIRST
    first_id: str = ""
    first_sent_at: datetime | None = None
    exercise: bool = True
    subject: str
    operation: str
    hazard: str = ""
    """The operation's kind: flood, storm, …"""
    sender: Party
    recipient: Party
    author: str = ""
    """Who sends it, by the name they go by."""
    sent_at: datetime
    expires_at: datetime
    title: str
    text: str = ""
    asked: str = ""
    """What is asked of the partner."""
    level: int = 3
    category: str = ""
    need_kind: str = ""
    state: str = "open"
    reliability: str = "F"
    credibility: int = 6
    occurred_at: datetime | None = None
    observed_at: datetime | None = None
    lon: float | None = None
    lat: float | None = None
    precision_m: int | None = None
    geometry: dict[str, object] | None = None
    address: str = ""
    place_name: str = ""
    place_code: str = ""
    access: str = ""
    persons: int | None = None
    vulnerabilities: tuple[str, ...] = ()
    water_cm: int | None = None
    rising: bool | None = None
    contact: str = ""
    """Only with the person's consent."""
    media: tuple[MediaLink, ...] = ()
    url: str = ""
    """Where the partner reads and answers it."""
    language: str = "fr-FR"


class HandOffExporter(Plugin):
    """Writes a hand-off as a file that a partner's system reads. Pure."""

    media_type: ClassVar[str]
    suffix: ClassVar[str]

    @classmethod
    @abstractmethod
    def write(cls, message: HandOffMessage) -> bytes:
        """The file. Always valid against its standard, whatever the message holds."""

    @classmethod
    def problems(cls, data: bytes) -> tuple[str, ...]:
        """Why a file is not valid against the standard, a line each; () when it is."""
        return ()
