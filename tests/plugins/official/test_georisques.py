"""Géorisques visited: pages, one commune that fails, risks that are not wanted."""

from __future__ import annotations

from typing import Any

import pytest

from tests.plugins.fakes import run
from tests.plugins.servers.loopback import ports_of
from tests.plugins.servers.pages import Pages, json_page
from vigie.contracts.plugins import SourceError
from vigie.plugins.sources.georisques import GeorisquesConfig, GeorisquesSource

pytestmark = pytest.mark.pure


def order(
    commune: str, day: str, risk: str = "Inondations et/ou Coulées de Boue"
) -> dict[str, Any]:
    return {"code_insee": commune, "date_debut_evt": day, "libelle_risque_jo": risk}


def by_commune(path: str, query: Any) -> Any:
    if query["code_insee"] == "91999":
        return json_page({}, status=500)
    page = int(query["page"])
    rows = [
        order(query["code_insee"], f"0{page}/06/2016"),
        order(query["code_insee"], "01/01/2003", "Sécheresse"),
    ]
    return json_page({"data": rows, "page": page, "total_pages": 2})


async def test_all_pages_are_read_and_only_the_risks_wanted_kept() -> None:
    config = GeorisquesConfig(communes="91471", server="https://g.exemple")
    batches = await run(GeorisquesSource(config, ports_of(Pages({"/gaspar": by_commune}))))
    assert [len(batch.items) for batch in batches] == [2]
    assert batches[-1].cursor == {"communes": {"91471": 4}}


async def test_a_commune_that_fails_is_told_and_all_failing_fails_the_visit() -> None:
    config = GeorisquesConfig(communes="91999 91471", server="https://g.exemple")
    batches = await run(GeorisquesSource(config, ports_of(Pages({"/gaspar": by_commune}))))
    assert [[r.code for r in batch.refusals] for batch in batches] == [["commune_failed"], []]
    alone = GeorisquesConfig(communes="91999", server="https://g.exemple")
    with pytest.raises(SourceError):
        await run(GeorisquesSource(alone, ports_of(Pages({"/gaspar": by_commune}))))
