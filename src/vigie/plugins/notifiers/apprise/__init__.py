"""Everything Apprise speaks: Matrix (Tchap), Mattermost, SMS gateways, Slack, ntfy, webhooks …

Apprise opens its sockets itself: it runs in a thread that reaches public addresses only. It answers
yes or no; what a server said is read from the line it logs, which goes nowhere else, for it may
hold parts of the address.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Mapping
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

import msgspec

from vigie.contracts.jobs import GiveUp, NotYet
from vigie.contracts.notifiers import Notice, NotifierPlugin
from vigie.contracts.plugins import NOTIFIER, Manifest
from vigie.plugins.kit.settings import setting

THIS_MACHINE: Final = frozenset(
    {"dbus", "kde", "qt", "glib", "gnome", "macosx", "windows", "syslog", "blink1", "file"}
)
"""Services that talk to the machine Vigie runs on, not to people."""
_ANSWERED: Final = re.compile(r"error=(\d{3})\b")
_REFUSED: Final = frozenset({400, 401, 402, 403, 404, 405, 410, 413, 422})


class AppriseConfig(msgspec.Struct, frozen=True, kw_only=True):
    """`url` as Apprise writes addresses; it holds the secrets of the service."""

    url: Annotated[
        str,
        setting(
            "Adresse Apprise",
            "Apprise address",
            help=(
                "Par exemple mmosts://chat.exemple.fr/jeton (Mattermost), "
                "matrixs://jeton@matrix.exemple.fr/!salon:exemple.fr (Matrix, Tchap), "
                "freemobile://identifiant@motdepasse (SMS), jsons://exemple.fr/crochet (webhook). "
                "Elle contient un secret : elle est chiffrée et ne sera plus montrée.",
                "For example mmosts://chat.example.org/token (Mattermost), "
                "matrixs://token@matrix.example.org/!room:example.org (Matrix, Tchap), "
                "freemobile://user@password (SMS), jsons://example.org/hook (webhook). "
                "It holds a secret: it is encrypted and not shown again.",
            ),
            input="sealed",
            min_length=5,
            max_length=2_000,
        ),
    ]


class AppriseNotifier(NotifierPlugin):
    manifest = Manifest(
        kind=NOTIFIER,
        name="apprise",
        label={"fr": "Messagerie ou SMS (Apprise)", "en": "Messenger or SMS (Apprise)"},
        help={
            "fr": "Matrix et Tchap, Mattermost, passerelles SMS, ntfy, Slack, crochets web …",
            "en": "Matrix and Tchap, Mattermost, SMS gateways, ntfy, Slack, webhooks …",
        },
        version="1",
        config=AppriseConfig,
        needs=("sockets",),
        gives=("messages",),
    )
    config: AppriseConfig

    @classmethod
    def problem(cls, config: msgspec.Struct) -> str:
        assert isinstance(config, AppriseConfig)
        if _schema(config.url) in THIS_MACHINE:
            return "notifier_local"
        return "" if _service(config.url) is not None else "notifier_address"

    @classmethod
    def shown(cls, config: msgspec.Struct) -> str:
        """The service's name, and its host where the address names one."""
        assert isinstance(config, AppriseConfig)
        made = _service(config.url)
        if made is None:
            return ""
        name = str(made.service_name)
        # In other services' addresses a token stands where a host does here.
        has_host = any("{host}" in str(template) for template in made.templates)
        host = str(getattr(made, "host", "") or "") if has_host else ""
        return f"{name} · {host}" if host else name

    async def send(self, notice: Notice, to: Mapping[str, str]) -> None:
        await self.ports.outside(_send, self.config.url, notice)


def _schema(url: str) -> str:
    return urlsplit(url.strip()).scheme.lower()


def _service(url: str) -> Any:
    """Apprise's object for the address; None when it reads none there."""
    import apprise  # a hundred services: loaded where one is used

    if _schema(url) in THIS_MACHINE:
        return None
    asset = apprise.AppriseAsset(
        app_id="Vigie", app_desc="Vigie", app_url="", async_mode=False, storage_mode="memory",
        image_url_mask="", image_url_logo="",
    )  # fmt: skip
    return apprise.Apprise.instantiate(url.strip(), asset=asset, suppress_exceptions=True)


def _send(url: str, notice: Notice) -> None:
    """Blocking. Raises NotYet or GiveUp."""
    service = _service(url)
    if service is None:
        raise GiveUp("notifier_address")
    said = _Said()
    log = logging.getLogger("apprise")
    log.addHandler(said)
    try:
        sent = service.notify(
            body=f"{notice.body}\n\n{notice.url}".strip(),
            title=notice.title,
            notify_type="success" if notice.is_over else "failure" if notice.urgent else "warning",
            body_format="text",
        )
    finally:
        log.removeHandler(said)
    if sent:
        return
    if said.status in _REFUSED:
        raise GiveUp("notifier_refused", f"HTTP {said.status}")
    if said.status is not None:
        raise NotYet("notifier_busy", f"HTTP {said.status}")
    raise NotYet("notifier_unreachable")


class _Said(logging.Handler):
    """The last HTTP status this thread's service complained of."""

    def __init__(self) -> None:
        super().__init__(level=logging.WARNING)
        self.status: int | None = None
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread and (found := _ANSWERED.search(record.getMessage())):
            self.status = int(found[1])
