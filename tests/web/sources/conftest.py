from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client

from tests.factories import Cast
from tests.pipeline.plain import make_intake
from vigie.accounts.models import User
from vigie.web.sources import machinery


def as_(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture(autouse=True)
def plain_pipeline(monkeypatch: pytest.MonkeyPatch) -> None:
    """A quick analyser without data files."""
    made = make_intake()
    monkeypatch.setattr(machinery, "intake", lambda: made)


@pytest.fixture(autouse=True)
def own_blobs(tmp_path: Path, settings: object) -> None:
    settings.VIGIE_BLOBS = tmp_path / "blobs"  # type: ignore[attr-defined]


@pytest.fixture
def coordinator(cast: Cast) -> Client:
    return as_(cast.coordinator)


@pytest.fixture
def volunteer(cast: Cast) -> Client:
    return as_(cast.volunteer)


@pytest.fixture
def at(cast: Cast) -> Callable[[str], str]:
    """The address of a page of the cast's operation."""
    return lambda path: f"/o/{cast.operation.slug}/{path}"
