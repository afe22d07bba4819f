"""Reading the journal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from vigie.journal.actions import hashed_content
from vigie.journal.models import Entry, Head
from vigie.kernel.hashing import GENESIS, chain_hash


def entries(chain: int) -> QuerySet[Entry]:
    """All entries of a chain, newest first."""
    return Entry.objects.filter(chain=chain).order_by("-seq")


def since(chain: int, seq: int, *, limit: int = 500) -> list[Entry]:
    """Entries after `seq`, oldest first."""
    return list(Entry.objects.filter(chain=chain, seq__gt=seq).order_by("seq")[:limit])


def last_seq(chain: int) -> int:
    """The chain's last entry number; 0 when nothing was written yet."""
    return Head.objects.filter(chain=chain).values_list("seq", flat=True).first() or 0


def last_seqs(chains: Iterable[int]) -> dict[int, int]:
    """The last entry number of each of these chains, in one query; empty chains are left out."""
    return dict(Head.objects.filter(chain__in=list(chains)).values_list("chain", "seq"))


def has_verb(chain: int, verb: str) -> bool:
    """Whether the chain tells of such a thing at all."""
    return Entry.objects.filter(chain=chain, verb=verb).exists()


def data_of(verbs: Iterable[str], *, chain: int | None = None) -> Iterator[dict[str, Any]]:
    """The data of every entry with one of these verbs, oldest first, of one chain or of all."""
    found = Entry.objects.filter(verb__in=list(verbs))
    if chain is not None:
        found = found.filter(chain=chain)
    yield from found.order_by("chain", "seq").values_list("data", flat=True).iterator()


