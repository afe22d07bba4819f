"""What is said of indicators: kinds, colours, states, values with their units."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from vigie.contracts.measures import COLOURS

KINDS: dict[str, Promise] = {
    "level": _("Water level"),
    "flow": _("Flow"),
    "flood_colour": _("Flood vigilance of the reach"),
    "vigilance": _("Weather vigilance"),
    "vigilance_tomorrow": _("Weather vigilance for tomorrow"),
    "warning": _("Warning"),
    "road": _("Road"),
    "disaster_order": _("Natural disaster orders"),
}

COLOUR_WORDS: dict[int, Promise] = {
    1: pgettext_lazy("vigilance", "green"),
    2: pgettext_lazy("vigilance", "yellow"),
    3: pgettext_lazy("vigilance", "orange"),
    4: pgettext_lazy("vigilance", "red"),
}

STATES: dict[str, Promise] = {
    "closed": pgettext_lazy("road", "closed"),
    "restricted": pgettext_lazy("road", "traffic restricted"),
    "flooded": pgettext_lazy("road", "flooded"),
    "obstructed": pgettext_lazy("road", "obstacle"),
    "accident": pgettext_lazy("road", "accident"),
    "works": pgettext_lazy("road", "road works"),
    "hazard": pgettext_lazy("road", "danger"),
    "active": pgettext_lazy("warning", "in force"),
    "ended": pgettext_lazy("event", "over"),
    "recognised": pgettext_lazy("disaster order", "recognised"),
    "unknown": pgettext_lazy("measure", "not known"),
}

PHENOMENA: dict[str, Promise] = {
    "wind": _("Violent wind"),
    "rain": _("Rain and flooding"),
    "storm": _("Thunderstorms"),
    "flood": _("Floods"),
    "snow": _("Snow and ice"),
    "heat": _("Heatwave"),
    "cold": _("Extreme cold"),
    "avalanche": _("Avalanches"),
    "waves": _("Waves and submersion"),
}


def kind(code: str) -> str:
    """The words of a kind; its own code when nobody wrote any."""
    return str(KINDS.get(code, code.replace("_", " ")))


def state(code: str) -> str:
    return str(STATES.get(code, code.replace("_", " ")))


def colour(level: int) -> str:
    return str(COLOUR_WORDS[level])


def colour_code(level: int | None) -> str:
    """green, yellow, orange, red; "" when it is not known."""
    return COLOURS.get(level or 0, "")


def figure(value: float, unit: str) -> str:
    """A value with its unit: metres to the centimetre, flows to what is legible."""
    decimals = 2 if unit == "m" or abs(value) < 10 else 1 if abs(value) < 100 else 0
    number = number_format(value, decimals)
    return f"{number}\N{NO-BREAK SPACE}{unit}" if unit else number


def pace(slope: float, unit: str) -> str:
    """A slope: cm/h for levels, the unit per hour else; with its sign."""
    if unit == "m":
        return gettext("%(n)s cm/h") % {"n": f"{round(slope * 100):+d}".replace("-", "−")}
    sign = "+" if slope >= 0 else "−"
    return gettext("%(n)s per hour") % {"n": f"{sign}{figure(abs(slope), unit)}"}


def said(*, value: float | None, level: int | None, state_code: str, unit: str) -> str:
    """What a measure says, in words: its colour, its value, its state."""
    parts = []
    if level is not None:
        parts.append(colour(level))
    if value is not None:
        parts.append(figure(value, unit))
    if state_code and not parts:
        parts.append(state(state_code))
    return ", ".join(parts) or gettext("no data")


def sentence(properties: Mapping[str, Any]) -> str:
    """What an indicator says now, for a label of the map; never its old value as if it were now."""
    if properties["standing"] in ("late", "none"):
        return gettext("no data")
    return said(
        value=properties["value"], level=properties["level"], state_code=properties["state"],
        unit=properties["unit"],
    )  # fmt: skip
