"""Telegram's pages visited: bursts, edits, deletions, doors that are closed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.plugins.fakes import run
from tests.plugins.servers.loopback import YieldingClock, ports_of
from tests.plugins.servers.pages import Pages, Query
from vigie.contracts.drafts import PostDeletion
from vigie.contracts.plugins import Batch
from vigie.contracts.ports import HttpResponse
from vigie.plugins.kit.tree import tree
from vigie.plugins.sources.telegram import (
    PageChanged,
    PreviewClosed,
    TelegramConfig,
    TelegramSource,
    names_of,
)

pytestmark = pytest.mark.pure


class Channel:
    """A channel of the web: pages of twenty messages, newest last."""

    def __init__(self, name: str = "infos91", count: int = 0) -> None:
        self.name = name
        self.messages = {n: f"L’Orge monte, message {n}" for n in range(1, count + 1)}
        self.views = 1

    def page(self, path: str, query: Query) -> HttpResponse:
        before = int(query.get("before", 10**9))
        shown = [n for n in sorted(self.messages) if n < before][-20:]
        body = (
            "".join(self.message(n) for n in shown) or '<div class="tme_no_messages_found"></div>'
        )
        whole = f'<html><div class="tgme_channel_info"></div>{body}</html>'
        return html(whole, url=f"https://t.me/s/{self.name}")

    def message(self, number: int) -> str:
        return (
            '<div class="tgme_widget_message_wrap"><div class="tgme_widget_message" '
            f'data-post="{self.name}/{number}"><div class="tgme_widget_message_text">'
            f"{self.messages[number]}</div>"
            f'<span class="tgme_widget_message_views">{self.views}</span>'
            '<a class="tgme_widget_message_date"><time datetime="2026-11-24T02:00:00+00:00">'
            "</time></a></div></div>"
        )

    def alone(self, path: str, query: Query) -> HttpResponse:
        number = int(path.rpartition("/")[2])
        if number in self.messages:
            return html(self.message(number))
        return html('<div class="tgme_widget_message_error">Post not found</div>')

    @property
    def routes(self) -> dict[str, Any]:
        return {f"/s/{self.name}": self.page, f"/{self.name}/": self.alone}


def html(body: str, *, url: str = "https://t.me/x", status: int = 200) -> HttpResponse:
    return HttpResponse(url=url, status=status, headers={}, body=body.encode())


async def visit(pages: Pages, cursor: Mapping[str, Any], channels: str = "infos91") -> list[Batch]:
    config = TelegramConfig(channels=channels)
    return await run(TelegramSource(config, ports_of(pages, clock=YieldingClock())), cursor)


def ids(batches: list[Batch]) -> list[str]:
    config = TelegramConfig(channels="infos91")
    return [TelegramSource.decode(i, config).id for b in batches for i in b.items]


async def test_a_burst_over_several_pages_is_read_whole_and_in_order() -> None:
    channel = Channel(count=5)
    pages = Pages(channel.routes)
    first = await visit(pages, {})
    channel.messages |= {n: f"suite {n}" for n in range(6, 70)}
    second = await visit(pages, first[-1].cursor)
    assert ids(second) == [f"infos91/{n}" for n in range(6, 70)]


async def test_views_change_nothing_an_edit_does_and_a_deletion_is_told() -> None:
    channel = Channel(count=12)
    pages = Pages(channel.routes)
    first = await visit(pages, {})
    channel.views = 7_000
    assert (await visit(pages, first[-1].cursor))[-1].unchanged
    channel.messages[4] = "L’Orge descend"
    del channel.messages[9]
    config = TelegramConfig(channels="infos91")
    batches = await visit(pages, first[-1].cursor)
    drafts = [TelegramSource.decode(i, config) for b in batches for i in b.items]
    assert [(type(d).__name__, d.id) for d in drafts] == [
        ("PostDraft", "infos91/4"),
        ("PostDeletion", "infos91/9"),
    ]
    again = await visit(pages, batches[-1].cursor)
    assert again[-1].unchanged
    assert not isinstance(drafts[0], PostDeletion)


async def test_an_empty_channel_is_not_an_unchanged_one() -> None:
    batches = await visit(Pages(Channel().routes), {})
    assert (batches[-1].unchanged, batches[-1].items) == (False, ())


async def test_a_closed_preview_and_a_page_built_otherwise_are_told_apart() -> None:
    card = html('<div class="tgme_page_extra">1 234 subscribers</div>', url="https://t.me/infos91")
    with pytest.raises(PreviewClosed):
        await visit(Pages({"/s/infos91": card}), {})
    other = html("<html><article>neu</article></html>", url="https://t.me/s/infos91")
    with pytest.raises(PageChanged):
        await visit(Pages({"/s/infos91": other}), {})


async def test_one_closed_channel_does_not_stop_the_others_and_is_told_once() -> None:
    good = Channel("infos91", 2)
    closed = html("", status=302, url="https://t.me/s/ferme")
    pages = Pages({**good.routes, "/s/ferme": closed})
    first = await visit(pages, {}, channels="ferme infos91")
    second = await visit(pages, first[-1].cursor, channels="ferme infos91")
    assert [r.code for b in first for r in b.refusals] == ["channel_failed"]
    assert ids(first) == ["infos91/1", "infos91/2"]
    assert [r for b in second for r in b.refusals] == []


@pytest.mark.parametrize("name", ["infos91", "@infos91", "t.me/infos91", "https://t.me/s/infos91/"])
def test_a_channel_is_named_as_people_write_it(name: str) -> None:
    assert names_of(name) == ("infos91",)


@given(st.text(alphabet="<>/=\"' abdiv!-&#;\n", max_size=200))
def test_markup_that_is_none_still_gives_a_tree(markup: str) -> None:
    assert isinstance(tree(markup).text(), str)
