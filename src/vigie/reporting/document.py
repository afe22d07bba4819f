"""A situation report laid out as blocks, once; PDF, ODT, Markdown and the screen write the same.

The order and the wording follow the template "point de situation" (ten parts).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from vigie.reporting import claims, ground, measures
from vigie.reporting.content import Content, Line, Quote
from vigie.reporting.map_picture import draw
from vigie.reporting.models import SituationReport
from vigie.triage import vocabulary


class Heading(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    text: str
    level: int = 2


class Paragraph(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    text: str
    strong: bool = False
    key: str = ""
    """The key of `content.TEXTS` when people write this paragraph; the screen makes it a field."""


class Bullets(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    items: tuple[str, ...]


class Table(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...]
    """Relative widths of the columns."""


class Picture(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The map: described by `alt`, drawn in the document's `picture`."""

    alt: str


Block = Heading | Paragraph | Bullets | Table | Picture


class Document(msgspec.Struct, frozen=True, kw_only=True):
    title: str
    language: str
    exercise: bool
    draft: bool
    facts: tuple[tuple[str, str], ...]
    """Label and value of the head of the report."""
    blocks: tuple[Block, ...]
    foot: str
    picture: str = ""
    """The map as SVG."""


def lay_out(report: SituationReport, content: Content) -> Document:
    """The document of a report, in the report's own language and time zone."""
    with translation.override(content.language):
        return _Layout(report, content).document()


