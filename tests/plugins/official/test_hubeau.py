"""Hub'Eau visited: pages, late and corrected rows, rows of sites, a clock that is wrong."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from tests.plugins.fakes import NOW, run
from tests.plugins.servers.loopback import YieldingClock, ports_of
from tests.plugins.servers.pages import Pages, json_page
from vigie.contracts.measures import MeasureDraft
from vigie.contracts.plugins import Batch
from vigie.contracts.ports import HttpResponse
from vigie.kernel.clock import rfc3339
from vigie.plugins.sources.hubeau import HubeauConfig, HubeauSource, NoStations

pytestmark = pytest.mark.pure
CONFIG = HubeauConfig(flows=False, server="https://hubeau.exemple/api/v2/hydrometrie")
STATIONS = {
    "count": 1,
    "data": [
        {
            "code_station": "F467000101", "libelle_station": "L'Orge à Morsang-sur-Orge",
            "libelle_cours_eau": "L'Orge", "longitude_station": 2.35, "latitude_station": 48.66,
        }
    ],
}  # fmt: skip


def row(minutes_ago: float, height_mm: float, **more: Any) -> dict[str, Any]:
    return {
        "code_station": "F467000101", "grandeur_hydro": "H", "resultat_obs": height_mm,
        "date_obs": rfc3339(NOW - timedelta(minutes=minutes_ago)), **more,
    }  # fmt: skip


def site(rows: list[dict[str, Any]], **more: Any) -> Pages:
    return Pages(
        {
            "/api/v2/hydrometrie/referentiel": json_page(STATIONS),
            "/api/v2/hydrometrie/observations_tr": json_page({"data": rows, "next": None, **more}),
        }
    )


def measures(batches: list[Batch]) -> list[MeasureDraft]:
    found = [HubeauSource.decode(item, CONFIG) for batch in batches for item in batch.items]
    return [draft for draft in found if isinstance(draft, MeasureDraft)]


async def test_rows_of_sites_are_left_out_and_millimetres_become_metres() -> None:
    pages = site([row(10, 1450), row(10, 1450, code_station=None), row(5, 1500)])
    found = measures(await run(HubeauSource(CONFIG, ports_of(pages))))
    assert [(each.value, each.indicator.name) for each in found] == [
        (1.45, "L'Orge à Morsang-sur-Orge"), (1.5, "L'Orge à Morsang-sur-Orge"),
    ]  # fmt: skip
    assert pages.asked[0][1]["code_departement"] == "91"


async def test_the_next_visit_asks_from_two_hours_before_the_newest_and_not_for_stations() -> None:
    first = await run(HubeauSource(CONFIG, ports_of(site([row(10, 1450)]))))
    assert first[-1].cursor["since"] == rfc3339(NOW - timedelta(minutes=10))
    pages = site([])
    second = await run(HubeauSource(CONFIG, ports_of(pages)), first[-1].cursor)
    ((path, query),) = pages.asked
    assert path.endswith("observations_tr")
    assert query["date_debut_obs"] == rfc3339(NOW - timedelta(hours=2, minutes=10))
    assert second[-1].unchanged
    assert second[-1].cursor["since"] == first[-1].cursor["since"]


async def test_stations_are_asked_for_again_after_a_day() -> None:
    first = await run(HubeauSource(CONFIG, ports_of(site([row(10, 1450)]))))
    pages, clock = site([]), YieldingClock(NOW + timedelta(hours=25))
    await run(HubeauSource(CONFIG, ports_of(pages, clock=clock)), first[-1].cursor)
    assert pages.asked[0][0].endswith("stations")


async def test_pages_are_followed_on_the_same_server_only_and_206_is_an_answer() -> None:
    def paged(path: str, query: Any) -> HttpResponse:
        if query.get("cursor") == "2":
            return json_page({"data": [row(5, 1500)], "next": "https://elsewhere.exemple/steal"})
        following = f"{CONFIG.server}/observations_tr?cursor=2"
        return json_page({"data": [row(10, 1450)], "next": following}, status=206)

    pages = site([])
    pages.routes["/api/v2/hydrometrie/observations_tr"] = paged
    found = measures(await run(HubeauSource(CONFIG, ports_of(pages))))
    assert [each.value for each in found] == [1.45, 1.5]
    assert len(pages.asked) == 3


async def test_a_date_ahead_of_the_servers_own_clock_does_not_move_the_cursor() -> None:
    pages = site([row(10, 1450), row(-600, 9000)])
    pages.routes["/api/v2/hydrometrie/observations_tr"] = json_page(
        {"data": [row(10, 1450), row(-600, 9000)], "next": None},
        date=(NOW).strftime("%a, %d %b %Y %H:%M:%S GMT"),
    )
    batches = await run(HubeauSource(CONFIG, ports_of(pages)))
    assert batches[-1].cursor["since"] == rfc3339(NOW - timedelta(minutes=10))


async def test_our_own_clock_an_hour_slow_loses_nothing() -> None:
    pages = site([])
    pages.routes["/api/v2/hydrometrie/observations_tr"] = json_page(
        {"data": [row(5, 1450)], "next": None},
        date=NOW.strftime("%a, %d %b %Y %H:%M:%S GMT"),
    )
    slow = YieldingClock(NOW - timedelta(hours=1))
    batches = await run(HubeauSource(CONFIG, ports_of(pages, clock=slow)))
    assert batches[-1].cursor["since"] == rfc3339(NOW - timedelta(minutes=5))


async def test_rows_doubled_and_out_of_order_give_the_same_newest() -> None:
    rows = [row(5, 1500), row(20, 1400), row(5, 1500), row(10, 1450)]
    batches = await run(HubeauSource(CONFIG, ports_of(site(rows))))
    assert batches[-1].cursor["since"] == rfc3339(NOW - timedelta(minutes=5))
    assert len(measures(batches)) == 4


async def test_no_station_at_all_says_so() -> None:
    pages = Pages({"/": json_page({"data": [], "count": 0})})
    with pytest.raises(NoStations):
        await run(HubeauSource(CONFIG, ports_of(pages)))


async def test_killed_between_pages_it_begins_again_where_it_was() -> None:
    many = [row(minute / 2, 1000 + minute) for minute in range(1200)]
    source = HubeauSource(CONFIG, ports_of(site(many)))
    batches = await run(source, stop=lambda batch: len(batch.items) > 0)
    assert batches[-1].cursor["since"] is None


async def test_named_stations_are_read_when_only_their_descriptions_fail() -> None:
    pages = site([row(10, 1450, longitude=2.35, latitude=48.66)])
    del pages.routes["/api/v2/hydrometrie/referentiel"]
    config = msgspec.structs.replace(CONFIG, stations="F467000101")
    batches = await run(HubeauSource(config, ports_of(pages)))
    (draft,) = measures(batches)
    assert draft.indicator.name == "F467000101"
    assert draft.indicator.geometry == {"type": "Point", "coordinates": [2.35, 48.66]}
    assert [r.code for batch in batches for r in batch.refusals] == ["stations_failed"]
    assert batches[-1].cursor["stations_at"] is None
