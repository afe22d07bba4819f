"""Another Vigie, over loopback: what is drawn there is seen here, changed and deleted with it, and
when its token is withdrawn the layer says so and keeps what it had."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.mapping.feeds.conftest import AtWork
from tests.mapping.feeds.town import Town, collection, point
from vigie.mapping.feeds.contract import Asked
from vigie.mapping.feeds.reading import Manner
from vigie.mapping.feeds.registry import KINDS
from vigie.mapping.feeds.trying import try_source
from vigie.mapping.models import Feature
from vigie.pipeline.http import GuardedHttp

ROOT = Path(__file__).parents[3]


class Neighbour:
    """A whole other installation: its server, and people who work there."""

    def __init__(self, port: int, environment: dict[str, str]) -> None:
        self.pair = ("127.0.0.1", port)
        self.address = f"http://127.0.0.1:{port}/ogc/voisin"
        self.environment = environment

    async def does(self, *words: str) -> dict[str, Any]:
        script = str(Path(__file__).with_name("neighbour.py"))
        done = await asyncio.create_subprocess_exec(
            sys.executable, script, *words, env=self.environment, stdout=subprocess.PIPE
        )
        out, _ = await done.communicate()
        assert done.returncode == 0
        found: dict[str, Any] = json.loads(out)
        return found


@pytest.fixture
async def neighbour(tmp_path: Path) -> AsyncIterator[Neighbour]:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("VIGIE_")},
        "VIGIE_HOME": str(tmp_path), "DJANGO_SETTINGS_MODULE": "vigie.config.settings",
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
    }  # fmt: skip
    environment.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)
    subprocess.run(
        [sys.executable, "-m", "vigie", "django-admin", "migrate", "-v", "0"],
        env=environment, check=True, timeout=120,
    )  # fmt: skip
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        process = subprocess.Popen(
            [sys.executable, "-m", "uvicorn", "vigie.config.asgi:application", "--fd",
             str(listener.fileno()), "--log-level", "warning"],
            env=environment, pass_fds=[listener.fileno()],
        )  # fmt: skip
        port = listener.getsockname()[1]
    yield Neighbour(port, environment)
    process.kill()
    process.wait()


@pytest.mark.slow
async def test_what_the_neighbour_draws_changes_and_deletes_is_seen_here(
    at: AtWork, neighbour: Neighbour, monkeypatch: pytest.MonkeyPatch
) -> None:
    http = at.worker._ports.http
    assert isinstance(http, GuardedHttp)
    monkeypatch.setattr(http.gate, "_allowed", http.gate._allowed | {neighbour.pair})
    monkeypatch.setattr("vigie.mapping.feeds.contract.TIMEOUT_S", 60.0)
    token = (await neighbour.does("open"))["token"]
    asked = Asked(address=neighbour.address, token=token)
    offered = await try_source(KINDS["vigie"], asked, Manner(formats=("geojson",)), http)
    assert offered.code == "choose_first"
    assert "layer-1" in [each.code for each in offered.offers]
    await neighbour.does("draw", "Gymnase")
    await neighbour.does("draw", "École")
    feed = await at.follow(
        "/", "vigie", name="Abris du voisin", options={"collection": "layer-1"}, token=token,
        address=f"{neighbour.address}/collections/layer-1/items",
    )  # fmt: skip
    assert (feed.state, feed.code) == ("ok", "")
    assert token not in feed.token
    assert set((await at.standing(feed)).values()) == {"Gymnase", "École"}
    row = await at.do(Feature.objects.get, name="Gymnase")
    assert (row.template, row.attributes) == ("shelter", {"capacity": 40})
    feed = await at.come_back(feed)  # nothing new there: asked on condition
    assert feed.state == "ok"
    await neighbour.does("rename", "Gymnase")
    await neighbour.does("delete", "École")
    feed = await at.come_back(feed)
    assert set((await at.standing(feed)).values()) == {"Gymnase (plein)"}
    same = await at.do(Feature.objects.get, name="Gymnase (plein)")
    assert (same.uid, same.version) == (row.uid, 2)
    await neighbour.does("withdraw")
    await neighbour.does("draw", "Secret")
    feed = await at.come_back(feed)
    assert (feed.state, feed.code) == ("stuck", "token_refused")
    assert set((await at.standing(feed)).values()) == {"Gymnase (plein)"}


def page(*features: Any, onward: str = "") -> bytes:
    links = [{"rel": "next", "href": onward}] if onward else []
    return json.dumps({**json.loads(collection(*features)), "links": links}).encode()


async def test_pages_are_read_to_their_end_or_not_at_all(at: AtWork, town: Town) -> None:
    items = "/ogc/collections/a/items"
    town.whole[f"{items}?limit=1000"] = page(point(1), onward=f"{items}?page=2")
    town.whole[f"{items}?page=2"] = page(point(2), onward=at.server.url(f"{items}?page=3"))
    town.whole[f"{items}?page=3"] = page(point(3))
    feed = await at.follow("/ogc/collections/a", "vigie")
    assert set(await at.standing(feed)) == {"1", "2", "3"}
    del town.whole[f"{items}?page=3"]
    town.whole[f"{items}?page=2"] = page(point(9), onward=f"{items}?page=3")
    feed = await at.come_back(feed)
    assert (feed.state, feed.code) == ("failing", "feed_missing")
    assert set(await at.standing(feed)) == {"1", "2", "3"}


async def test_a_token_is_shown_to_no_other_server(at: AtWork, town: Town) -> None:
    town.guarded["/ogc/collections/a/items"] = "jeton"
    town.pages["/ogc/collections/a/items"] = page(point(1), onward="http://ailleurs.example/2")
    feed = await at.follow("/ogc/collections/a", "vigie", token="jeton")
    assert (feed.state, feed.code) == ("stuck", "next_elsewhere")


async def test_a_service_that_sends_in_circles_ends(at: AtWork, town: Town) -> None:
    items = "/ogc/collections/a/items"
    town.whole[f"{items}?limit=1000"] = page(point(1), onward=f"{items}?page=2")
    town.whole[f"{items}?page=2"] = page(point(2), onward=f"{items}?limit=1000")
    feed = await at.follow("/ogc/collections/a", "vigie")
    assert (feed.state, feed.code) == ("stuck", "too_large")


async def test_what_is_no_collection_says_so(at: AtWork, town: Town) -> None:
    town.pages["/ogc/collections/a/items"] = b'{"links": []}'
    feed = await at.follow("/ogc/collections/a", "vigie")
    assert (feed.state, feed.code) == ("stuck", "not_features")
