"""The documents of OGC API – Features that describe what is served."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from vigie.api.ogc.answering import GEOJSON, HTML, JSON, OPENAPI, SCHEMA, Reading
from vigie.api.ogc.asking import CRS84
from vigie.api.ogc.catalogue import Served
from vigie.api.ogc.collections import Collection
from vigie.kernel.clock import rfc3339, utc_now
from vigie.operations.models import Operation

GREGORIAN: Final = "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"
FEATURES: Final = "http://www.opengis.net/spec/ogcapi-features"
CONFORMS_TO: Final = (
    f"{FEATURES}-1/1.0/conf/core",
    f"{FEATURES}-1/1.0/conf/oas30",
    f"{FEATURES}-1/1.0/conf/html",
    f"{FEATURES}-1/1.0/conf/geojson",
    f"{FEATURES}-3/1.0/conf/queryables",
    f"{FEATURES}-3/1.0/conf/queryables-query-parameters",
    f"{FEATURES}-3/1.0/conf/filter",
    f"{FEATURES}-3/1.0/conf/features-filter",
    "http://www.opengis.net/spec/cql2/1.0/conf/cql2-text",
    "http://www.opengis.net/spec/cql2/1.0/conf/cql2-json",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-cql2",
    "http://www.opengis.net/spec/cql2/1.0/conf/advanced-comparison-operators",
    "http://www.opengis.net/spec/cql2/1.0/conf/case-insensitive-comparison",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-functions-plus",
    "http://www.opengis.net/spec/cql2/1.0/conf/spatial-functions",
)


def marked(operation: Operation, title: str) -> str:
    """A title that says when it belongs to an exercise."""
    return _("EXERCISE") + " – " + title if operation.is_exercise else title


def titled(reading: Reading, which: Collection) -> str:
    """A collection's title, with its operation's where those of several are served."""
    operation = which.by.operation
    title = which.title if reading.operation is not None else f"{operation.title} – {which.title}"
    return marked(operation, title)


def landing(reading: Reading) -> dict[str, Any]:
    operation = reading.operation
    links = [
        ("service-desc", OPENAPI, "api", "json", _("What this interface can do (OpenAPI)")),
        ("service-doc", HTML, "api", "html", _("What this interface can do")),
        ("conformance", JSON, "conformance", "json", _("Standards it keeps to")),
        ("conformance", HTML, "conformance", "html", _("Standards it keeps to")),
        ("data", JSON, "collections", "json", _("Layers, incidents and measures")),
        ("data", HTML, "collections", "html", _("Layers, incidents and measures")),
    ]
    about = (
        _("Layers, incidents and official measures of this operation, as they are now, for a GIS.")
        if operation is not None
        else _("Layers, incidents and official measures of the operations whose team you are in, as "
               "they are now, for a GIS. Send a token as Bearer or as the password of a Basic sign-in.")
    )  # fmt: skip
    return {
        "title": marked(operation, operation.title) if operation is not None else "Vigie",
        "description": about,
        "exercise": operation is not None and operation.is_exercise,
        "links": reading.selves() + [
            {"rel": rel, "type": media, "title": title, "href": reading.url(path, f=form)}
            for rel, media, path, form, title in links
        ],
    }  # fmt: skip


def conformance(reading: Reading) -> dict[str, Any]:
    return {"conformsTo": list(CONFORMS_TO), "links": reading.selves()}


def collections(reading: Reading, found: list[Served]) -> dict[str, Any]:
    return {
        "links": reading.selves(),
        "timeStamp": rfc3339(utc_now()),
        "collections": [collection(reading, each.collection, name=each.name) for each in found],
    }


def collection(
    reading: Reading, which: Collection, *, name: str = "", alone: bool = False
) -> dict[str, Any]:
    """One collection, under its `name` in a list of several; `alone`: it is the whole document."""
    path = f"collections/{name}" if name else reading.path(which.id)
    extent = which.extent()
    told: dict[str, Any] = {}
    if extent.box is not None:
        told["spatial"] = {"bbox": [list(extent.box)], "crs": CRS84}
    if extent.interval != (None, None):
        ends = [None if end is None else rfc3339(end) for end in extent.interval]
        told["temporal"] = {"interval": [ends], "trs": GREGORIAN}
    title = titled(reading, which)
    selves = reading.selves() if alone else [
        {"rel": "self", "type": JSON, "title": title, "href": reading.url(path, f="json")},
        {"rel": "alternate", "type": HTML, "title": title, "href": reading.url(path, f="html")},
    ]  # fmt: skip
    return {
        "id": path.removeprefix("collections/"),
        "title": title,
        "description": which.description,
        "itemType": "feature",
        "crs": [CRS84],
        "storageCrs": CRS84,
        **({"extent": told} if told else {}),
        "links": selves + [
            {"rel": "items", "type": media, "title": title,
             "href": reading.url(f"{path}/items", f=form)}
            for media, form in ((GEOJSON, "json"), (HTML, "html"))
        ] + [
            {"rel": "http://www.opengis.net/def/rel/ogc/1.0/queryables", "type": media,
             "title": _("What can be asked of it"),
             "href": reading.url(f"{path}/queryables", f=form)}
            for media, form in ((SCHEMA, "json"), (HTML, "html"))
        ],
    }  # fmt: skip


def queryables(reading: Reading, which: Collection) -> dict[str, Any]:
    """A JSON schema (2020-12) of what a filter may name."""
    fields, all_of_them = which.queryables()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": reading.url(f"{reading.path(which.id)}/queryables"),
        "type": "object",
        "title": which.title,
        "properties": {
            "geometry": {
                "title": pgettext("of an object", "Geometry"), "format": "geometry-any",
                "x-ogc-role": "primary-geometry",
            },
            **{each.name: each.schema() for each in fields},
        },
        "additionalProperties": not all_of_them,
    }  # fmt: skip


def feature_links(reading: Reading, which: Collection) -> list[dict[str, str]]:
    path = reading.path(which.id)
    return reading.selves() + [
        {"rel": "collection", "type": media, "title": which.title,
         "href": reading.url(path, f=form)}
        for media, form in ((JSON, "json"), (HTML, "html"))
    ]  # fmt: skip
