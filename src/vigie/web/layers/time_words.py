"""What differs between two moments of the map, in words: for the screen and as plain text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from vigie.collection.indicators import words as measured
from vigie.collection.indicators.past import Said
from vigie.mapping.queries.comparing import Comparison, Difference
from vigie.mapping.vocabulary import TEMPLATES
from vigie.web.layers.field_words import field_word, value_words
from vigie.web.map import history
from vigie.web.ui.moments import exact

KINDS: Final[Mapping[str, Promise]] = {
    "appeared": pgettext_lazy("between two moments", "Appeared"),
    "ended": pgettext_lazy("between two moments", "Ended"),
    "moved": pgettext_lazy("between two moments", "Moved or redrawn"),
    "changed": pgettext_lazy("between two moments", "Changed"),
    "announced": pgettext_lazy("between two moments", "Announced, not yet in force"),
}
BY_ITSELF: Final[Mapping[str, Promise]] = {
    "appeared": gettext_lazy("its validity began"),
    "ended": gettext_lazy("its validity ended"),
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One thing that differs. `object` or `incident` (its number) is what a link opens; `changes`
    are (field, before, after), both empty for a shape redrawn."""

    kind: str
    title: str
    what: str
    at: datetime
    who: str
    times: str
    changes: tuple[tuple[str, str, str], ...] = ()
    object: str = ""
    incident: int | None = None


@dataclass(frozen=True, kw_only=True)
class Part:
    """The lines of one kind."""

    kind: str
    label: str
    lines: tuple[Line, ...]


def parts(found: Comparison, zone: tzinfo, layers: Mapping[int, str]) -> list[Part]:
    """What differs, by kind; kinds of which there is nothing are left out. `layers` are the names of
    those the person sees, by number."""
    made = []
    for kind, label in KINDS.items():
        lines = tuple(_line(each, zone, layers) for each in found.of(kind))
        if lines:
            made.append(Part(kind=kind, label=str(label), lines=lines))
    return made


def _line(each: Difference, zone: tzinfo, layers: Mapping[int, str]) -> Line:
    told = {
        "kind": each.kind, "at": each.at,
        "who": str(BY_ITSELF[each.kind]) if each.by_itself else each.by or "Vigie",
        "times": "" if each.times < 2 else ngettext(
            "%(n)s change", "%(n)s changes", each.times) % {"n": each.times},
    }  # fmt: skip
    if each.incident is not None:
        changes = history.changes(each.fields, people={}, zone=zone)
        return Line(
            title=each.name, what=_("Incident %(n)s") % {"n": each.incident.number},
            incident=each.incident.number,
            changes=tuple((one.field, one.before, one.after) for one in changes), **told,  # type: ignore[arg-type]
        )  # fmt: skip
    assert each.row is not None
    known = TEMPLATES.get(each.template)
    kind = str(known.label) if known is not None else ""
    named = [kind] if each.name and kind else []
    return Line(
        title=each.name or kind or _("Object without a name"),
        what=" · ".join([*named, layers.get(each.layer, "")]), object=str(each.row.uid),
        changes=tuple(
            (field_word(name), *(
                ("", "") if name == "geometry" else
                (value_words(name, before, layers), value_words(name, after, layers))
            ))
            for name, (before, after) in each.fields.items()
        ), **told,  # type: ignore[arg-type]
    )  # fmt: skip


def measures(found: Comparison) -> list[tuple[str, str, str]]:
    """(name, what it said at the first moment, at the second) of official measures that differ."""
    return [
        (course.indicator.name, said(a, course.indicator.unit), said(b, course.indicator.unit))
        for course, a, b in found.measures
    ]


def said(word: Said | None, unit: str) -> str:
    """What a measure said, "no data" when it was old or absent."""
    if word is None or word.standing in ("late", "none"):
        return _("no data")
    if word.standing == "over":
        return measured.state("ended")
    return measured.said(value=word.value, level=word.level, state_code=word.state, unit=unit)


def as_text(
    found: Comparison, layers: Mapping[int, str], *, title: str, exercise: bool, zone: tzinfo
) -> str:
    """All of it as plain text, to be put in a situation report or a message."""
    return "\n".join(_text(found, layers, title=title, exercise=exercise, zone=zone)) + "\n"


def _text(
    found: Comparison, layers: Mapping[int, str], *, title: str, exercise: bool, zone: tzinfo
) -> Iterator[str]:
    if exercise:
        yield _("EXERCISE EXERCISE EXERCISE")
    yield _("%(operation)s: the map from %(from)s to %(to)s") % {
        "operation": title, "from": exact(found.after, zone), "to": exact(found.until, zone),
    }  # fmt: skip
    yield _("As known at each moment (entries %(first)s and %(last)s of the journal).") % {
        "first": found.entries[0], "last": found.entries[1],
    }  # fmt: skip
    yield _("Road closures drawn and in force: %(before)s, then %(after)s.") % {
        "before": found.closures[0], "after": found.closures[1],
    }  # fmt: skip
    for part in parts(found, zone, layers):
        yield ""
        yield f"{part.label} ({len(part.lines)})"
        for line in part.lines:
            yield from _text_line(line, found.until, zone)
    told = measures(found)
    if told:
        yield ""
        yield _("Official measures")
        for name, before, after in told:
            yield f"- {name}\N{NO-BREAK SPACE}: {before} → {after}"
    if not found.differences and not told:
        yield ""
        yield _("Nothing differs between the two moments.")


def _text_line(line: Line, until: datetime, zone: tzinfo) -> Iterable[str]:
    yield f"- {line.title} ({line.what}), {_clock(line.at, until, zone)}, {line.who}"
    for name, before, after in line.changes:
        yield f"  {name}\N{NO-BREAK SPACE}: {before} → {after}" if before or after else f"  {name}"


def _clock(at: datetime, until: datetime, zone: tzinfo) -> str:
    """The clock, with the date when it is another day's than the second moment's."""
    local, other = at.astimezone(zone), until.astimezone(zone)
    return f"{local:%H:%M}" if local.date() == other.date() else exact(at, zone)