class _Layout:
    def __init__(self, report: SituationReport, content: Content) -> None:
        self.report = report
        self.content = content
        self.zone = ZoneInfo(content.time_zone)

    def document(self) -> Document:
        frozen = self.report.state == "frozen"
        return Document(
            title=_("Situation report n° %(number)d") % {"number": self.report.number},
            language=self.content.language,
            exercise=self.content.exercise,
            draft=not frozen,
            facts=self._facts(),
            blocks=tuple(self._blocks()),
            foot=self._foot(),
            picture=draw(self.content),
        )

    def _facts(self) -> tuple[tuple[str, str], ...]:
        report, content = self.report, self.content
        people = [str(report.created_by.display)] if report.created_by else []
        if report.approved_by:
            people.append(report.approved_by.display)
        return (
            (_("Event"), content.title),
            (_("Written"), self.when(report.created_at)),
            (
                _("Period covered"),
                f"{self.when(report.period_from)} → {self.when(report.period_to)}",
            ),
            (_("Next report"), self.when(content.next_at) if content.next_at else _("not set")),
            (_("To"), content.recipients),
            (_("Distribution"), _("restricted")),
            (_("Writer, approver"), ", ".join(people) or "—"),
            (_("Mode"), _("EXERCISE EXERCISE EXERCISE") if content.exercise else _("REAL")),
        )

    def _foot(self) -> str:
        report = self.report
        text = _("As of journal entry %(seq)d.") % {"seq": report.as_of_seq}
        if report.frozen_sha256:
            text += " " + _("SHA-256 of the content: %(hash)s.") % {"hash": report.frozen_sha256}
        return text

    def _blocks(self) -> Iterable[Block]:
        content = self.content
        yield Heading(text="1. " + _("The essential"))
        yield from self.part("essential")
        yield Heading(text="2. " + _("Alerts handed over at once (flash)"))
        yield self.incidents(content.flash, _("Critical incidents of the period"))
        yield Heading(text="3. " + _("Official context"))
        yield from self.part("official", *self.official())
        yield Heading(text="4. " + _("The situation seen from the networks"))
        yield from self.part("situation", self.numbers())
        yield self.by_category()
        yield self.incidents(content.lines, _("Incidents"))
        yield Heading(text="5. " + _("Map"))
        yield Picture(alt=self.map_words())
        for caption, head, rows, widths in ground.tables(content):
            yield Table(caption=caption, head=head, rows=rows, widths=widths)
        yield Heading(text="6. " + _("Rumours and hoaxes"))
        yield from self.part("rumours", *self.rumours())
        yield Heading(text="7. " + _("What the public asks and feels"))
        yield from self.part("public")
        yield Heading(text="8. " + _("Communication"))
        yield from self.part("communication")
        yield Heading(text="9. " + _("Watch in progress"))
        yield from self.part("watching", self.watching())
        yield Heading(text="10. " + _("Requests to the authority"))
        yield from self.part("requests")

    def part(self, key: str, *compiled: Block) -> Iterable[Block]:
        """What people wrote under a heading, then what was compiled; "nothing" when both are empty."""
        text = self.content.texts.get(key, "").strip()
        yield Paragraph(text=text or ("" if compiled else _("Nothing to report.")), key=key)
        yield from compiled

    def official(self) -> Iterable[Block]:
        """Measures first, then what official accounts wrote."""
        for caption, head, rows, widths in measures.tables(self.content.measures, self.hour):
            yield Table(caption=caption, head=head, rows=rows, widths=widths)
        yield from self.quotes(self.content.official)

    def rumours(self) -> Iterable[Block]:
        """Claims with their verdicts first, then kept posts that spread doubtful things."""
        lines = self.content.claims
        if lines:
            yield Table(
                caption=_("Claims and their verdicts"),
                head=("N°", _("What is claimed"), _("Verdict"), _("Spread"), _("First seen")),
                rows=claims.rows(lines, self.hour),
                widths=(0.7, 5.5, 2.4, 2.6, 1.6),
            )
        yield from self.quotes(self.content.rumours)

    def numbers(self) -> Bullets:
        figures = self.content.figures
        return Bullets(
            items=(
                _("Posts received: %(n)d, duplicates folded: %(copies)d")
                % {"n": figures.received, "copies": figures.copies},
                _("Kept: %(kept)d, dismissed: %(dismissed)d, to read: %(waiting)d")
                % {
                    "kept": figures.kept,
                    "dismissed": figures.dismissed,
                    "waiting": figures.waiting,
                },
                _("Incidents: %(n)d, new in the period: %(new)d")
                % {"n": figures.incidents, "new": figures.incidents_new},
            )
        )

    def by_category(self) -> Block:
        rows = self.content.categories
        if not rows:
            return Paragraph(text=_("No incident."))
        total = [sum(getattr(r, field) for r in rows) for field in _COUNTED]
        return Table(
            caption=_("Incidents by category"),
            head=(
                _("Category"),
                pgettext("column of counts", "Confirmed"),
                _("In progress"),
                pgettext("column of counts", "Denied"),
                _("Other"),
                _("Total"),
                _("New"),
            ),
            rows=(
                *(
                    (
                        str(vocabulary.category_label(row.code)),
                        *(str(getattr(row, field)) for field in _COUNTED),
                    )
                    for row in rows
                ),
                (_("Total"), *(str(n) for n in total)),
            ),
            widths=(4, 1, 1, 1, 1, 1, 1),
        )

    def incidents(self, lines: tuple[Line, ...], caption: str) -> Block:
        if not lines:
            return Paragraph(text=_("None."))
        return Table(
            caption=caption,
            head=("N°", _("Time"), _("Fact"), _("Place"), _("Rating"), _("State"), _("Posts")),
            rows=tuple(self.row(line) for line in lines),
            widths=(0.7, 1.3, 5.2, 3, 1, 1.7, 0.9),
        )

    def row(self, line: Line) -> tuple[str, ...]:
        state = vocabulary.INCIDENT_STATES.get(line.state)
        title = line.title
        if line.news == "new":
            title += " [" + _("new") + "]"
        elif line.news == "changed":
            title += " [" + _("updated") + "]"
        place = line.place or _("not located")
        if line.precision_m:
            place = f"{place} (± {_distance(line.precision_m)})"
        return (
            str(line.number),
            self.hour(line.at),
            title,
            place,
            line.rating,
            str(state.label) if state else line.state,
            str(line.posts),
        )

    def quotes(self, quotes: tuple[Quote, ...]) -> Iterable[Block]:
        if quotes:
            yield Bullets(
                items=tuple(
                    f"{self.hour(q.at)}, {q.network}, {q.rating} : « {q.text} »"
                    + (f" (×{q.copies + 1})" if q.copies else "")
                    + (f", {q.place}" if q.place else "")
                    for q in quotes
                )
            )

    def watching(self) -> Bullets:
        desk = self.content.desk
        none = _("none")
        return Bullets(
            items=(
                _("Sources: %(names)s") % {"names": ", ".join(desk.sources) or none},
                _("Sources that do not answer: %(names)s")
                % {"names": ", ".join(desk.silent) or none},
                _("Watches: %(names)s") % {"names": ", ".join(desk.watches) or none},
                _("Team: %(n)d") % {"n": desk.team},
                _("Communes no post speaks of: %(names)s") % {"names": _some(desk.blind) or none},
            )
        )

    def map_words(self) -> str:
        placed = [line for line in self.content.lines if line.lon is not None]
        words = _(
            "Map of %(n)d located incidents, numbered as in the table; %(left)d not located."
        ) % {
            "n": len(placed),
            "left": len(self.content.lines) - len(placed),
        }
        if not self.content.drawn:
            return words
        return (
            words
            + " "
            + _(
                "Also drawn: flooded areas (blue), roads cut (dashes), danger perimeters (dots), "
                "shelters (squares) and other points (diamonds); the table below names them."
            )
        )

    def when(self, moment: datetime) -> str:
        return date_format(moment.astimezone(self.zone), "d/m/Y H:i")

    def hour(self, moment: datetime) -> str:
        """Clock time alone on the day the report was written, with the date otherwise."""
        local = moment.astimezone(self.zone)
        same_day = local.date() == self.report.period_to.astimezone(self.zone).date()
        return date_format(local, "H:i" if same_day else "d/m H:i")


_COUNTED = ("confirmed", "open", "denied", "other", "total", "new")


def _distance(metres: int) -> str:
    return f"{metres} m" if metres < 1000 else f"{metres / 1000:.1f} km".replace(".", ",")


def _some(names: tuple[str, ...], limit: int = 12) -> str:
    shown = ", ".join(names[:limit])
    return f"{shown} (+{len(names) - limit})" if len(names) > limit else shown
