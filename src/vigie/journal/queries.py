"""Reading the journal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db.models import QuerySet

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


@dataclass(frozen=True, kw_only=True)
class Break:
    """Where a chain does not hold. `reason`: gap, prev_hash, hash or head."""

    chain: int
    seq: int
    reason: str


def breaks(chain: int) -> Iterator[Break]:
    """Re-compute a chain from its first entry; yield the first place where it does not hold."""
    seq, previous = 0, GENESIS
    for entry in Entry.objects.filter(chain=chain).order_by("seq").iterator(chunk_size=2000):
        if entry.seq != seq + 1:
            yield Break(chain=chain, seq=seq + 1, reason="gap")
            return
        if entry.prev_hash != previous:
            yield Break(chain=chain, seq=entry.seq, reason="prev_hash")
            return
        if chain_hash(previous, hashed_content(entry)) != entry.hash:
            yield Break(chain=chain, seq=entry.seq, reason="hash")
            return
        seq, previous = entry.seq, entry.hash
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
