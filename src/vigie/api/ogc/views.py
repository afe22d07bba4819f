"""The resources of OGC API – Features, each as JSON and as a page."""

from __future__ import annotations

from typing import NoReturn

from django.http import HttpResponseBase
from django.utils.translation import gettext as _

from vigie.api.ogc import catalogue, documents, items, openapi, saying
from vigie.api.ogc.answering import GEOJSON, OPENAPI, SCHEMA, Reading, answered, resource
from vigie.api.ogc.collections import Collection
from vigie.api.ogc.refusals import Refused
from vigie.kernel.clock import utc_now


@resource()
def landing(reading: Reading) -> HttpResponseBase:
    """Where a client begins."""
    return answered(reading, documents.landing(reading), page="landing")


@resource()
def conformance(reading: Reading) -> HttpResponseBase:
    return answered(reading, documents.conformance(reading), page="conformance")


@resource(media=OPENAPI)
def api(reading: Reading) -> HttpResponseBase:
    """The OpenAPI document of the collections served here."""
    found = catalogue.served(reading, now=utc_now())
    return answered(reading, openapi.document(reading, found), page="api")


@resource()
def collections(reading: Reading) -> HttpResponseBase:
    found = catalogue.served(reading, now=utc_now())
    return answered(reading, documents.collections(reading, found), page="collections")


@resource()
def collection(reading: Reading, name: str) -> HttpResponseBase:
    which = _collection(reading, name)
    found = documents.collection(reading, which, alone=True)
    return answered(reading, found, page="collection", span=saying.span(which))


@resource(media=SCHEMA)
def queryables(reading: Reading, name: str) -> HttpResponseBase:
    found = _collection(reading, name)
    return answered(
        reading,
        documents.queryables(reading, found),
        page="queryables",
        collection=found,
        asked=[saying.asked(each) for each in found.queryables()[0]],
    )


@resource(media=GEOJSON, any_query=True)
def features(reading: Reading, name: str) -> HttpResponseBase:
    return items.page(reading, _collection(reading, name))


@resource(media=GEOJSON)
def feature(reading: Reading, name: str, fid: str) -> HttpResponseBase:
    found = _collection(reading, name)
    return items.one(reading, found, found.named(fid)) or _missing()


def _collection(reading: Reading, name: str) -> Collection:
    return catalogue.collection(reading.at, name, now=utc_now()) or _missing()


def _missing() -> NoReturn:
    raise Refused(
        "not_found", _("This does not exist here, or is not yours to see."), status=404
    )  # fmt: skip
