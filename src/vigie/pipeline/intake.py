"""The pipeline: a message in, everything it leads to stored in one transaction.

At-least-once delivery becomes exactly-once effect: a source's batches follow each other under the
lock of its row, what is stored already is known by (source, remote id), and the cursor is saved with
the posts. See docs/explanation/pipeline.md.
"""

from __future__ import annotations

import gc
import logging
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec
from django.db import DataError, IntegrityError, transaction

from vigie.collection import bulk, collecting, failing, naming, storing
from vigie.collection.blobs import BlobStore
from vigie.collection.objecting import accounts as objecting
from vigie.collection.storing import Known
from vigie.collection.turns import Place
from vigie.contracts.plugins import ENRICHER, EnricherPlugin, SourcePlugin
from vigie.contracts.registry import Registry, UnknownPlugin, plugins
from vigie.pipeline import measuring, preparing, telling
from vigie.pipeline.messages import LeaseLost, Message, Outcome, TooEarly
from vigie.pipeline.preparing import Decoded, Item, Sorted
from vigie.pipeline.watching import WatchBook
from vigie.triage import arrivals
from vigie.triage.arrivals import Told
from vigie.triage.folding import Arrival, Memory

log = logging.getLogger(__name__)

UNSTORABLE: Final = (DataError, IntegrityError, UnicodeError, OverflowError)
"""What a value that no column takes raises, in one database or the other."""

GARBAGE: Final = 200_000
"""New objects between two looks for cycles: more than a batch has, and what a batch makes goes by
itself. (A look each 20,000 took 2.5 % of the time and found nothing.)"""

EnricherFor = Callable[[frozenset[str]], EnricherPlugin]
"""Makes the analyser for the territory (INSEE codes) of the open operations."""


class UnknownSource(Exception):
    """The message's source is gone, or its plugin is."""


