"""One try at storing a batch of the stream, and what is to become of the batch afterwards.

Runs in the worker's database thread. Three kinds of trouble are told apart: the batch has to wait for
the one before it; the surroundings fail (database away, disk full), which is nobody's fault and is
waited out; the batch itself cannot be stored, which is tried a few times and then set aside.
"""

from __future__ import annotations

import errno
import logging
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import PurePath
from typing import Final

import msgspec
from django.db import DatabaseError, InterfaceError, OperationalError

from vigie.collection import collecting, failing
from vigie.collection.turns import Place, Turn
from vigie.pipeline.broker import source_of, turn_of
from vigie.pipeline.intake import Intake, UnknownSource
from vigie.pipeline.messages import Message, TooEarly

log = logging.getLogger(__name__)

PATIENCE_S: Final = 2.0
"""How long a prepared batch waits for the one before it, which another worker has in hand."""
EARLY_S: Final = 1.0
"""Then it goes back to the stream for so long."""
LONGEST_PAUSE_S: Final = 30.0
REPLAYS_LOST: Final = 2
"""Deliveries of a replayed batch of which no worker told the end."""

_STATES: Final = ("08", "40", "53", "55", "57", "58")
"""Classes of SQLSTATE that tell of the surroundings: connection, conflict, resources, system."""
_NOT_US: Final = frozenset({"25006", "25P03"})
"""… read only; ended because it lay idle (this process was frozen)."""
_DISK: Final = frozenset({
    errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EMFILE, errno.ENFILE,
})  # fmt: skip


class Fate(StrEnum):
    """What becomes of a batch that was delivered."""

    DONE = "done"
    """Acknowledge it: stored, stored before, set aside, or nobody's any more."""
    LATER = "later"
    """Deliver it again after `after_s`."""
    EARLY = "early"
    """The same, because the one before it is not stored."""


