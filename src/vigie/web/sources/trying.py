"""A visit to a source that keeps nothing: what it would give, or why it gives nothing."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import msgspec
from asgiref.sync import async_to_sync

from vigie.collection import secrets
from vigie.collection.blobs import BlobStore, Kept
from vigie.collection.indicators import words
from vigie.collection.sources import checked_config
from vigie.contracts.drafts import PostDraft
from vigie.contracts.measures import MeasureDraft
from vigie.contracts.plugins import SourceError, SourcePlugin, Undecodable
from vigie.contracts.ports import FetchError, Ports, TooSlow
from vigie.pipeline.ports import guarded_http, ports
from vigie.web.sources.config_forms import SourceForm
from vigie.web.sources.messages import Said, failure, refusal


class KeepsNothing:
    """The `Blobs` port of a trial: files that people handed in are there, nothing is added."""

    def path(self, name: str) -> Path:
        return BlobStore().path(name)

    def keep(self, chunks: Iterable[bytes], *, suffix: str = "") -> Kept:
        digest, size = hashlib.sha256(), 0
        for chunk in chunks:
            digest.update(chunk)
            size += len(chunk)
        sha256 = digest.hexdigest()
        return Kept(name=f"{sha256[:2]}/{sha256}{suffix}", size=size, sha256=sha256)


LIMIT_S = 20.0
SHOWN = 5


@dataclass(frozen=True, kw_only=True)
class Sample:
    """The last measure of an indicator, in words."""

    name: str
    said: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Trial:
    """`posts`: the newest few of `number`; `measures`: the last of some indicators, `measured` in
    all. `refused`: why some would be set aside.

    `problem` when the visit gave nothing; `better` is an address to try instead.
    """

    done: bool = True
    posts: tuple[PostDraft, ...] = ()
    number: int = 0
    measures: tuple[Sample, ...] = ()
    measured: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)
    problem: Said | None = None
    better: str = ""


NO_TRIAL = Trial(done=False)


def try_form(plugin: type[SourcePlugin], form: SourceForm) -> Trial:
    """A visit with what stands in a valid form, secrets typed there included. Raises ConfigInvalid."""
    config, typed = form.config(), form.entered()
    checked = checked_config(plugin, {**config, **{name: name for name in typed}})
    return try_source(plugin, checked, entered={**secrets.of_config(config), **typed})


def try_source(
    plugin: type[SourcePlugin],
    config: msgspec.Struct,
    *,
    batches: int | None = None,
    newest_first: bool = True,
    entered: Mapping[str, str] | None = None,
) -> Trial:
    """One run from the beginning, `batches` long at most, in LIMIT_S seconds at most."""
    return async_to_sync(_run)(plugin, config, batches, newest_first, entered or {})


async def _run(
    plugin: type[SourcePlugin],
    config: msgspec.Struct,
    batches: int | None,
    newest_first: bool,
    entered: Mapping[str, str],
) -> Trial:
    posts: list[PostDraft] = []
    measures: list[MeasureDraft] = []
    refused: dict[str, int] = {}

    async def visit(given: Ports) -> None:
        number = 0
        async for batch in plugin(config, given).collect({}):
            number += 1
            for aside in batch.refusals:
                refused[aside.code] = refused.get(aside.code, 0) + 1
            for item in batch.items:
                try:
                    draft = plugin.decode(item, config)
                except Undecodable as error:
                    refused[error.code] = refused.get(error.code, 0) + 1
                else:
                    if isinstance(draft, PostDraft):
                        posts.append(draft)
                    elif isinstance(draft, MeasureDraft):
                        measures.append(draft)
            is_enough = plugin.mode(config) == "stream" and len(posts) >= SHOWN
            if is_enough or number == batches:
                return

    try:
        async with guarded_http() as http:
            await asyncio.wait_for(
                visit(replace(ports(http=http, entered=entered), blobs=KeepsNothing())), LIMIT_S
            )
    except TimeoutError:
        if not posts and not measures:
            return Trial(problem=failure(TooSlow.code))
    except (SourceError, FetchError) as error:
        detail = error.detail if isinstance(error, SourceError) else str(error)
        better = detail if detail.startswith(("http://", "https://")) else ""
        return Trial(problem=failure(error.code, "" if better else detail), better=better)
    if newest_first:
        posts.sort(key=lambda post: post.created_at, reverse=True)
    return Trial(
        posts=tuple(posts[:SHOWN]),
        number=len(posts),
        measures=_newest(measures),
        measured=len(measures),
        refused={refusal(code).what: number for code, number in refused.items()},
    )


def _newest(measures: Iterable[MeasureDraft]) -> tuple[Sample, ...]:
    """The last measure of each of some indicators, by their names."""
    last: dict[str, MeasureDraft] = {}
    for draft in measures:
        known = last.get(draft.indicator.key)
        if draft.indicator.name and (known is None or draft.observed_at >= known.observed_at):
            last[draft.indicator.key] = draft
    ordered = sorted(last.values(), key=lambda each: each.indicator.name)
    return tuple(
        Sample(
            name=each.indicator.name,
            said=words.said(
                value=each.value, level=each.level, state_code=each.state,
                unit=each.indicator.unit,
            ),
            at=each.observed_at,
        )
        for each in ordered[: SHOWN * 4]
    )  # fmt: skip
