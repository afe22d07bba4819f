"""The base maps Vigie knows: one line each. Which are offered says `VIGIE_BASEMAPS` (`offer`)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_IGN: Final = (
    "https://data.geopf.fr/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER={layer}&STYLE=normal"
    "&FORMAT={format}&TILEMATRIXSET={matrix}&TILEMATRIX={{z}}&TILEROW={{y}}&TILECOL={{x}}"
)
LICENCE_OUVERTE: Final = "Licence Ouverte 2.0"
_CODE: Final = re.compile(r"[a-z0-9-]+")
_HOLES: Final = ("{z}", "{x}", "{y}")


@dataclass(frozen=True, kw_only=True)
class Basemap:
    """A map made of square pictures that a server gives. `address` has {z}, {x} and {y}.

    `night`: how it is shown in the dark theme: "turned" (light and dark changed over), "dimmed", "".
    `kept`: whether its tiles may be stored, for packs and printed sheets. `names_us`: whether its
    server wants to know which site its tiles are shown on.
    """

    code: str
    label: str | Promise
    address: str
    attribution: str
    licence: str
    max_zoom: int = 19
    night: str = "turned"
    kept: bool = True
    names_us: bool = False

    def at(self, z: int, x: int, y: int) -> str:
        """The address of one tile."""
        return filled(self.address, z, x, y)

    @property
    def origin(self) -> str:
        parts = urlsplit(self.address)
        return f"{parts.scheme}://{parts.netloc}"


KNOWN: Final = {
    each.code: each
    for each in (
        Basemap(code="ign-plan", label=_("IGN plan"), address=_IGN.format(layer="GEOGRAPHICALGRIDSYSTEMS.PLANIGNV2", format="image/png", matrix="PM"), attribution="© IGN", licence=LICENCE_OUVERTE),
        Basemap(code="ign-ortho", label=_("IGN aerial photos"), address=_IGN.format(layer="ORTHOIMAGERY.ORTHOPHOTOS", format="image/jpeg", matrix="PM_0_19"), attribution="© IGN", licence=LICENCE_OUVERTE, night="dimmed"),
        Basemap(code="osm", label=_("OpenStreetMap"), address="https://tile.openstreetmap.org/{z}/{x}/{y}.png", attribution="© OpenStreetMap contributors", licence="ODbL 1.0", kept=False, names_us=True),
    )
}  # fmt: skip
USUAL: Final = "ign-plan,ign-ortho"


class OfferRefused(ValueError):
    """`VIGIE_BASEMAPS` holds something that cannot be used; the message says what to write."""


def offer(text: str) -> tuple[Basemap | Path, ...]:
    """What is offered, in order: codes of the table, `Name=https://…/{z}/{x}/{y}.png words` for a
    server of one's own (the words after the address are its attribution), paths of packs or of
    folders of packs. Raises OfferRefused."""
    found: list[Basemap | Path] = []
    for given in filter(None, (part.strip() for part in text.split(","))):
        if given in KNOWN:
            found.append(KNOWN[given])
        elif "=http" in given:
            found.append(_own(given, len(found)))
        elif "/" in given or given.endswith(".pmtiles"):
            found.append(Path(given).expanduser())
        elif given != "none":
            raise OfferRefused(
                f"VIGIE_BASEMAPS holds '{given}'. Use {', '.join(KNOWN)}, none, the path of a "
                ".pmtiles file or folder, or Name=https://…/{z}/{x}/{y}.png © whose."
            )
    return tuple(found)


def _own(given: str, number: int) -> Basemap:
    name, _, rest = given.partition("=")
    address, _, attribution = rest.strip().partition(" ")
    parts = urlsplit(address)
    if not name.strip() or not parts.hostname or not all(hole in address for hole in _HOLES):
        raise OfferRefused(
            f"VIGIE_BASEMAPS holds '{given}'. A server is Name=https://…/{{z}}/{{x}}/{{y}}.png © whose."
        )
    code = "-".join(_CODE.findall(name.strip().lower())) or "own"
    return Basemap(
        code=f"own-{number}-{code}", label=name.strip(), address=address,
        attribution=attribution.strip() or parts.hostname, licence="",
    )  # fmt: skip


def filled(address: str, z: int, x: int, y: int) -> str:
    """A template with its numbers. Other braces in it are left alone."""
    return address.replace("{z}", str(z)).replace("{x}", str(x)).replace("{y}", str(y))
