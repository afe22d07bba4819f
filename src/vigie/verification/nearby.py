"""The claims this process holds in memory, to find those that a text repeats.

Two holders of the same make: screens hold every claim that was written down or imported, to answer
while somebody types; workers hold those of one operation, to recognise what arrives. Both are loaded
at the first question and brought up to date by what changed since, asked at most every two seconds.
Vectors come from the rows; a wording that has none yet is encoded here when there are few of them,
else left to the job that does.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db import DatabaseError, connection
from django.db.models import Count, Max, Q, QuerySet, Sum

from vigie.analysis.claims import MODEL, ClaimIndex, ClaimText, Gate, Near
from vigie.verification.models import Claim, KnownClaim

FRESH_S: Final = 2.0
ENCODED_HERE: Final = 50
"""Wordings without a vector that a holder makes up for itself, a twentieth of a second each."""
BLOCK: Final = 500
WAITED_FOR: Final = 2_000
"""Imported checks that are loaded while somebody waits (a quarter of a second); more are loaded
beside, 50,000 in about six seconds."""

log = logging.getLogger(__name__)


def claim_id(pk: int) -> str:
    return f"c{pk}"


def known_id(pk: int) -> str:
    return f"k{pk}"


@dataclass(kw_only=True)
class Holder:
    """`operation`: hold its claims only; None: those of all operations, and what was imported."""

    operation: int | None = None
    index: ClaimIndex = field(default_factory=ClaimIndex)
    texts: dict[int, ClaimText] = field(default_factory=dict)
    """Claim → what is held of it; only kept of one operation."""
    _gate: Gate = field(default_factory=lambda: Gate(()))
    _lock: threading.Lock = field(default_factory=threading.Lock)
    loading: threading.Thread | None = None
    """At work while many imported checks are loaded."""
    _looked: float = float("-inf")
    _claims: tuple[Any, ...] = (None, 0, 0)
    _known: tuple[Any, ...] = (None, 0)

    def nearest(self, text: str, *, limit: int) -> list[Near]:
        """The claims that the wording of a claim most likely repeats, likeliest first."""
        self.refresh()
        return self.index.nearest(text, limit=limit, neutral=True)

    def refresh(self, *, at_once: bool = False) -> None:
        """Take in what changed since it was last looked at."""
        with self._lock:
            now = time.monotonic()
            if not at_once and now - self._looked < FRESH_S:
                return
            self._refresh_claims()
            if self.operation is None:
                self._refresh_known()
            self._looked = now

    def passing(self, tokens: Collection[str], language: str) -> tuple[str, ...]:
        """The claims that a post of these tokens may repeat, for a close look; costs microseconds.
        Only a holder of one operation is asked."""
        return self._gate.passing(tokens, language or None)

    def _rows(self) -> QuerySet[Claim]:
        rows = Claim.objects.all()
        return rows if self.operation is None else rows.filter(operation=self.operation)

    def _refresh_claims(self) -> None:
        told = self._rows().aggregate(last=Max("updated_at"), n=Count("pk"), all=Sum("version"))
        seen = (told["last"], told["n"], told["all"])
        if seen == self._claims:
            return
        if told["n"] < self._claims[1]:
            self._forget()
        rows = self._rows()
        if self._claims[0] is not None:
            rows = rows.filter(updated_at__gte=self._claims[0])
        gone = []
        texts: list[ClaimText] = []
        for pk, wording, language, vector, model, merged, state in rows.values_list(
            "pk", "wording", "language", "vector", "vector_model", "merged_into", "state"
        ):
            if merged is not None or state == "withdrawn":
                gone.append(pk)
                continue
            texts.append(
                ClaimText(
                    id=claim_id(pk), text=wording, lang=language or None,
                    vector=bytes(vector) if vector and model == MODEL else None,
                )
            )  # fmt: skip
            if self.operation is not None:
                self.texts[pk] = texts[-1]
        for pk in gone:
            self.texts.pop(pk, None)
        self.index.remove(claim_id(pk) for pk in gone)
        self._add(texts)
        if self.operation is not None:
            self._gate = Gate(list(self.texts.values()))
        self._claims = seen

    def _refresh_known(self) -> None:
        rows = KnownClaim.objects.filter(vector_model=MODEL, ready_at__isnull=False)
        told = rows.aggregate(last=Max("ready_at"), n=Count("pk"))
        seen = (told["last"], told["n"])
        if seen == self._known or self.loading is not None:
            return
        if told["n"] < self._known[1]:
            self._forget()
            self._refresh_claims()
        if self._known[0] is not None:
            rows = rows.filter(ready_at__gte=self._known[0])
        elif told["n"] > WAITED_FOR:
            self.loading = threading.Thread(
                target=self._load_apart, args=(rows, seen), name="known claims", daemon=True
            )
            self.loading.start()
            return
        self._load(rows)
        self._known = seen

    def _load(self, rows: QuerySet[KnownClaim]) -> None:
        block: list[ClaimText] = []
        for pk, wording, language, vector in rows.values_list(
            "pk", "wording", "language", "vector"
        ).iterator(chunk_size=BLOCK):
            block.append(
                ClaimText(
                    id=known_id(pk), text=wording, lang=language or None,
                    vector=bytes(vector) if vector else None,
                )
            )  # fmt: skip
            if len(block) == BLOCK:
                self.index.add(block)
                block = []
        self.index.add(block)

    def _load_apart(self, rows: QuerySet[KnownClaim], seen: tuple[Any, ...]) -> None:
        """Load in a thread of its own; who asks meanwhile is answered from what is there."""
        try:
            self._load(rows)
            self._known = seen
        except DatabaseError:
            log.exception("imported checks could not be loaded; trying again")
        finally:
            self.loading = None
            connection.close()

    def _add(self, texts: Sequence[ClaimText]) -> None:
        bare = [each for each in texts if each.vector is None]
        left = {each.id for each in bare[ENCODED_HERE:]}
        self.index.add([each for each in texts if each.id not in left])

    def _forget(self) -> None:
        """Rows went: begin anew."""
        self.index = ClaimIndex()
        self.texts.clear()
        self._claims, self._known = (None, 0, 0), (None, 0)


_all = Holder()
_of: dict[int, Holder] = {}


def everything() -> Holder:
    """What screens ask."""
    return _all


def of_operation(operation: int) -> Holder:
    """What a worker asks of what arrives."""
    return _of.setdefault(operation, Holder(operation=operation))


def forget() -> None:
    """Hold nothing, as a process that has just begun."""
    global _all
    _all = Holder()
    _of.clear()


@dataclass(frozen=True, kw_only=True)
class NearClaim:
    """A claim near to what somebody writes, as they may know it.

    Exactly one of `claim` and `known` is given. `here`: it is of this operation. `at` is when it
    was concluded or published, else when it was written down. `sure`: so near that it is the same.
    """

    score: float
    sure: bool
    because: tuple[str, ...]
    wording: str
    verdict: str
    at: datetime | None
    here: bool = False
    claim: Claim | None = None
    known: KnownClaim | None = None


def pks(found: Iterable[Near], letter: str) -> Mapping[int, Near]:
    """Those of one kind ("c" or "k") by the id of their row."""
    return {int(each.id[1:]): each for each in found if each.id[0] == letter}


def settled() -> Q:
    """Claims whose verdict answers somebody."""
    return Q(merged_into__isnull=True) & ~Q(verdict="") & ~Q(state="withdrawn")
