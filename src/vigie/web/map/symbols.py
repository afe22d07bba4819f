"""How incidents look: what the browser needs to draw a symbol and to write its words, and what may lie
below them."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from vigie.triage.vocabulary import CATEGORIES, INCIDENT_STATES, URGENCIES, category_label
from vigie.web.map.basemaps import shown

SYMBOL_OF_NONE = ("talk", "map-pin")
"""Family and icon of an incident without category or with an unknown one."""


def vocabulary() -> dict[str, Any]:
    """Categories (word, icon, family), families, states and urgencies, in this language; base maps."""
    family, icon = SYMBOL_OF_NONE
    return {
        "categories": {
            code: {"word": str(each.label), "icon": each.icon, "family": each.family}
            for code, each in CATEGORIES.items()
        }
        | {"": {"word": str(category_label("")), "icon": icon, "family": family}},
        "families": {
            "people": _("People in danger, victims, evacuation"),
            "water": _("Water level"),
            "roads": _("Roads and transport"),
            "networks": _("Power, gas, water, telecoms"),
            "buildings": _("Sensitive buildings"),
            "hazard": _("Pollution, fire, industry"),
            "crowd": _("Crowd, security"),
            "talk": _("Rumours, questions, information"),
        },
        "states": {
            code: {"word": str(term.label), "icon": term.icon}
            for code, term in INCIDENT_STATES.items()
        },
        "urgencies": [{"word": str(term.label), "icon": term.icon} for term in URGENCIES],
        "basemaps": shown(),
    }
