"""What is wrong with a query of the watch language, in words: for watches and for the search."""

from __future__ import annotations

from django.utils.translation import gettext as _

from vigie.analysis.query import QueryError


def query_error(error: QueryError) -> str:
    """What is wrong with a query, in words."""
    known = dict(error.params)
    match error.code:
        case "empty":
            return _("Write at least one word.")
        case "too_long":
            return _("The query is longer than %(limit)s characters.") % known
        case "too_deep":
            return _("Too many parentheses within parentheses (%(limit)s at most).") % known
        case "unbalanced_quotes":
            return _("A quotation mark is opened here and never closed.")
        case "unbalanced_parenthesis":
            return _("This parenthesis has no other half.")
        case "empty_group":
            return _("There is nothing between these parentheses.")
        case "missing_operand":
            return _("%(operator)s needs something on both sides.") % known
        case "unknown_field":
            return _(
                "“%(field)s:” is unknown. Use lang:, place:, source:, network:, has: or from:."
            ) % known  # fmt: skip
        case "empty_field":
            return _("Nothing is written after “%(field)s:”.") % known
        case "bad_value":
            return _("“%(value)s” cannot stand after “%(field)s:”.") % known
        case "lone_star":
            return _("A star needs the beginning of a word before it.")
        case "misplaced_star":
            return _("In “%(word)s” the star can only stand at the end.") % known
        case "short_prefix":
            return _("Write at least %(limit)s letters before the star of “%(word)s”.") % known
        case "nothing_to_search":
            return _("“%(word)s” holds nothing that can be searched.") % known
        case _:
            return _("The query cannot be read here.")
