from __future__ import annotations

import pytest

from vigie.config.plugins import BUILT_IN
from vigie.contracts.plugins import SOURCE
from vigie.contracts.registry import UnknownPlugin, load, plugins

pytestmark = pytest.mark.pure

FEED = "vigie.plugins.sources.feed.FeedSource"


def test_every_built_in_plugin_loads() -> None:
    found = load(BUILT_IN)
    assert not found.broken
    assert sum(len(names) for names in found.by_kind.values()) == len(BUILT_IN)
    assert plugins().source("feed").manifest.name == "feed"


@pytest.mark.parametrize(
    "path",
    [
        "vigie.no_such_module.Plugin",
        "vigie.plugins.sources.feed.NoSuchClass",
        "vigie.plugins.sources.feed.FeedConfig",
        "vigie.contracts.plugins.SourcePlugin",
        "nothing",
        FEED,
    ],
)
def test_a_plugin_that_will_not_load_is_told_and_stops_nobody(path: str) -> None:
    found = load([FEED, path])
    assert list(found.of_kind(SOURCE)) == ["feed"]
    assert [broken.path for broken in found.broken] == [path]
    assert found.broken[0].reason


def test_a_plugin_that_is_not_there_is_unknown() -> None:
    with pytest.raises(UnknownPlugin):
        load([]).source("feed")
