"""From raw items to what is to be stored: decoded, matched against the watches, analysed.

Nothing here writes. Order matters for speed: a glance at the words first, where the plugin gives one,
since most posts of a busy source match nothing and need not be decoded; then tokens and watches;
language and places only when a watch comes to ask; the whole analysis only for what is kept.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Final

import msgspec

from vigie.analysis.language import detect, detect_all
from vigie.analysis.query import Sieve, Subject
from vigie.analysis.tokens import tokenise
from vigie.collection.storing import LONGEST_ID, Known, NewPost, content_digest, counts_of
from vigie.contracts.drafts import AccountDraft, Draft, PostDeletion, PostDraft
from vigie.contracts.findings import Findings
from vigie.contracts.measures import MeasureDraft
from vigie.contracts.plugins import (
    EnricherPlugin,
    Glance,
    RawItem,
    Refusal,
    SourcePlugin,
    Undecodable,
)
from vigie.kernel.clock import plausible
from vigie.pipeline import measuring
from vigie.pipeline.watching import Scope

log = logging.getLogger(__name__)

ASKED_AT_ONCE: Final = 250
"""Posts whose languages are found out together; the readings of more are not remembered."""

PAYLOAD_KEPT: Final = 1_000_000
"""Bytes of a refused item's payload that are kept."""


@dataclass(kw_only=True, slots=True)
class Item:
    """A decoded item on its way. `retry` is the refused item it comes from, 0 for a fresh one."""

    raw: RawItem
    draft: PostDraft
    retry: int = 0
    digest: str = ""
    findings: Findings | None = None
    watches: dict[int, list[int]] = field(default_factory=dict)

    def as_new(self) -> NewPost:
        assert self.findings is not None
        return NewPost(
            draft=self.draft,
            payload=self.raw.payload,
            digest=self.digest,
            findings=self.findings,
        )


@dataclass(kw_only=True, slots=True)
class Decoded:
    """Items by remote id, the last word of each; deletions; refusals, fresh and repeated."""

    items: dict[str, Item] = field(default_factory=dict)
    deletions: set[str] = field(default_factory=set)
    accounts: set[str] = field(default_factory=set)
    """Authors whose whole account is gone."""
    handles: dict[tuple[str, str], str] = field(default_factory=dict)
    """(network, author) → the handle it goes by now; "": to be asked."""
    measures: list[tuple[RawItem, MeasureDraft, int]] = field(default_factory=list)
    """Each with the raw item it comes from, and the refused item it was (0: a fresh one)."""
    refusals: list[Refusal] = field(default_factory=list)
    refused_again: dict[int, Refusal] = field(default_factory=dict)
    seen: int = 0
    delay_s: float | None = None
    """See `delay_of`."""
    passed_over: int = 0
    """New posts in whose text no watch can find what it asks for; not decoded."""

    def close_account(self, author: str) -> None:
        """All that this author published before, in the batch and in the tables, is taken back."""
        self.accounts.add(author)
        for remote_id, item in list(self.items.items()):
            if item.draft.author is not None and item.draft.author.id == author:
                del self.items[remote_id]
                self.deletions.add(remote_id)

    def refuse(self, item: Item | RawItem, retry: int, code: str, detail: str) -> None:
        raw = item.raw if isinstance(item, Item) else item
        refusal = Refusal(
            code=code, detail=detail[:500], where=raw.where, payload=raw.payload[:PAYLOAD_KEPT]
        )
        if retry:
            self.refused_again[retry] = refusal
        else:
            self.refusals.append(refusal)


