"""Every sample of every source plugin gives what is written beside it.

`samples/X` is what comes in, `samples/expected/X.json` says how and what must come out:

    {"config": {…}}                   of the plugin; its least one (REQUIRED) when absent
    "in": "payload"                   the sample is one raw item (the default)
          {"http": {header: value}}   the sample is what the server answers
          "blob"                      the sample is the file that `config.blob` names
    "drafts": […]  "refused": [[where, code], …]  "raises": code
"""

from __future__ import annotations

import importlib
import importlib.resources
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.plugins.fakes import GivenHttp, answer, ports, run
from vigie.config.plugins import BUILT_IN
from vigie.contracts.drafts import Draft
from vigie.contracts.plugins import RawItem, SourceError, SourcePlugin, Undecodable

pytestmark = pytest.mark.pure


def built_in_sources() -> list[type[SourcePlugin]]:
    found = []
    for path in BUILT_IN:
        module, _, name = path.rpartition(".")
        plugin = getattr(importlib.import_module(module), name)
        if issubclass(plugin, SourcePlugin):
            found.append(plugin)
    return found


SOURCES = built_in_sources()
SAMPLES = [
    pytest.param(plugin, sample, id=f"{plugin.manifest.name}-{sample.name}")
    for plugin in SOURCES
    for sample in sorted(
        Path(str(importlib.resources.files(plugin.__module__) / "samples")).iterdir()
    )
    if sample.is_file()
]


REQUIRED: dict[str, dict[str, Any]] = {
    "feed": {"url": "https://a.exemple/f"},
    "file": {"blob": "x", "format": "csv"},
    "crowdtangle": {"blob": "x"},
    "fourcat": {"blob": "x"},
    "mailbox": {"blob": "x"},
    "meta_library": {"blob": "x"},
    "screenshots": {"blob": "x"},
    "telegram_export": {"blob": "x"},
    "whatsapp": {"blob": "x"},
    "x_archive": {"blob": "x"},
    "zeeschuimer": {"blob": "x"},
    "gdelt": {"words": "crue essonne"},
    "reddit": {
        "approval_reference": "RBP-2026-1",
        "secret": "reddit",
        "user_agent": "web:vigie:1 (by /u/vost)",
        "communities": "essonne",
    },
    "telegram": {"channels": "infos91"},
    "threads": {"review_reference": "App-1", "secret": "threads", "words": "crue"},
    "x": {"contract_reference": "ENT-1", "secret": "x", "queries": "crue essonne"},
    "meteofrance": {"secret": "meteofrance"},
    "cap": {"url": "https://a.exemple/cap"},
    "georisques": {"communes": "91471"},
    "youtube": {"channels": "UCabcdefghijklmnopqrstuv"},
    "mastodon": {"instances": "mastodon.exemple", "tags": "inondation"},
}
"""What a plugin cannot do without."""


def required_config(plugin: type[SourcePlugin]) -> msgspec.Struct:
    return msgspec.convert(REQUIRED.get(plugin.manifest.name, {}), plugin.manifest.config)


async def found_in(
    plugin: type[SourcePlugin], sample: Path, given: dict[str, Any]
) -> dict[str, Any]:
    """What comes out of a sample, in the form of the expected files."""
    config = (
        msgspec.convert(given["config"], plugin.manifest.config)
        if "config" in given
        else required_config(plugin)
    )
    way = given.get("in", "payload")
    drafts: list[Draft] = []
    refused: list[list[str]] = []
    items: tuple[RawItem, ...] = (RawItem(payload=sample.read_bytes().strip()),)
    if way != "payload":
        http = GivenHttp([answer(sample.read_bytes(), **way["http"])]) if "http" in way else None
        source = plugin(config, ports(http=http, folder=sample.parent))
        try:
            batches = await run(source)
        except SourceError as error:
            return {"raises": error.code}
        items = tuple(item for batch in batches for item in batch.items)
        refused += [[r.where, r.code] for batch in batches for r in batch.refusals]
    for item in items:
        try:
            drafts.append(plugin.decode(item, config))
        except Undecodable as error:
            refused.append([item.where, error.code])
    return {"drafts": [_spare(draft) for draft in drafts], "refused": sorted(refused)}


def _spare(value: Any) -> Any:
    """As JSON, without the fields that say nothing (0 says something)."""
    value = msgspec.to_builtins(value)
    if isinstance(value, dict):
        spared = {key: _spare(each) for key, each in value.items()}
        return {key: v for key, v in spared.items() if v is not False and v not in (None, "", [])}
    return [_spare(each) for each in value] if isinstance(value, list | tuple) else value


@pytest.mark.parametrize(("plugin", "sample"), SAMPLES)
async def test_a_sample_gives_what_is_written_beside_it(
    plugin: type[SourcePlugin], sample: Path
) -> None:
    expected = sample.parent / "expected" / f"{sample.name}.json"
    assert expected.exists(), f"write {expected.name}: what must come out of this sample?"
    given = msgspec.json.decode(expected.read_bytes())
    found = await found_in(plugin, sample, given)
    wanted = {key: value for key, value in given.items() if key not in ("config", "in")}
    assert msgspec.json.decode(msgspec.json.encode(found)) == wanted


@pytest.mark.parametrize("plugin", SOURCES, ids=lambda plugin: plugin.manifest.name)
def test_a_plugin_says_what_it_is_in_both_languages(plugin: type[SourcePlugin]) -> None:
    manifest = plugin.manifest
    folder = Path(str(importlib.resources.files(plugin.__module__)))
    assert manifest.mode in ("poll", "stream", "push")
    assert {"fr", "en"} <= set(manifest.label)
    assert {"fr", "en"} <= set(manifest.help)
    assert (folder / "README.md").exists()
    assert any(param.values[0] is plugin for param in SAMPLES), "no sample"


@pytest.mark.parametrize("plugin", SOURCES, ids=lambda plugin: plugin.manifest.name)
@pytest.mark.parametrize(
    "payload", [b"", b"\xff\xfe", b"{", b"[]", b"null", b"{}", b'{"id": 3}', b"[" * 100_000]
)
def test_a_payload_that_cannot_be_read_is_undecodable_and_nothing_else(
    plugin: type[SourcePlugin], payload: bytes
) -> None:
    with pytest.raises(Undecodable):
        plugin.decode(RawItem(payload=payload), required_config(plugin))
