"""Every visiting source against a server in trouble: the run fails with a reason, never with a lie."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from aiohttp import web

from tests.plugins.fakes import run
from tests.plugins.servers.loopback import GivenSecrets, Troubles, client, ports_of, serving
from vigie.contracts.plugins import SourceError, SourcePlugin, SourceRefused
from vigie.contracts.ports import FetchError
from vigie.plugins.kit.manners import ServerBusy
from vigie.plugins.sources.bisonfute import BisonfuteSource
from vigie.plugins.sources.bluesky import BlueskySource
from vigie.plugins.sources.cap import CapSource
from vigie.plugins.sources.gdelt import GdeltSource
from vigie.plugins.sources.georisques import GeorisquesSource
from vigie.plugins.sources.hubeau import HubeauSource
from vigie.plugins.sources.mastodon import MastodonSource
from vigie.plugins.sources.meteofrance import MeteofranceSource
from vigie.plugins.sources.reddit import RedditSource
from vigie.plugins.sources.telegram import TelegramSource
from vigie.plugins.sources.threads import ThreadsSource
from vigie.plugins.sources.vigicrues import VigicruesSource
from vigie.plugins.sources.x import XSource
from vigie.plugins.sources.youtube import YoutubeSource

pytestmark = pytest.mark.pure

CASES: dict[str, tuple[type[SourcePlugin], dict[str, Any]]] = {
    "bisonfute": (BisonfuteSource, {"server": "{base}"}),
    "cap": (CapSource, {"url": "{base}/feed"}),
    "georisques": (GeorisquesSource, {"communes": "91471", "server": "{base}"}),
    "hubeau": (HubeauSource, {"server": "{base}"}),
    "meteofrance": (MeteofranceSource, {"secret": "mine", "server": "{base}"}),
    "vigicrues": (VigicruesSource, {"server": "{base}"}),
    "bluesky": (BlueskySource, {"way": "search", "words": "crue", "server": "{base}"}),
    "gdelt": (GdeltSource, {"words": "crue", "server": "{base}/doc"}),
    "mastodon": (MastodonSource, {"instances": "{base}", "tags": "crue"}),
    "telegram": (TelegramSource, {"channels": "infos91", "server": "{base}"}),
    "reddit": (
        RedditSource,
        {
            "approval_reference": "RBP-1", "secret": "mine", "user_agent": "web:vigie:1 (x)",
            "communities": "essonne", "server": "{base}", "sign_in": "{base}",
        },
    ),
    "threads": (
        ThreadsSource,
        {"review_reference": "App-1", "secret": "mine", "words": "crue", "server": "{base}"},
    ),
    "x": (
        XSource,
        {"contract_reference": "ENT-1", "secret": "mine", "queries": "crue", "server": "{base}"},
    ),
    "youtube-channels": (YoutubeSource, {"channels": "UCabc", "feeds": "{base}"}),
    "youtube-search": (YoutubeSource, {"words": "crue", "secret": "mine", "server": "{base}"}),
}  # fmt: skip

TROUBLES: list[tuple[str, web.Response | str, tuple[type[Exception], ...]]] = [
    ("429", web.Response(status=429, headers={"Retry-After": "42"}), (ServerBusy,)),
    ("503", web.Response(status=503, headers={"Retry-After": "42"}), (ServerBusy,)),
    ("500", web.Response(status=500), (SourceError,)),
    ("403", web.Response(status=403), (SourceRefused,)),
    ("401", web.Response(status=401), (SourceRefused,)),
    ("410", web.Response(status=410), (SourceRefused,)),
    (
        "html",
        web.Response(text="<!DOCTYPE html><html>Maintenance</html>", content_type="text/html"),
        (SourceError,),
    ),
    (
        "half a json",
        web.Response(text='{"posts": [', content_type="application/json"),
        (SourceError,),
    ),
    (
        "another json",
        web.Response(text='[{"a": 1}, 7]', content_type="application/json"),
        (SourceError,),
    ),
    ("nothing", web.Response(text=""), (SourceError,)),
    ("cut", "cut", (FetchError,)),
    ("hang", "hang", (FetchError,)),
]


@pytest.mark.parametrize(
    ("name", "trouble", "errors"),
    TROUBLES,
    ids=lambda value: value if isinstance(value, str) else "",
)
@pytest.mark.parametrize("case", CASES)
async def test_a_server_in_trouble_fails_the_run_with_its_reason(
    case: str, name: str, trouble: web.Response | str, errors: tuple[type[Exception], ...]
) -> None:
    plugin, config = CASES[case]
    quiet = {("gdelt", "nothing"), ("mastodon", "another json")}
    if (case, name) in quiet:
        pytest.skip("to this source it is an empty answer")
    troubles = Troubles()

    async def never(request: web.Request) -> web.StreamResponse:
        if request.method == "POST":
            return web.json_response({"access_token": "x", "expires_in": 3600})
        if isinstance(trouble, web.Response):
            return web.Response(status=trouble.status, body=trouble.body, headers=trouble.headers)
        troubles.waiting = [trouble]
        return await troubles.before(never)(request)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", never)
    async with serving(app) as host, client(idle_s=0.3) as http:
        given = {
            key: value.replace("{base}", f"http://{host}") if isinstance(value, str) else value
            for key, value in config.items()
        }
        ports = ports_of(http, secrets=GivenSecrets(mine="id:secret"))
        source = plugin(msgspec.convert(given, plugin.manifest.config), ports)
        with pytest.raises(errors) as raised:
            await run(source)
    if name in ("429", "503"):
        assert (raised.value.retry_after_s or 0) >= 42 or case == "reddit"  # type: ignore[attr-defined]