def decode(
    items: Sequence[RawItem],
    refusals: Sequence[Refusal],
    *,
    retries: Sequence[int],
    plugin: type[SourcePlugin],
    config: msgspec.Struct,
    now: datetime,
    sieve: Sieve | None = None,
) -> Decoded:
    """Read each item by the plugin; one that cannot be read is set aside and the rest goes on.

    With a sieve, new posts that it holds back at a glance are only counted; without, all are read.
    Within a batch the last word on a remote id counts: an edit replaces, a deletion takes away. The
    last word is what the source calls later, where it tells (`PostDraft.as_of`).
    """
    decoded = Decoded(refusals=list(refusals), seen=len(items) + len(refusals))
    if sieve is not None and not sieve.open and not retries:
        items = _worth_reading(items, plugin, sieve)
        decoded.passed_over = decoded.seen - len(refusals) - len(items)
    for at, raw in enumerate(items):
        retry = retries[at] if retries else 0
        try:
            draft = _checked(plugin.decode(raw, config), now)
        except Undecodable as error:
            decoded.refuse(raw, retry, error.code, error.detail)
            continue
        except Exception as error:  # a plugin's mistake costs the item, never the batch
            log.exception("plugin %s failed on an item", plugin.manifest.name)
            decoded.refuse(raw, retry, "plugin_failed", type(error).__name__)
            continue
        if isinstance(draft, MeasureDraft):
            decoded.measures.append((raw, draft, retry))
            continue
        if isinstance(draft, AccountDraft):
            decoded.handles[draft.network, draft.id] = draft.handle
            continue
        before = decoded.items.get(draft.id)
        if before and isinstance(draft, PostDraft) and _is_older(draft, before.draft.as_of):
            continue
        decoded.items.pop(draft.id, None)
        if isinstance(draft, PostDeletion) and draft.author:
            decoded.close_account(draft.author)
        elif isinstance(draft, PostDeletion):
            decoded.deletions.add(draft.id)
        else:
            decoded.deletions.discard(draft.id)
            decoded.items[draft.id] = Item(raw=raw, draft=draft, retry=retry)
    return decoded


def delay_of(decoded: Decoded, *, now: datetime) -> float | None:
    """Seconds from the publication of the newest item to now; None when nothing new came."""
    dates = [i.draft.created_at for i in decoded.items.values() if i.draft.edited_at is None]
    return max(0.0, (now - max(dates)).total_seconds()) if dates else None


def _worth_reading(
    items: Sequence[RawItem], plugin: type[SourcePlugin], sieve: Sieve
) -> list[RawItem]:
    """Without the new posts that no watch can match; what is in doubt stays.

    So does the last one: it tells how far behind the source is.
    """
    glance = plugin.glance
    try:
        glances = [glance(raw.payload) for raw in items]
    except Exception:
        log.exception("plugin %s failed at a glance", plugin.manifest.name)
        return list(items)
    passing = sieve.passing([each or _UNREAD for each in glances])
    return [
        raw
        for place, (raw, seen) in enumerate(zip(items, glances, strict=True))
        if seen is None or place in passing or place == len(items) - 1
    ]


_UNREAD: Final = Glance(text="", author="-", exact=True)
"""In the place of what is decoded whatever a sieve says."""


def _is_older(draft: PostDraft, moment: datetime | None) -> bool:
    """Whether the source had it so before that moment, as far as it says."""
    return moment is not None and draft.as_of is not None and draft.as_of < moment


def _checked(draft: Draft, now: datetime) -> Draft:
    """What no source may hand on, whatever its plugin lets through. Raises Undecodable."""
    if isinstance(draft, MeasureDraft):
        return measuring.checked(draft, now=now)
    if isinstance(draft, AccountDraft) or (isinstance(draft, PostDeletion) and draft.author):
        return draft
    if not 0 < len(draft.id) <= LONGEST_ID or not draft.id.isprintable():
        raise Undecodable("bad_id", ascii(draft.id[:80]))
    if isinstance(draft, PostDraft) and not plausible(draft.created_at, now=now):
        raise Undecodable("implausible_date", draft.created_at.isoformat()[:40])
    return draft


def leave_out(decoded: Decoded, taken_back: frozenset[str]) -> None:
    """Drop the items that were taken back since, by their own id or by their author's."""
    for remote_id, item in list(decoded.items.items()):
        author = item.draft.author.id if item.draft.author else None
        if remote_id in taken_back or author in taken_back:
            del decoded.items[remote_id]


