"""What a process held of claims is forgotten between tests: rows come again with the same ids."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from vigie.verification import nearby


@pytest.fixture(autouse=True)
def nothing_held() -> Iterator[None]:
    nearby.forget()
    yield
    nearby.forget()
