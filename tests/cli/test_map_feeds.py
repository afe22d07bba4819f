"""`vigie map feeds`: what follows a source, and refreshing it by hand."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from click.testing import CliRunner

from tests import factories
from tests.factories import Cast
from tests.mapping.feeds.town import Town, collection, point
from tests.pipeline.servers import Server
from tests.web.layers.test_feeds import server, town  # noqa: F401  (fixtures)
from vigie.cli.maps import maps
from vigie.mapping.actions import feeds
from vigie.mapping.models import LayerFeed

pytestmark = pytest.mark.django_db(transaction=True)


def run(*words: str) -> Any:
    return CliRunner().invoke(maps, ["feeds", *words])


def test_layers_from_outside_are_listed_and_refreshed(
    cast: Cast,
    town: Town,  # noqa: F811
    server: Server,  # noqa: F811
    now: datetime,
) -> None:
    slug = cast.operation.slug
    assert "no layer from outside" in run("list", "-o", slug).output
    by = factories.desk(cast.mapper, cast.operation)
    for path in ("/a", "/b"):
        feeds.add_feed(
            kind="geojson", address=server.url(path), options={}, interval_s=900, name=path, by=by,
            now=now,
        )  # fmt: skip
    town.pages["/a"] = collection(point(1), point(2))
    done = run("run", "-o", slug, "-l", "1", "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.output)["layers"]
    assert [(each["name"], each["state"], each["objects"]) for each in told] == [("/a", "ok", 2)]
    failed = run("run", "-o", slug, "-l", "2")
    assert failed.exit_code == 1
    assert "stuck (feed_missing)" in failed.output
    listed = json.loads(run("list", "-o", slug, "--json").output)["layers"]
    assert [each["state"] for each in listed] == ["stuck", "ok"]
    LayerFeed.objects.update(paused_at=now)
    assert run("run", "-o", slug).exit_code == 1
    assert run("list", "-o", "unknown").exit_code == 1
