"""Limits as people write them: thresholds one a line in fields, a rise in cm/h for levels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.formats import get_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from vigie.collection.indicators.actions import THRESHOLDS_AT_MOST, LimitInvalid, Wanted
from vigie.collection.indicators.models import Following
from vigie.collection.indicators.queries import Standing

PROBLEMS: Final[Mapping[tuple[str, str], Promise]] = {
    ("threshold", "number"): _("A threshold is a number, 2.40 for example. Nothing was saved."),
    ("threshold", "twice"): _("Two thresholds have the same value. Nothing was saved."),
    ("threshold", "too_many"): _("There are too many thresholds. Nothing was saved."),
    ("name", "missing"): _("A threshold has no name. Nothing was saved."),
    ("rise", "number"): _("The rise is a number above zero, or empty. Nothing was saved."),
    ("over", "range"): _("The rise is measured over 10 minutes to 24 hours. Nothing was saved."),
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One threshold's two fields, as text."""

    name: str = ""
    value: str = ""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What the form holds. `rise` is in cm/h for levels, in the unit per hour else."""

    lines: tuple[Line, ...]
    rise: str
    over_min: str
    problem: str = ""


def shown(each: Standing) -> Limits:
    """The form as the limits stand, with three empty lines."""
    following = each.following
    lines = [Line(name=row.name, value=_plain(row.value)) for row in each.thresholds]
    room = max(0, min(3, THRESHOLDS_AT_MOST - len(lines)))
    return Limits(
        lines=(*lines, *(Line() for _ in range(room))),
        rise=_plain_rise(following, each.indicator.unit),
        over_min=str(following.over_s // 60),
    )


def read(
    names: list[str], values: list[str], rise: str, over_min: str, *, unit: str
) -> tuple[list[Wanted], float | None, int]:
    """(thresholds, rise in unit per hour, seconds). Raises LimitInvalid. Empty lines are none."""
    wanted = []
    for name, value in zip(names, values, strict=False):
        if not value.strip():
            if name.strip():
                raise LimitInvalid("threshold", "number")
            continue
        number = _number(value)
        if number is None:
            raise LimitInvalid("threshold", "number")
        wanted.append(Wanted(name=name, value=number))
    rise_per_h = _number(rise) if rise.strip() else None
    if rise.strip() and rise_per_h is None:
        raise LimitInvalid("rise", "number")
    if rise_per_h is not None and unit == "m":
        rise_per_h /= 100
    minutes = _number(over_min)
    if minutes is None:
        raise LimitInvalid("over", "range")
    return wanted, rise_per_h, int(minutes * 60)


def _number(text: str) -> float | None:
    """A number with a point or a comma; None for anything else."""
    plain = text.strip().replace("\N{NO-BREAK SPACE}", "").replace(",", ".")
    plain = plain.removesuffix("m").strip()
    try:
        number = float(plain)
    except ValueError:
        return None
    return number if abs(number) < 1e9 else None


def _plain(value: float) -> str:
    text = f"{value:g}"
    return text.replace(".", get_format("DECIMAL_SEPARATOR")) if "e" not in text else str(value)


def _plain_rise(following: Following, unit: str) -> str:
    if following.rise_per_h is None:
        return ""
    return _plain(round(following.rise_per_h * (100 if unit == "m" else 1), 3))
