"""What a batch tells the operations: one journal entry each of what arrived, changed, went away."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from vigie.journal import actions as journal
from vigie.journal.actions import Line
from vigie.triage.arrivals import Told

NAMED: Final = 100
"""Lines named one by one in an entry's touches; screens read more than that afresh anyway."""


def merge(told: dict[int, Told], more: Mapping[int, Told]) -> None:
    """Add `more` to what is told already."""
    for operation, new in more.items():
        old = told.setdefault(operation, Told())
        old.leads += new.leads
        old.copies += new.copies
        old.grown += new.grown
        old.edited += new.edited
        old.spans += new.spans
        for watch, hits in new.hits.items():
            old.hits[watch] = old.hits.get(watch, 0) + hits


def tell(
    told: Mapping[int, Told],
    emptied: Mapping[int, list[int]],
    *,
    source: int,
    now: datetime,
) -> list[tuple[int, int]]:
    """Write the entries, operation by operation in one order; (operation, number) of each."""
    lines: list[Line] = []
    for operation in sorted(told.keys() | emptied.keys()):
        found = told.get(operation, Told())
        if found.leads or found.copies:
            lines.append(Line(
                chain=operation, verb="posts.arrived",
                data={
                    "source": source,
                    "leads": found.leads,
                    "copies": found.copies,
                    "watches": {str(watch): hits for watch, hits in sorted(found.hits.items())},
                    "spans": found.spans,
                },
                touches=[
                    *(f"watch:{watch}" for watch in sorted(found.hits)), *_words(found.grown),
                ],
            ))  # fmt: skip
        for verb, leads in (
            ("post.edited", found.edited),
            ("post.deleted", emptied.get(operation, [])),
        ):
            if leads:
                lines.append(Line(
                    chain=operation, verb=verb,
                    data={"source": source, "leads": leads[:NAMED], "number": len(leads)},
                    touches=_words(leads),
                    subject=("lead", leads[0]) if len(leads) == 1 else None,
                ))  # fmt: skip
    return journal.write_all(lines, actor="collect", now=now)


def _words(leads: list[int]) -> list[str]:
    return [f"lead:{lead}" for lead in leads[:NAMED]]
