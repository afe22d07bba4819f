"""CQL2 (OGC 21-065r2) to queries: text or JSON, bounded, nothing else than what is listed here.

`=`, `<>`, `<`, `<=`, `>`, `>=`, BETWEEN, IN, LIKE, IS NULL, AND, OR, NOT, CASEI, spatial relations
with a literal geometry or box, and temporal relations of a property with a literal. A comparison
with a property that is not given is unknown and stays so when negated: such rows are not found.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import and_, or_
from typing import Any, Final

import cql2
from django.db.models import Q
from django.db.models.fields.json import KeyTransform
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from vigie.api.ogc import literals
from vigie.api.ogc.fields import Field
from vigie.api.ogc.literals import Moment
from vigie.api.ogc.refusals import Refused
from vigie.api.ogc.spatial import RELATIONS

LONGEST: Final = 8_000
DEEPEST: Final = 20
LARGEST: Final = 300
"""Parts of a filter at most."""
LISTED: Final = 500
ONCE_SPATIAL: Final = 4
"""Spatial relations in one filter at most."""

_LOOKUPS: Final = {"<": "lt", "<=": "lte", ">": "gt", ">=": "gte"}
_OPPOSITE: Final = {"=": "<>", "<>": "=", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_MIRRORED: Final = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
TEMPORAL: Final = ("t_after", "t_before", "t_during", "t_equals", "t_intersects", "t_disjoint")

Tree = Mapping[str, Any] | bool
Find = Callable[[str], Field | None]
Meet = Callable[[str, BaseGeometry], Q]


@dataclass(kw_only=True)
class Compiled:
    """A condition on rows, and the keys of open attributes it names (alias → expression)."""

    where: Q = field(default_factory=Q)
    aliases: dict[str, KeyTransform] = field(default_factory=dict)


def parsed(text: str, language: str) -> Tree:
    """The filter as CQL2 JSON. Raises Refused."""
    if len(text) > LONGEST:
        raise Refused("filter_too_long", _("The filter is too long: %(n)d characters at most.") % {"n": LONGEST})  # fmt: skip
    depth = deepest = 0
    for letter in text:
        depth += (letter in "([{") - (letter in ")]}")
        deepest = max(deepest, depth)
    if deepest > DEEPEST * 3:
        raise _too_deep()
    try:
        read = cql2.parse_json(text) if language == "cql2-json" else cql2.parse_text(text)
        # Through JSON once more: the tree then holds plain values only.
        tree = json.loads(json.dumps(read.to_json(), allow_nan=False))
    except (cql2.ParseError, cql2.ValidationError, ValueError, RecursionError) as error:
        said = " ".join(str(error).split())[:300]
        raise Refused("filter_unreadable", _("This filter cannot be read as CQL2: %(said)s") % {"said": said}) from error  # fmt: skip
    if not isinstance(tree, (dict, bool)):
        raise Refused("filter_unreadable", _("The filter is no condition."))
    return tree


def _too_deep() -> Refused:
    return Refused(
        "filter_too_deep",
        _("The filter is too large or too deeply nested: %(n)d parts, %(m)d levels at most.")
        % {"n": LARGEST, "m": DEEPEST},
    )


def compiled(tree: Tree, *, find: Find, meet: Meet, pattern: Pattern) -> Compiled:
    """A condition from CQL2 JSON. `find` gives the property of a name, `meet` the rows that stand in
    a spatial relation to a geometry, `pattern` the regular expression of a LIKE for this database.
    Raises Refused."""
    work = _Compiler(find=find, meet=meet, pattern=pattern)
    work.made.where = work.condition(tree, negated=False, depth=0)
    return work.made


Pattern = Callable[[str], str]


@dataclass(kw_only=True)
class _Compiler:
    find: Find
    meet: Meet
    pattern: Pattern
    made: Compiled = field(default_factory=Compiled)
    parts: int = 0
    spatial: int = 0

    def condition(self, node: Any, *, negated: bool, depth: int) -> Q:
        self.parts += 1
        if depth > DEEPEST or self.parts > LARGEST:
            raise _too_deep()
        if isinstance(node, bool):
            return Q(pk__isnull=False) if node is not negated else Q(pk__in=())
        if isinstance(node, Mapping) and "property" in node:
            return self._compare("=", [node, True], negated)
        if not isinstance(node, Mapping) or not isinstance(node.get("op"), str):
            raise Refused("filter_unreadable", _("A condition was expected in the filter."))
        op, args = node["op"].lower(), node.get("args")
        if not isinstance(args, list):
            raise Refused("filter_unreadable", _("A condition was expected in the filter."))
        if op in ("and", "or"):
            parts = [self.condition(each, negated=negated, depth=depth + 1) for each in args]
            return reduce(and_ if (op == "and") is not negated else or_, parts)
        if op == "not" and len(args) == 1:
            return self.condition(args[0], negated=not negated, depth=depth + 1)
        return self._leaf(op, args, negated)

    def _leaf(self, op: str, args: list[Any], negated: bool) -> Q:
        if op in _OPPOSITE and len(args) == 2:
            return self._compare(op, args, negated)
        if op == "isnull" and len(args) == 1:
            where = self._given(self._property(args[0]))
            return where if negated else ~where
        if op == "between" and len(args) == 3:
            low, high = self._compare(">=", args[:2], negated), self._compare("<=", [args[0], args[2]], negated)  # fmt: skip
            return low | high if negated else low & high
        if op == "in" and len(args) == 2 and isinstance(args[1], list):
            if len(args[1]) > LISTED:
                raise Refused(
                    "filter_too_long", _("IN lists %(n)d values at most.") % {"n": LISTED}
                )
            found = [self._compare("=", [args[0], each], negated) for each in args[1]]
            return reduce(and_ if negated else or_, found) if found else Q(pk__in=())
        if op == "like" and len(args) == 2:
            return self._like(args[0], args[1], negated)
        if op in RELATIONS and len(args) == 2:
            return self._spatial(op, args, negated)
        if op in TEMPORAL and len(args) == 2:
            return self._temporal(op, args, negated)
        raise Refused(
            "filter_not_supported", _("“%(op)s” is not supported in a filter here.") % {"op": op[:40]}
        )  # fmt: skip

    def _property(self, node: Any) -> Field:
        if not isinstance(node, Mapping) or not isinstance(node.get("property"), str):
            raise Refused(
                "filter_not_supported",
                _("A filter compares a property with a value here: no arithmetic, no functions, "
                  "no other property."),
            )  # fmt: skip
        found = self.find(node["property"])
        if found is None or not found.is_queryable:
            raise Refused(
                "filter_property",
                _("There is no property “%(name)s” to ask about; see the queryables.")
                % {"name": node["property"][:60]},
            )
        return found

    def _at(self, prop: Field) -> str:
        if not prop.key:
            return prop.path
        for alias, expression in self.made.aliases.items():
            if expression.key_name == prop.key:
                return alias
        alias = f"asked_{len(self.made.aliases)}"
        self.made.aliases[alias] = KeyTransform(prop.key, "attributes")
        return alias

    def _given(self, prop: Field) -> Q:
        if prop.key:
            return Q(attributes__has_key=prop.key)
        where = Q(**{f"{prop.path}__isnull": False})
        return where & ~Q(**{prop.path: ""}) if prop.kind == "text" else where

    def _compare(self, op: str, args: list[Any], negated: bool) -> Q:
        left, right = args
        if isinstance(left, Mapping) and left.get("op") == "casei":
            return self._casei(op, left, right, negated)
        if not (isinstance(left, Mapping) and "property" in left):
            left, right, op = right, left, _MIRRORED[op]
        if isinstance(left, Mapping) and left.get("op") == "casei":
            return self._casei(op, left, right, negated)
        prop = self._property(left)
        if negated:
            op = _OPPOSITE[op]
        if prop.kind == "time":
            return self._compare_time(prop, op, literals.moment(right))
        value = literals.plain(prop, right)
        at = self._at(prop)
        if op == "=":
            return self._given(prop) & Q(**{at: value})
        if op == "<>":
            return self._given(prop) & ~Q(**{at: value})
        if isinstance(value, bool):
            raise Refused("filter_value", _("True and false cannot be compared by size."))
        return self._given(prop) & Q(**{f"{at}__{_LOOKUPS[op]}": value})

    def _compare_time(self, prop: Field, op: str, when: Moment) -> Q:
        """A date is its whole day, in UTC: after it is after its end."""
        first, last = Q(**{f"{prop.path}__gte": when.start}), Q(**{f"{prop.path}__lt": when.end})
        if when.start == when.end:
            last = Q(**{f"{prop.path}__lte": when.end})
        given = self._given(prop)
        return given & {
            "=": first & last, "<>": ~(first & last), "<": ~first, ">=": first, "<=": last, ">": ~last,
        }[op]  # fmt: skip

    def _casei(self, op: str, left: Mapping[str, Any], right: Any, negated: bool) -> Q:
        prop = self._property(*left.get("args", [])[:1] or [None])
        if prop.kind not in ("text", "any"):
            raise Refused("filter_value", _("CASEI is for texts."))
        if isinstance(right, Mapping) and right.get("op") == "casei":
            right = (right.get("args") or [None])[0]
        if op not in ("=", "<>") or not isinstance(right, str):
            raise Refused(
                "filter_not_supported", _("CASEI works with =, <> and LIKE and a text here.")
            )
        where = Q(**{f"{self._at(prop)}__iregex": rf"\A{literals.escaped(right)}\Z"})
        return self._given(prop) & (where if (op == "=") is not negated else ~where)

    def _like(self, left: Any, right: Any, negated: bool) -> Q:
        lookup = "regex"
        if isinstance(left, Mapping) and left.get("op") == "casei":
            left, lookup = (left.get("args") or [None])[0], "iregex"
        if isinstance(right, Mapping) and right.get("op") == "casei":
            right = (right.get("args") or [None])[0]
        prop = self._property(left)
        if prop.kind not in ("text", "any") or not isinstance(right, str):
            raise Refused("filter_value", _("LIKE compares a text with a pattern."))
        where = Q(**{f"{self._at(prop)}__{lookup}": self.pattern(right)})
        return self._given(prop) & (~where if negated else where)

    def _spatial(self, op: str, args: Sequence[Any], negated: bool) -> Q:
        self.spatial += 1
        if self.spatial > ONCE_SPATIAL:
            raise Refused("filter_too_long", _("%(n)d spatial conditions at most.") % {"n": ONCE_SPATIAL})  # fmt: skip
        left, right = args
        if not (isinstance(left, Mapping) and left.get("property") == "geometry"):
            left, right = right, left
            op = {"s_within": "s_contains", "s_contains": "s_within"}.get(op, op)
        if not (isinstance(left, Mapping) and left.get("property") == "geometry"):
            raise Refused(
                "filter_property", _("A spatial condition compares “geometry” with a shape.")
            )
        where = self.meet(op, literals.geometry(right))
        return Q(geometry__type__isnull=False) & ~where if negated else where

    def _temporal(self, op: str, args: Sequence[Any], negated: bool) -> Q:
        left, right = args
        if not (isinstance(left, Mapping) and "property" in left):
            left, right = right, left
            op = {"t_after": "t_before", "t_before": "t_after"}.get(op, op)
            if op == "t_during":
                raise Refused("filter_not_supported", _("T_DURING: the property stands first."))
        prop = self._property(left)
        if prop.kind != "time":
            raise Refused("filter_value", _("“%(name)s” is no time.") % {"name": prop.name})
        start, end = literals.interval(right)
        after = Q(**{f"{prop.path}__gt": end}) if end else Q(pk__in=())
        before = Q(**{f"{prop.path}__lt": start}) if start else Q(pk__in=())
        if op == "t_during":
            inner = Q()
            if start:
                inner &= Q(**{f"{prop.path}__gt": start})
            if end:
                inner &= Q(**{f"{prop.path}__lt": end})
            where = inner
        elif op == "t_equals":
            where = ~after & ~before if start == end else Q(pk__in=())
        else:
            where = {
                "t_after": after, "t_before": before,
                "t_intersects": ~after & ~before, "t_disjoint": after | before,
            }[op]  # fmt: skip
        return self._given(prop) & (~where if negated else where)
