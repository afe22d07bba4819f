"""What sources of official measures share: numbers, XML without entities, boxes, département codes."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final
from xml.etree.ElementTree import Element, ParseError, XMLParser

from vigie.contracts.plugins import Undecodable

DEPARTEMENT: Final = r"^(\d{2,3}|2[AB])$"
DEPARTEMENTS: Final = r"^\s*((\d{2,3}|2[ABab])[\s,;]*)+$"
BOX: Final = r"^$|^\s*-?\d+(\.\d+)?\s*,\s*-?\d+(\.\d+)?\s*,\s*-?\d+(\.\d+)?\s*,\s*-?\d+(\.\d+)?\s*$"
_DECLARED: Final = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)
Box = tuple[float, float, float, float]


class XmlRefused(ValueError):
    """Not well-formed, or with a DTD (whose entities could grow without end)."""


def xml_root(data: bytes) -> Element:
    """The document's root. Raises XmlRefused."""
    if _DECLARED.search(data[:100_000]):
        raise XmlRefused("DTD")
    parser = XMLParser()  # noqa: S314 - no DTD, so no entity to expand
    try:
        parser.feed(data)
        root: Element = parser.close()
    except (ParseError, ValueError, LookupError, RecursionError) as error:
        raise XmlRefused(str(error)[:120]) from error
    return root


def local(element: Element) -> str:
    """The name without its namespace."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def children(element: Element, name: str) -> Iterator[Element]:
    """Children of that local name, whatever their namespace."""
    return (child for child in element if local(child) == name)


def child(element: Element | None, *path: str) -> Element | None:
    """The first element down the path of local names; None when a step is not there."""
    for name in path:
        if element is None:
            return None
        element = next(children(element, name), None)
    return element


def text(element: Element | None, *path: str) -> str:
    """The text at the path, on one line; "" when there is none."""
    found = child(element, *path)
    return " ".join((found.text or "").split()) if found is not None else ""


def descendants(element: Element, name: str) -> Iterator[Element]:
    return (each for each in element.iter() if local(each) == name)


def number(value: Any) -> float | None:
    """A finite number, also when it is written as a text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def colour(value: Any) -> int | None:
    """An official colour, 1 green to 4 red, also when it is a text. Out of range is not green."""
    found = number(value)
    return int(found) if found in (1.0, 2.0, 3.0, 4.0) else None


def required(value: Any, code: str, detail: str = "") -> Any:
    """The value, or Undecodable when it says nothing."""
    if value is None or value == "":
        raise Undecodable(code, detail)
    return value


def box_of(written: str) -> Box | None:
    """West, south, east, north of a setting; None when it is empty or upside down."""
    parts = [number(part) for part in written.split(",")]
    if len(parts) != 4 or any(part is None for part in parts):
        return None
    west, south, east, north = (float(part or 0.0) for part in parts)
    return (west, south, east, north) if west < east and south < north else None


def within(box: Box | None, points: Iterable[tuple[float, float]]) -> bool:
    """Whether any (lon, lat) lies in the box; without a box all do."""
    if box is None:
        return True
    west, south, east, north = box
    return any(west <= lon <= east and south <= lat <= north for lon, lat in points)


def point(lon: float | None, lat: float | None) -> dict[str, Any] | None:
    """A GeoJSON point; None when either is missing or off the globe."""
    if lon is None or lat is None or not (-180 <= lon <= 180 and -90 <= lat <= 90):
        return None
    return {"type": "Point", "coordinates": [lon, lat]}


def pairs(coordinates: Any) -> Iterator[tuple[float, float]]:
    """All (lon, lat) of GeoJSON coordinates of any depth."""
    if not isinstance(coordinates, list) or not coordinates:
        return
    if isinstance(coordinates[0], int | float):
        if len(coordinates) > 1 and isinstance(coordinates[1], int | float):
            yield float(coordinates[0]), float(coordinates[1])
        return
    for each in coordinates:
        yield from pairs(each)


def words_of_codes(written: str) -> tuple[str, ...]:
    """Codes of a setting, one a line or parted by blanks, commas, ";"; upper case."""
    parted = written.replace(",", " ").replace(";", " ").upper().split()
    return tuple(dict.fromkeys(parted))


def given(mapping: Mapping[str, Any], *names: str) -> str:
    """The first of these that is a text with something in it; whole numbers count as texts."""
    for name in names:
        value = mapping.get(name)
        if isinstance(value, str) and value.strip():
            return " ".join(value.split())
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
    return ""
