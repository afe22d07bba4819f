"""Official measures in a situation report: read as of an entry, laid out as tables.

Rivers, colours and roads come from `collection.indicators`; a value that cannot be called current is
never written as if it were.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from vigie.collection.indicators import queries, words
from vigie.collection.indicators.queries import COLOURED, Standing
from vigie.journal import queries as journal
from vigie.operations.access import machine_desk
from vigie.operations.models import Operation
from vigie.reporting.content import MeasureLine

MOST: Final = 60
"""Lines of one table: a report is read on a sheet."""
ORANGE: Final = 3
CALM: Final = ("", "ended", "open", "normal", "unknown")


def measures(
    operation: Operation, *, since_seq: int, as_of_seq: int, period: tuple[datetime, datetime]
) -> tuple[MeasureLine, ...]:
    """How each followed measure stands, worst first. Runs under the journal's lock."""
    start, end = period
    told = {
        subject
        for verb, subject in journal.subjects(operation.pk, since_seq, as_of_seq, kind="indicator")
        if verb in _HAPPENINGS
    }
    standings = queries.followed(
        machine_desk(operation, "report"), now=end,
        history=max(end - start, queries.HISTORY), over=True,
    )  # fmt: skip
    lines = (_line(each, told=told, start=start) for each in standings)
    return tuple(line for line in lines if line.standing != "over" or line.news)


_HAPPENINGS: Final = frozenset(
    f"indicator.{what}" for what in ("threshold", "rising", "colour", "state", "silent")
)


def _line(each: Standing, *, told: set[int], start: datetime) -> MeasureLine:
    indicator, latest = each.indicator, each.latest
    return MeasureLine(
        id=indicator.pk, kind=indicator.kind, name=indicator.name, unit=indicator.unit,
        standing=each.standing, event=indicator.event,
        authority=indicator.authority or each.source_name,
        observed_at=latest.observed_at if latest else None, age_s=each.age_s,
        value=latest.value if latest else None, level=latest.level if latest else None,
        before=_before(each, start), state=latest.state if latest else "",
        slope=each.slope,
        passed=(each.passed.name, each.passed.value) if each.passed and each.is_current else None,
        next=(each.crossing.name, each.crossing.value) if each.crossing else None,
        until=latest.valid_until if latest else None,
        news=indicator.pk in told,
    )  # fmt: skip


def _before(each: Standing, start: datetime) -> int | None:
    """The last colour known before the period began, when it is another than now's."""
    if each.latest is None or each.latest.level is None:
        return None
    earlier = [p.level for p in each.points if p.at <= start and p.level is not None]
    return earlier[-1] if earlier and earlier[-1] != each.latest.level else None


# -- laid out ----------------------------------------------------------------------------------

Row = tuple[str, ...]
Made = tuple[str, Row, tuple[Row, ...], tuple[float, ...]]
"""(caption, head, rows, widths) of a table."""


def tables(lines: Sequence[MeasureLine], hour: Callable[[datetime], str]) -> Iterator[Made]:
    """The tables of these lines, in the language that is active; `hour` writes a moment."""
    colours = [line for line in lines if line.kind in COLOURED]
    events = [line for line in lines if line.event and line not in colours]
    others = [line for line in lines if line not in colours and line not in events]
    if colours:
        yield (
            _("Official vigilance"),
            (_("Subject"), _("Colour"), _("Measured at (age)"), _("Authority")),
            _cut(
                [
                    (line.name + _mark(line), _colour(line), _age(line, hour), line.authority)
                    for line in colours
                ]
            ),
            (4, 3, 2.4, 2.6),
        )
    if others:
        yield (
            _("Levels and flows"),
            (_("Station"), _("Value"), _("Slope"), _("Thresholds"), _("Measured at (age)")),
            _cut(
                [
                    (
                        line.name + _mark(line),
                        _said(line),
                        _slope(line),
                        _thresholds(line),
                        _age(line, hour),
                    )
                    for line in others
                ]
            ),
            (3.6, 2.4, 1.6, 3.6, 2.2),
        )
    if events:
        yield (
            _("Roads and warnings"),
            (_("What"), _("State"), _("Until"), _("Measured at (age)")),
            _cut(
                [
                    (
                        line.name + _mark(line),
                        _said(line),
                        hour(line.until) if line.until else "–",
                        _age(line, hour),
                    )
                    for line in events
                ]
            ),
            (5, 2.6, 1.8, 2.4),
        )


def essential(lines: Sequence[MeasureLine]) -> str:
    """What of it belongs to the essential, "" when nothing does."""
    found = [
        f"{line.name} ({words.colour(line.level)})"
        for line in lines
        if line.standing == "current" and line.level is not None and line.level >= ORANGE
    ]
    found += [
        _("%(name)s at %(value)s, above “%(threshold)s”")
        % {
            "name": line.name,
            "value": words.figure(line.value, line.unit),
            "threshold": line.passed[0],
        }
        for line in lines
        if line.passed is not None and line.value is not None
    ]
    found += [
        f"{line.name} ({words.state(line.state)})"
        for line in lines
        if line.event and line.standing == "current" and line.state not in CALM and not line.level
    ][:5]
    said = [_("Official measures: %(list)s.") % {"list": " ; ".join(found)}] if found else []
    late = sum(line.standing in ("late", "none") for line in lines)
    if late:
        said.append(_("Without current data: %(n)d of %(all)d.") % {"n": late, "all": len(lines)})
    return " ".join(said)


def _said(line: MeasureLine) -> str:
    """Its value as it may be said: what is old is called old, what is absent no data."""
    said = words.said(value=line.value, level=line.level, state_code=line.state, unit=line.unit)
    match line.standing:
        case "current":
            return said
        case "over":
            return pgettext("event", "over")
        case "late":
            return _("no current data (last: %(said)s)") % {"said": said}
        case _:
            return _("no data")


def _colour(line: MeasureLine) -> str:
    said = _said(line)
    if line.standing == "current" and line.before is not None:
        return _("%(now)s (was %(before)s)") % {"now": said, "before": words.colour(line.before)}
    return said


def _slope(line: MeasureLine) -> str:
    return "–" if line.slope is None else words.pace(line.slope, line.unit)


def _thresholds(line: MeasureLine) -> str:
    if line.standing != "current":
        return "–"
    found = []
    if line.passed is not None:
        name, value = line.passed
        found.append(
            _("above “%(name)s” (%(value)s)")
            % {"name": name, "value": words.figure(value, line.unit)}
        )
    if line.next is not None:
        name, value = line.next
        found.append(
            _("next: %(name)s (%(value)s)")
            % {"name": name, "value": words.figure(value, line.unit)}
        )
    return ", ".join(found) or "–"


def _age(line: MeasureLine, hour: Callable[[datetime], str]) -> str:
    if line.observed_at is None or line.age_s is None:
        return "–"
    minutes = line.age_s // 60
    if minutes < 90:
        age = _("%(n)d min") % {"n": minutes}
    elif minutes < 48 * 60:
        age = _("%(n)d h") % {"n": minutes // 60}
    else:
        age = _("%(n)d days") % {"n": minutes // 1440}
    return f"{hour(line.observed_at)} ({age})"


def _mark(line: MeasureLine) -> str:
    return " [" + _("updated") + "]" if line.news else ""


def _cut(rows: list[Row]) -> tuple[Row, ...]:
    if len(rows) <= MOST:
        return tuple(rows)
    rest = _("and %(n)d more, on the panel") % {"n": len(rows) - MOST}
    return (*rows[:MOST], (rest, *("" for _cell in rows[0][1:])))
