"""Notifiers: how an alert leaves the house. A plugin sends one notice to one destination.

A notifier raises `contracts.jobs.NotYet` when trying again may help, `GiveUp` when it will not,
`Gone` when the destination itself is no more, or lets a FetchError pass.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol

import msgspec

from vigie.contracts.jobs import GiveUp, InThread
from vigie.contracts.plugins import Plugin
from vigie.contracts.ports import Clock, Http

ADDRESS, MAIL, DEVICES = "address", "mail", "devices"
"""`NotifierPlugin.reach`: the configuration says where; people's and other mail addresses; people's
browsers."""


class Gone(GiveUp):
    """The destination is no more (a browser that unsubscribed): never use it again."""

    def __init__(self) -> None:
        super().__init__("destination_gone")


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """One message in words, in `language`. Never a post's text, never a handle.

    `key` is the same for every attempt at this delivery and no other: channels that can tell a
    repetition are given it. `thread` is the same for all messages about one alert. `url` opens the
    alert ("" when the installation does not know its own address). `is_over` says that it ended.
    """

    key: str
    thread: str
    title: str
    body: str
    url: str = ""
    urgent: bool = False
    is_over: bool = False
    is_exercise: bool = False
    language: str = "fr"


class Mail(Protocol):
    async def send(self, notice: Notice, *, to: str) -> None:
        """Hand a message to the installation's mail server. Raises NotYet or GiveUp."""
        ...


@dataclass(frozen=True, kw_only=True)
class NotifierPorts:
    """All a notifier may use of the world.

    `outside` runs a blocking function in a thread whose sockets reach public addresses only (and
    those the installation allows), whatever library opens them. `signing_key` is this
    installation's P-256 private value (32 bytes), `contact` how a push service reaches its people.
    """

    http: Http
    clock: Clock
    mail: Mail
    outside: InThread
    signing_key: bytes
    contact: str


class NotifierPlugin(Plugin):
    """A way out, with its configuration. Fields described with input "sealed" are secrets: kept
    encrypted and never shown again."""

    reach: ClassVar[str] = ADDRESS

    def __init__(self, config: msgspec.Struct, ports: NotifierPorts) -> None:
        self.config = config
        self.ports = ports

    @classmethod
    def problem(cls, config: msgspec.Struct) -> str:
        """A stable code for what is wrong with a configuration that its types let pass; "" if none."""
        return ""

    @classmethod
    def shown(cls, config: msgspec.Struct) -> str:
        """Where it leads, in one line, without any secret."""
        return ""

    @classmethod
    def addresses(cls, config: msgspec.Struct) -> tuple[str, ...]:
        """Mail addresses that the configuration names besides people (reach "mail")."""
        return ()

    @abstractmethod
    async def send(self, notice: Notice, to: Mapping[str, str]) -> None:
        """Send it. `to` is {} (address), {"to": address} (mail), or {"endpoint", "p256dh", "auth"}
        as browsers give them (devices)."""
