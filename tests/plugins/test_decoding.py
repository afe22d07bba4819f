"""Whatever a network sends, a decoder gives a draft or says Undecodable: nothing else comes out."""

from __future__ import annotations

import importlib.resources
import json
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.plugins.test_samples import SOURCES, required_config
from vigie.contracts.drafts import PostDeletion, PostDraft
from vigie.contracts.measures import MeasureDraft
from vigie.contracts.plugins import RawItem, SourcePlugin, Undecodable
from vigie.contracts.wire import LATEST
from vigie.kernel.clock import EARLIEST
from vigie.kernel.text import clean

pytestmark = pytest.mark.pure

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(
        ["", "\ud800", "\x00", "https://a.exemple", "javascript:alert(1)", "2026-02-12T11:42:07Z",
         "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "1e999", "at://x", "did:plc:x",
         "<p>crue</p>", "-1", 10**30, -(2**63), 1e308]
    )
)  # fmt: skip
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


def payloads_of(plugin: type[SourcePlugin]) -> list[tuple[bytes, msgspec.Struct]]:
    """The samples that are JSON objects, each with its configuration."""
    found = []
    folder = Path(str(importlib.resources.files(plugin.__module__) / "samples"))
    for sample in sorted(folder.iterdir()):
        if not sample.is_file():
            continue
        told = json.loads((folder / "expected" / f"{sample.name}.json").read_bytes())
        config = (
            msgspec.convert(told["config"], plugin.manifest.config)
            if "config" in told
            else required_config(plugin)
        )
        try:
            value = json.loads(sample.read_bytes())
        except ValueError:
            continue
        if isinstance(value, dict):
            found.append((json.dumps(value).encode(), config))
    return found


MUTABLE = [
    pytest.param(plugin, payload, config, id=f"{plugin.manifest.name}-{number}")
    for plugin in SOURCES
    for number, (payload, config) in enumerate(payloads_of(plugin))
]


def changed(value: Any, path: list[int], instead: Any) -> Any:
    """The value with what lies at the end of the path (places of children, taken round) replaced."""
    children = (
        list(value)
        if isinstance(value, dict)
        else range(len(value))
        if isinstance(value, list)
        else []
    )
    if not path or not children:
        return instead
    key = children[path[0] % len(children)]  # type: ignore[index]
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[key] = changed(value[key], path[1:], instead)
    return copy


def check_measure(draft: MeasureDraft) -> None:
    """Sound as far as a plugin can tell; what no river has is the pipeline's to refuse."""
    assert isinstance(draft.indicator.key, str)
    assert draft.observed_at.utcoffset() == timedelta()
    assert draft.value is None or isinstance(draft.value, float | int)
    assert draft.level is None or isinstance(draft.level, int)
    assert isinstance(draft.state, str)
    assert isinstance(draft.indicator.name, str)
    assert all(isinstance(area, str) for area in draft.indicator.areas)


def check(plugin: type[SourcePlugin], payload: bytes, config: msgspec.Struct) -> None:
    try:
        draft = plugin.decode(RawItem(payload=payload), config)
    except Undecodable:
        return
    if isinstance(draft, PostDeletion):
        assert draft.id or draft.author
        return
    if isinstance(draft, MeasureDraft):
        check_measure(draft)
        return
    assert isinstance(draft, PostDraft)
    assert draft.id
    assert EARLIEST <= draft.created_at < LATEST
    assert draft.created_at.tzinfo is UTC or draft.created_at.utcoffset().total_seconds() == 0  # type: ignore[union-attr]
    assert draft.text == clean(draft.text)
    assert draft.url == "" or draft.url.startswith(("http://", "https://"))
    for medium in draft.media:
        assert medium.type in ("image", "video", "audio", "file")
        assert (
            medium.blob
            or medium.url == ""
            or medium.url.lower().startswith(("http://", "https://"))
        )
    msgspec.json.encode(draft)


@pytest.mark.parametrize(("plugin", "payload", "config"), MUTABLE)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(path=st.lists(st.integers(0, 30), max_size=8), instead=JSON)
def test_a_payload_with_one_part_replaced_gives_a_sound_draft_or_undecodable(
    plugin: type[SourcePlugin],
    payload: bytes,
    config: msgspec.Struct,
    path: list[int],
    instead: Any,
) -> None:
    mutant = changed(json.loads(payload), path, instead)
    check(plugin, json.dumps(mutant).encode(), config)


@pytest.mark.parametrize("plugin", SOURCES, ids=lambda plugin: plugin.manifest.name)
@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(payload=JSON.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=60))
def test_any_payload_gives_a_sound_draft_or_undecodable(
    plugin: type[SourcePlugin], payload: bytes
) -> None:
    check(plugin, payload, required_config(plugin))


@pytest.mark.parametrize(("plugin", "payload", "config"), MUTABLE)
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(cut=st.floats(0, 1))
def test_a_payload_cut_short_gives_undecodable(
    plugin: type[SourcePlugin], payload: bytes, config: msgspec.Struct, cut: float
) -> None:
    check(plugin, payload[: int(len(payload) * cut)], config)