@dataclass(frozen=True, kw_only=True)
class Break:
    """Where a chain does not hold. `reason`: gap, prev_hash, hash or head."""

    chain: int
    seq: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a reader looks for in a chain; everything empty is the whole chain.

    `nouns` are the words before the dot of a verb ("incident", "lead"), `without` verbs left out.
    `text` is looked for in what people wrote and in the names of who acted. `since` ≤ at < `until`.
    """

    nouns: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    by: int | None = None
    subject: tuple[str, int] | None = None
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None


def found(chain: int, wanted: Wanted) -> QuerySet[Entry]:
    """The entries of a chain that answer, newest first."""
    rows = entries(chain)
    if wanted.nouns or wanted.verbs:
        asked = Q(verb__in=wanted.verbs)
        for noun in wanted.nouns:
            asked |= Q(verb__startswith=f"{noun}.")
        rows = rows.filter(asked)
    if wanted.without:
        rows = rows.exclude(verb__in=wanted.without)
    if wanted.by is not None:
        rows = rows.filter(by=wanted.by)
    if wanted.subject is not None:
        rows = rows.filter(subject_kind=wanted.subject[0], subject_id=wanted.subject[1])
    if wanted.since is not None:
        rows = rows.filter(at__gte=wanted.since)
    if wanted.until is not None:
        rows = rows.filter(at__lt=wanted.until)
    if text := wanted.text.strip():
        asked = Q(actor__icontains=text)
        for form in {text, text.lower(), text.upper(), text.capitalize()}:
            asked |= Q(text__icontains=form)  # SQLite folds the case of ASCII letters only
        rows = rows.filter(asked)
    return rows


@dataclass(frozen=True, kw_only=True)
class Page:
    """A page of entries, newest first. `newer`/`older` are the numbers to go on from, or None."""

    entries: list[Entry]
    newer: int | None
    older: int | None


def page(
    chain: int,
    wanted: Wanted,
    *,
    before: int | None = None,
    after: int | None = None,
    limit: int = 50,
) -> Page:
    """The newest entries that answer, or those next to entry number `before` or `after`."""
    rows = found(chain, wanted)
    if after is not None:
        near = list(rows.filter(seq__gt=after).order_by("seq")[: limit + 1])
        shown = near[:limit][::-1]
        newer = shown[0].seq if len(near) > limit else None
        older = shown[-1].seq if shown and rows.filter(seq__lt=shown[-1].seq).exists() else None
        return Page(entries=shown, newer=newer, older=older)
    if before is not None:
        rows = rows.filter(seq__lt=before)
    near = list(rows[: limit + 1])
    shown = near[:limit]
    older = shown[-1].seq if len(near) > limit else None
    newer = shown[0].seq if before is not None and shown else None
    return Page(entries=shown, newer=newer, older=older)


def entry(chain: int, seq: int) -> Entry | None:
    """One entry by its number."""
    return Entry.objects.filter(chain=chain, seq=seq).first()


def writers(chain: int) -> list[int]:
    """Ids of the people who wrote anything in a chain."""
    rows = Entry.objects.filter(chain=chain, by__isnull=False).order_by()
    return list(rows.values_list("by", flat=True).distinct())


def verbs(chain: int) -> list[str]:
    """The verbs that a chain tells with, in their order."""
    rows = Entry.objects.filter(chain=chain).order_by()
    return sorted(rows.values_list("verb", flat=True).distinct())


def about(chain: int, verb: str, kind: str, subjects: Iterable[int]) -> list[Entry]:
    """What was told with that verb of these subjects, oldest first."""
    rows = Entry.objects.filter(
        chain=chain, verb=verb, subject_kind=kind, subject_id__in=list(subjects)
    )
    return list(rows.order_by("seq"))


@dataclass(frozen=True, kw_only=True)
class Verified:
    """How far a chain was re-computed: up to `seq`, whose hash is `hash`. `broken` says where not."""

    seq: int = 0
    hash: str = GENESIS
    broken: Break | None = None


def verify_on(chain: int, done: Verified, *, limit: int) -> Verified:
    """Re-compute at most `limit` entries after what is `done` already."""
    if done.broken is not None:
        return done
    seq, previous = done.seq, done.hash
    head = last_seq(chain)
    rows = since(chain, seq, limit=limit)
    for row in rows:
        reason = _fault(row, seq, previous)
        if reason:
            broken = Break(chain=chain, seq=seq + 1 if reason == "gap" else row.seq, reason=reason)
            return Verified(seq=seq, hash=previous, broken=broken)
        seq, previous = row.seq, row.hash
    if len(rows) < limit and seq < head:
        broken = Break(chain=chain, seq=seq, reason="head")
        return Verified(seq=seq, hash=previous, broken=broken)
    return Verified(seq=seq, hash=previous)


def _fault(entry: Entry, seq: int, previous: str) -> str:
    """What is wrong with the entry that should follow `seq`; empty when nothing is."""
    if entry.seq != seq + 1:
        return "gap"
    if entry.prev_hash != previous:
        return "prev_hash"
    if chain_hash(previous, hashed_content(entry)) != entry.hash:
        return "hash"
    return ""


def breaks(chain: int) -> Iterator[Break]:
    """Re-compute a chain from its first entry; yield the first place where it does not hold."""
    seq, previous = 0, GENESIS
    for row in Entry.objects.filter(chain=chain).order_by("seq").iterator(chunk_size=2000):
        if reason := _fault(row, seq, previous):
            yield Break(chain=chain, seq=seq + 1 if reason == "gap" else row.seq, reason=reason)
            return
        seq, previous = row.seq, row.hash
    head = Head.objects.filter(chain=chain).first()
    if (head.seq, head.hash) != (seq, previous) if head else seq:
        yield Break(chain=chain, seq=seq, reason="head")


def chains() -> list[int]:
    """Every chain that has an entry."""
    return list(Entry.objects.order_by().values_list("chain", flat=True).distinct())


def subjects(chain: int, after: int, upto: int, *, kind: str) -> Iterator[tuple[str, int]]:
    """(verb, subject id) of the entries in (after, upto] that speak of this kind of subject."""
    rows = Entry.objects.filter(
        chain=chain, seq__gt=after, seq__lte=upto, subject_kind=kind, subject_id__isnull=False
    )
    for verb, subject in rows.order_by("seq").values_list("verb", "subject_id"):
        if subject is not None:
            yield verb, subject


def lock_head(chain: int) -> int:
    """Hold the chain's end until the transaction ends; returns its `seq`. Nothing journaled can
    commit meanwhile, so what is read now is the state "as of entry seq"."""
    head = Head.objects.select_for_update().filter(chain=chain).first()
    return head.seq if head else 0


def entry_at(chain: int, at: datetime) -> int:
    """The last entry written until that moment, 0 before the first: all entries up to it were. What
    comes after an entry of later than `at` is later too, whatever the clock said."""
    rows = Entry.objects.filter(chain=chain)
    first_after = rows.filter(at__gt=at).order_by("seq").values_list("seq", flat=True).first()
    return last_seq(chain) if first_after is None else first_after - 1
