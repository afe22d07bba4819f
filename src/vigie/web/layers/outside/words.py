"""Layers from outside in words: kinds, how often, how a source does, why it fails, what is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from vigie.mapping.actions.feeds import FEEDS
from vigie.mapping.feeds.contract import ADDRESS
from vigie.mapping.feeds.reading import OBJECTS
from vigie.mapping.models import LayerFeed
from vigie.mapping.queries.feeds import old
from vigie.web.layers.file_words import failure

Pair = tuple[Promise, Promise]


@dataclass(frozen=True, kw_only=True)
class KindWords:
    label: Promise | str
    icon: str
    help: Promise | str
    example: str
    choose: Promise | str = ""
    """What is chosen of what the source holds."""


KINDS: Mapping[str, KindWords] = {
    "geojson": KindWords(
        label="GeoJSON", icon="braces", example="https://…/couche.geojson",
        help=gettext_lazy("The address of a file or of a service that answers GeoJSON."),
    ),
    "vigie": KindWords(
        label=gettext_lazy("Another Vigie"), icon="share", example="https://vigie.exemple.fr/ogc/operation",
        help=gettext_lazy("Or any OGC API – Features service: its address, or that of one of its collections."),
        choose=gettext_lazy("Collection"),
    ),
    "umap": KindWords(
        label="uMap", icon="map-2", example="https://umap.openstreetmap.fr/fr/map/crue_12345",
        help=gettext_lazy("The address of a map that everyone may see, of its export, or of one of its layers’ data."),
    ),
    "kml": KindWords(
        label="KML, KMZ", icon="world", example="https://…/couche.kml",
        help=gettext_lazy("The address of the file. What it points to further on is not fetched."),
    ),
    "gpx": KindWords(
        label="GPX", icon="route", example="https://…/trace.gpx",
        help=gettext_lazy("The address of tracks, routes or points."),
    ),
    "csv": KindWords(
        label=gettext_lazy("Table (CSV)"), icon="table", example="https://…/table.csv",
        help=gettext_lazy("The address of a table with columns that tell the place: longitude and latitude, or commune."),
    ),
    "georss": KindWords(
        label="GeoRSS", icon="rss", example="https://…/flux.xml",
        help=gettext_lazy("The address of a feed whose entries say where they are."),
    ),
    "wms": KindWords(
        label="WMS", icon="photo", example="https://…/wms",
        help=gettext_lazy("Pictures of a Web Map Service: its address, then the layer."),
        choose=gettext_lazy("Layer of the service"),
    ),
    "wmts": KindWords(
        label="WMTS", icon="grid-dots", example="https://…/wmts",
        help=gettext_lazy("Tiles of a Web Map Tile Service: its address, then the layer."),
        choose=gettext_lazy("Layer of the service"),
    ),
    "xyz": KindWords(
        label=gettext_lazy("Tiles by address"), icon="layout-grid", example="https://…/{z}/{x}/{y}.png",
        help=gettext_lazy("An address with {z}, {x} and {y}. Give whose pictures they are: it is written on the map."),
    ),
}  # fmt: skip
"""A kind without words here is called by its name."""

INTERVALS: Mapping[int, Promise] = {
    60: gettext_lazy("every minute"),
    300: gettext_lazy("every five minutes"),
    900: gettext_lazy("every quarter of an hour"),
    3_600: gettext_lazy("every hour"),
    21_600: gettext_lazy("every six hours"),
    86_400: gettext_lazy("once a day"),
}

_TROUBLES: Mapping[str, Pair] = {
    "address_forbidden": (gettext_lazy("The address leads inside a network, or to none of the web: it is not asked."), gettext_lazy("Only public addresses that begin with http:// or https:// are visited.")),
    "feed_gone": (gettext_lazy("The server says that this is gone for good."), gettext_lazy("Look for its new address.")),
    "feed_missing": (gettext_lazy("There is nothing at this address."), gettext_lazy("Check how it is written.")),
    "feed_needs_sign_in": (gettext_lazy("The server gives it to those who sign in only."), gettext_lazy("Give a token where the form asks for one, or ask for an open address.")),
    "token_refused": (gettext_lazy("The server no longer takes our token: it was withdrawn or has expired."), gettext_lazy("Ask the other team for a new one and enter it here.")),
    "feed_forbidden": (gettext_lazy("The server refuses to give it to us."), gettext_lazy("Ask whoever publishes it.")),
    "feed_refused": (gettext_lazy("The server refuses the request."), gettext_lazy("Check the address.")),
    "server_busy": (gettext_lazy("The server asks us to come back later."), gettext_lazy("We wait as long as it asks for.")),
    "server_failed": (gettext_lazy("The server is out of order."), gettext_lazy("Nothing to do here: it is tried again by itself.")),
    "unreachable": (gettext_lazy("Nobody answers at this address."), gettext_lazy("Check how it is written, and that it opens in a browser.")),
    "too_slow": (gettext_lazy("The server takes too long to answer."), gettext_lazy("It is tried again, less and less often.")),
    "too_large": (gettext_lazy("The answer is too large: 30 MB at most."), gettext_lazy("Look for an address that gives a part of it.")),
    "too_many_objects": (gettext_lazy("It holds too many objects to be followed: %(objects)d at most."), gettext_lazy("Look for an address that gives a part of it, or import it once as a file.")),
    "too_many_redirects": (gettext_lazy("The address sends on in circles."), gettext_lazy("Open it in a browser and copy the address that it ends at.")),
    "not_http": (gettext_lazy("What answers there broke off, or does not speak the web’s language."), gettext_lazy("It is tried again by itself; check the address if it goes on.")),
    "broken_off": (gettext_lazy("The server broke off."), gettext_lazy("It is tried again by itself.")),
    "feed_empty": (gettext_lazy("The answer is empty."), gettext_lazy("It is tried again by itself.")),
    "page_instead": (gettext_lazy("A web page answers there, not data."), gettext_lazy("Look on that page for the address of the data: export, download, API.")),
    "unknown_format": (gettext_lazy("What answers there is no data that Vigie can read."), gettext_lazy("Check the address and the kind.")),
    "other_kind": (gettext_lazy("What answers there is data of another kind."), gettext_lazy("Choose that kind and give the address again.")),
    "no_places": (gettext_lazy("Nothing of what answers there has a place."), gettext_lazy("Check that the address gives the data and not a message.")),
    "truncated": (gettext_lazy("The answer stops in the middle."), gettext_lazy("It is tried again by itself.")),
    "broken": (gettext_lazy("The answer is damaged, or of another kind than before."), gettext_lazy("It is tried again by itself; check the address if it goes on.")),
    "doctype": (gettext_lazy("The answer holds a document type with entities, as attacks do."), gettext_lazy("Be wary of where it comes from.")),
    "needs_projection": (gettext_lazy("The data does not say its projection."), gettext_lazy("Look for the same in degrees (WGS 84), or import it once as a file.")),
    "choose_first": (gettext_lazy("This source holds several things."), gettext_lazy("Choose one of them.")),
    "not_features": (gettext_lazy("No OGC API – Features service answers there."), gettext_lazy("The address of a Vigie’s is …/ogc/ followed by the operation.")),
    "next_elsewhere": (gettext_lazy("The service says that its next page is on another server: it is not asked."), gettext_lazy("Give the address by which the service itself is known.")),
    "not_capabilities": (gettext_lazy("What answers there does not say which layers it has."), gettext_lazy("Check the address and the kind: WMS and WMTS are two things.")),
    "not_xml": (gettext_lazy("What answers there does not say which layers it has."), gettext_lazy("Check the address and the kind: WMS and WMTS are two things.")),
    "service_says": (gettext_lazy("The service refuses."), gettext_lazy("What it says stands beside.")),
    "layer_missing": (gettext_lazy("The service has no such layer (any more)."), gettext_lazy("Choose another one.")),
    "style_missing": (gettext_lazy("The layer has no such style (any more)."), gettext_lazy("Choose another one.")),
    "no_web_mercator": (gettext_lazy("The service does not draw this layer in the projection of web maps (EPSG:3857)."), gettext_lazy("Look for another service of the same, WMS or WMTS.")),
    "no_picture_format": (gettext_lazy("The service gives no PNG, JPEG or WebP of this layer."), gettext_lazy("Look for another service of the same.")),
    "not_a_picture": (gettext_lazy("What comes for a tile is no picture."), gettext_lazy("Choose another layer, or check the address.")),
    "kind_unknown": (gettext_lazy("This kind of source is no longer part of this installation."), gettext_lazy("Remove the layer, or ask the administrator.")),
    "job_failed": (gettext_lazy("Something failed on our side."), gettext_lazy("The administrator finds it in the logs.")),
}  # fmt: skip

_FIELDS: Mapping[tuple[str, str], Promise] = {
    ("kind", "unknown"): gettext_lazy("Choose a kind."),
    ("address", "missing"): gettext_lazy("Give the address."),
    ("address", "not_http"): gettext_lazy("Write the whole address, beginning with https://."),
    ("address", "too_long"): gettext_lazy("At most %(address)d characters."),
    ("address", "credentials"): gettext_lazy(
        "This address holds a name and a password: take them out."
    ),
    ("address", "no_tile"): gettext_lazy("Write {z}, {x} and {y} where the numbers stand."),
    ("address", "too_many"): gettext_lazy(
        "At most %(feeds)d layers from outside: remove one that is of no use."
    ),
    ("opacity", "out_of_range"): gettext_lazy("Between 0.1 and 1."),
    ("interval_s", "out_of_range"): gettext_lazy("Choose how often."),
    ("attribution", "missing"): gettext_lazy("Say whose pictures they are."),
}


def trouble(code: str, detail: str = "") -> tuple[str, str]:
    """(what happened, what to do)."""
    found = _TROUBLES.get(code)
    if found is None:
        said = failure(code, detail)
        return said.what, said.advice
    return str(found[0]) % {"objects": OBJECTS}, str(found[1])


def refused(field: str, code: str) -> str:
    """One sentence on a field of the form."""
    words = _FIELDS.get((field, code)) or gettext_lazy("That value is not possible here.")
    return str(words) % {"address": ADDRESS, "feeds": FEEDS} if "%(" in str(words) else str(words)


@dataclass(frozen=True, kw_only=True)
class Mood:
    """How a source does: a word with its icon, `level` good, warn, bad or ""; in trouble what
    happened and what to do. `old`: what its layer shows may no longer be so."""

    word: str
    icon: str
    level: str = ""
    what: str = ""
    advice: str = ""
    detail: str = ""
    old: bool = False


def mood_of(row: LayerFeed, *, now: datetime) -> Mood:
    """In the language that is active."""
    is_old = old(row, now=now)
    if row.paused_at is not None:
        return Mood(word=pgettext("source", "paused"), icon="player-pause", old=is_old)
    if row.state in ("failing", "stuck"):
        what, advice = trouble(row.code, row.detail)
        stuck = row.state == "stuck"
        return Mood(
            word=pgettext("source", "stuck") if stuck else _("visit failed, tried again"),
            icon="alert-triangle" if stuck else "clock", level="bad" if stuck else "warn",
            what=what, advice=advice, detail=row.detail, old=is_old,
        )  # fmt: skip
    if row.state == "new":
        return Mood(word=_("not read yet"), icon="clock")
    if is_old:
        return Mood(word=pgettext("source", "old"), icon="clock", level="warn", old=True)
    return Mood(word=_("up to date"), icon="check", level="good")
