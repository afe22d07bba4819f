"""Threads searched, by those whose application was reviewed."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tests.plugins.fakes import run
from tests.plugins.servers.loopback import GivenSecrets, ports_of
from tests.plugins.servers.pages import Pages, Query, json_page
from vigie.contracts.ports import HttpResponse
from vigie.plugins.kit.manners import Forbidden, NeedsToken, ServerBusy
from vigie.plugins.kit.quota import QuotaSpent
from vigie.plugins.sources.threads import ThreadsConfig, ThreadsSource

pytestmark = pytest.mark.pure
GIVEN = {"review_reference": "App-2026-3", "secret": "mine", "words": "crue essonne\ninondation"}
PATH = "/v1.0/keyword_search"


def said(number: int) -> dict[str, Any]:
    return {
        "id": str(number), "text": f"crue {number}", "username": "riverain",
        "timestamp": f"2026-11-24T02:{number % 60:02d}:00+0000", "media_type": "TEXT_POST",
    }  # fmt: skip


def source(pages: Pages) -> ThreadsSource:
    config = msgspec.convert(GIVEN, ThreadsConfig)
    return ThreadsSource(config, ports_of(pages, secrets=GivenSecrets(mine="jeton")))


async def test_each_search_is_read_page_by_page_and_what_both_find_comes_once() -> None:
    def answer(path: str, query: Query) -> HttpResponse:
        if query["q"] == "inondation":
            return json_page({"data": [said(4), said(2)]})
        if query.get("after") == "A":
            return json_page({"data": [said(1)]})
        return json_page(
            {"data": [said(3), said(2)], "paging": {"cursors": {"after": "A"}, "next": "https://…"}}
        )

    pages = Pages({PATH: answer})
    batches = await run(source(pages))
    assert [i.where for b in batches for i in b.items] == ["1", "2", "3", "4"]
    assert all("access_token" not in query for _, query in pages.asked)
    assert pages.headers[0] == {"Authorization": "Bearer jeton"}
    assert batches[-1].cursor["quota"]["used"] == 3
    again = await run(source(pages), batches[-1].cursor)
    assert again[-1].unchanged
    assert pages.asked[3][1]["since"] == "1795483980"  # half an hour before the newest


async def test_an_empty_search_is_not_an_unchanged_one() -> None:
    batches = await run(source(Pages({PATH: json_page({"data": []})})))
    assert not batches[-1].unchanged


@pytest.mark.parametrize(
    ("code", "error"),
    [(190, NeedsToken), (10, Forbidden), (200, Forbidden), (4, ServerBusy), (613, ServerBusy)],
)
async def test_meta_s_own_codes_are_understood(code: int, error: type[Exception]) -> None:
    told = {"error": {"message": "no", "type": "OAuthException", "code": code}}
    with pytest.raises(error):
        await run(source(Pages({PATH: json_page(told, status=400)})))


async def test_the_day_s_queries_are_not_gone_beyond() -> None:
    cursor = {"quota": {"day": "2026-11-24", "used": 2_200}}
    with pytest.raises(QuotaSpent):
        await run(source(Pages({PATH: json_page({"data": []})})), cursor)


@pytest.mark.parametrize("missing", ["review_reference", "secret", "words"])
def test_without_the_review_there_is_no_source(missing: str) -> None:
    for given in ({k: v for k, v in GIVEN.items() if k != missing}, {**GIVEN, missing: "   "}):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(given, ThreadsConfig)
