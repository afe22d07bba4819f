"""What a column of the board shows: a stream of leads, and the filters over it.

Plain data, kept as JSON in `Column.settings`. Reading a stream is `queries.leads`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec

KINDS = ("watch", "search", "todo", "mine", "kept")
"""watch: what answers a watch. search: a query and filters over everything. todo: new and in nobody
else's hands, gravest then oldest first. mine: what I have in hand. kept: last touched first."""

TEXT_LIMIT = 2_000


class Filters(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Narrows a stream; everything given must hold.

    `text` is in the watch query language. `state`: "open" (all but dismissed), new, kept,
    dismissed or all. `urgency` is the least level 0 … 4. `place` is an INSEE code (five
    characters), a département (two or three), or the beginning of a place's name. `hours` counts
    back from now; `after` and `before` are fixed.
    """

    text: str = ""
    state: str = "open"
    networks: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    category: str = ""
    urgency: int = 0
    place: str = ""
    media: bool = False
    hours: int | None = None
    after: datetime | None = None
    before: datetime | None = None

    @property
    def of_the_post(self) -> bool:
        """Whether something is asked that the index of posts answers."""
        return bool(
            self.text or self.networks or self.languages or self.media or self.hours
            or self.after or self.before
        )  # fmt: skip

    @property
    def of_the_lead(self) -> bool:
        """Whether something is asked that only the lead's own columns answer."""
        return bool(self.category or self.urgency or self.place)

    @property
    def are_none(self) -> bool:
        return self == Filters()

    def published_from(self, now: datetime) -> datetime | None:
        """The earliest publication asked for."""
        back = now - timedelta(hours=self.hours) if self.hours else None
        return max((t for t in (back, self.after) if t is not None), default=None)


class Stream(msgspec.Struct, frozen=True, kw_only=True):
    """One column's content. `watch` is the watch's id when `kind` is watch."""

    kind: str
    watch: int | None = None
    filters: Filters = Filters()


def filters_from(settings: Any) -> Filters:
    """Filters as they were stored; none when what is stored cannot be read any more."""
    try:
        return msgspec.convert(settings, Filters, strict=False)
    except msgspec.ValidationError:
        return Filters()


def filters_to(filters: Filters) -> dict[str, Any]:
    """JSON of the filters, defaults left out."""
    stored: dict[str, Any] = msgspec.to_builtins(filters)
    return stored
