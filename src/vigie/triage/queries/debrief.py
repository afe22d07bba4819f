"""How the team met the right answers of an exercise: what was kept, how soon, what was missed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from django.db.models import Min

from vigie.accounts.roles import Right
from vigie.contracts.exercises import Expected
from vigie.contracts.findings import URGENCY_LEVELS
from vigie.operations.access import Desk
from vigie.triage.models import Annotation, Lead

GRAVE = URGENCY_LEVELS.index("high")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One post of the scenario and what the team made of it.

    `lead` is None when no watch answered to it. `first_touch` is when a person first stated
    anything of it; `seconds` how long after its arrival that was.
    """

    expected: Expected
    urgency: int
    lead: Lead | None
    first_touch: datetime | None

    @property
    def grave(self) -> bool:
        return self.urgency >= GRAVE

    @property
    def seconds(self) -> float | None:
        if self.lead is None or self.first_touch is None:
            return None
        return max(0.0, (self.first_touch - self.lead.arrived_at).total_seconds())

    @property
    def handled(self) -> bool:
        """Kept, or folded into one that is."""
        if self.lead is None:
            return False
        return (self.lead.folded_into or self.lead).state == "kept"


@dataclass(frozen=True, kw_only=True)
class Debrief:
    """`grave` posts are those of urgency high or critical in truth; `median_s` is the time from
    arrival to the first gesture on them, None when nobody touched any."""

    outcomes: tuple[Outcome, ...]
    grave: int
    grave_handled: int
    grave_unmatched: int
    noise: int
    noise_kept: int
    median_s: float | None


def debrief(by: Desk, *, source: int, expected: Iterable[Expected]) -> Debrief:
    """Compare. Raises NotAllowed: the trainer's eyes only."""
    by.require(Right.RUN_EXERCISE)
    wanted = {one.remote_id: one for one in expected}
    leads = {
        lead.post.remote_id: lead
        for lead in Lead.objects.filter(operation=by.operation, post__source=source).select_related(
            "post"
        )
        if lead.post.remote_id in wanted
    }
    touched: dict[int, datetime] = dict(
        Annotation.objects.filter(lead__in=[row.pk for row in leads.values()], by__isnull=False)
        .values_list("lead")
        .annotate(first=Min("at"))
    )
    outcomes = tuple(
        Outcome(
            expected=one,
            urgency=URGENCY_LEVELS.index(one.truth.urgency),
            lead=(lead := leads.get(remote_id)),
            first_touch=touched.get(lead.pk) if lead else None,
        )
        for remote_id, one in wanted.items()
    )
    grave = [one for one in outcomes if one.grave]
    noise = [one for one in outcomes if one.urgency == 0]
    delays = [one.seconds for one in grave if one.seconds is not None]
    return Debrief(
        outcomes=outcomes,
        grave=len(grave),
        grave_handled=sum(one.handled for one in grave),
        grave_unmatched=sum(one.lead is None for one in grave),
        noise=len(noise),
        noise_kept=sum(one.lead is not None and one.lead.state == "kept" for one in noise),
        median_s=median(delays) if delays else None,
    )
