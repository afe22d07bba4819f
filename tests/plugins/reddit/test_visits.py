"""Reddit visited, by those it has approved."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tests.plugins.fakes import run
from tests.plugins.servers.loopback import GivenSecrets, ports_of
from tests.plugins.servers.pages import Pages, Query, json_page
from vigie.contracts.drafts import PostDeletion
from vigie.contracts.ports import HttpResponse
from vigie.plugins.sources.reddit import RedditConfig, RedditSource

pytestmark = pytest.mark.pure
GIVEN = {
    "approval_reference": "RBP-2026-1",
    "secret": "mine",
    "user_agent": "web:vigie:1 (by /u/vost)",
    "communities": "essonne paris",
}
SECRETS = GivenSecrets(mine="identifiant:secret")


def thing(number: int, **more: Any) -> dict[str, Any]:
    data = {
        "id": f"a{number}", "name": f"t3_a{number}", "title": f"Crue {number}", "selftext": "x",
        "author": "riverain", "created_utc": 1_770_896_400.0 + number, "edited": False,
        "permalink": f"/r/Essonne/comments/a{number}/", "url": "",
    }  # fmt: skip
    return {"kind": "t3", "data": {**data, **more}}


class Site:
    def __init__(self, *numbers: int) -> None:
        self.things = {f"t3_a{n}": thing(n) for n in numbers}

    def listing(self, path: str, query: Query) -> HttpResponse:
        names = list(self.things)[::-1]
        if "id" in query:
            names = [name for name in query["id"].split(",") if name in self.things]
            return json_page(self._listing(names, ""))
        start = names.index(query["after"]) + 1 if "after" in query else 0
        shown = names[start : start + 100]
        after = shown[-1] if start + 100 < len(names) else ""
        return json_page(self._listing(shown, after))

    def _listing(self, names: list[str], after: str) -> dict[str, Any]:
        children = [self.things[name] for name in names]
        return {"kind": "Listing", "data": {"children": children, "after": after or None}}

    @property
    def pages(self) -> Pages:
        token = json_page({"access_token": "jeton", "expires_in": 86400})
        return Pages(
            {"/api/v1/access_token": token, "/r/": self.listing, "/api/info": self.listing}
        )


def source(pages: Pages, **more: Any) -> RedditSource:
    RedditSource._tokens.clear()
    config = msgspec.convert({**GIVEN, **more}, RedditConfig)
    return RedditSource(config, ports_of(pages, secrets=SECRETS))


async def test_it_signs_in_names_itself_and_reads_pages_until_what_it_knows() -> None:
    site = Site(1, 2)
    pages = site.pages
    first = await run(source(pages))
    assert pages.sent == [b"grant_type=client_credentials"]
    assert pages.headers[1]["User-Agent"] == GIVEN["user_agent"]
    assert pages.asked[1][0] == "/r/essonne+paris/new"
    assert [i.where for i in first[-1].items] == ["t3_a1", "t3_a2"]
    site.things |= {f"t3_a{n}": thing(n) for n in range(3, 253)}
    second = await run(source(site.pages), first[-1].cursor)
    assert [i.where for i in second[-1].items] == [f"t3_a{n}" for n in range(3, 253)]


async def test_edits_come_again_and_what_reddit_emptied_is_a_deletion() -> None:
    site = Site(1, 2, 3)
    first = await run(source(site.pages))
    assert (await run(source(site.pages), first[-1].cursor))[-1].unchanged
    site.things["t3_a1"] = thing(1, edited=1_770_897_000.0)
    site.things["t3_a2"] = thing(2, author="[deleted]", selftext="[deleted]")
    del site.things["t3_a3"]
    second = await run(source(site.pages), first[-1].cursor)
    config = msgspec.convert(GIVEN, RedditConfig)
    drafts = [RedditSource.decode(i, config) for b in second for i in b.items]
    assert {d.id for d in drafts if isinstance(d, PostDeletion)} == {"t3_a2", "t3_a3"}
    assert "t3_a1" in [d.id for d in drafts if not isinstance(d, PostDeletion)]


async def test_a_search_within_communities_is_by_date() -> None:
    site = Site(1)
    pages = site.pages
    await run(source(pages, words="crue"))
    path, query = pages.asked[1]
    assert path == "/r/essonne+paris/search"
    assert (query["sort"], query["restrict_sr"]) == ("new", "1")


@pytest.mark.parametrize("missing", ["approval_reference", "secret", "user_agent"])
def test_without_the_approval_there_is_no_source(missing: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({k: v for k, v in GIVEN.items() if k != missing}, RedditConfig)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({**GIVEN, missing: "  "}, RedditConfig)
