from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connections


@pytest.fixture
async def committed(transactional_db: None) -> AsyncIterator[Any]:
    """A database whose rows other threads see, closed there too when the test is over."""
    yield connections
    await sync_to_async(connections.close_all)()
    connections.close_all()
