"""Compiling a situation report from the journal and the state it leads to.

Runs inside a transaction that holds the journal's head, so that the facts are those "as of entry N".
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from vigie.collection import overview as watching
from vigie.journal import queries as journal
from vigie.operations import overview as operations
from vigie.operations.models import Operation
from vigie.reporting import claims, ground
from vigie.reporting.content import CategoryRow, Content, Desk, Figures, Line, Quote
from vigie.reporting.measures import essential as measured
from vigie.reporting.measures import measures
from vigie.triage.queries import summary

FLASH_URGENCY = 4
QUOTE_LIMIT = 280
OPEN_STATES = ("to_check", "handed_over")


def compile_report(
    *,
    operation: Operation,
    since_seq: int,
    as_of_seq: int,
    period: tuple[datetime, datetime],
    language: str,
    recipients: str,
    next_at: datetime | None,
) -> Content:
    """The report's content as of `as_of_seq`, news counted from `since_seq` (excluded)."""
    start, end = period
    opened, changed = _news(operation.pk, since_seq, as_of_seq)
    lines = tuple(
        _line(row, "new" if row.id in opened else "changed" if row.id in changed else "")
        for row in summary.incident_rows(operation.pk)
    )
    leads = summary.lead_figures(operation.pk, start, end)
    before = summary.lead_figures(operation.pk, start - (end - start), start)
    by_category = summary.category_counts(operation.pk, start, end)
    figures = Figures(
        received=leads.received,
        copies=leads.copies,
        kept=leads.kept,
        dismissed=leads.dismissed,
        waiting=leads.waiting,
        received_before=before.received if since_seq else None,
        incidents=len(lines),
        incidents_new=sum(line.news == "new" for line in lines),
    )
    communes = operations.communes(operation)
    named = summary.places_with_leads(operation.pk)
    desk = Desk(
        sources=tuple(watching.source_names(operation.pk, exercise=operation.is_exercise)),
        silent=tuple(watching.failing_source_names(operation.pk, exercise=operation.is_exercise)),
        watches=tuple(watching.watch_names(operation.pk)),
        team=operations.team_size(operation),
        blind=tuple(c.name for c in communes if c.code not in named) if named else (),
    )
    on_the_map = ground.ground(operation, start=start, end=end, first=not since_seq)
    content = Content(
        title=operation.title,
        kind=operation.kind,
        language=language,
        time_zone=operation.time_zone,
        exercise=operation.is_exercise,
        territory=tuple(c.name for c in communes),
        recipients=recipients,
        next_at=next_at,
        figures=figures,
        flash=tuple(
            line
            for line in lines
            if line.urgency >= FLASH_URGENCY
            and line.news
            and line.state not in ("denied", "closed")
        ),
        categories=_categories(lines),
        lines=lines,
        official=_quotes(operation.pk, start, end, ("info_officielle",)),
        rumours=_quotes(operation.pk, start, end, ("rumeur_infox",)),
        questions=by_category["demande_info"],
        feelings=by_category["sentiment"],
        desk=desk,
        communes=tuple(
            (c.name, c.lon, c.lat) for c in communes if c.lon is not None and c.lat is not None
        ),
        texts={},
        measures=measures(operation, since_seq=since_seq, as_of_seq=as_of_seq, period=period),
        claims=claims.claims(operation, since_seq=since_seq, as_of_seq=as_of_seq),
        **on_the_map,
    )
    with translation.override(language):
        return _with_texts(content)


def _news(chain: int, since_seq: int, as_of_seq: int) -> tuple[set[int], set[int]]:
    """Ids of incidents opened, and of those touched otherwise, in (since, as of]."""
    opened: set[int] = set()
    changed: set[int] = set()
    for verb, subject in journal.subjects(chain, since_seq, as_of_seq, kind="incident"):
        (opened if verb == "incident.opened" else changed).add(subject)
    return opened, changed