class Intake:
    """One pipeline. Keeps what is dear to build between messages; used by one thread at a time."""

    def __init__(self, *, registry: Callable[[], Registry], enricher_for: EnricherFor) -> None:
        self._registry = registry
        self._enricher_for = enricher_for
        self._enricher: tuple[frozenset[str], EnricherPlugin] | None = None
        self._book = WatchBook()
        self._memory = Memory()
        self._patience_s = 0.0

    def take(self, message: Message, *, now: datetime, patience_s: float = 0.0) -> Outcome:
        """Store a message; one whose turn has passed is left: it is stored already.

        Raises LeaseLost, UnknownSource, TooEarly (not its turn yet, nor within `patience_s`); any
        other error means nothing is stored. Items that no column of the database takes are found by
        halving the message and set aside.
        """
        self._patience_s = patience_s
        try:
            return self._take(message, now=now)
        except (LeaseLost, TooEarly):
            raise
        except IntegrityError:
            self._memory.forget()  # a watch or an operation may have gone in between: look again
        except UNSTORABLE as error:
            self._memory.forget()
            return self._by_halves(message, error, now=now)
        except Exception:
            self._memory.forget()
            raise
        try:
            return self._take(message, now=now)
        except UNSTORABLE as error:
            self._memory.forget()
            return self._by_halves(message, error, now=now)

    def _by_halves(self, message: Message, error: Exception, *, now: datetime) -> Outcome:
        """Store what can be stored of a message that could not be stored whole."""
        if not message.items:
            raise error
        if len(message.items) == 1:
            log.warning("an item of source %s cannot be stored: %s", message.source, type(error))
            return self._set_aside(message, error, now=now)
        # The cursor goes with the second half: killed in between, the first half is known when it
        # comes again.
        half = len(message.items) // 2
        first = msgspec.structs.replace(
            message, items=message.items[:half], retries=message.retries[:half],
            refusals=(), cursor=None, progress=None,
            turn=message.turn and msgspec.structs.replace(message.turn, whole=False),
        )  # fmt: skip
        second = msgspec.structs.replace(
            message, items=message.items[half:], retries=message.retries[half:]
        )
        patience_s = self._patience_s
        done = self.take(first, now=now, patience_s=patience_s)
        return done + self.take(second, now=now, patience_s=patience_s)

    def _take(self, message: Message, *, now: datetime) -> Outcome:
        charge, plugin, config = self._source(message)
        if _is_past(message, charge):
            return Outcome()
        self._book.refresh()
        scope = self._book.scope(charge.operation)
        enricher = self._enricher_of_now()
        keep_all = message.keep_all or charge.keeps_all
        decoded = preparing.decode(
            message.items, message.refusals, retries=message.retries,
            plugin=plugin, config=config, now=now,
            sieve=None if keep_all else scope.sieve(plugin.glanced, charge.name, enricher),
        )  # fmt: skip
        if charge.cursor and not message.retries and message.progress is None:
            # Neither a first visit, which finds what was there, nor a file says how late we are.
            decoded.delay_s = preparing.delay_of(decoded, now=now)
        measuring.set_undescribed_aside(message.source, decoded)
        preparing.match(decoded.items, scope=scope, source_name=charge.name, enricher=enricher)
        if keep_all and charge.operation is not None:
            for item in decoded.items.values():
                item.watches.setdefault(charge.operation, [])
        while True:
            if message.batch:
                preparing.leave_out(decoded, _taken_back(message.source, decoded))
            known = self._known(message.source, decoded)
            work = self._prepared(decoded, known, enricher, keep_all=keep_all)
            if message.batch:
                work.leave_stored()
            try:
                done = self._store(
                    message, decoded, work, known, serves=charge.operation, now=now
                )  # fmt: skip
            except TooEarly:
                self._wait_for_turn(message)
                continue
            if done is not None:
                return done

    def _wait_for_turn(self, message: Message) -> None:
        """While another worker stores the batch before; all is prepared meanwhile. Raises TooEarly."""
        assert message.turn is not None
        until, pause_s = time.monotonic() + self._patience_s, 0.002
        while collecting.place_of(message.turn, source=message.source) is Place.EARLY:
            if time.monotonic() >= until:
                raise TooEarly(message.source)
            time.sleep(pause_s)
            pause_s = min(0.05, pause_s * 1.5)

    def _source(self, message: Message) -> tuple[collecting.Charge, type[SourcePlugin], Any]:
        charge = collecting.charge(message.source)
        if charge is None:
            raise UnknownSource(message.source)
        try:
            plugin = self._registry().source(charge.plugin)
            return charge, plugin, msgspec.convert(charge.config, plugin.manifest.config)
        except (LookupError, msgspec.ValidationError) as error:
            raise UnknownSource(f"{message.source}: {error}") from error

    def _enricher_of_now(self) -> EnricherPlugin:
        territory = frozenset().union(*self._book.territories.values())
        if self._enricher is None or self._enricher[0] != territory:
            self._enricher = territory, self._enricher_for(territory)
            # Word lists and gazetteer stay: no use looking for garbage among them for ever after,
            # nor after every few posts.
            gc.collect()
            gc.freeze()
            gc.set_threshold(GARBAGE, 10, 100)
        return self._enricher[1]

    def _known(self, source: int, decoded: Decoded) -> dict[str, Known]:
        wanted = [*decoded.items, *decoded.deletions]
        wanted += [
            item.draft.repost_of
            for item in decoded.items.values()
            if item.watches and item.draft.repost_of
        ]
        return storing.known(source, wanted)

    def _prepared(
        self,
        decoded: Decoded,
        known: Mapping[str, Known],
        enricher: EnricherPlugin,
        *,
        keep_all: bool,
    ) -> Sorted:
        work = preparing.sort(decoded, known, keep_all=keep_all)
        wanted = [*work.new, *(item for _, item in work.edited)]
        analysed = {id(item) for item in preparing.analyse(wanted, decoded, enricher=enricher)}
        work.new = [item for item in work.new if id(item) in analysed]
        work.edited = [each for each in work.edited if id(each[1]) in analysed]
        return work

    def _store(self, message: Message, *given: Any, **named: Any) -> Outcome | None:
        """As `_stored`; a batch that a fence shuts out is left, its source's holder has the same."""
        try:
            return self._stored(message, *given, **named)
        except collecting.Fenced:
            return Outcome()

    def _stored(
        self,
        message: Message,
        decoded: Decoded,
        work: Sorted,
        known: Mapping[str, Known],
        *,
        serves: int | None = None,
        now: datetime,
    ) -> Outcome | None:
        """One transaction. None when somebody else stored of this source since `known` was read."""
        source, territories = message.source, self._book.territories
        refused = len(decoded.refusals)
        files: list[str] = []
        with transaction.atomic():
            # In the transaction: who is put on the list while this is prepared is on it.
            work.leave_objected(objecting.objected([item.draft for item in work.new], now=now))
            if not collecting.advance(
                source, holder=message.holder, cursor=message.cursor, progress=message.progress,
                seen_until=message.as_of or message.collected_at,
                delay_s=decoded.delay_s, now=now, turn=message.turn, epoch=message.epoch,
                count=collecting.Count(
                    seen=0 if message.retries else decoded.seen,
                    kept=len(work.new), unmatched=work.unmatched, refused=refused,
                ),
            ):  # fmt: skip
                return _not_now(message)
            if message.batch and failing.is_over(message.batch):
                transaction.set_rollback(True)
                return Outcome()
            if self._known(source, decoded) != known or (
                message.batch and _taken_back(source, decoded)
            ):
                transaction.set_rollback(True)
                return None
            told: dict[int, Told] = {}
            posts = dict(zip(
                storing.add_posts(source, [item.as_new() for item in work.new], now=now),
                work.new, strict=True,
            ))  # fmt: skip
            originals = {remote: each.post for remote, each in known.items()}
            originals |= {item.draft.id: post for post, item in posts.items()}
            told = arrivals.arrive(
                [_arrival(post, item, originals) for post, item in posts.items()],
                territories=territories, memory=self._memory, now=now,
            )  # fmt: skip
            if work.edited:
                files += storing.edit_posts(
                    {post: item.as_new() for post, item in work.edited}, now=now
                )
                telling.merge(told, arrivals.rearrive(
                    [_arrival(post, item, {}) for post, item in work.edited],
                    territories=territories, memory=self._memory, now=now,
                ))  # fmt: skip
            storing.change_counts(work.counted)
            emptied: dict[int, list[int]] = {}
            work.emptied += storing.posts_of_accounts(source, decoded.accounts)
            if work.emptied:
                files += storing.empty_posts(work.emptied, now=now)
                emptied = arrivals.emptied(work.emptied)
            naming.renamed(decoded.handles, now=now)
            failing.remember_taken_back(
                source, (decoded.deletions - known.keys()) | decoded.accounts, now=now
            )
            if message.batch:
                failing.replayed(message.batch, source=source, now=now)
            storing.set_aside(source, decoded.refusals, now=now)
            if message.retries:
                storing.refuse_again(decoded.refused_again)
                settled = set(message.retries) - decoded.refused_again.keys()
                storing.settle(settled, now=now)
            measured = measuring.store(
                source, [draft for _, draft, _ in decoded.measures], serves=serves, now=now
            )  # fmt: skip
            bulk.look_at_references()
            entries = telling.tell(told, emptied, source=source, now=now)
            entries += measured.entries
        BlobStore().remove(files)
        return Outcome(
            seen=decoded.seen, kept=len(work.new) + measured.kept,
            edited=len(work.edited) + measured.edited,
            deleted=len(work.emptied), repeated=work.repeated + measured.repeated, unmatched=work.unmatched,
            objected=work.objected, refused=refused + len(decoded.refused_again),
            folded=sum(each.copies for each in told.values()), entries=tuple(entries),
        )  # fmt: skip

    def _set_aside(self, message: Message, error: Exception, *, now: datetime) -> Outcome:
        """The message's only item cannot be stored: keep it as refused."""
        decoded = Decoded(seen=1, refusals=list(message.refusals))
        retry = message.retries[0] if message.retries else 0
        decoded.refuse(message.items[0], retry, "unstorable", type(error).__name__)
        done = self._store(message, decoded, Sorted(), {}, now=now)
        assert done is not None
        return done


