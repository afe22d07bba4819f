"""Machines that watch over Vigie read whether it is alive and ready."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client

from tests import factories
from vigie.kernel.clock import utc_now


def test_alive_without_a_database() -> None:
    assert Client().get("/healthz").content == b"ok\n"


@pytest.mark.django_db
def test_ready_tells_database_stream_and_collectors(now: datetime) -> None:
    factories.source(None, now=now)
    factories.source(None, now=now, holder="c1", held_until=utc_now() + timedelta(minutes=1))
    answer = Client().get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {
        "database": "ok",
        "stream": "in process",
        "failed_batches": 0,
        "collectors": {"sources": 2, "held": 1},
    }
