"""What a request for features asks, read and checked."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.db.models import Q, QuerySet
from django.db.models.fields.json import KeyTransform
from django.utils.translation import gettext as _

from vigie.api.ogc import filters, literals, spatial
from vigie.api.ogc.collections import Collection, Interval
from vigie.api.ogc.fields import Field
from vigie.api.ogc.filters import Tree
from vigie.api.ogc.refusals import Refused
from vigie.api.ogc.spatial import Box

CRS84: Final = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
LIMIT: Final = 1_000
LIMIT_PAGE: Final = 50
"""On an HTML page, unless it asks for more."""
MOST: Final = 10_000
KNOWN: Final = ("f", "limit", "bbox", "bbox-crs", "datetime", "crs", "filter", "filter-lang",
                "filter-crs", "cursor")  # fmt: skip
LANGUAGES: Final = ("cql2-text", "cql2-json")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One page of some features of a collection. `after`/`before` are keys that pages begin after
    and end before."""

    limit: int
    box: Box | None = None
    interval: Interval | None = None
    tree: Tree | None = None
    equal: Mapping[str, str] = field(default_factory=dict)
    after: int | None = None
    before: int | None = None


def read(query: Mapping[str, str], *, limit: int = LIMIT) -> Asked:
    """The parameters of /items; those that are no known parameter are taken for properties.
    Raises Refused."""
    for name in ("crs", "bbox-crs", "filter-crs"):
        if query.get(name, CRS84) != CRS84:
            raise Refused("crs", _("Only CRS84 (longitude, latitude in degrees) is served here."))
    language = query.get("filter-lang", LANGUAGES[0])
    if language not in LANGUAGES:
        raise Refused("filter_lang", _("A filter is written in cql2-text or cql2-json."))
    after, before = _cursor(query.get("cursor", ""))
    return Asked(
        limit=_limit(query["limit"]) if "limit" in query else limit,
        box=literals.box(query["bbox"].split(",")) if "bbox" in query else None,
        interval=interval(query["datetime"]) if "datetime" in query else None,
        tree=filters.parsed(query["filter"], language) if "filter" in query else None,
        equal={name: value for name, value in query.items() if name not in KNOWN},
        after=after, before=before,
    )  # fmt: skip


def _limit(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,12}", text) or int(text) < 1:
        raise Refused("limit", _("“limit” is a whole number from 1; more than %(n)d gives %(n)d.") % {"n": MOST})  # fmt: skip
    return min(int(text), MOST)


def interval(text: str) -> Interval:
    """A moment or an interval as OGC API – Features writes them; an open end is `..` or empty.
    A date alone is its whole day, in UTC. Raises Refused."""
    parts = text.split("/")
    try:
        if len(parts) == 1:
            found = literals.moment(parts[0])
            return found.start, found.end
        if len(parts) != 2 or (all(each in ("", "..") for each in parts) and parts != ["..", ".."]):
            raise Refused("datetime", text)
        start = None if parts[0] in ("", "..") else literals.moment(parts[0]).start
        end = None if parts[1] in ("", "..") else literals.moment(parts[1]).end
        if start is not None and end is not None and start > end:
            raise Refused("datetime", text)
    except Refused as refusal:
        raise Refused(
            "datetime",
            _("“datetime” is a moment or an interval, for example 2026-11-24T03:00:00Z or "
              "2026-11-24T00:00:00Z/.. (an end may be open)."),
        ) from refusal  # fmt: skip
    return start, end


def cursor(kind: str, key: int) -> str:
    """An opaque place between pages. `kind`: a (after this key) or b (before it)."""
    return base64.urlsafe_b64encode(f"{kind}{key}".encode()).decode().rstrip("=")


def _cursor(text: str) -> tuple[int | None, int | None]:
    if not text:
        return None, None
    try:
        said = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii")
        found = re.fullmatch(r"([ab])(\d{1,18})", said)
    except (binascii.Error, ValueError):
        found = None
    if found is None:
        raise Refused("cursor", _("This is not the address a page before gave. Begin again without “cursor”."))  # fmt: skip
    key = int(found[2])
    return (key, None) if found[1] == "a" else (None, key)


def found(collection: Collection, asked: Asked) -> QuerySet[Any]:
    """Rows that match, by key, all pages together. Raises Refused."""
    rows = collection.rows()
    if asked.box is not None:
        rows = rows.filter(spatial.in_box(rows, collection.located, asked.box))
    if asked.interval is not None:
        rows = rows.filter(collection.during(asked.interval))
    tree = asked.tree
    if asked.equal:
        tree = _and(tree, [_equal(collection, *each) for each in asked.equal.items()])
    if tree is not None:
        where, aliases = _compiled(collection, rows, tree)
        rows = rows.alias(**aliases).filter(where)
    return rows.order_by(collection.key)


def _compiled(
    collection: Collection, rows: QuerySet[Any], tree: Tree
) -> tuple[Q, dict[str, KeyTransform]]:
    remembered: dict[str, Field | None] = {}

    def find(name: str) -> Field | None:
        if name not in remembered:
            remembered[name] = collection.field(name)
        return remembered[name]

    def meet(relation: str, geometry: Any) -> Q:
        try:
            return spatial.related(rows, collection.located, relation, geometry)
        except spatial.TooMany as error:
            raise Refused(
                "filter_too_broad",
                _(
                    "This spatial condition meets more than %(n)d objects; ask for a part with “bbox”."
                )
                % {"n": spatial.EXACT},
            ) from error

    made = filters.compiled(tree, find=find, meet=meet, pattern=literals.pattern)
    return made.where, made.aliases


def _and(tree: Tree | None, more: list[dict[str, Any]]) -> Tree:
    parts = [tree, *more] if tree is not None else more
    return parts[0] if len(parts) == 1 else {"op": "and", "args": parts}


def _equal(collection: Collection, name: str, value: str) -> dict[str, Any]:
    """`property=value` of the query as a condition; an unknown name is refused."""
    prop = collection.field(name)
    if prop is None or not prop.is_queryable:
        raise unknown(name)
    read: Any = value
    if prop.kind in ("integer", "number", "any"):
        try:
            read = float(value)
        except ValueError as error:
            if prop.kind != "any":
                raise Refused("query", _("“%(name)s” is a number.") % {"name": name}) from error
    if prop.kind == "any":
        same = [{"op": "=", "args": [{"property": name}, each]} for each in {value, read}]
        return same[0] if len(same) == 1 else {"op": "or", "args": same}
    return {"op": "=", "args": [{"property": name}, read]}


def unknown(name: str) -> Refused:
    """A parameter that is none. A token in an address is told to be one that must change."""
    if "token" in name.lower() or name.lower() in ("key", "apikey", "api_key", "password"):
        return Refused(
            "query",
            _("Never write a token in an address: it stays in logs. Send it as “Authorization: "
              "Bearer …”, or as the password of a Basic sign-in; revoke this one."),
        )  # fmt: skip
    return Refused("query", _("There is no parameter “%(name)s” here.") % {"name": name[:60]})
