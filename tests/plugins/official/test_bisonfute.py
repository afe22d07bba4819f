"""Bison Futé visited: snapshot and increments, merged by version, with holes and repetitions."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from tests.plugins.fakes import NOW, answer, run
from tests.plugins.servers.loopback import YieldingClock, ports_of
from tests.plugins.servers.pages import Pages
from vigie.contracts.measures import MeasureDraft
from vigie.contracts.plugins import Batch
from vigie.contracts.ports import HttpResponse
from vigie.plugins.sources.bisonfute import BisonfuteConfig, BisonfuteSource, NotDatex

pytestmark = pytest.mark.pure
CONFIG = BisonfuteConfig(server="https://b.exemple")


def record(
    own: str, *, version: int = 1, kind: str = "Accident", detail: str = "", end: bool = False,
    at: tuple[float, float] = (2.3, 48.6), prefix: str = "",
) -> str:  # fmt: skip
    lon, lat = at
    over = (
        "<management><lifeCycleManagement><end>true</end></lifeCycleManagement></management>"
        if end
        else ""
    )
    body = (
        f'<situation id="S{own}"><situationRecord xsi:type="{prefix}{kind}" id="{own}" version="{version}">'
        f"<situationRecordVersionTime>2026-11-24T02:{version:02d}:00+00:00</situationRecordVersionTime>{detail}"
        f"<pointCoordinates><latitude>{lat}</latitude><longitude>{lon}</longitude></pointCoordinates>"
        f"<roadNumber>N0020</roadNumber>{over}</situationRecord></situation>"
    )
    if not prefix:
        return body
    for name in ("situation", "situationRecord", "situationRecordVersionTime", "pointCoordinates",
                 "latitude", "longitude", "roadNumber"):  # fmt: skip
        for before, after in (
            (f"<{name}>", f"<{prefix}{name}>"),
            (f"<{name} ", f"<{prefix}{name} "),
            (f"</{name}>", f"</{prefix}{name}>"),
        ):
            body = body.replace(before, after)
    return body


def publication(*records: str) -> HttpResponse:
    return answer(
        '<d2LogicalModel xmlns="http://datex2.eu/schema/2/2_0" xmlns:ns2="http://datex2.eu/schema/2/2_0" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><payloadPublication>'
        f"<publicationTime>2026-11-24T02:57:00+00:00</publicationTime>{''.join(records)}"
        "</payloadPublication></d2LogicalModel>"
    )


def site(index: int, snapshot: HttpResponse, **increments: HttpResponse) -> Pages:
    routes = {f"/{number}.xml": body for number, body in increments.items()}
    return Pages({"/index.txt": answer(str(index)), "/content.xml": snapshot, **routes})


def drafts(batches: list[Batch]) -> list[MeasureDraft]:
    found = [BisonfuteSource.decode(item, CONFIG) for batch in batches for item in batch.items]
    return [draft for draft in found if isinstance(draft, MeasureDraft)]


async def test_the_snapshot_first_then_increments_until_the_one_that_is_not_there_yet() -> None:
    pages = site(7, publication(record("a", prefix="ns2:"), record("far", at=(5.0, 44.0))))
    first = await run(BisonfuteSource(CONFIG, ports_of(pages)))
    assert [(each.indicator.key, each.indicator.name) for each in drafts(first)] == [("a", "N20")]
    assert first[-1].cursor["next"] == 7
    pages = site(
        8, publication(), **{"7": publication(record("b"), record("a", version=2, end=True))}
    )
    second = await run(BisonfuteSource(CONFIG, ports_of(pages)), first[-1].cursor)
    assert [(each.indicator.key, each.state) for each in drafts(second)] == [
        ("b", "accident"), ("a", "ended"),
    ]  # fmt: skip
    assert second[-1].cursor["next"] == 8
    assert list(second[-1].cursor["open"]) == ["b"]


async def test_the_same_version_again_is_passed_over() -> None:
    first = await run(
        BisonfuteSource(CONFIG, ports_of(site(7, publication(record("a"), record("a")))))
    )
    assert len(drafts(first)) == 1
    pages = site(7, publication(), **{"7": publication(record("a"))})
    assert drafts(await run(BisonfuteSource(CONFIG, ports_of(pages)), first[-1].cursor)) == []


async def test_what_an_hourly_snapshot_no_longer_has_is_over() -> None:
    first = await run(
        BisonfuteSource(CONFIG, ports_of(site(7, publication(record("a"), record("b")))))
    )
    later = YieldingClock(NOW + timedelta(hours=1, minutes=1))
    pages = site(20, publication(record("b")))
    second = await run(BisonfuteSource(CONFIG, ports_of(pages, clock=later)), first[-1].cursor)
    gone = [each for each in drafts(second) if each.state == "ended"]
    assert [each.indicator.key for each in gone] == ["a"]
    assert gone[0].indicator.name == ""


@pytest.mark.parametrize("index", [3, 500])
async def test_a_number_that_went_back_or_far_ahead_leads_to_the_snapshot(index: int) -> None:
    first = await run(BisonfuteSource(CONFIG, ports_of(site(7, publication()))))
    pages = site(index, publication(record("a")))
    second = await run(BisonfuteSource(CONFIG, ports_of(pages)), first[-1].cursor)
    assert [each.indicator.key for each in drafts(second)] == ["a"]


async def test_water_on_the_road_and_closures_are_told_as_such() -> None:
    flood = record(
        "a",
        kind="EnvironmentalObstruction",
        detail="<environmentalObstructionType>flooding</environmentalObstructionType>",
    )
    closed = record(
        "b",
        kind="RoadOrCarriagewayOrLaneManagement",
        detail="<roadOrCarriagewayOrLaneManagementType>roadClosed</roadOrCarriagewayOrLaneManagementType>",
    )
    odd = record("c", kind="SomethingNew")
    found = drafts(
        await run(BisonfuteSource(CONFIG, ports_of(site(1, publication(flood, closed, odd)))))
    )
    assert [each.state for each in found] == ["flooded", "closed", "restricted"]


async def test_no_publication_and_cut_xml_are_refused() -> None:
    for body in ("<html/>", "<d2LogicalModel><payloadPublication>"):
        with pytest.raises(NotDatex):
            await run(BisonfuteSource(CONFIG, ports_of(site(1, answer(body)))))


async def test_the_whole_of_france_needs_no_box() -> None:
    config = msgspec.structs.replace(CONFIG, box="")
    pages = site(1, publication(record("a", at=(5.0, 44.0))))
    assert len(drafts(await run(BisonfuteSource(config, ports_of(pages))))) == 1
