"""What the public map says of one thing, in words. The language is the active one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo

from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from vigie.kernel.clock import parse_rfc3339
from vigie.mapping.decide_release import COMMUNE
from vigie.mapping.queries.releases import INCIDENTS
from vigie.mapping.vocabulary import ASKED, TEMPLATES, THEMES
from vigie.triage.vocabulary import CATEGORIES, Term, category_label
from vigie.web.map.history import distance_words
from vigie.web.public.wording import clock_of, day_of

REPORTED: Final = Term(code=INCIDENTS, label=gettext_lazy("Reported and followed"), icon="map-pin")
_DAY_S: Final = 86_400


class OfKind(Protocol):
    """An object or an incident."""

    @property
    def kind(self) -> str: ...
    @property
    def template(self) -> str: ...


class Told(OfKind, Protocol):
    """A thing as it is published: a row of a release, or what would become one."""

    @property
    def title(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def attributes(self) -> Mapping[str, Any]: ...
    @property
    def radius_m(self) -> float | None: ...
    @property
    def precision(self) -> str: ...
    @property
    def precision_m(self) -> int | None: ...
    @property
    def lon(self) -> float | None: ...
    @property
    def valid_from(self) -> Any: ...
    @property
    def valid_until(self) -> Any: ...
    @property
    def doubtful(self) -> bool: ...


@dataclass(frozen=True, kw_only=True)
class Words:
    """`title` is what somebody wrote (`own`) or the kind; `kind` is empty when the title says it.
    `over`: its time is past."""

    title: str
    own: bool
    kind: str
    facts: tuple[str, ...]
    where: str
    text: str
    over: bool


def words_of(told: Told, zone: str, *, now: datetime) -> Words:
    """A thing in words as one reads it now, its times in the operation's zone."""
    kind = kind_of(told)
    return Words(
        title=told.title or kind, own=bool(told.title), kind=kind if told.title else "",
        facts=tuple(_facts(told, ZoneInfo(zone))),
        where=where(told.precision, told.precision_m, placed=told.lon is not None), text=told.text,
        over=bool(told.valid_until) and _read(told.valid_until) <= now,
    )  # fmt: skip


def kind_of(told: OfKind) -> str:
    """What it is."""
    if told.kind == "incident":
        known = CATEGORIES.get(told.template)
        return str(known.short) if known else str(category_label(told.template))
    template = TEMPLATES.get(told.template)
    return str(template.label) if template else told.template or _("Place")


def family_of(told: OfKind) -> str:
    """The family of its colour."""
    if told.kind == "incident":
        known = CATEGORIES.get(told.template)
        return known.family if known else "talk"
    template = TEMPLATES.get(told.template)
    return template.family if template else "talk"


def theme_of(code: str) -> Term:
    """The theme it is listed under."""
    return REPORTED if code == INCIDENTS else THEMES.get(code, THEMES["other"])


def where(precision: str, metres: int | None, *, placed: bool = True) -> str:
    """ "Position good to 500 m"; empty when it is where it is shown."""
    if not placed:
        return _("No position is given.")
    if precision == COMMUNE:
        return _("Somewhere in the commune.")
    if metres is None or metres <= 0:
        return ""
    return _("Position good to %(distance)s.") % {"distance": distance_words(metres)}


def _facts(told: Told, zone: ZoneInfo) -> list[str]:
    facts = []
    if told.doubtful:
        facts.append(_("to be confirmed"))
    for code, value in told.attributes.items():
        asked = ASKED.get(code)
        if asked is None:
            continue
        label: str | Promise = asked.label
        number = formats.number_format(value) if isinstance(value, int | float) else str(value)
        text = f"{number} {asked.unit}".strip() if asked.unit else number
        facts.append(_("%(label)s: %(value)s") % {"label": label, "value": text})
    if told.radius_m:
        words = pgettext("a circle", "within %(distance)s")
        facts.append(words % {"distance": distance_words(round(told.radius_m))})
    if told.valid_from:
        facts.append(_("since %(moment)s") % {"moment": _moment(told.valid_from, zone)})
    if told.valid_until:
        facts.append(_("until %(moment)s") % {"moment": _moment(told.valid_until, zone)})
    return facts


def _moment(given: datetime | str, zone: ZoneInfo) -> str:
    local = _read(given).astimezone(zone)
    return _("%(clock)s on %(date)s") % {"clock": clock_of(local), "date": day_of(local)}


def _read(given: datetime | str) -> datetime:
    return parse_rfc3339(given) if isinstance(given, str) else given
