"""What every collection is to OGC API – Features: rows with a place, a time and properties."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from django.db.models import Q, QuerySet

from vigie.api.ogc.fields import Field
from vigie.api.ogc.spatial import Box, Located
from vigie.operations.access import Desk

Interval = tuple[datetime | None, datetime | None]
"""Start and end, both within; None is open."""


@dataclass(frozen=True, kw_only=True)
class Extent:
    """The box of all that lies in a collection and the time it spans; None when nothing does."""

    box: Box | None = None
    interval: Interval = (None, None)


class Collection(ABC):
    """One collection as the person at this desk may read it. `key` is the whole number rows are
    paged by: it never changes, and new rows get greater ones."""

    located: ClassVar[Located]
    key: ClassVar[str]

    def __init__(self, by: Desk, *, now: datetime) -> None:
        self.by = by
        self.now = now

    @property
    @abstractmethod
    def id(self) -> str: ...

    @property
    @abstractmethod
    def title(self) -> str: ...

    @property
    @abstractmethod
    def description(self) -> str: ...

    @abstractmethod
    def fields(self) -> tuple[Field, ...]:
        """Properties that every feature has."""

    def field(self, name: str) -> Field | None:
        """The property of this name, None when there is none."""
        return next((each for each in self.fields() if each.name == name), None)

    def queryables(self) -> tuple[tuple[Field, ...], bool]:
        """Properties to ask about, and whether these are all."""
        return tuple(each for each in self.fields() if each.is_queryable), True

    @abstractmethod
    def rows(self) -> QuerySet[Any]:
        """All rows, in no order."""

    @abstractmethod
    def during(self, interval: Interval) -> Q:
        """Rows whose time meets the interval."""

    @abstractmethod
    def features(self, rows: QuerySet[Any]) -> Iterator[tuple[int, dict[str, Any]]]:
        """Rows in their order, each with its key, as GeoJSON features."""

    @abstractmethod
    def named(self, name: str) -> QuerySet[Any]:
        """The row of that id, or none."""

    @abstractmethod
    def extent(self) -> Extent: ...

    def stamp(self) -> str | None:
        """Changes with everything a reader of the collection could see; None when that cannot be
        told without reading it all."""
        return None


def open_ended(column: str, interval: Interval) -> Q:
    """Rows whose moment lies in the interval."""
    start, end = interval
    where = Q(**{f"{column}__isnull": False})
    if start is not None:
        where &= Q(**{f"{column}__gte": start})
    if end is not None:
        where &= Q(**{f"{column}__lte": end})
    return where
