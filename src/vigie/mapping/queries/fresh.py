"""What changed on the map between two entries of the journal, for many screens at once: read once, told
to each by what they may see. Screens that cannot use it ask for themselves (`features.changes`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from vigie.mapping.models import Feature
from vigie.mapping.queries.features import as_feature, told

MOST: Final = 200
"""More changed objects than that are not told: each screen asks."""
_VERBS: Final = ("map.edited", "map.settled")


@dataclass(frozen=True, kw_only=True)
class Fresh:
    """Objects that changed after entry `since`, complete up to entry `seq`. `open` are the ids of
    those that people see, too, who do not see the team's layers."""

    since: int
    seq: int
    features: tuple[dict[str, Any], ...]
    gone: tuple[str, ...]
    open: frozenset[str]

    def told_to(self, *, team: bool) -> dict[str, Any]:
        """As a screen is told it; `team`: one that sees the team's layers."""
        return {
            "since": self.since, "seq": self.seq,
            "features": [each for each in self.features if team or each["id"] in self.open],
            "gone": [uid for uid in self.gone if team or uid in self.open],
        }  # fmt: skip


def tellable(verb: str, data: Mapping[str, Any]) -> bool:
    """Whether an entry about layers says all that matters by the objects it changed. Not when one
    moved to another layer: who does not see that one is to be told otherwise."""
    return verb in _VERBS and not data.get("moved") and data.get("field") != "layer"


def fresh(operation: int, *, since: int, seq: int) -> Fresh | None:
    """What changed on an operation's layers; None when it is too much. Everything up to `seq` is
    committed. Asks nobody's rights: see `Fresh.told_to`."""
    rows = Feature.objects.filter(
        layer__operation=operation, layer__archived_at__isnull=True, changed__gt=since
    )
    found = list(told(rows).order_by("changed", "pk")[: MOST + 1])
    if len(found) > MOST:
        return None
    return Fresh(
        since=since, seq=seq,
        features=tuple(as_feature(row) for row in found if row.deleted_at is None),
        gone=tuple(str(row.uid) for row in found if row.deleted_at is not None),
        open=frozenset(str(row.uid) for row in found if row.layer.audience != "team"),
    )  # fmt: skip
