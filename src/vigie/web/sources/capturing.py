"""Handing items to the pipeline at once: what people capture, and refused items read again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from django.utils.translation import gettext as _

from vigie.accounts.roles import Right
from vigie.collection import captures, imports
from vigie.collection.models import Source
from vigie.contracts.drafts import PostDraft
from vigie.contracts.plugins import RawItem, Undecodable
from vigie.contracts.registry import plugins
from vigie.operations.access import Desk
from vigie.pipeline.messages import Message, Outcome
from vigie.triage.actions.captures import record_capture
from vigie.web.sources.machinery import take
from vigie.web.sources.messages import Said, refusal

RETRIED_AT_ONCE = 2_000
"""Refused items read again at one press of the button."""


@dataclass(frozen=True, kw_only=True)
class Captured:
    """`is_new`: nobody had captured it before. `refused`: why it was set aside instead. `lead`: where
    it is on the board.
    """

    is_new: bool
    refused: Said | None = None
    lead: int | None = None


def capture(
    *,
    by: Desk,
    now: datetime,
    url: str = "",
    text: str = "",
    network: str = "",
    author: str = "",
    published_at: datetime | None = None,
    screenshot: str = "",
    description: str = "",
) -> Captured:
    """Take in what a person captured; it is kept whatever the watches say.

    Raises NothingCaptured.
    """
    by.require(Right.CAPTURE)
    item = captures.capture_item(
        now=now, url=url, text=text, network=network, author=author,
        published_at=published_at, screenshot=screenshot, description=description,
    )  # fmt: skip
    source = captures.capture_source(name=_("Manual captures"), by=by, now=now)
    outcome = take(Message(source=source.pk, items=(item,), keep_all=True), now=now)
    lead = record_capture(
        source=source, remote_id=_identity_of(item), network=network, by=by, now=now
    )
    if outcome.refused:
        last = imports.waiting_refused(source).last()
        return Captured(is_new=False, refused=refusal(last.code, last.detail) if last else None)
    if outcome.objected:
        return Captured(is_new=False, refused=refusal("objected", ""))
    return Captured(is_new=outcome.kept > 0, lead=lead)


def _identity_of(item: RawItem) -> str:
    """The id that the capture's post has; "" when it cannot be read."""
    plugin = plugins().source(captures.PLUGIN)
    try:
        draft = plugin.decode(item, msgspec.convert({}, plugin.manifest.config))
    except Undecodable:
        return ""
    return draft.id if isinstance(draft, PostDraft) else ""


def read_again(
    *,
    source: Source,
    by: Desk,
    now: datetime,
    code: str = "",
    mended: Mapping[int, bytes] | None = None,
) -> Outcome:
    """Read refused items of a source once more: all that wait (of one reason when given), or the
    `mended` ones with their corrected payloads. What is read is settled, the rest keeps waiting.
    """
    by.require(Right.EDIT_SOURCES)
    waiting = imports.waiting_refused(source)
    if mended is not None:
        waiting = waiting.filter(pk__in=mended)
    elif code:
        waiting = waiting.filter(code=code)
    rows = list(waiting[:RETRIED_AT_ONCE])
    items: Sequence[RawItem] = [
        RawItem(payload=(mended or {}).get(row.pk, bytes(row.payload)), where=row.where)
        for row in rows
    ]
    outcome = take(
        Message(
            source=source.pk,
            items=tuple(items),
            retries=tuple(row.pk for row in rows),
            keep_all=imports.keeps_all(source),
        ),
        now=now,
    )
    imports.record_retry(
        source=source, number=len(rows), read=len(rows) - outcome.refused, by=by, now=now
    )
    return outcome
