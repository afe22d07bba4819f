"""YouTube visited within its quota."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from tests.plugins.fakes import answer, run
from tests.plugins.servers.loopback import GivenSecrets, YieldingClock, ports_of
from tests.plugins.servers.pages import Pages, Query, json_page
from vigie.contracts.drafts import PostDeletion
from vigie.contracts.ports import HttpResponse
from vigie.plugins.kit.manners import NeedsToken
from vigie.plugins.kit.quota import DayQuota, QuotaSpent
from vigie.plugins.sources.youtube import PACIFIC, YoutubeConfig, YoutubeSource

pytestmark = pytest.mark.pure
SEARCH = YoutubeConfig(words="crue essonne", secret="mine", searches_a_day=3, lat=48.6, lon=2.3)
SECRETS = GivenSecrets(mine="clé-d-essai")


def video(number: int) -> dict[str, Any]:
    return {
        "id": {"kind": "youtube#video", "videoId": f"video{number:06d}"},
        "snippet": {
            "publishedAt": f"2026-11-24T02:{number % 60:02d}:00Z", "channelId": "UCx",
            "title": f"Crue {number}", "description": "", "channelTitle": "x",
        },
    }  # fmt: skip


class Site:
    def __init__(self, *numbers: int) -> None:
        self.videos = {f"video{n:06d}": video(n) for n in numbers}

    def search(self, path: str, query: Query) -> HttpResponse:
        return json_page({"items": list(self.videos.values())[::-1]})

    def list(self, path: str, query: Query) -> HttpResponse:
        there = [name for name in query["id"].split(",") if name in self.videos]
        return json_page({"items": [{"id": name} for name in there]})

    @property
    def pages(self) -> Pages:
        return Pages({"/youtube/v3/search": self.search, "/youtube/v3/videos": self.list})


async def test_a_search_sends_its_key_in_a_header_and_counts_itself() -> None:
    pages = Site(1, 2).pages
    batches = await run(YoutubeSource(SEARCH, ports_of(pages, secrets=SECRETS)))
    path, query = pages.asked[0]
    assert path == "/youtube/v3/search"
    assert "key" not in query
    assert pages.headers[0] == {"X-Goog-Api-Key": "clé-d-essai"}
    assert (query["location"], query["locationRadius"]) == ("48.6,2.3", "30km")
    assert [i.where for i in batches[-1].items] == ["video000001", "video000002"]
    assert batches[-1].cursor["searches"] == {"day": "2026-11-23", "used": 1}  # in California
    assert batches[-1].cursor["newest"] == "2026-11-24T02:02:00Z"


async def test_the_day_s_searches_end_and_begin_anew_at_midnight_in_california() -> None:
    pages, cursor = Site(1).pages, {}
    clock = YieldingClock(datetime(2026, 11, 24, 7, 0, tzinfo=UTC))
    for _ in range(3):
        batches = await run(
            YoutubeSource(SEARCH, ports_of(pages, secrets=SECRETS, clock=clock)), cursor
        )
        cursor = dict(batches[-1].cursor)
    with pytest.raises(QuotaSpent) as spent:
        await run(YoutubeSource(SEARCH, ports_of(pages, secrets=SECRETS, clock=clock)), cursor)
    assert spent.value.retry_after_s == 3_600.0
    await clock.sleep(3_601)
    batches = await run(
        YoutubeSource(SEARCH, ports_of(pages, secrets=SECRETS, clock=clock)), cursor
    )
    assert batches[-1].unchanged
    assert batches[-1].cursor["searches"] == {"day": "2026-11-24", "used": 1}


async def test_a_quota_that_youtube_says_is_spent_waits_for_midnight() -> None:
    told = {"error": {"code": 403, "message": "quota", "errors": [{"reason": "quotaExceeded"}]}}
    pages = Pages({"/youtube/v3/search": json_page(told, status=403)})
    with pytest.raises(QuotaSpent) as spent:
        await run(YoutubeSource(SEARCH, ports_of(pages, secrets=SECRETS)))
    assert spent.value.retry_after_s == 5 * 3_600.0  # it is 3 o'clock UTC


async def test_a_video_that_was_taken_down_is_told() -> None:
    site = Site(1, 2)
    first = await run(YoutubeSource(SEARCH, ports_of(site.pages, secrets=SECRETS)))
    del site.videos["video000001"]
    second = await run(
        YoutubeSource(SEARCH, ports_of(site.pages, secrets=SECRETS)), first[-1].cursor
    )
    (draft,) = [YoutubeSource.decode(i, SEARCH) for b in second for i in b.items]
    assert isinstance(draft, PostDeletion)
    assert draft.id == "video000001"


async def test_a_channel_that_fails_does_not_stop_the_others() -> None:
    def feed(path: str, query: Query) -> HttpResponse:
        if query["channel_id"] == "UCbad":
            return answer("gone", status=404)
        return answer(
            '<feed xmlns="http://www.w3.org/2005/Atom"><title>x</title><entry><id>yt:video:abcdefghijk'
            '</id><title>Crue</title><link href="https://www.youtube.com/watch?v=abcdefghijk"/>'
            "<published>2026-11-24T02:00:00Z</published></entry></feed>"
        )

    config = YoutubeConfig(channels="UCbad UCgood")
    pages = Pages({"/feeds/videos.xml": feed})
    batches = await run(YoutubeSource(config, ports_of(pages)))
    assert [i.where for i in batches[-1].items] == ["abcdefghijk"]
    assert [r.code for r in batches[-1].refusals] == ["channel_failed"]


async def test_without_the_key_the_search_says_what_it_needs() -> None:
    with pytest.raises(NeedsToken):
        await run(YoutubeSource(SEARCH, ports_of(Site(1).pages)))


@pytest.mark.parametrize(
    "config",
    [{}, {"words": "crue"}, {"channels": "@nom"}, {"channels": "UCx", "lat": 48.0}],
)
def test_a_configuration_that_cannot_work_is_refused(config: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(config, YoutubeConfig)


def test_a_day_s_quota_is_never_overdrawn() -> None:
    quota = DayQuota.of({}, now=datetime(2026, 11, 24, tzinfo=UTC), most=3, zone=PACIFIC)
    assert [quota.take(2), quota.take(2), quota.take()] == [True, False, True]
    assert quota.left == 0
