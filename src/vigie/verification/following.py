"""Keeping claims live: what arrives is recognised, and how far each claim went is counted again.

A pass reads what the journal tells since the last one. New posts are compared with the claims of the
operation: sure ones (`SAME`) are linked, likely ones (`SUGGEST`) proposed for a person to confirm or
refuse; what a person refused is never proposed again. The comparing is done outside the transaction;
the links, the counts, the entries and the cursor are written together under the cursor's lock, by
one worker at a time. Whoever is killed in between has done nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q, QuerySet

from vigie.analysis.claims import MODEL, SAME, SUGGEST, Gate
from vigie.journal import queries as journal
from vigie.journal.models import Entry
from vigie.operations.access import machine_desk
from vigie.operations.models import OPEN_PHASES, Operation
from vigie.triage.models import Lead
from vigie.verification import nearby
from vigie.verification.decide import stance_of
from vigie.verification.models import Claim, ClaimPost, Follower
from vigie.verification.spread import measure_all

log = logging.getLogger(__name__)

ENTRIES: Final = 300
"""Entries read in one pass."""
DECAYS: Final = timedelta(minutes=1)
"""How old the count of a claim that grew in the last hour may become: it slows down by itself."""
PAST: Final = 3_000
"""The latest posts among which those are looked for that repeat a claim just written down."""
CLOSELY: Final = 60
"""How many of them, the latest, are looked at closely (a tenth of a second each)."""
NEAREST: Final = 3
"""Claims that one post may be proposed for."""

ARRIVED: Final = "posts.arrived"
CHANGED: Final = ("post.edited", "post.deleted", "lead.folded", "lead.unfolded", "gesture.undone")
WORDED: Final = ("claim.opened", "claim.split")


@dataclass(frozen=True, kw_only=True)
class Match:
    claim: int
    lead: int
    score: float
    stance: str


@dataclass(kw_only=True)
class Look:
    """What a pass found before it writes."""

    seq: int
    upto: int
    matches: list[Match] = field(default_factory=list)
    heads: set[int] = field(default_factory=set)
    """Posts whose copies or text changed."""


def waiting(*, now: datetime) -> list[int]:
    """The open operations that have a claim and something to look at, in three queries."""
    with_claims = list(
        Claim.objects.filter(operation__phase__in=OPEN_PHASES)
        .order_by()
        .values_list("operation", flat=True)
        .distinct()
    )
    if not with_claims:
        return []
    heads = journal.last_seqs(with_claims)
    cursors = dict(Follower.objects.filter(operation__in=with_claims).values_list("pk", "seq"))
    slowing = set(
        _slowing(now).filter(operation__in=with_claims).values_list("operation", flat=True)
    )
    return [
        pk for pk in with_claims
        if pk not in cursors or heads.get(pk, 0) > cursors[pk] or pk in slowing
    ]  # fmt: skip


def run_all(*, now: datetime) -> bool:
    """A pass over every operation that has something to look at; whether there is more."""
    more = False
    for operation in waiting(now=now):
        try:
            more = run(operation, now=now) or more
        except Exception:
            log.exception("claims of operation %s could not be followed; trying again", operation)
    return more


def run(operation: int, *, now: datetime) -> bool:
    """One pass; whether entries are left for the next."""
    seq = Follower.objects.filter(pk=operation).values_list("seq", flat=True).first()
    if seq is None:
        first = Entry.objects.filter(chain=operation, verb="claim.opened").order_by("seq").first()
        begin = Follower(operation_id=operation, seq=first.seq - 1 if first else 0)
        Follower.objects.bulk_create([begin], ignore_conflicts=True)
        seq = begin.seq
    entries = journal.since(operation, seq, limit=ENTRIES)
    look = Look(seq=seq, upto=entries[-1].seq if entries else seq)
    if entries:
        _look(operation, entries, look)
    _write(operation, look, now=now)
    return len(entries) == ENTRIES


# -- looking -----------------------------------------------------------------------------------


def _look(operation: int, entries: Sequence[Entry], look: Look) -> None:
    spans = [
        (int(a), int(b))
        for entry in entries
        if entry.verb == ARRIVED
        for a, b in entry.data.get("spans", ())
    ]
    if spans:
        times = {entry.at for entry in entries if entry.verb == ARRIVED}
        came = Lead.objects.filter(
            operation=operation, arrived_at__in=times,
            pk__gte=min(a for a, _ in spans), pk__lte=max(b for _, b in spans),
        )  # fmt: skip
        look.heads.update(
            pk
            for pk in came.filter(folded_into__isnull=False)
            .values_list("folded_into", flat=True)
            .distinct()
            if pk is not None
        )
        look.matches += _matches(operation, came.filter(folded_into__isnull=True))
    changed = {
        int(lead)
        for entry in entries
        if entry.verb in CHANGED
        for lead in entry.data.get("leads", ())
    }
    edited = {
        int(lead)
        for entry in entries
        if entry.verb == "post.edited"
        for lead in entry.data.get("leads", ())
    }
    look.heads |= changed
    if changed:
        folded = Lead.objects.filter(pk__in=changed, folded_into__isnull=False)
        look.heads.update(
            pk for pk in folded.values_list("folded_into", flat=True) if pk is not None
        )
    if edited:
        look.matches += _matches(
            operation, Lead.objects.filter(pk__in=edited, folded_into__isnull=True)
        )
    worded = [
        entry.subject_id
        for entry in entries
        if entry.subject_id is not None
        and (entry.verb in WORDED
             or (entry.verb == "claim.edited" and "wording" in entry.data.get("fields", ())))
    ]  # fmt: skip
    if worded:
        look.matches += _past(operation, worded)


def _matches(operation: int, leads: QuerySet[Lead]) -> list[Match]:
    """Which claims these posts repeat: a glance at all, a close look at the few that pass."""
    held = nearby.of_operation(operation)
    held.refresh(at_once=True)
    if not held.texts:
        return []
    found = []
    rows = leads.values_list("pk", "post__text", "post__tokens", "post__language")
    for pk, text, tokens, language in rows:
        if text and (ids := held.passing(tokens.split(), language)):
            found += _judged(held, pk, text, ids)
    return found


def _judged(held: nearby.Holder, lead: int, text: str, ids: Sequence[str]) -> list[Match]:
    stance = stance_of(text)
    return [
        Match(claim=int(near.id[1:]), lead=lead, score=near.score, stance=stance)
        for near in held.index.judged(text, ids)[:NEAREST]
        if near.score >= SUGGEST
    ]


def _past(operation: int, claims: Iterable[int]) -> list[Match]:
    """Which of the latest posts repeat claims that were just written down."""
    held = nearby.of_operation(operation)
    held.refresh(at_once=True)
    wanted = [held.texts[pk] for pk in claims if pk in held.texts]
    if not wanted:
        return []
    gate = Gate(wanted)
    rows = (
        Lead.objects.filter(operation=operation, folded_into__isnull=True, post__deleted_at=None)
        .order_by("-pk")
        .values_list("pk", "post__tokens", "post__language")[:PAST]
    )
    passed = {
        pk: ids
        for pk, tokens, language in rows
        if (ids := gate.passing(tokens.split(), language or None))
    }
    closely = dict(list(passed.items())[:CLOSELY])
    texts = Lead.objects.filter(pk__in=closely).values_list("pk", "post__text")
    return [match for pk, text in texts for match in _judged(held, pk, text, closely[pk])]


# -- writing -----------------------------------------------------------------------------------


def _write(operation: int, look: Look, *, now: datetime) -> None:
    with transaction.atomic():
        cursor = (
            Follower.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(pk=operation)
            .first()
        )
        if cursor is None or cursor.seq != look.seq:
            return  # another worker was quicker
        fresh = _link(look.matches, now=now)
        claims = _touched(operation, look, fresh, now=now)
        changed = measure_all(claims, now=now) if claims else []
        _tell(operation, fresh, changed, now=now)
        cursor.seq = look.upto
        cursor.save(update_fields=["seq"])


def _link(matches: Sequence[Match], *, now: datetime) -> list[Match]:
    """Those that are new, written. A pair that stands already, refused ones too, is left alone."""
    if not matches:
        return []
    claims = {match.claim for match in matches}
    alive = set(
        Claim.objects.filter(pk__in=claims, merged_into__isnull=True).values_list("pk", flat=True)
    )
    known = set(
        ClaimPost.objects.filter(
            Q(claim__in=claims) | Q(origin__in=claims), lead__in={match.lead for match in matches}
        ).values_list("claim", "lead")
    )
    fresh = {
        (match.claim, match.lead): match
        for match in matches
        if match.claim in alive and (match.claim, match.lead) not in known
    }
    ClaimPost.objects.bulk_create(
        ClaimPost(
            claim_id=match.claim, lead_id=match.lead, stance=match.stance, score=match.score,
            model=MODEL, at=now,
        )
        for match in fresh.values()
    )  # fmt: skip
    return list(fresh.values())


def _touched(operation: int, look: Look, fresh: Iterable[Match], *, now: datetime) -> list[Claim]:
    ids = {match.claim for match in fresh if match.score >= SAME}
    if look.heads:
        ids.update(
            ClaimPost.objects.filter(lead__in=look.heads, claim__operation=operation).values_list(
                "claim", flat=True
            )
        )
    ids.update(_slowing(now).filter(operation=operation).values_list("pk", flat=True))
    return list(Claim.objects.filter(pk__in=ids, merged_into__isnull=True).defer("vector"))


def _slowing(now: datetime) -> QuerySet[Claim]:
    """Claims that grew in the hour before they were counted, which was a while ago."""
    return Claim.objects.filter(
        merged_into__isnull=True, growth_per_h__gt=0, spread_as_of__lt=now - DECAYS
    ).order_by()


def _tell(
    operation: int, fresh: Sequence[Match], changed: Sequence[Claim], *, now: datetime
) -> None:
    """One entry for what was found and one for what grew; none when nothing did."""
    if not fresh and not changed:
        return
    by = machine_desk(Operation.objects.get(pk=operation), "claims")
    found: dict[int, list[Match]] = {}
    for match in fresh:
        found.setdefault(match.claim, []).append(match)
    numbers = dict(Claim.objects.filter(pk__in=found).values_list("pk", "number"))
    spread = {each.pk: [each.pk, each.number, each.posts, each.harm] for each in changed}
    for claim, matches in sorted(found.items()):
        leads = [match.lead for match in matches]
        by.record(
            "claim.posts_found",
            now=now,
            subject=("claim", claim),
            data={
                "number": numbers[claim],
                "leads": leads[:100],
                "sure": sum(match.score >= SAME for match in matches),
                "posts": len(leads),
                "grown": [spread[claim]] if claim in spread else [],
            },
            touches=[f"claim:{claim}", "claims", *(f"lead:{pk}" for pk in leads[:100])],
        )
    grown = [each for each in changed if each.pk not in found]
    if grown:
        by.record(
            "claims.measured",
            now=now,
            data={"grown": [spread[each.pk] for each in grown]},
            touches=["claims", *(f"claim:{each.pk}" for each in grown)],
        )
