"""The OpenAPI 3.0 document of the collections served at an address."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from django.utils.translation import gettext as _

from vigie import __version__
from vigie.api.ogc.answering import GEOJSON, HTML, JSON, OPENAPI, SCHEMA, Reading
from vigie.api.ogc.asking import CRS84, LANGUAGES, LIMIT, MOST
from vigie.api.ogc.catalogue import Served
from vigie.api.ogc.documents import marked, titled

PROBLEM: Final = "application/problem+json"


def document(reading: Reading, found: Iterable[Served]) -> dict[str, Any]:
    """Every resource with its parameters and answers."""
    operation = reading.operation
    paths: dict[str, Any] = {
        "/": _path("landing", _("Where a client begins"), JSON, "object"),
        "/conformance": _path("conformance", _("Standards it keeps to"), JSON, "conformance"),
        "/api": _path("api", _("This document"), OPENAPI, "object"),
        "/collections": _path(
            "collections", _("Layers, incidents and measures"), JSON, "collections"
        ),
    }
    for each in found:
        here, name = f"/collections/{each.name}", re.sub(r"\W", "_", each.name)
        paths[here] = _path(name, titled(reading, each.collection), JSON, "collection")
        paths[f"{here}/queryables"] = _path(
            f"{name}_queryables", _("What can be asked of it"), SCHEMA, "object"
        )
        asked = [
            _own(prop.name, prop.schema()) for prop in each.collection.fields() if prop.is_queryable
        ]
        paths[f"{here}/items"] = _path(
            f"{name}_items", each.collection.description or each.collection.title, GEOJSON, "features",
            parameters=[
                {"$ref": f"#/components/parameters/{parameter}"}
                for parameter in ("limit", "bbox", "datetime", "filter", "filter-lang",
                                  "filter-crs", "crs", "bbox-crs", "cursor")
            ] + asked,
        )  # fmt: skip
        paths[f"{here}/items/{{featureId}}"] = _path(
            f"{name}_item", _("One of them"), GEOJSON, "feature",
            parameters=[{"name": "featureId", "in": "path", "required": True,
                         "schema": {"type": "string"}}],
        )  # fmt: skip
    return {
        "openapi": "3.0.3",
        "info": {
            "title": marked(operation, operation.title) if operation is not None else "Vigie", "version": __version__,
            "description": _("OGC API – Features: read only, for who is in the team. A token is sent "
                             "as Bearer or as the password of a Basic sign-in, never in an address."),
        },
        "servers": [{"url": reading.base.rstrip("/")}],
        "security": [{"bearer": []}, {"basic": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "basic": {"type": "http", "scheme": "basic"},
            },
            "parameters": _parameters(),
            "schemas": _schemas(),
            "responses": {
                "problem": {
                    "description": _("What is wrong, in words (RFC 9457)"),
                    "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/problem"}}},
                }
            },
        },
    }  # fmt: skip


def _path(
    name: str, summary: str, media: str, schema: str, *,
    parameters: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:  # fmt: skip
    refused = {"$ref": "#/components/responses/problem"}
    codes = ("400", "401", "403", "404", "406")
    return {
        "get": {
            "operationId": name,
            "summary": summary,
            "parameters": [*(parameters or []), {"$ref": "#/components/parameters/f"}],
            "responses": {
                "200": {
                    "description": summary,
                    "content": {
                        media: {"schema": {"$ref": f"#/components/schemas/{schema}"}},
                        HTML: {"schema": {"type": "string"}},
                    },
                },
                "304": {"description": _("You have it already")},
                **dict.fromkeys(codes, refused),
            },
        }
    }


def _own(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": name, "in": "query", "required": False, "style": "form", "explode": False,
        "description": _("Only features with this value"), "schema": schema,
    }  # fmt: skip


def _parameters() -> dict[str, Any]:
    crs = {"type": "string", "format": "uri", "enum": [CRS84], "default": CRS84}
    described: dict[str, tuple[str, dict[str, Any]]] = {
        "f": (_("The form of the answer; else by Accept"), {"type": "string", "enum": ["json", "html"]}),
        "limit": (
            _("Features of a page; a greater number gives the greatest"),
            {"type": "integer", "minimum": 1, "maximum": MOST, "default": LIMIT},
        ),
        "bbox": (
            _("West, south, east, north in degrees; west may be greater than east"),
            {"oneOf": [{"type": "array", "items": {"type": "number"}, "minItems": n, "maxItems": n}
                       for n in (4, 6)]},
        ),
        "datetime": (_("A moment or an interval (RFC 3339), an end may be open"), {"type": "string"}),
        "filter": (_("A condition in CQL2"), {"type": "string"}),
        "filter-lang": (
            _("How it is written"),
            {"type": "string", "enum": list(LANGUAGES), "default": LANGUAGES[0]},
        ),
        "filter-crs": (_("Of shapes in the filter"), crs),
        "crs": (_("Of the answer"), crs),
        "bbox-crs": (_("Of the box"), crs),
        "cursor": (_("Where a page begins: only as a link of a page before gives it"), {"type": "string"}),
    }  # fmt: skip
    return {
        name: {
            "name": name, "in": "query", "required": False, "description": words,
            "style": "form", "explode": False, "schema": schema,
        }
        for name, (words, schema) in described.items()
    }  # fmt: skip


def _schemas() -> dict[str, Any]:
    text = {"type": "string"}
    link = {"type": "object", "required": ["href"],
            "properties": {"href": text, "rel": text, "type": text, "title": text}}  # fmt: skip
    links = {"type": "array", "items": {"$ref": "#/components/schemas/link"}}
    geometry = {
        "type": "object", "nullable": True, "required": ["type"],
        "properties": {"type": text, "coordinates": {"type": "array", "items": {}}},
    }  # fmt: skip
    feature = {
        "type": "object", "required": ["type", "geometry", "properties"],
        "properties": {
            "type": {"type": "string", "enum": ["Feature"]},
            "id": {"oneOf": [text, {"type": "integer"}]},
            "geometry": geometry, "properties": {"type": "object", "nullable": True},
            "links": links,
        },
    }  # fmt: skip
    count = {"type": "integer", "minimum": 0}
    return {
        "object": {"type": "object"},
        "link": link,
        "conformance": {
            "type": "object", "required": ["conformsTo"],
            "properties": {"conformsTo": {"type": "array", "items": text}},
        },
        "collection": {
            "type": "object", "required": ["id", "links"],
            "properties": {
                "id": text, "title": text, "description": text, "links": links,
                "extent": {"type": "object"}, "itemType": text,
                "crs": {"type": "array", "items": text},
            },
        },
        "collections": {
            "type": "object", "required": ["links", "collections"],
            "properties": {
                "links": links,
                "collections": {"type": "array",
                                "items": {"$ref": "#/components/schemas/collection"}},
            },
        },
        "feature": feature,
        "features": {
            "type": "object", "required": ["type", "features"],
            "properties": {
                "type": {"type": "string", "enum": ["FeatureCollection"]},
                "features": {"type": "array", "items": {"$ref": "#/components/schemas/feature"}},
                "links": links, "timeStamp": {"type": "string", "format": "date-time"},
                "numberMatched": count, "numberReturned": count,
            },
        },
        "problem": {
            "type": "object",
            "properties": {"type": text, "status": {"type": "integer"}, "code": text,
                           "title": text, "detail": text},
        },
    }  # fmt: skip
