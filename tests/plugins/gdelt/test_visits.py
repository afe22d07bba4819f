"""GDELT visited: its sentences understood, its pace kept."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from tests.plugins.fakes import NOW, answer, run
from tests.plugins.servers.loopback import YieldingClock, ports_of
from tests.plugins.servers.pages import Pages, json_page
from vigie.plugins.kit.manners import ServerBusy, ServerFailed
from vigie.plugins.sources.gdelt import GdeltConfig, GdeltSource, QueryRefused, closed_up

pytestmark = pytest.mark.pure
CONFIG = GdeltConfig(words="(crue OR inondation) essonne")


def articles(*numbers: int) -> dict[str, Any]:
    return {
        "articles": [
            {
                "url": f"https://a.exemple/{n}",
                "title": f"Crue {n}",
                "seendate": f"20261124T02{n % 60:02d}00Z",
            }
            for n in numbers
        ]
    }


async def test_it_asks_for_the_time_since_the_last_visit_and_tells_news_from_repetition() -> None:
    pages = Pages({"/": json_page(articles(2, 1))})
    clock = YieldingClock()
    first = await run(GdeltSource(CONFIG, ports_of(pages, clock=clock)))
    assert [i.where for i in first[-1].items] == ["https://a.exemple/1", "https://a.exemple/2"]
    assert pages.asked[0][1]["timespan"] == "1470min"
    assert pages.asked[0][1]["query"].endswith("sourcecountry:FR")
    await clock.sleep(3_600)
    second = await run(GdeltSource(CONFIG, ports_of(pages, clock=clock)), first[-1].cursor)
    assert pages.asked[1][1]["timespan"] == "90min"
    assert (second[-1].unchanged, second[-1].items) == (True, ())
    pages.routes["/"] = json_page({})
    third = await run(GdeltSource(CONFIG, ports_of(pages, clock=clock)), second[-1].cursor)
    assert (third[-1].unchanged, third[-1].items) == (False, ())


async def test_two_sources_of_one_process_keep_six_seconds_apart() -> None:
    clock = YieldingClock(NOW.replace(year=2027))
    pages = Pages({"/": json_page({})})
    at = []
    for _ in range(3):
        await run(GdeltSource(CONFIG, ports_of(pages, clock=clock)))
        at.append(clock.now())
    assert all((later - earlier).total_seconds() >= 6 for earlier, later in pairwise(at))


async def test_an_answer_that_is_full_says_that_there_was_more() -> None:
    pages = Pages({"/": json_page(articles(*range(250)))})
    first = await run(GdeltSource(CONFIG, ports_of(pages)))
    assert first[-1].refusals == ()
    pages.routes["/"] = json_page(articles(*range(300, 550)))
    second = await run(GdeltSource(CONFIG, ports_of(pages)), first[-1].cursor)
    assert [r.code for r in second[-1].refusals] == ["answer_cut"]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("The specified phrase is too short.", QueryRefused),
        ("Please limit requests to one every 5 seconds or contact us.", ServerBusy),
        ("<html><body>Bad gateway</body></html>", ServerFailed),
    ],
)
async def test_a_sentence_instead_of_json_is_understood(body: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        await run(GdeltSource(CONFIG, ports_of(Pages({"/": answer(body)}))))


@pytest.mark.parametrize(
    ("apart", "printed"),
    [
        ("Crue de l ' Yvette , la D118 coupée", "Crue de l'Yvette, la D118 coupée"),
        ("Seine à 4 , 30 m ( Corbeil )", "Seine à 4,30 m (Corbeil)"),
        ("Orge : l’alerte", "Orge : l’alerte"),
        ("", ""),
    ],
)
def test_marks_set_apart_are_closed_up(apart: str, printed: str) -> None:
    assert closed_up(apart) == printed
