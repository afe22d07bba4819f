"""A person's own devices: browsers that may be notified."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from django.db import transaction

from vigie.accounts.models import User
from vigie.alerting import sealing
from vigie.alerting.models import Device
from vigie.kernel.hashing import sha256_hex
from vigie.kernel.text import clean_line
from vigie.operations.access import record_platform

DEVICES: Final = 10
"""Of one person."""
LONGEST: Final = 1_000


class NotADevice(ValueError):
    """What the browser gave is no push subscription."""


class TooManyDevices(Exception):
    """The person has DEVICES already."""


def add_device(
    *, user: User, endpoint: str, p256dh: str, auth: str, label: str, now: datetime
) -> Device:
    """Allow a browser to be notified; doing so again is the same device. It is whose signed in there
    last. Raises NotADevice, TooManyDevices.
    """
    parts = urlsplit(endpoint)
    if (
        parts.scheme not in ("http", "https")
        or not parts.hostname
        or not p256dh
        or not auth
        or max(map(len, (endpoint, p256dh, auth))) > LONGEST
    ):
        raise NotADevice
    digest = sha256_hex(endpoint.encode())
    sealed = sealing.seal({"endpoint": endpoint, "p256dh": p256dh, "auth": auth})
    with transaction.atomic():
        others = Device.objects.select_for_update().filter(user=user).exclude(digest=digest)
        if len(others) >= DEVICES:
            raise TooManyDevices
        row, is_new = Device.objects.update_or_create(
            digest=digest,
            defaults={"user": user, "sealed": sealed, "label": clean_line(label, limit=80)},
            create_defaults={
                "user": user, "sealed": sealed, "label": clean_line(label, limit=80),
                "created_at": now,
            },
        )  # fmt: skip
        if is_new:
            record_platform(
                "device.added", by=user, now=now, subject=("user", user.pk),
                data={"label": row.label},
            )  # fmt: skip
    return row


def remove_device(
    *, user: User, device: int | None = None, endpoint: str = "", now: datetime
) -> bool:
    """Forget one of the person's devices, by its number or its endpoint; whether there was one."""
    rows = Device.objects.filter(user=user)
    rows = rows.filter(pk=device) if device is not None else rows.filter(
        digest=sha256_hex(endpoint.encode())
    )  # fmt: skip
    with transaction.atomic():
        row = rows.first()
        if row is None:
            return False
        record_platform(
            "device.removed", by=user, now=now, subject=("user", user.pk),
            data={"label": row.label},
        )  # fmt: skip
        row.delete()
    return True
