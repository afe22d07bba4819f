"""The one measure a rule is about: how it stands, what may be asked of it, and that as settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import get_format
from django.utils.translation import gettext as _

from vigie.alerting.kinds import COLOURS
from vigie.alerting.words import colour
from vigie.collection.indicators import queries, words
from vigie.collection.indicators.queries import COLOURED, Standing
from vigie.operations.access import Desk

VALUED = ("level", "flow")


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """An indicator as the form and the sentences name it. `said` is what it says, "" when nothing
    current; `limits` are its known thresholds in words."""

    pk: int
    name: str
    kind: str
    kind_words: str
    station: str
    unit: str
    standing: str
    said: str
    observed_at: datetime | None
    limits: str
    has_value: bool
    has_colour: bool
    has_state: bool

    @property
    def is_current(self) -> bool:
        return self.standing == "current"


def chosen(by: Desk, pks: Iterable[int], *, now: datetime) -> dict[int, Chosen]:
    """These indicators of the operation, by id; those it has not are left out."""
    wanted = list(pks)
    if not wanted:
        return {}
    found = queries.standings_of(by, wanted, now=now, history=timedelta(0))
    return {each.indicator.pk: _chosen(each) for each in found}


def _chosen(each: Standing) -> Chosen:
    indicator, latest = each.indicator, each.latest
    said = ""
    if latest is not None:
        said = words.said(
            value=latest.value, level=latest.level, state_code=latest.state, unit=indicator.unit
        )
    known = {float(row["value"]): str(row["name"]) for row in indicator.references}
    known |= {limit.value: limit.name for limit in each.thresholds}
    limits = [f"{known[v]} ({words.figure(v, indicator.unit)})" for v in sorted(known)]
    has_colour = indicator.kind in COLOURED or (latest is not None and latest.level is not None)
    has_value = indicator.kind in VALUED or (latest is not None and latest.value is not None)
    return Chosen(
        pk=indicator.pk, name=indicator.name, kind=indicator.kind,
        kind_words=words.kind(indicator.kind), station=indicator.station, unit=indicator.unit,
        standing=each.standing, said=said,
        observed_at=latest.observed_at if latest is not None else None,
        limits=", ".join(limits), has_value=has_value, has_colour=has_colour,
        has_state=indicator.event or not (has_colour or has_value),
    )  # fmt: skip


class FigureField(forms.FloatField):
    """A number with a point or a comma."""

    widget = forms.TextInput

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            value = value.replace("\N{NO-BREAK SPACE}", "").replace(",", ".").strip()
        return super().to_python(value)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, float | int):
            return f"{value:g}".replace(".", str(get_format("DECIMAL_SEPARATOR")))
        return value

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value is not None and abs(value) >= 1e9:
            raise ValidationError(_("This is no figure that a river or a road has."))


def fields_of(measure: Chosen, kept: Mapping[str, Any]) -> dict[str, forms.Field]:
    """What may be asked of it: levels and flows have limits, colours a colour, roads a state."""
    found: dict[str, forms.Field] = {}
    if measure.has_value:
        unit = measure.unit or _("its unit")
        found["above"] = _figure(
            _("When it is at or above (%(unit)s)") % {"unit": unit},
            kept.get("above"),
            _("Known thresholds: %(limits)s.") % {"limits": measure.limits}
            if measure.limits
            else "",
        )
        found["below"] = _figure(
            _("When it is at or below (%(unit)s)") % {"unit": unit}, kept.get("below")
        )
        rise = kept.get("rise_per_h")
        found["rise"] = _figure(
            _("When it rises at least by (cm/h)")
            if measure.unit == "m"
            else _("When it rises at least by (%(unit)s per hour)") % {"unit": unit},
            None if rise is None else round(rise * _scale(measure), 4),
            _("Measured over the last hour, or over the time set for this indicator."),
            least=0.01,
        )
    if measure.has_colour:
        choices = [(0, _("do not look at it"))]
        choices += [(n, _("%(colour)s or worse") % {"colour": colour(n)}) for n in COLOURS if n > 1]
        found["bad_colour"] = forms.ChoiceField(
            label=_("When its official colour is"),
            choices=choices,
            initial=kept.get("colour", 3 if not kept else 0),
        )
    if measure.has_state:
        found["state"] = forms.BooleanField(
            label=_("When the road closes or the warning begins"),
            required=False,
            initial=kept.get("state", not kept),
        )
    found["silent"] = forms.BooleanField(
        label=_("When it gives nothing current any more"),
        required=False,
        initial=kept.get("silent", False),
    )
    return found


def settings_from(found: Mapping[str, Any], measure: Chosen) -> dict[str, Any]:
    """The settings of what was filled in; what the indicator cannot say is not asked."""
    rise = found.get("rise")
    return {
        "indicator": measure.pk,
        "above": found.get("above"),
        "below": found.get("below"),
        "rise_per_h": None if rise is None else rise / _scale(measure),
        "colour": int(found.get("bad_colour") or 0),
        "state": bool(found.get("state")),
        "silent": bool(found.get("silent")),
    }


def _scale(measure: Chosen) -> int:
    return 100 if measure.unit == "m" else 1


def _figure(
    label: str, value: float | None, help_text: str = "", *, least: float | None = None
) -> FigureField:
    return FigureField(
        min_value=least,
        label=label, required=False, initial=value, help_text=help_text,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )  # fmt: skip
