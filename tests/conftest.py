"""The network is shut, the moment is given, the cast is standing."""

from __future__ import annotations

import os
import socket
from datetime import UTC, datetime

import pytest
from django.utils import translation
from hypothesis import HealthCheck, settings

from tests.factories import Cast, make_cast

_connect = socket.socket.connect

settings.register_profile("vigie", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# One run of CI is like the next: new examples are looked for at developers' desks.
settings.register_profile("ci", settings.get_profile("vigie"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "vigie")
"""No test fails because the machine is busy."""


@pytest.fixture(autouse=True)
def _only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any connection that leaves this machine is a failing test."""

    def connect(self: socket.socket, address: object) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = str(address[0])  # type: ignore[index]
            if not host.startswith("127.") and host not in ("::1", "localhost"):
                raise AssertionError(f"a test tried to reach {host}")
        return _connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", connect)


@pytest.fixture(autouse=True)
def _in_the_house_language() -> None:
    """A request answered in English leaves its thread in English: not for the next test."""
    translation.deactivate()


@pytest.fixture
def now() -> datetime:
    """The moment at which tests happen."""
    return datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


@pytest.fixture
def cast(db: None, now: datetime) -> Cast:
    """The standing cast: two operations and the people of each, named by role."""
    return make_cast(now=now)
