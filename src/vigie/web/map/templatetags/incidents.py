"""{% symbol incident.category %}: the sign a category has in lists and on the map; {% basemap_choice %}."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template

from vigie.triage.vocabulary import CATEGORIES, category_label
from vigie.web.map.basemaps import shown
from vigie.web.map.symbols import SYMBOL_OF_NONE

register = template.Library()


@register.inclusion_tag("map/symbol.html")
def symbol(code: str, named: bool = False) -> dict[str, Any]:
    """Shape, colour (by family) and icon; `named` adds the category's name for those who cannot
    see it."""
    known = CATEGORIES.get(code)
    family, icon = (known.family, known.icon) if known else SYMBOL_OF_NONE
    return {"family": family, "shape": icon, "word": category_label(code), "named": named}


@register.inclusion_tag("map/basemaps.html")
def basemap_choice() -> dict[str, Any]:
    """The base maps to choose from; `static/map/basechoice.js` ticks and hears them."""
    return {"bases": shown()}


@register.filter
def of(found: Mapping[int, Any] | None, key: int) -> Any:
    """What a mapping by id has of this one; "" for nothing."""
    return (found or {}).get(key, "")
