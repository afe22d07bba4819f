"""What lies below a printed map when no tiles do: the local base map of the screen, and signs."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from django.contrib.staticfiles import finders

from vigie.mapping.printing.drawing import Ground, Town
from vigie.mapping.vocabulary import SIGNS
from vigie.operations.access import Desk
from vigie.triage.queries.incidents import territory_centre
from vigie.web.map.labels import labels

_SYMBOL: Final = re.compile(r'<symbol id="([^"]+)"([^>]*)>(.*?)</symbol>', re.DOTALL)
_TITLE: Final = re.compile(r"<title>.*?</title>", re.DOTALL)


def local(desk: Desk) -> Ground:
    """Outline, rivers, roads and names, as the screen's map without network has them."""
    here = frozenset(desk.operation.communes.values_list("code", flat=True))
    towns = [
        Town(name=facts["name"], rank=facts["rank"], lon=at[0], lat=at[1])
        for each in labels(territory_centre(desk), here)["features"]
        if (facts := each["properties"])["kind"] == "town"
        and (at := each["geometry"]["coordinates"])
    ]
    return Ground(
        outline=_features("ui/vendor/outline.json"), lines=_features("map/data/essonne.json"),
        towns=towns,
    )  # fmt: skip


@cache
def _features(name: str) -> tuple[Mapping[str, Any], ...]:
    """Of a file made at set-up; nothing when it was not made."""
    found = finders.find(name)
    if not found:
        return ()
    return tuple(json.loads(Path(str(found)).read_text("utf-8"))["features"])


def sign(code: str) -> str:
    """The inside of a sign's symbol, white on its disc; "" when it is not known."""
    known = SIGNS.get(code)
    if known is None:
        return ""
    if known.icon:
        return _symbols("ui/vendor/icons.svg").get(known.icon, "")
    return _symbols("layers/signs.svg").get(code, "")


@cache
def _symbols(name: str) -> Mapping[str, str]:
    found = finders.find(name)
    if not found:
        return {}
    text = Path(str(found)).read_text("utf-8")
    made = {}
    for code, facts, inside in _SYMBOL.findall(text):
        plain = _TITLE.sub("", inside).replace("currentColor", "#fff")
        filled = 'fill="currentColor"' in facts
        made[code] = f'<g fill="#fff" stroke="none">{plain}</g>' if filled else plain
    return made