def _line(row: summary.IncidentRow, news: str) -> Line:
    return Line(
        id=row.id,
        number=row.number,
        title=row.title,
        category=row.category,
        urgency=row.urgency,
        state=row.state,
        rating=f"{row.reliability}{row.credibility}",
        at=row.occurred_at or row.created_at,
        place=row.place_name,
        lon=row.lon,
        lat=row.lat,
        precision_m=row.precision_m,
        posts=row.posts,
        news=news,
    )


def _categories(lines: tuple[Line, ...]) -> tuple[CategoryRow, ...]:
    rows: dict[str, dict[str, int]] = {}
    for line in lines:
        row = rows.setdefault(
            line.category, dict.fromkeys(("confirmed", "open", "denied", "other", "new"), 0)
        )
        if line.state in ("confirmed", "denied"):
            row[line.state] += 1
        elif line.state in OPEN_STATES:
            row["open"] += 1
        else:
            row["other"] += 1
        row["new"] += line.news == "new"
    return tuple(CategoryRow(code=code, **counts) for code, counts in rows.items())


def _quotes(
    operation_id: int, start: datetime, end: datetime, categories: tuple[str, ...]
) -> tuple[Quote, ...]:
    return tuple(
        Quote(
            network=row.network,
            at=row.published_at,
            text=_shorten(row.text),
            copies=row.copies,
            place=row.place_name,
            rating=f"{row.reliability}{row.credibility}",
        )
        for row in summary.kept_leads(operation_id, start, end, categories)
    )


def _shorten(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= QUOTE_LIMIT else plain[: QUOTE_LIMIT - 1].rstrip() + "…"


def _with_texts(content: Content) -> Content:
    """Propose the first words of each part people write; they correct them."""
    figures = content.figures
    essential = []
    news = [line for line in content.lines if line.news == "new"]
    if news:
        essential.append(
            ngettext(
                "%(n)d new incident: %(titles)s.", "%(n)d new incidents: %(titles)s.", len(news)
            )
            % {
                "n": len(news),
                "titles": " ; ".join(
                    f"{line.title} ({line.rating})" for line in sorted(news, key=_by_weight)[:3]
                ),
            }
        )
    else:
        essential.append(_("No new incident in the period."))
    if official := measured(content.measures):
        essential.append(official)
    if drawn := ground.essential(content):
        essential.append(drawn)
    essential.append(_trend(figures))
    texts = {
        "essential": "\n".join(essential),
        "official": "",
        "situation": "",
        "rumours": claims.summary(content.claims)
        or ("" if content.rumours else _("No rumour kept in the period.")),
        "public": _("Questions from the public: %(questions)d. Feelings: %(feelings)d.")
        % {"questions": content.questions, "feelings": content.feelings},
        "communication": "",
        "watching": "",
        "requests": "\n".join(
            _("Please confirm: n° %(number)d %(title)s (%(rating)s).")
            % {"number": line.number, "title": line.title, "rating": line.rating}
            for line in sorted(content.lines, key=_by_weight)
            if line.state == "to_check" and line.urgency >= 3
        ),
    }
    return msgspec.structs.replace(content, texts=texts)


def _by_weight(line: Line) -> tuple[int, int]:
    return (-line.urgency, -line.posts)


def _trend(figures: Figures) -> str:
    if figures.received_before is None:
        return _("Posts received: %(n)d, besides %(copies)d duplicates folded.") % {
            "n": figures.received,
            "copies": figures.copies,
        }
    before, after = figures.received_before, figures.received
    if after > before * 1.25:
        trend = _("rising")
    elif after < before * 0.8:
        trend = _("falling")
    else:
        trend = _("stable")
    return _("Activity %(trend)s: %(n)d posts received (%(before)d in the period before).") % {
        "trend": trend,
        "n": after,
        "before": before,
    }


DEFAULT_INTERVAL = timedelta(hours=2)
"""A report every two hours unless the coordinator says otherwise."""
