"""Every room of an operation, by axe-core, at the desk and on a phone, by day and by night."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from django.urls import reverse
from playwright.sync_api import Page

from tests.browser.conftest import Visits
from tests.factories import Cast, lead, watch
from vigie.web.ui.context import ROOMS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(
    ("theme", "language", "width"),
    [("light", "fr", 1440), ("dark", "en", 1440), ("light", "en", 390), ("dark", "fr", 390)],
)
@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.code)
def test_a_room_has_no_accessibility_fault(
    visit: Visits, axe: Callable[[Page], None], cast: Cast, now: datetime, room: object,
    theme: str, language: str, width: int,
) -> None:  # fmt: skip
    query = watch(cast.operation, now=now)
    for level in range(5):
        lead(cast.operation, now=now, watches=(query,), urgency=level)
    url = reverse(room.route, kwargs={"slug": cast.operation.slug})
    page = visit(url, person=cast.coordinator, theme=theme, language=language, width=width)
    page.wait_for_load_state("networkidle")
    axe(page)
