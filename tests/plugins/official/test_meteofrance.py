"""Météo-France visited: colours with their hours and words; a key, a département, texts missing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.plugins.fakes import run
from tests.plugins.servers.loopback import GivenSecrets, ports_of
from tests.plugins.servers.pages import Pages, json_page
from vigie.contracts.measures import MeasureDraft
from vigie.contracts.plugins import Batch
from vigie.plugins.kit.manners import NeedsToken
from vigie.plugins.sources.meteofrance import MeteofranceConfig, MeteofranceSource, UnknownDomain

pytestmark = pytest.mark.pure
CONFIG = MeteofranceConfig(secret="mf", server="https://mf.exemple")
SECRETS = GivenSecrets(mf="cle")


def vigilance(*domains: str, level: Any = 3) -> dict[str, Any]:
    def period(term: str) -> dict[str, Any]:
        return {
            "echeance": term, "begin_validity_time": "2026-11-24T00:00:00Z", "end_validity_time": "2026-11-24T23:00:00Z",
            "timelaps": {"domain_ids": [
                {"domain_id": code, "phenomenon_items": [
                    {"phenomenon_id": "4", "phenomenon_max_color_id": level, "timelaps_items": []},
                    {"phenomenon_id": "2", "phenomenon_max_color_id": 2, "timelaps_items": [
                        {"begin_time": "2026-11-24T12:00:00Z", "end_time": "2026-11-24T23:00:00Z", "color_id": 2}]},
                ]} for code in domains
            ]},
        }  # fmt: skip

    return {
        "product": {"update_time": "2026-11-24T02:00:00Z", "periods": [period("J"), period("J1")]}
    }


TEXTS = {
    "product": {
        "text_bloc_items": [
            {"domain_id": "91", "bloc_items": [{"text_items": [{"hazard_code": "4", "term_items": [
                {"subdivision_text": [{"bold_text": "Qualification :", "text": ["Crue importante."]}]}]}]}]}
        ]
    }
}  # fmt: skip


def drafts(batches: list[Batch]) -> list[MeasureDraft]:
    found = [MeteofranceSource.decode(item, CONFIG) for batch in batches for item in batch.items]
    return [draft for draft in found if isinstance(draft, MeasureDraft)]


async def visit(pages: Pages) -> list[Batch]:
    return await run(MeteofranceSource(CONFIG, ports_of(pages, secrets=SECRETS)))


async def test_each_phenomenon_of_today_and_tomorrow_is_an_indicator_with_its_hours() -> None:
    pages = Pages({"/cartev": json_page(vigilance("91", "77")), "/textes": json_page(TEXTS)})
    found = drafts(await visit(pages))
    assert [each.indicator.key for each in found] == ["91:4:J", "91:2:J", "91:4:J1", "91:2:J1"]
    assert pages.headers[0]["apikey"] == "cle"
    assert [each.indicator.kind for each in found[1:3]] == ["vigilance", "vigilance_tomorrow"]
    flood, rain = found[0], found[1]
    assert (flood.level, flood.text) == (3, "Qualification : Crue importante.")
    assert (rain.level, len(rain.spans), rain.text) == (2, 1, "")
    assert flood.indicator.areas == ("91",)


async def test_without_the_texts_the_colours_come_all_the_same() -> None:
    pages = Pages({"/cartev": json_page(vigilance("91"))})
    batches = await visit(pages)
    assert len(drafts(batches)) == 4
    assert [r.code for batch in batches for r in batch.refusals] == ["texts_failed"]


@pytest.mark.parametrize("level", [0, 5, "", None, "orange"])
async def test_a_colour_that_does_not_exist_is_not_green(level: Any) -> None:
    pages = Pages({"/cartev": json_page(vigilance("91", level=level)), "/textes": json_page(TEXTS)})
    flood = drafts(await visit(pages))[0]
    assert (flood.level, flood.state) == (None, "unknown")


async def test_a_departement_that_is_not_there_is_an_error() -> None:
    pages = Pages({"/cartev": json_page(vigilance("66")), "/textes": json_page(TEXTS)})
    with pytest.raises(UnknownDomain):
        await visit(pages)


async def test_without_a_key_nothing_is_asked() -> None:
    pages = Pages({"/": json_page({})})
    with pytest.raises(NeedsToken):
        await run(MeteofranceSource(CONFIG, ports_of(pages)))
    assert pages.asked == []
