"""Web push: to the browsers and phones that people of the team allowed to be notified."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from vigie.contracts.jobs import GiveUp, NotYet
from vigie.contracts.notifiers import DEVICES, Gone, Notice, NotifierPlugin
from vigie.contracts.plugins import NOTIFIER, Manifest
from vigie.contracts.ports import HttpResponse
from vigie.plugins.notifiers.webpush.encryption import (
    BadKeys,
    authorization,
    b64,
    encrypted,
    private_key,
)

KEPT_S: Final = 4 * 3600
"""How long a push service keeps the message for a browser that is off."""
SIGNED_S: Final = 12 * 3600
TIMEOUT_S: Final = 15.0
BODY: Final = 1_200
"""Characters of the body: the message must fit into one record whatever they are."""


class WebPushConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing to set: the keys are the installation's, the devices people's own."""


class WebPushNotifier(NotifierPlugin):
    manifest = Manifest(
        kind=NOTIFIER,
        name="webpush",
        label={"fr": "Notification du navigateur", "en": "Browser notification"},
        help={
            "fr": "Sur les appareils que chacun a autorisés dans « Mon compte ».",
            "en": "On the devices each person allowed under “My account”.",
        },
        version="1",
        config=WebPushConfig,
        needs=("http",),
        gives=("messages",),
    )
    reach = DEVICES

    async def send(self, notice: Notice, to: Mapping[str, str]) -> None:
        plain = json.dumps(
            {
                "title": notice.title,
                "body": notice.body[:BODY],
                "url": notice.url,
                # One notification an alert: a repetition takes the place of what it repeats.
                "tag": notice.thread,
                "urgent": notice.urgent,
                "lang": notice.language,
            },
            ensure_ascii=False,
        ).encode()
        own = ec.generate_private_key(ec.SECP256R1())
        try:
            body = encrypted(
                plain, p256dh=to["p256dh"], auth=to["auth"], salt=os.urandom(16), sender=own
            )
        except BadKeys as error:
            raise Gone from error
        answer = await self.ports.http.post(
            to["endpoint"], body=body, headers=self._headers(notice, to), max_bytes=20_000,
            timeout_s=TIMEOUT_S,
        )  # fmt: skip
        _judge(answer, now=self.ports.clock.now().timestamp())

    def _headers(self, notice: Notice, to: Mapping[str, str]) -> dict[str, str]:
        parts = urlsplit(to["endpoint"])
        return {
            "Content-Type": "application/octet-stream",
            "Content-Encoding": "aes128gcm",
            "TTL": str(KEPT_S),
            "Urgency": "high" if notice.urgent else "normal",
            "Topic": b64(hashlib.sha256(notice.thread.encode()).digest())[:32],
            "Authorization": authorization(
                audience=f"{parts.scheme}://{parts.netloc}",
                contact=self.ports.contact,
                expires=int(self.ports.clock.now().timestamp()) + SIGNED_S,
                key=private_key(self.ports.signing_key),
            ),
        }


def _judge(answer: HttpResponse, *, now: float) -> None:
    """Raise unless the push service took it."""
    match answer.status:
        case HTTPStatus.OK | HTTPStatus.CREATED | HTTPStatus.ACCEPTED | HTTPStatus.NO_CONTENT:
            return
        case HTTPStatus.NOT_FOUND | HTTPStatus.GONE:
            raise Gone
        case HTTPStatus.TOO_MANY_REQUESTS:
            raise NotYet("notifier_busy", "HTTP 429", after_s=_asked_s(answer, now=now))
        case status if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise NotYet("notifier_busy", f"HTTP {status}", after_s=_asked_s(answer, now=now))
        case status:
            raise GiveUp("notifier_refused", f"HTTP {status}")


def _asked_s(answer: HttpResponse, *, now: float) -> float | None:
    """What Retry-After asks for, in seconds: a number or a date."""
    asked = answer.headers.get("retry-after", "").strip()
    if asked.isascii() and asked.isdigit():
        return float(asked[:9])
    try:
        return max(0.0, parsedate_to_datetime(asked).timestamp() - now)
    except (ValueError, OverflowError):
        return None
