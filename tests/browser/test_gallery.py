"""Every component, by axe-core: both themes stand side by side on the page."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Visits
from tests.factories import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_gallery_has_no_accessibility_fault(
    visit: Visits, axe: Callable[[Page], None], cast: Cast, width: int, language: str
) -> None:
    page = visit("/_gallery/", person=cast.administrator, width=width, language=language)
    assert page.locator("html").get_attribute("lang") == language
    axe(page)


def test_the_gallery_is_not_there_for_those_who_do_not_administer(
    visit: Visits, cast: Cast
) -> None:
    visit.expect_error("404")
    page = visit("/_gallery/", person=cast.volunteer)
    assert page.evaluate("document.title") != "Vigie"
    assert page.locator(".gallery").count() == 0
