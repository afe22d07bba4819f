"""Changing what is written of a claim; nobody's work is lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from vigie.accounts.roles import Right
from vigie.kernel.text import clean, clean_line
from vigie.operations.access import Desk
from vigie.triage.decide_incidents import Clash, resolve
from vigie.triage.vocabulary import CATEGORIES
from vigie.verification.actions._claims import (
    EDITABLE,
    FieldRefused,
    locked,
    plain,
    touches,
    write,
)
from vigie.verification.actions.claims import DETAILS_LIMIT, worded
from vigie.verification.decide import HARMS, UNSETTLED
from vigie.verification.jobs import encode_claims
from vigie.verification.models import Claim
from vigie.verification.models.claims import RELIABILITY
from vigie.verification.spread import weigh

PLACE_LIMIT = 200
AGREED_ON = ("wording", "reliability", "credibility")
"""What two people agree on: it stays as it is once a verdict is proposed, until checked again."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of an edit. `clashes` are fields somebody else had changed meanwhile: they keep the
    other's value until the person decides (by sending again with `claim.version` as base)."""

    claim: Claim
    applied: tuple[str, ...]
    clashes: tuple[Clash, ...] = ()


def edit_claim(
    *, claim: Claim, version: int, changes: Mapping[str, Any], by: Desk, now: datetime
) -> Outcome:
    """Write the fields a person changed, who had read the claim at `version`.

    `changes` maps fields of `EDITABLE` to values. Raises FieldRefused, ClaimMerged, ClaimNotHere.
    """
    by.require(Right.OPEN_CLAIMS)
    if {"reliability", "credibility"} & changes.keys():
        by.require(Right.CHECK_CLAIMS)
    return _change(claim, changes, version=version, verb="claim.edited", by=by, now=now)


def rate_claim(
    *,
    claim: Claim,
    by: Desk,
    now: datetime,
    reliability: str | None = None,
    credibility: int | None = None,
) -> Outcome:
    """Rate the source (A–F), what it says (1–6), or both; the axes are independent."""
    by.require(Right.CHECK_CLAIMS)
    given = {"reliability": reliability, "credibility": credibility}
    changes = {field: value for field, value in given.items() if value is not None}
    return _change(claim, changes, version=None, verb="claim.rated", by=by, now=now)


def _change(
    claim: Claim,
    changes: Mapping[str, Any],
    *,
    version: int | None,
    verb: str,
    by: Desk,
    now: datetime,
) -> Outcome:
    wanted = {field: _checked(field, value) for field, value in changes.items()}
    with transaction.atomic():
        claim = locked(claim, by)
        before = plain(claim)
        since = (
            claim.revisions.filter(version__gt=version)
            .order_by("version")
            .values_list("changes", flat=True)
            if version is not None
            else ()
        )
        settled = resolve(
            wanted=wanted, current=before, since=[_fields(each) for each in since], together=()
        )
        if settled.apply:
            if claim.state not in ("detected", "assigned", "checking"):
                for field in AGREED_ON:
                    if field in settled.apply:
                        raise FieldRefused(field, "settled")
            write(claim, settled.apply, by=by, now=now)
            if "harm" in settled.apply:
                weigh(claim)
            if "wording" in settled.apply:
                encode_claims.enqueue([claim.pk])
            by.record(
                verb,
                now=now,
                subject=("claim", claim.pk),
                data={
                    "number": claim.number,
                    "version": claim.version,
                    "fields": sorted(settled.apply),
                    "changes": {
                        field: [before[field], value]
                        for field, value in settled.apply.items()
                        if field in _TOLD
                    },
                },
                touches=touches(claim, *posts_of(claim, settled.apply)),
            )
    return Outcome(claim=claim, applied=tuple(sorted(settled.apply)), clashes=settled.clashes)


def posts_of(claim: Claim, applied: Mapping[str, Any]) -> list[str]:
    """The lines of the board that show this claim's mark, when what they show changed."""
    if "wording" not in applied or claim.state in UNSETTLED:
        return []
    return [f"lead:{pk}" for pk in claim.made_of.values_list("lead", flat=True)[:100]]


_TOLD = frozenset({"reliability", "credibility", "harm", "category"})
"""Fields whose values stand in the journal; free text may name a person."""


def _fields(changes: Mapping[str, Any]) -> dict[str, Any]:
    """A revision without its notes (posts, merged …), which are no editable fields."""
    return {field: pair for field, pair in changes.items() if field in EDITABLE}


def _checked(field: str, value: Any) -> Any:
    if field == "wording":
        return worded(str(value or ""))
    if field == "details":
        text = clean(str(value or "")).strip()
        if len(text) > DETAILS_LIMIT:
            raise FieldRefused(field, "too_long")
        return text
    if field == "place_name":
        line = clean_line(str(value or ""), limit=10 * PLACE_LIMIT)
        if len(line) > PLACE_LIMIT:
            raise FieldRefused(field, "too_long")
        return line
    allowed = _VALUES.get(field)
    if allowed is None and field not in ("language", "place_code"):
        raise FieldRefused(field, "unknown")
    if allowed is not None and value not in allowed:
        raise FieldRefused(field, "out_of_range")
    if allowed is None:
        return clean_line(str(value or ""), limit=8 if field == "language" else 5)
    return value


_VALUES: Mapping[str, frozenset[Any]] = {
    "harm": frozenset(HARMS),
    "category": frozenset({"", *CATEGORIES}),
    "reliability": frozenset(RELIABILITY),
    "credibility": frozenset(range(1, 7)),
}
