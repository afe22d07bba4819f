"""Kilometres of a route as people say them, and metres along its line as they are measured."""

from __future__ import annotations

from functools import lru_cache

from vigie.kernel.clock import parse_rfc3339
from vigie.kernel.linear import Measured
from vigie.mapping.models import Route
from vigie.mapping.routes.decide import Row


def measured(route: Route) -> Measured:
    """The route's line; kept between calls while the route stays as it is."""
    return _measured(_Line(route))


class _Line:
    """A route's line as a key: the same route in the same version is the same line."""

    def __init__(self, route: Route) -> None:
        self.coordinates = route.geometry["coordinates"]
        self.key = (route.pk, route.version, route.length_m, tuple(self.coordinates[0]))

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Line) and other.key == self.key


@lru_cache(maxsize=32)
def _measured(line: _Line) -> Measured:
    return Measured(line.coordinates)


def _stretch(route: Route) -> float:
    return 1.0 if route.stated_km is None else route.stated_km * 1000 / route.length_m


def kilometre(route: Route, along_m: float) -> float:
    """What people say of a measure."""
    return route.first_km + along_m * _stretch(route) / 1000


def metres(route: Route, km: float) -> float:
    """The measure of what people say."""
    return (km - route.first_km) * 1000 / _stretch(route)


def last_km(route: Route) -> float:
    return kilometre(route, route.length_m)


def rows_of(route: Route) -> list[Row]:
    """Its timetable."""
    return [
        Row(
            km=each["km"], place=each["place"],
            first=None if each["first"] is None else parse_rfc3339(each["first"]),
            last=None if each["last"] is None else parse_rfc3339(each["last"]),
        )
        for each in route.timetable
    ]  # fmt: skip
