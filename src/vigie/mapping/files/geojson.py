"""GeoJSON and uMap exports read object by object: constant memory, one bad object costs itself only.

The ends of each element are found by counting brackets, then it is decoded by itself; so nesting a
million deep or a broken element is refused alone and the next one is read.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from vigie.kernel.geojson import GeometryRefused
from vigie.kernel.geometries import build
from vigie.mapping.files.types import FileRefused, Raw

CHUNK: Final = 1 << 18
ELEMENT: Final = 64_000_000
"""Characters of one object at most."""
_MARKS: Final = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[\]{}"]', re.DOTALL)
_SPACE: Final = re.compile(r"[ \t\r\n]*")
_SCALAR: Final = re.compile(r"[^,\]}\s]+")
DEEP: Final = 500


class Deep(ValueError):
    """An element nested beyond what anything here reads."""


class Scanner:
    """A JSON text read piece by piece."""

    def __init__(self, path: Path, charset: str = "") -> None:
        self._file = path.open("rb")
        self._size = max(path.stat().st_size, 1)
        start = self._file.read(4)
        self._file.seek(0)
        if not charset:
            charset = "utf-16" if start[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        self._decode = codecs.getincrementaldecoder(charset)(errors="replace")
        self.text, self.at, self.ended = "", 0, False

    def close(self) -> None:
        self._file.close()

    @property
    def share(self) -> float:
        return min(1.0, self._file.tell() / self._size)

    def more(self) -> bool:
        """Read on; False when there is nothing."""
        if self.ended:
            return False
        self.text, self.at = self.text[self.at :], 0
        chunk = self._file.read(max(CHUNK, len(self.text)))
        self.ended = not chunk
        self.text += self._decode.decode(chunk, final=self.ended)
        return True

    def peek(self) -> str:
        """The next character that is not a blank, "" at the end."""
        while True:
            found = _SPACE.match(self.text, self.at)
            self.at = found.end() if found else self.at
            if self.at < len(self.text):
                return self.text[self.at]
            if not self.more():
                return ""

    def take(self, mark: str) -> bool:
        """Go beyond `mark` when it is next."""
        if self.peek() != mark:
            return False
        self.at += 1
        return True

    def value(self) -> str:
        """The text of the next value, whatever is in it. Raises FileRefused(truncated, broken) and
        Deep, after having gone beyond it."""
        first = self.peek()
        if not first:
            raise FileRefused("truncated")
        if first not in '[{"':
            return self._scalar()
        while (end := self._end()) is None:
            if len(self.text) - self.at > ELEMENT:
                raise FileRefused("too_large")
            if not self.more():
                raise FileRefused("truncated")
        stop, deepest = end
        found = self.text[self.at : stop]
        self.at = stop
        if deepest > DEEP:
            raise Deep
        return found

    def _end(self) -> tuple[int, int] | None:
        """Where the value that begins here ends and how deep it goes, None when it goes on."""
        depth = deepest = 0
        for mark in _MARKS.finditer(self.text, self.at):
            what = mark[0]
            if what in ("{", "["):
                depth += 1
                deepest = max(deepest, depth)
            elif what in ("}", "]"):
                depth -= 1
            elif what == '"':
                return None  # a string that goes on
            if depth == 0:
                return mark.end(), deepest
        return None

    def _scalar(self) -> str:
        while True:
            found = _SCALAR.match(self.text, self.at)
            if found is None:
                raise FileRefused("broken", self.text[self.at : self.at + 20])
            if found.end() < len(self.text) or not self.more():
                self.at = found.end() if found.end() <= len(self.text) else self.at
                return found[0]


def decoded(text: str) -> Any:
    """JSON, NaN among the numbers. Raises ValueError, RecursionError."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return json.loads(text)


