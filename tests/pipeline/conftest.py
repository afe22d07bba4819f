from __future__ import annotations

from datetime import datetime

import pytest

from tests import factories
from tests.factories import Cast
from tests.pipeline.plain import make_intake
from vigie.collection.models import Source, Watch
from vigie.pipeline.intake import Intake


@pytest.fixture
def intake() -> Intake:
    return make_intake()


@pytest.fixture
def shared(cast: Cast, now: datetime) -> Source:
    """A source that serves all operations."""
    return factories.source(None, now=now, config={"blob": "posts.jsonl"})


@pytest.fixture
def crue(cast: Cast, now: datetime) -> Watch:
    """A watch of the cast's operation."""
    return factories.watch(cast.operation, "crue OR inond*", now=now, name="Crue")