def match(
    items: Mapping[str, Item], *, scope: Scope, source_name: str, enricher: EnricherPlugin
) -> None:
    """Ask all watches of the scope about each item, in one pass each."""
    matcher = scope.matcher
    everything = list(items.values())
    for at, item in enumerate(everything):
        draft = item.draft
        if matcher.asks_for_languages and at % ASKED_AT_ONCE == 0:  # a quarter of the price of each
            some = everything[at : at + ASKED_AT_ONCE]
            detect_all((each.draft.text, each.draft.lang) for each in some)
        tokens = tokenise(draft.text)
        if not matcher.may_match(tokens):
            continue
        answered = matcher.match(
            Subject(
                tokens,
                network=draft.network,
                source=source_name,
                handle=scope.handle_of(draft),
                media_types=[each.type for each in draft.media],
                language=partial(detect, draft.text, hint=draft.lang),
                places=partial(enricher.places, draft),
            )
        )
        if answered:
            item.watches = scope.operations(answered)


def analyse(items: Sequence[Item], decoded: Decoded, *, enricher: EnricherPlugin) -> list[Item]:
    """Find out about the items all that is to be stored; those that were analysed, in order.

    When the analyser fails on a batch it is asked again item by item, and the culprit set aside.
    """
    waiting = [item for item in items if item.findings is None]
    try:
        found = list(enricher.analyse([item.draft for item in waiting]))
        for item, findings in zip(waiting, found, strict=True):
            item.findings = findings
        return list(items)
    except Exception:
        log.exception("the analyser failed on a batch of %s", len(waiting))
    done = []
    for item in items:
        try:
            _analysed(item, enricher)
        except Exception as error:
            decoded.refuse(item, item.retry, "analysis_failed", type(error).__name__)
            del decoded.items[item.draft.id]
        else:
            done.append(item)
    return done


def _analysed(item: Item, enricher: EnricherPlugin) -> Findings:
    if item.findings is None:
        (item.findings,) = enricher.analyse([item.draft])
    return item.findings


@dataclass(kw_only=True, slots=True)
class Sorted:
    """Decoded items by what is to be done with them, given what is stored."""

    new: list[Item] = field(default_factory=list)
    edited: list[tuple[int, Item]] = field(default_factory=list)
    counted: dict[int, PostDraft] = field(default_factory=dict)
    """Stored posts of which only likes, reposts or replies moved."""
    emptied: list[int] = field(default_factory=list)
    repeated: int = 0
    unmatched: int = 0
    objected: int = 0
    """Of the unmatched, those dropped because their author objected to being collected."""

    def leave_objected(self, accounts: frozenset[tuple[str, str]]) -> None:
        """Drop what these accounts, (network, id), published anew. What is stored of them stays
        true to its source: that it is here is another decision, which an erasure undoes."""
        if not accounts:
            return
        kept = [
            item
            for item in self.new
            if item.draft.author is None
            or (item.draft.network, item.draft.author.id) not in accounts
        ]
        self.objected += len(self.new) - len(kept)
        self.unmatched += len(self.new) - len(kept)
        self.new = kept

    def leave_stored(self) -> None:
        """Of a batch that comes late: what is stored already is newer, and stays as it is."""
        self.repeated += len(self.edited)
        self.edited, self.counted = [], {}


def sort(decoded: Decoded, known: Mapping[str, Known], *, keep_all: bool) -> Sorted:
    """Pure. What is stored stays and is edited, whether it still answers a watch or not; what is
    new is kept when it answers one (or all are kept); what was deleted stays deleted."""
    found = Sorted(unmatched=decoded.passed_over)
    for remote_id, item in decoded.items.items():
        stored = known.get(remote_id)
        if stored is None:
            if item.watches or keep_all:
                item.digest = content_digest(item.draft)
                found.new.append(item)
            else:
                found.unmatched += 1
            continue
        item.digest = content_digest(item.draft)
        if stored.deleted:
            found.repeated += 1
        elif stored.digest != item.digest and _is_older(item.draft, stored.edited_at):
            found.repeated += 1  # a version from before the edit that is stored, come again
        elif stored.digest != item.digest:
            found.edited.append((stored.post, item))
        else:
            found.repeated += 1
            if counts_of(item.draft) != stored.counts:
                found.counted[stored.post] = item.draft
    for remote_id in sorted(decoded.deletions):
        stored = known.get(remote_id)
        if stored is not None and not stored.deleted:
            found.emptied.append(stored.post)
    return found