class Reader:
    """The objects of a GeoJSON or uMap file. `crs` and `layers` are known once it was read."""

    def __init__(self, path: Path, charset: str = "") -> None:
        self._scanner = Scanner(path, charset)
        self.crs = ""
        self.layers: list[tuple[str, int]] = []
        """Of uMap: names of its layers with the number of their first object."""
        self._number = 0

    @property
    def share(self) -> float:
        return self._scanner.share

    def close(self) -> None:
        self._scanner.close()

    def __iter__(self) -> Iterator[Raw]:
        scanner = self._scanner
        if scanner.peek() == "[":
            yield from self._elements()
            return
        while scanner.peek() == "{":  # one object, or one a line
            yield from self._object()
        if scanner.peek():
            raise FileRefused("broken", scanner.text[scanner.at : scanner.at + 20])

    def _object(self) -> Iterator[Raw]:
        """A collection is gone through; anything else is one object of the file."""
        scanner = self._scanner
        start = self._number
        rest: dict[str, str] = {}
        scanner.take("{")
        went_in = False
        while not scanner.take("}"):
            key = self._key()
            if key in ("features", "layers") and scanner.peek() == "[":
                went_in = True
                yield from self._elements(layers=key == "layers")
            else:
                try:
                    rest[key] = scanner.value()
                except Deep:
                    rest[key] = '"\\u0000deep"'
            if not scanner.take(",") and scanner.peek() != "}":
                raise FileRefused("broken" if scanner.peek() else "truncated")
        if went_in:
            self._told(rest, start)
            return
        text = "{" + ",".join(f"{json.dumps(key)}:{value}" for key, value in rest.items()) + "}"
        yield self._raw(text)

    def _key(self) -> str:
        scanner = self._scanner
        if scanner.peek() != '"':
            raise FileRefused("broken" if scanner.peek() else "truncated")
        try:
            key = json.loads(scanner.value())
        except ValueError as error:
            raise FileRefused("broken") from error
        if not scanner.take(":"):
            raise FileRefused("broken" if scanner.peek() else "truncated")
        return str(key)

    def _elements(self, *, layers: bool = False) -> Iterator[Raw]:
        scanner = self._scanner
        scanner.take("[")
        while not scanner.take("]"):
            if layers and scanner.peek() == "{":
                yield from self._object()
            else:
                yield self._next()
            if not scanner.take(",") and scanner.peek() != "]":
                raise FileRefused("broken" if scanner.peek() else "truncated")

    def _next(self) -> Raw:
        try:
            text = self._scanner.value()
        except Deep:
            self._number += 1
            return Raw(number=self._number, properties={}, refused=GeometryRefused("deep"))
        return self._raw(text)

    def _raw(self, text: str) -> Raw:
        self._number += 1
        try:
            value = decoded(text)
        except (ValueError, RecursionError):
            return Raw(
                number=self._number, properties={"": text[:1000]},
                refused=GeometryRefused("not_json"),
            )  # fmt: skip
        return raw_of(value, self._number)

    def _told(self, rest: dict[str, str], start: int) -> None:
        """What a collection says of itself: an older kind of `crs`, uMap's name of a layer."""
        for key, value in rest.items():
            try:
                told = decoded(value) if key in ("crs", "_umap_options", "name") else None
            except (ValueError, RecursionError):
                continue
            if key == "crs" and isinstance(told, dict):
                named = (told.get("properties") or {}).get("name")
                self.crs = named if isinstance(named, str) else ""
            elif key == "_umap_options" and isinstance(told, dict):
                self.layers.append((str(told.get("name") or ""), start + 1))


def raw_of(value: Any, number: int) -> Raw:
    """A feature (or a bare geometry) as an object of a file."""
    if not isinstance(value, dict):
        return Raw(number=number, properties={}, refused=GeometryRefused("not_geojson"))
    if value.get("type") == "Feature":
        held = value.get("properties")
        properties = dict(held) if isinstance(held, dict) else {}
        geometry = value.get("geometry")
        known = value.get("id")
    else:
        properties, geometry, known = {}, value, None
    options = properties.pop("_umap_options", None)
    if isinstance(options, dict):  # how uMap draws it: not what it is
        known = known or properties.get("id")
    made = Raw(number=number, properties=properties)
    if isinstance(known, (str, int)) and not isinstance(known, bool):
        made.id = str(known)
    try:
        made.shape, made.repairs = build(geometry)
    except GeometryRefused as refusal:
        made.refused = refusal
    return made
