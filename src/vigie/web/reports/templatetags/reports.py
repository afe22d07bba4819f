"""How the report's blocks are told apart in its template."""

from __future__ import annotations

from collections.abc import Mapping

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from vigie.reporting.document import Block

register = template.Library()

PARTS: Mapping[str, Promise] = {
    "essential": _("The essential, three lines at most"),
    "official": _("Official context: vigilance, levels, orders"),
    "situation": _("The situation, in words"),
    "rumours": _("Rumours: what is said, how far it went, proposed denial"),
    "public": _("What the public asks and feels"),
    "communication": _("Messages published and proposed"),
    "watching": _("The watch itself: shifts, blind spots"),
    "requests": _("What you ask the authority"),
}


@register.filter
def kind(block: Block) -> str:
    """The name of the block's type."""
    return type(block).__name__


@register.filter
def lookup(texts: Mapping[str, str], key: str) -> str:
    """What people wrote under a key."""
    return texts.get(key, "")


@register.filter
def part_label(key: str) -> Promise | str:
    """The name of a written part, for those who cannot see its heading."""
    return PARTS.get(key, key)
