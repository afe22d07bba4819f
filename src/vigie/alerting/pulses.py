"""The past of each watch: posts in spans of five minutes, and what of now stands out of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from vigie.alerting.kinds import Burst
from vigie.alerting.models import Pulse
from vigie.analysis import bursts
from vigie.analysis.bursts import Verdict

SPAN: Final = timedelta(minutes=5)
DAYS: Final = 7
"""Days whose same hour is compared with."""
HOURS: Final = 6
"""Hours before now that are compared with."""
AROUND: Final = timedelta(minutes=45)
"""Around the same hour of another day."""
KEPT: Final = timedelta(days=DAYS + 1)


def span_of(moment: datetime) -> datetime:
    """The beginning of the five minutes a moment lies in."""
    return moment.replace(minute=moment.minute - moment.minute % 5, second=0, microsecond=0)


def add(hits: Mapping[tuple[int, datetime], int]) -> None:
    """Add hits by (watch, span). The caller holds the operation's cursor: nobody else adds to these.

    Two queries however many there are, and one more for watches that were deleted meanwhile.
    """
    if not hits:
        return
    watches = {watch for watch, _ in hits}
    spans = {span for _, span in hits}
    kept = {
        (row.watch_id, row.at): row.hits
        for row in Pulse.objects.filter(watch__in=watches, at__in=spans)
    }
    Pulse.objects.bulk_create(
        [
            Pulse(watch_id=watch, at=span, hits=number + kept.get((watch, span), 0))
            for (watch, span), number in sorted(hits.items())
        ],
        update_conflicts=True,
        unique_fields=["watch", "at"],
        update_fields=["hits"],
    )


def forget(*, now: datetime) -> int:
    """Delete what is past being compared with; how many rows."""
    return Pulse.objects.filter(at__lt=span_of(now) - KEPT).delete()[0]


def verdicts(watches: Sequence[int], asked: Burst, *, now: datetime) -> dict[int, Verdict]:
    """Watch → what its posts of the last `window_s` are against its past.

    Watches with fewer posts than the rule asks for are left out, and their past is not read.
    """
    width = max(1, asked.window_s // int(SPAN.total_seconds()))
    first = span_of(now) - SPAN * (width - 1)
    recent = Pulse.objects.filter(watch__in=watches, at__gte=first)
    counts: dict[int, int] = {}
    for watch, hits in recent.values_list("watch_id", "hits"):
        counts[watch] = counts.get(watch, 0) + hits
    loud = {watch: n for watch, n in counts.items() if n >= asked.at_least}
    if not loud:
        return {}
    past: dict[int, dict[datetime, int]] = {watch: {} for watch in loud}
    rows = Pulse.objects.filter(
        watch__in=loud, at__lt=first, at__gte=first - timedelta(days=DAYS + 1)
    )
    for watch, at, hits in rows.values_list("watch_id", "at", "hits"):
        past[watch][at] = hits
    alpha = bursts.SENSITIVITY[asked.sensitivity]
    return {
        watch: bursts.judge(
            number, windows(past[watch], first=first, width=width), at_least=asked.at_least,
            alpha=alpha,
        )
        for watch, number in loud.items()
    }  # fmt: skip


def history(
    watches: Sequence[int], asked: Burst, *, since: datetime, now: datetime
) -> Iterator[tuple[int, datetime, Verdict]]:
    """(watch, moment, verdict) of each burst since then, looked for at the end of each span."""
    width = max(1, asked.window_s // int(SPAN.total_seconds()))
    counts: dict[int, dict[datetime, int]] = {}
    rows = Pulse.objects.filter(watch__in=watches, at__gte=since - timedelta(days=DAYS + 1))
    for watch, at, hits in rows.values_list("watch_id", "at", "hits"):
        counts.setdefault(watch, {})[at] = hits
    alpha = bursts.SENSITIVITY[asked.sensitivity]
    for watch, past in counts.items():
        for last in sorted(past):
            first = last - SPAN * (width - 1)
            number = sum(past.get(first + SPAN * k, 0) for k in range(width))
            if last < since or number < asked.at_least:
                continue
            before = {at: hits for at, hits in past.items() if at < first}
            verdict = bursts.judge(
                number, windows(before, first=first, width=width), at_least=asked.at_least,
                alpha=alpha,
            )  # fmt: skip
            if verdict.is_burst:
                yield watch, min(last + SPAN, now), verdict


def windows(
    past: Mapping[datetime, int], *, first: datetime, width: int
) -> tuple[list[int], list[int]]:
    """(the windows of the last hours, those around the same hour of the last days), pure.

    `past` has the spans with posts in them; `first` is where the window judged begins. A watch's
    past begins with its first post: before, there is no zero, there is nothing.
    """
    if not past:
        return [], []
    begins = min(past)
    length = SPAN * width

    def counted(start: datetime) -> int:
        return sum(past.get(start + SPAN * k, 0) for k in range(width))

    def before(end: datetime, since: datetime) -> Iterable[datetime]:
        start = end - length
        while start >= max(since, begins):
            yield start
            start -= length

    hours = [counted(start) for start in before(first, first - timedelta(hours=HOURS))]
    days = [
        counted(start)
        for back in range(1, DAYS + 1)
        for start in before(
            first - timedelta(days=back) + AROUND + length, first - timedelta(days=back) - AROUND
        )
        if start + length <= first
    ]
    return hours, days
