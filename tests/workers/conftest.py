from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from django.db import connections

from vigie.pipeline.http import GuardedHttp


@pytest.fixture
async def http() -> AsyncIterator[GuardedHttp]:
    async with GuardedHttp() as client:
        yield client


@pytest.fixture
def committed(transactional_db: None) -> Iterator[Any]:
    """A database whose rows other threads see, closed there when the test is over."""
    yield connections
    connections.close_all()
