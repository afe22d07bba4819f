"""How edits that met meet: field by field, as pure rules.

An edit says which fields it sets and, for each, the stamp of the value it was made on (`base`). A
stamp is the number of the journal entry that wrote the field. A field nobody wrote meanwhile is
taken; one that somebody wrote meanwhile with another value stands, the other value is kept beside
it, and both people are asked. Two people who changed different fields, or different objects, both
win. Deleting what somebody changed meanwhile, and changing what somebody deleted, asks too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

FIELDS: Final = (
    "geometry", "template", "name", "note", "valid_from", "valid_until", "reliability",
    "credibility", "precision_m", "radius_m", "lead", "layer", "deleted",
)  # fmt: skip
"""What an edit may set, besides `attributes.<key>`: each is merged by itself. `layer` is the number of
the layer the object stands in."""
ATTRIBUTE: Final = "attributes."
AUDIENCES: Final = ("team", "partner", "public")
EDITORS: Final = ("team", "mappers")
ORIGINS: Final = ("drawn", "imported", "remote")
ANY: Final = "*"
"""In `base`: the last stamp of the whole object that the person had seen."""


@dataclass(frozen=True, kw_only=True)
class Clash:
    """A field that stands as `kept` while `offered` waits for somebody to choose."""

    field: str
    kept: Any
    offered: Any


@dataclass(frozen=True, kw_only=True)
class Merged:
    """What becomes of an edit: `taken` is written, `clashes` are asked, `same` said what stood."""

    taken: Mapping[str, Any] = field(default_factory=dict)
    clashes: tuple[Clash, ...] = ()
    same: tuple[str, ...] = ()


def merge(
    now: Mapping[str, Any],
    stamps: Mapping[str, int],
    *,
    wanted: Mapping[str, Any],
    base: Mapping[str, int],
    own: frozenset[str] = frozenset(),
) -> Merged:
    """Meet an edit with the object as it is.

    `now` are the object's values by field and `stamps` when each was written (0 when never).
    `wanted` and `base` are the edit's. Fields in `own` were written by the same hand just before
    and are taken whatever their stamp.
    """
    taken: dict[str, Any] = {}
    clashes: list[Clash] = []
    same: list[str] = []
    for name, value in wanted.items():
        if now.get(name) == value:
            same.append(name)
        elif _may_write(name, value, stamps, base, own):
            taken[name] = value
        else:
            clashes.append(Clash(field=name, kept=now.get(name), offered=value))
    gone = bool(now.get("deleted")) and "deleted" not in own
    if (
        gone
        and "deleted" not in wanted
        and (taken or clashes)
        and not seen("deleted", stamps, base)
    ):
        clashes.append(Clash(field="deleted", kept=True, offered=False))
    return Merged(taken=taken, clashes=tuple(clashes), same=tuple(same))


def _may_write(
    name: str,
    value: Any,
    stamps: Mapping[str, int],
    base: Mapping[str, int],
    own: frozenset[str],
) -> bool:
    if name == "deleted" and value:  # deleting is about the whole object
        return all(each in own or seen(each, stamps, base) for each in stamps)
    return name in own or seen(name, stamps, base)


def seen(name: str, stamps: Mapping[str, int], base: Mapping[str, int]) -> bool:
    """Whether the edit was made on the value of the field that stands. A field that `base` does not
    name was seen as of the whole object."""
    return stamps.get(name, 0) <= base.get(name, base.get(ANY, 0))


def is_field(name: str) -> bool:
    """Whether an edit may set it."""
    key = name.removeprefix(ATTRIBUTE)
    return name in FIELDS or (name.startswith(ATTRIBUTE) and 0 < len(key) <= 60)