def _is_past(message: Message, charge: collecting.Charge) -> bool:
    """Whether nothing is left to do with a message, as far as one can tell without a lock."""
    if message.batch:
        return failing.is_over(message.batch)
    if message.turn is None:
        return False
    return charge.place(message.turn) in (Place.STORED, Place.STALE)


def _taken_back(source: int, decoded: Decoded) -> frozenset[str]:
    """Ids of posts and accounts of these that the source took back since they were set aside."""
    authors = {item.draft.author.id for item in decoded.items.values() if item.draft.author}
    return failing.taken_back(source, decoded.items.keys() | authors)


def _not_now(message: Message) -> Outcome:
    """Its source's row would not take the message. Raises LeaseLost, TooEarly, UnknownSource."""
    if message.turn is None:
        raise LeaseLost(message.source)
    found = collecting.place_of(message.turn, source=message.source)
    if found is None:
        raise UnknownSource(message.source)
    if found in (Place.STORED, Place.STALE):
        return Outcome()
    raise TooEarly(message.source)


def _arrival(post: int, item: Item, originals: Mapping[str, int]) -> Arrival:
    draft = item.draft
    assert item.findings is not None
    original = originals.get(draft.repost_of) if draft.repost_of else None
    return Arrival(
        post=post,
        published_at=draft.created_at,
        findings=item.findings,
        watches=item.watches,
        lon=draft.lon,
        lat=draft.lat,
        repost_of=original if original != post else None,
    )


def installed_intake() -> Intake:
    """A pipeline with this installation's plugins. Its analyser is loaded with the first message."""
    return Intake(registry=plugins, enricher_for=installed_enricher)


def installed_enricher(territory: frozenset[str]) -> EnricherPlugin:
    """The first analyser there is, told of the territory if it asks. Raises UnknownPlugin."""
    found = [
        each for each in plugins().of_kind(ENRICHER).values() if issubclass(each, EnricherPlugin)
    ]
    if not found:
        raise UnknownPlugin(ENRICHER)
    config = found[0].manifest.config
    asks = any(field.name == "territory" for field in msgspec.structs.fields(config))
    given = {"territory": sorted(territory)} if asks and territory else {}
    return found[0](msgspec.convert(given, config))
