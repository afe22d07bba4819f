"""The platform's journal: who did what on the installation, whether its chain holds, as CSV."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from vigie.accounts.roles import Right
from vigie.journal import queries as journal
from vigie.journal.models import PLATFORM_CHAIN, Entry
from vigie.journal.queries import Wanted
from vigie.operations.queries import names_of
from vigie.web.room.main_courante import local_time
from vigie.web.room.sentences import facts_of, sentence
from vigie.web.room.views.journal import chain_state, csv_of
from vigie.web.ui.access import on_platform

PAGE: Final = 50
KINDS: Final[Mapping[str, tuple[Promise, str, tuple[str, ...]]]] = {
    "accounts": (_("Accounts and rights"), "users", ("user", "token", "device")),
    "data": (_("Personal data and purges"), "shield-lock", ("person", "data", "retention")),
    "sources": (_("Shared sources"), "antenna", ("source", "import", "refused", "batch", "watch", "secret")),
    "operations": (_("Operations"), "flag", ("operation", "team", "invitation")),
    "machine": (_("Machinery"), "settings", ("jobs", "backup", "stream")),
}  # fmt: skip
"""(label, icon, words before the dot of a verb) of each kind one can ask for."""
COLUMNS: Final = ("num", "horodatage", "auteur", "verbe", "phrase", "motif", "empreinte")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the address asks for; unreadable values are as if not given."""

    kind: str = ""
    verb: str = ""
    by: int | None = None
    text: str = ""
    since: str = ""
    until: str = ""

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Asked:
        what, by, zone = query.get("what", ""), query.get("by", ""), _zone()
        return cls(
            kind=what if what in KINDS else "",
            verb=what if "." in what and len(what) <= 60 else "",
            by=int(by) if by.isascii() and by.isdecimal() and len(by) < 12 else None,
            text=query.get("q", "").strip()[:100],
            since=query.get("since", "") if local_time(query.get("since", ""), zone) else "",
            until=query.get("until", "") if local_time(query.get("until", ""), zone) else "",
        )

    def wanted(self) -> Wanted:
        return Wanted(
            nouns=KINDS[self.kind][2] if self.kind else (),
            verbs=(self.verb,) if self.verb else (),
            by=self.by,
            text=self.text,
            since=local_time(self.since, _zone()),
            until=local_time(self.until, _zone()),
        )

    def query(self, **more: object) -> str:
        given = {
            "what": self.kind or self.verb, "by": self.by, "q": self.text, "since": self.since,
            "until": self.until, **more,
        }  # fmt: skip
        return urlencode({name: value for name, value in given.items() if value not in ("", None)})

    @property
    def any(self) -> bool:
        return bool(self.query())


@dataclass(frozen=True, kw_only=True)
class Line:
    """One entry as it is read."""

    entry: Entry
    sentence: str
    kind: Promise | str
    icon: str


@never_cache
@require_GET
@on_platform(Right.PLATFORM_AUDIT)
def platform_journal(request: HttpRequest) -> HttpResponse:
    """The page, newest first."""
    asked = Asked.read(request.GET)
    page = journal.page(
        PLATFORM_CHAIN, asked.wanted(), before=_number(request, "before"),
        after=_number(request, "after"), limit=PAGE,
    )  # fmt: skip
    address = reverse("room:platform_journal")
    names = names_of(journal.writers(PLATFORM_CHAIN))
    context = {
        "tab": "journal",
        "lines": list(_lines(page.entries)),
        "asked": asked,
        "kinds": [(code, label) for code, (label, _icon, _nouns) in KINDS.items()],
        "verbs": journal.verbs(PLATFORM_CHAIN),
        "writers": sorted(names.items(), key=lambda one: one[1]),
        "older_url": f"{address}?{asked.query(before=page.older)}" if page.older else "",
        "newer_url": f"{address}?{asked.query(after=page.newer)}" if page.newer else "",
        "export_url": f"{reverse('room:platform_journal_export')}?{asked.query()}",
    }
    return render(request, "room/platform_journal.html", context)


@never_cache
@require_GET
@on_platform(Right.PLATFORM_AUDIT)
def chain(request: HttpRequest) -> HttpResponse:
    """How far the platform's chain holds."""
    return chain_state(request, PLATFORM_CHAIN, reverse("room:platform_journal_chain"))


@require_GET
@on_platform(Right.PLATFORM_AUDIT)
def export(request: HttpRequest) -> HttpResponseBase:
    """The entries the filters show, oldest first, streamed; with each one's hash."""
    answer = StreamingHttpResponse(
        csv_of(
            PLATFORM_CHAIN, Asked.read(request.GET).wanted(), columns=COLUMNS, rows_of=_rows,
            last=journal.last_seq(PLATFORM_CHAIN), language=translation.get_language() or "fr",
        ),
        content_type="text/csv; charset=utf-8",
    )  # fmt: skip
    answer["Content-Disposition"] = 'attachment; filename="journal-installation.csv"'
    return answer


def _rows(entries: list[Entry]) -> Iterator[list[str]]:
    for line in _lines(entries):
        entry = line.entry
        yield [
            str(entry.seq), entry.at.astimezone(_zone()).isoformat(timespec="seconds"),
            entry.actor, entry.verb, line.sentence, entry.text, entry.hash,
        ]  # fmt: skip


def _lines(entries: Iterable[Entry]) -> Iterator[Line]:
    for facts in facts_of(entries):
        noun = facts.entry.verb.partition(".")[0]
        label, icon = next(
            ((label, icon) for label, icon, nouns in KINDS.values() if noun in nouns),
            (_("Other"), "point"),
        )
        yield Line(entry=facts.entry, sentence=sentence(facts), kind=label, icon=icon)


def _zone() -> ZoneInfo:
    return ZoneInfo(settings.TIME_ZONE)


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None
