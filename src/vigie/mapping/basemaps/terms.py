"""What may be stored: servers whose terms forbid taking their tiles away in bulk, and why.

Whoever packs tiles answers for the right to. These are the ones known to say no; for a server that is
in no list, the person must say under which licence its tiles may be kept.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

OSM: Final = (
    "The tile server of OpenStreetMap is run on donations for people who look at the map; its usage "
    "policy forbids downloading tiles ahead and for use without network. Take the IGN's plan, or a "
    "file of OpenStreetMap data somebody may give (a Protomaps extract) with `vigie basemap extract`."
)
OSM_FAMILY: Final = (
    "This server is run by volunteers for people who look at the map; its usage policy forbids bulk "
    "downloads. Take the IGN's plan, or a file of OpenStreetMap data with `vigie basemap extract`."
)
COMMERCIAL: Final = (
    "The terms of this service forbid storing its tiles. Take the IGN's plan or aerial photos "
    "(Licence Ouverte 2.0), or ask the service for a file and a licence of its own."
)
REFUSED: Final = {
    "tile.openstreetmap.org": OSM, "tile.osm.org": OSM, "tile.openstreetmap.fr": OSM_FAMILY,
    "openstreetmap.de": OSM_FAMILY, "opentopomap.org": OSM_FAMILY,
    "memomaps.de": OSM_FAMILY, "cyclosm.org": OSM_FAMILY, "openrailwaymap.org": OSM_FAMILY,
    "google.com": COMMERCIAL, "googleapis.com": COMMERCIAL, "gstatic.com": COMMERCIAL,
    "virtualearth.net": COMMERCIAL, "bing.com": COMMERCIAL, "mapbox.com": COMMERCIAL,
    "arcgisonline.com": COMMERCIAL, "arcgis.com": COMMERCIAL, "here.com": COMMERCIAL,
    "hereapi.com": COMMERCIAL, "tomtom.com": COMMERCIAL, "thunderforest.com": COMMERCIAL,
    "stadiamaps.com": COMMERCIAL, "cartocdn.com": COMMERCIAL, "maptiler.com": COMMERCIAL,
    "jawg.io": COMMERCIAL, "apple-mapkit.com": COMMERCIAL,
}  # fmt: skip
"""By the end of the server's name."""


def refusal(address: str) -> str:
    """Why tiles of this address may not be packed; "" when nothing against it is known."""
    host = (urlsplit(address).hostname or "").lower().rstrip(".")
    for name, why in REFUSED.items():
        if host == name or host.endswith(f".{name}"):
            return why
    return ""
