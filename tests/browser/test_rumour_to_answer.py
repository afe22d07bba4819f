"""From a rumour's first post to a published answer, by two people at the real screens."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import AsgiServer, Visits
from tests.browser.rumour import answer_rumour

pytestmark = pytest.mark.browser

FIRST_S, SECOND_S = 600, 120
"""What the issue asks: ten minutes of one person's gestures, two of another's."""


def test_a_rumour_is_answered_in_ten_minutes_of_one_and_two_of_another(
    visit: Visits, asgi_server: AsgiServer
) -> None:
    done = answer_rumour(visit, asgi_server)
    told = {"first": done.first.counts(), "second": done.second.counts()}
    if out := os.environ.get("VIGIE_RUMOUR_OUT"):
        Path(out).write_text(json.dumps(told), encoding="utf-8")
    expect(done.public.get_by_role("heading", level=1)).to_contain_text("barrage de Saclas")
    expect(done.public.locator(".exercise")).to_be_visible()
    assert done.first.seconds <= FIRST_S, told
    assert done.second.seconds <= SECOND_S, told