class SurroundingsFail(Exception):
    """Nothing is stored, and the batch is not to blame: try again when things are better."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    fate: Fate
    after_s: float = 0.0
    kept: int = 0


DONE: Final = Verdict(fate=Fate.DONE)


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """A message of the stream as it was delivered. `number`: how many times so far, from 1."""

    subject: str
    data: bytes
    headers: Mapping[str, str]
    number: int

    @property
    def source(self) -> int:
        return source_of(self.subject)


class Attempts:
    """A worker's tries. `late`: sources whose next batch is somewhere else; theirs do not wait here."""

    def __init__(self, make_intake: Callable[[], Intake], now: Callable[[], datetime]) -> None:
        self._make_intake = make_intake
        self._now = now
        self._intake: Intake | None = None
        self.late: set[int] = set()

    def attempt(self, delivery: Delivery) -> Verdict:
        """Raises SurroundingsFail."""
        try:
            return self._attempt(delivery)
        except (DatabaseError, InterfaceError, OSError) as error:
            if not is_surroundings(error):
                raise
            raise SurroundingsFail(describe(error)) from error

    def beyond_gap(self, delivery: Delivery) -> Verdict:
        """Store a batch although those before it are lost, and have its source collected again from
        what is stored. Raises SurroundingsFail."""
        message = Message.from_bytes(delivery.data)
        turn = message.turn
        if turn is None or collecting.place_of(turn, source=message.source) is not Place.EARLY:
            return self.attempt(delivery)
        log.error("source %s: batches before %s are lost", message.source, turn.number)
        collecting.call_back(message.source, epoch=turn.epoch, now=self._now())
        alone = msgspec.structs.replace(message, turn=None, cursor=None, progress=None)
        return self.attempt(
            Delivery(
                subject=delivery.subject, data=alone.to_bytes(), headers={}, number=1
            )
        )  # fmt: skip

    def _attempt(self, delivery: Delivery) -> Verdict:
        try:
            message = Message.from_bytes(delivery.data)
        except msgspec.DecodeError as error:
            return self._unreadable(delivery, error)
        turn = message.turn
        if turn is not None:
            found = collecting.place_of(turn, source=message.source)
            if found in (None, Place.STORED, Place.STALE):
                return self._over(message, turn, delivery)
            if found is Place.EARLY and message.source in self.late:
                return Verdict(fate=Fate.EARLY, after_s=EARLY_S)
            if found is Place.NOW:
                self.late.discard(message.source)
                if delivery.number > 1 and self._is_hopeless(message, turn, delivery):
                    return DONE
        if message.batch and delivery.number > REPLAYS_LOST:
            failing.replay_failed(message.batch, code="worker_lost", detail="", now=self._now())
            return DONE
        try:
            return self._store(message, delivery)
        except TooEarly:
            self.late.add(message.source)
            return Verdict(fate=Fate.EARLY, after_s=EARLY_S)
        except UnknownSource as error:
            if collecting.charge(message.source) is None:
                return DONE  # removed meanwhile, and all that came from it
            return self._failed(message, delivery, "source_unusable", error)
        except Exception as error:
            if is_surroundings(error):
                raise
            log.exception("source %s: a batch could not be stored", message.source)
            return self._failed(message, delivery, "store_failed", error)

    def _store(self, message: Message, delivery: Delivery) -> Verdict:
        if self._intake is None:
            self._intake = self._make_intake()
        done = self._intake.take(message, now=self._now(), patience_s=PATIENCE_S)
        if message.turn is not None and delivery.number > 1:
            failing.went_well(message.source, message.turn)
        return Verdict(fate=Fate.DONE, kept=done.kept)

    def _over(self, message: Message, turn: Turn, delivery: Delivery) -> Verdict:
        if delivery.number > 1:
            failing.went_well(message.source, turn)
        return DONE

    def _is_hopeless(self, message: Message, turn: Turn, delivery: Delivery) -> bool:
        """Count the try that begins; set the batch aside when there were enough."""
        items = len(message.items)
        tries, code = failing.begin(message.source, turn, items=items, now=self._now())
        if tries <= (failing.TRIES if code else failing.SILENT_TRIES):
            return False
        failing.set_aside(
            message.source, turn, payload=delivery.data, items=items, code=code or "worker_lost",
            detail="", now=self._now(),
        )  # fmt: skip
        return True

    def _failed(self, message: Message, delivery: Delivery, code: str, error: Exception) -> Verdict:
        turn, items, now = message.turn, len(message.items), self._now()
        if message.batch:
            failing.replay_failed(message.batch, code=code, detail=describe(error), now=now)
            return DONE
        if turn is None:
            log.error("source %s: a batch out of turn cannot be stored", message.source)
            failing.set_aside(
                message.source, _aside(now), payload=delivery.data, items=items, code=code,
                detail=describe(error), now=now,
            )  # fmt: skip
            return DONE
        tries = failing.went_wrong(
            message.source, turn, items=items, code=code, detail=describe(error), now=now
        )
        if tries >= failing.TRIES:
            failing.set_aside(
                message.source, turn, payload=delivery.data, items=items, code=code,
                detail=describe(error), now=now,
            )  # fmt: skip
            return DONE
        return Verdict(fate=Fate.LATER, after_s=min(LONGEST_PAUSE_S, 4.0 ** (tries - 1)))

    def _unreadable(self, delivery: Delivery, error: Exception) -> Verdict:
        """What is no batch is set aside at once; its header still says whose turn it was."""
        now = self._now()
        if collecting.charge(delivery.source) is None:
            return DONE
        turn = turn_of(delivery.headers)
        found = turn and collecting.place_of(turn, source=delivery.source)
        if found is Place.EARLY:
            return Verdict(fate=Fate.EARLY, after_s=EARLY_S)
        if found in (Place.STORED, Place.STALE):
            return DONE
        log.error("source %s: the stream held what is no batch", delivery.source)
        failing.set_aside(
            delivery.source, turn or _aside(now), payload=delivery.data, items=0,
            code="batch_unreadable", detail=type(error).__name__, now=now,
        )  # fmt: skip
        return DONE


def _aside(now: datetime) -> Turn:
    """A name for a batch that has no place in its source's chain."""
    return Turn(epoch=0, number=-int(now.timestamp() * 1_000_000), after=0)


def is_surroundings(error: BaseException) -> bool:
    """Whether an error tells of the database or the disk rather than of the batch."""
    if isinstance(error, OSError):
        return error.errno in _DISK
    state = getattr(error.__cause__, "sqlstate", None)
    if isinstance(error, (OperationalError, InterfaceError)):
        return state is None or str(state).startswith(_STATES)
    return isinstance(error, DatabaseError) and state in _NOT_US


def describe(error: BaseException) -> str:
    """An error for operators: its name and where it happened, never what it held."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({PurePath(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}{where}"
