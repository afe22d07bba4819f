"""Claims in a situation report: read as of an entry, laid out as a table."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from vigie.journal import queries as journal
from vigie.operations.access import machine_desk
from vigie.operations.models import Operation
from vigie.reporting.content import ClaimLine
from vigie.verification.decide import PUBLIC, UNSETTLED
from vigie.verification.queries.claims import claims_of
from vigie.verification.vocabulary import CLAIM_STATES, VERDICTS

MOST: Final = 40
"""Lines: a report is read on a sheet."""
QUIET: Final = ("claim.posts_found", "claim.check_answered", "claim.taken", "claim.released")
"""What makes no news of a claim."""


def claims(operation: Operation, *, since_seq: int, as_of_seq: int) -> tuple[ClaimLine, ...]:
    """How each claim stands, open ones first, the most pressing first. Runs under the journal's
    lock."""
    opened: set[int] = set()
    changed: set[int] = set()
    for verb, subject in journal.subjects(operation.pk, since_seq, as_of_seq, kind="claim"):
        if verb in ("claim.opened", "claim.split"):
            opened.add(subject)
        elif verb not in QUIET:
            changed.add(subject)
    rows = list(claims_of(machine_desk(operation, "report")).defer("vector")[: 5 * MOST])
    rows.sort(key=lambda row: row.state not in UNSETTLED)  # stable: pressing first within each
    return tuple(
        ClaimLine(
            id=row.pk, number=row.number, wording=row.wording, state=row.state,
            verdict="" if row.state == "withdrawn" else row.verdict, harm=row.harm,
            posts=row.posts, accounts=row.accounts, growth_per_h=row.growth_per_h,
            reach=row.reach, first_seen_at=row.first_seen_at,
            public=row.state in PUBLIC and row.state != "withdrawn",
            news="new" if row.pk in opened else "changed" if row.pk in changed else "",
        )
        for row in rows[:MOST]
    )  # fmt: skip


def rows(
    lines: tuple[ClaimLine, ...], hour: Callable[[datetime], str]
) -> tuple[tuple[str, ...], ...]:
    """The lines of the table: number, wording, verdict or state, spread, first seen."""
    return tuple(
        (
            str(line.number),
            line.wording + _news(line.news),
            verdict_words(line),
            spread_words(line),
            hour(line.first_seen_at) if line.first_seen_at else "–",
        )
        for line in lines
    )


def _news(news: str) -> str:
    word = {"new": pgettext("claim", "new"), "changed": pgettext("claim", "updated")}.get(news)
    return f" [{word}]" if word else ""


def verdict_words(line: ClaimLine) -> str:
    """The verdict, and whether the public reads it; the state before."""
    if not line.verdict:
        return str(CLAIM_STATES[line.state].label)
    word = str(VERDICTS[line.verdict].label)
    return word + " (" + pgettext("claim", "published") + ")" if line.public else word


def spread_words(line: ClaimLine) -> str:
    told = ngettext("%(n)d post", "%(n)d posts", line.posts) % {"n": line.posts}
    if line.growth_per_h:
        told += _(", %(n)d in the last hour") % {"n": int(line.growth_per_h)}
    return told


def summary(lines: tuple[ClaimLine, ...]) -> str:
    """One sentence for the part people write; empty without claims."""
    if not lines:
        return ""
    waiting = sum(not line.verdict for line in lines)
    return _("Claims: %(n)d, of which %(open)d without a verdict.") % {
        "n": len(lines), "open": waiting,
    }  # fmt: skip
