"""Kinds of operation, with their names in both languages and the icon that stands for them."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


@dataclass(frozen=True, kw_only=True)
class Kind:
    code: str
    label: Promise | str
    icon: str


KINDS: dict[str, Kind] = {
    kind.code: kind
    for kind in (
        Kind(code="flood", label=_("Flood"), icon="droplets"),
        Kind(code="storm", label=_("Storm"), icon="wind"),
        Kind(code="fire", label=_("Fire"), icon="flame"),
        Kind(code="industrial", label=_("Industrial accident"), icon="building-factory"),
        Kind(code="gathering", label=_("Gathering"), icon="users"),
        Kind(code="other", label=pgettext_lazy("kind", "Other"), icon="radar"),
    )
}
