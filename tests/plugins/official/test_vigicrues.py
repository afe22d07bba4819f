"""Vigicrues visited: colours that are not what they should be, stations that fail alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from tests.plugins.fakes import NOW, run
from tests.plugins.servers.loopback import ports_of
from tests.plugins.servers.pages import Pages, json_page
from vigie.contracts.measures import MeasureDraft
from vigie.contracts.plugins import Batch
from vigie.kernel.clock import rfc3339
from vigie.kernel.lambert93 import to_wgs84
from vigie.plugins.sources.vigicrues import (
    NoReach,
    NothingPublished,
    VigicruesConfig,
    VigicruesSource,
)

pytestmark = pytest.mark.pure
CONFIG = VigicruesConfig(server="https://v.exemple")


def reach(
    code: str, level: Any, *, at: tuple[float, float] = (2.3, 48.6), territory: str = "7"
) -> dict[str, Any]:
    lon, lat = at
    return {
        "type": "Feature",
        "properties": {"CdEntCru": code, "lbentcru": f"Tronçon {code}", "cdensup_1": territory, "NivInfViCr": level},
        "geometry": {"type": "MultiLineString", "coordinates": [[[lon, lat], [lon + 0.1, lat]]]},
    }  # fmt: skip


def site(*features: dict[str, Any], **routes: Any) -> Pages:
    colours = {"DtHrInfoVigiCru": "2026-11-24T02:58:00+00:00", "features": list(features)}
    return Pages({"/services/1/": json_page(colours), **routes})


def drafts(batches: list[Batch]) -> list[MeasureDraft]:
    found = [VigicruesSource.decode(item, CONFIG) for batch in batches for item in batch.items]
    return [draft for draft in found if isinstance(draft, MeasureDraft)]


@pytest.mark.parametrize(
    ("written", "level", "state"),
    [(1, 1, ""), ("3", 3, ""), (4, 4, ""), (0, None, "unknown"), (5, None, "unknown"),
     ("", None, "unknown"), (None, None, "unknown"), ("rouge", None, "unknown")],
)  # fmt: skip
async def test_a_colour_that_is_none_is_not_known_and_never_green(
    written: Any, level: int | None, state: str
) -> None:
    (draft,) = drafts(await run(VigicruesSource(CONFIG, ports_of(site(reach("SN1", written))))))
    assert (draft.level, draft.state) == (level, state)


async def test_reaches_of_another_territory_or_outside_the_box_are_left_out() -> None:
    pages = site(reach("SN1", 2), reach("LO1", 3, territory="9"), reach("SN9", 4, at=(3.5, 47.5)))
    found = drafts(await run(VigicruesSource(CONFIG, ports_of(pages))))
    assert [each.indicator.key for each in found] == ["reach:SN1"]
    assert found[0].indicator.automatic


async def test_no_reach_at_all_is_an_error_and_no_calm() -> None:
    with pytest.raises(NothingPublished):
        await run(VigicruesSource(CONFIG, ports_of(site())))
    with pytest.raises(NoReach):
        await run(VigicruesSource(CONFIG, ports_of(site(reach("LO1", 1, territory="9")))))


def station_site() -> Pages:
    described = {
        "LbStationHydro": "Morsang-sur-Orge", "LbCoursEau": "L'Orge",
        "CoordStationHydro": {"CoordXStationHydro": 652469.02, "CoordYStationHydro": 6862035.26},
        "VigilanceCrues": {"CruesHistoriques": [{"LbUsuel": "Juin 2016", "ValHauteur": "2.05"}, {"LbUsuel": "", "ValHauteur": 9}]},
    }  # fmt: skip
    observed = {
        "Serie": {
            "ObssHydro": [
                {"DtObsHydro": rfc3339(NOW - timedelta(minutes=m)), "ResObsHydro": 1 + m / 100}
                for m in (5, 30, 15)
            ]
        }
    }
    return site(
        reach("SN1", 1),
        **{
            "/services/station.json": json_page(described),
            "/services/observations.json": json_page(observed),
            "/services/v1.1/TronEntVigiCru.json": json_page(
                {
                    "ListEntVigiCru": [
                        {
                            "aNMoinsUn": [
                                {
                                    "CdEntVigiCruInferieur": "F467000101",
                                    "TypEntVigiCruInferieur": "7",
                                },
                                {"CdEntVigiCruInferieur": "ZZ", "TypEntVigiCruInferieur": "9"},
                            ]
                        }
                    ]
                }
            ),
        },
    )


async def test_levels_come_with_the_floods_of_the_past_and_in_their_order() -> None:
    config = msgspec.structs.replace(CONFIG, reaches="SN1")
    batches = await run(VigicruesSource(config, ports_of(station_site())))
    levels = [each for each in drafts(batches) if each.indicator.kind == "level"]
    assert [each.value for each in levels] == [1.3, 1.15, 1.05]
    described = levels[0].indicator
    assert described.name == "L'Orge à Morsang-sur-Orge"
    assert [(each.name, each.value) for each in described.references] == [("Juin 2016", 2.05)]
    assert described.geometry is not None
    assert described.geometry["coordinates"] == pytest.approx([2.3522, 48.8566], abs=1e-4)
    assert batches[-1].cursor["since"] == {"F467000101": rfc3339(NOW - timedelta(minutes=5))}


async def test_a_station_that_fails_is_told_and_the_others_go_on() -> None:
    pages = station_site()
    good = pages.routes["/services/observations.json"]
    assert not callable(good)

    def one_fails(path: str, query: Any) -> Any:
        return json_page("<html>") if query["CdStationHydro"] == "F000000001" else good

    pages.routes["/services/observations.json"] = one_fails
    config = msgspec.structs.replace(CONFIG, stations="F000000001 F467000101")
    batches = await run(VigicruesSource(config, ports_of(pages)))
    assert len([each for each in drafts(batches) if each.indicator.kind == "level"]) == 3


async def test_the_colours_are_there_when_every_station_is_down() -> None:
    pages = site(reach("SN1", 3))
    config = msgspec.structs.replace(CONFIG, stations="F467000101")
    batches = await run(VigicruesSource(config, ports_of(pages)))
    assert [each.level for each in drafts(batches)] == [3]
    assert [r.code for batch in batches for r in batch.refusals] == ["station_failed"]


def test_lambert_93_leads_to_degrees_or_to_none() -> None:
    assert to_wgs84(700_000, 6_600_000) == pytest.approx((3.0, 46.5), abs=1e-6)
    assert to_wgs84(0, 0) is None


async def test_the_older_address_and_the_edition_serve_as_well() -> None:
    old = {"RefInfoVigiCru": "24112026_03", "features": [reach("SN1", 2)]}
    pages = Pages({"/services/InfoVigiCru.geojson": json_page(old)})
    (draft,) = drafts(await run(VigicruesSource(CONFIG, ports_of(pages))))
    assert rfc3339(draft.observed_at) == "2026-11-24T02:00:00Z"
