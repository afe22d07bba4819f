"""What a person's filter leaves of a layer, so that what tiles draw, count and list means the same.

The rules are those of web/layers/static/layers/looks.js (`matches`). Pure.
"""

from __future__ import annotations

import unicodedata
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from vigie.mapping.serving.boxes import pack
from vigie.mapping.serving.index import LayerIndex

LONGEST: Final = 2_000
"""Characters of a filter as it is asked for."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`text`: words that name, note and attributes hold all of; one of these `templates`; `validity`
    now, past or future at `now` (seconds since 1970); at least this `reliability` (A is best) and
    `credibility` (1 is best)."""

    text: str = ""
    templates: tuple[str, ...] = ()
    validity: str = ""
    reliability: str = ""
    credibility: int = 0
    now: float = 0


def read_wanted(text: str) -> Wanted:
    """A filter as the browser writes it; nothing asked leaves all. Raises ValueError."""
    if len(text) > LONGEST:
        raise ValueError("too long")
    return msgspec.json.decode(text, type=Wanted) if text else Wanted()


def left(index: LayerIndex, wanted: Wanted) -> LayerIndex:
    """The index of what the filter leaves; the same one when nothing is asked."""
    if wanted == Wanted(now=wanted.now):
        return index
    kept = np.flatnonzero(_meets(index, wanted))
    boxes = index.boxes[:, kept]
    return LayerIndex(
        seq=index.seq, pk=index.pk[kept], key=index.key[kept], x=index.x[kept], y=index.y[kept],
        boxes=boxes, shape=index.shape[kept], shapes=index.shapes,
        told={name: column[kept] for name, column in index.told.items()}, tree=pack(boxes),
    )  # fmt: skip


def _meets(index: LayerIndex, wanted: Wanted) -> NDArray[np.bool_]:
    told, n = index.told, len(index)
    meets = np.ones(n, dtype=bool)

    def ask(test: Any, *columns: str) -> None:
        here = np.flatnonzero(meets)
        values = zip(*(told[name][here].tolist() for name in columns), strict=True)
        meets[here] = np.fromiter((test(*each) for each in values), dtype=bool, count=len(here))

    if wanted.templates:
        some = frozenset(wanted.templates)
        ask(lambda template: (template or "") in some, "template")
    if wanted.reliability:
        ask(lambda reliability: reliability <= wanted.reliability, "reliability")
    if wanted.credibility:
        ask(lambda credibility: credibility <= wanted.credibility, "credibility")
    if wanted.validity:
        ask(
            lambda begins, ends: _validity(begins, ends, wanted.now) == wanted.validity,
            "from",
            "until",
        )
    if words := folded(wanted.text).split():
        ask(lambda *each: _holds(words, *each), "name", "note", "attributes")
    return meets


def _validity(begins: float | None, ends: float | None, now: float) -> str:
    if ends is not None and ends <= now:
        return "past"
    return "future" if begins is not None and begins > now else "now"


def _holds(words: list[str], name: str | None, note: str | None, attributes: str | None) -> bool:
    parts = [name or "", note or ""]
    if attributes:
        values = msgspec.json.decode(attributes, type=dict[str, Any]).values()
        parts += [_text(value) for value in values if value is not None and value != ""]
    found = folded(" ".join(parts))
    return all(word in found for word in words)


def _text(value: Any) -> str:
    """As a browser writes a value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def folded(text: str) -> str:
    """Without accents and case, as looks.js compares."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFD", text)
    return "".join(each for each in apart if not unicodedata.category(each).startswith("M")).lower()
