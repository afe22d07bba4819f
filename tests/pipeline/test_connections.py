"""Threads that work as long as the process does keep their connection."""

from __future__ import annotations

import pytest
from django.db import connection

from vigie.workers.threads import DatabaseThread


def _asked() -> int:
    connection.ensure_connection()
    return id(connection.connection)


@pytest.mark.django_db(transaction=True)
async def test_a_thread_of_its_own_keeps_its_connection_between_two_pieces_of_work() -> None:
    thread = DatabaseThread("kept")
    try:
        first = await thread(_asked)
        assert await thread(_asked) == first
    finally:
        await thread.close()
