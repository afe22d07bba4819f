"""Words of grids: how a cell stands, what it was cut by, why something is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from vigie.mapping.actions.grids import BETWEEN, GridRefused
from vigie.mapping.cutting import MOST, TooManyCells
from vigie.mapping.queries.ground import GroundMissing
from vigie.triage.vocabulary import Term

STATES: Mapping[str, Term] = {
    each.code: each
    for each in (
        Term(code="free", label=pgettext_lazy("a cell of a grid", "Free"), icon="circle-dashed"),
        Term(code="taken", label=pgettext_lazy("a cell of a grid", "Taken"), icon="user"),
        Term(code="found", label=pgettext_lazy("a cell of a grid", "Something found"), icon="flag"),
        Term(code="nothing", label=pgettext_lazy("a cell of a grid", "Nothing found"), icon="check"),
        Term(code="recheck", label=pgettext_lazy("a cell of a grid", "To look at again"), icon="refresh"),
    )
}  # fmt: skip

KINDS: Mapping[str, Promise | str] = {
    "communes": gettext_lazy("The communes of the territory"),
    "hexagons": gettext_lazy("Hexagons (H3)"),
    "reaches": gettext_lazy("Reaches of rivers"),
    "line": gettext_lazy("A line, by kilometres"),
}

SIZES: Mapping[int, Promise | str] = {
    5: gettext_lazy("very large, about 18 km across"),
    6: gettext_lazy("large, about 7 km across"),
    7: gettext_lazy("middling, about 2.5 km across"),
    8: gettext_lazy("small, about 1 km across"),
    9: gettext_lazy("very small, about 350 m across"),
}

AGES: Mapping[str, Promise | str] = {
    "1": gettext_lazy("less than 1 h ago"),
    "3": gettext_lazy("1 to 3 h ago"),
    "6": gettext_lazy("3 to 6 h ago"),
    "12": gettext_lazy("6 to 12 h ago"),
    "older": gettext_lazy("longer ago"),
    "never": gettext_lazy("never looked at"),
}

COLOURS: Final = ("", "green", "yellow", "orange", "red")
"""Official colours by level, as the tag `vigilance` names them."""

OUTCOMES: Mapping[str, Promise | str] = {
    "found": gettext_lazy("found something"),
    "nothing": gettext_lazy("found nothing"),
    "released": gettext_lazy("gave it back"),
}

_MISSING: Mapping[str, Promise | str] = {
    "kind": gettext_lazy("Choose what the grid is cut by."),
    "resolution": gettext_lazy("Choose the size of the hexagons."),
    "piece": gettext_lazy("Say how long a piece is: from 0.1 to 500 km."),
    "no_communes": gettext_lazy("The operation has no commune with a known place. Add communes to its territory."),
    "no_line": gettext_lazy("Choose a line of a layer."),
    "no_reach": gettext_lazy("Choose at least one reach."),
    "no_area": gettext_lazy("That area is no longer on a layer you see. Choose another one."),
}  # fmt: skip


def why(refusal: GroundMissing | TooManyCells | GridRefused) -> str:
    """What happened and what to do, in words."""
    if isinstance(refusal, TooManyCells):
        text = _(
            "That would be %(n)s cells; a grid holds %(most)s at most. Choose larger cells or a"
            " smaller territory."
        )
        n = formats.number_format(refusal.n, force_grouping=True)
        return text % {"n": n, "most": formats.number_format(MOST, force_grouping=True)}
    if isinstance(refusal, GroundMissing):
        return str(_MISSING[refusal.code])
    return _refused(refusal)


def _refused(refusal: GridRefused) -> str:
    field, code = refusal.field, refusal.code
    if code == "between":
        least, most = BETWEEN[field]
        name = {
            "hold_minutes": _("Minutes a cell is held"),
            "recheck_hours": _("Hours until another look"),
            "blind_hours": _("Hours until a blind spot"),
        }[field]
        text = _("%(name)s: from %(least)s to %(most)s.")
        return text % {"name": name, "least": least, "most": most}
    words = {
        ("name", "missing"): _("Give the grid a name."),
        ("name", "too_many"): _("This operation has too many open grids. Close one first."),
        ("kind", "nothing"): _("What is chosen gives no cell."),
        ("outcome", "unknown"): _("Say whether you found something or nothing."),
        ("reason", "missing"): _("Say why it is to be looked at again."),
        ("cell", "nothing"): _("Nobody looked at this cell yet."),
        ("links", "unknown"): _("One of the incidents or objects is not there any more. Nothing was lost: tick the others again."),
        ("links", "too_many"): _("Too many incidents and objects for one cell."),
    }  # fmt: skip
    return words.get((field, code), _("This cannot be kept: %(field)s.") % {"field": field})


def cells(n: int) -> str:
    """ "12 cells"."""
    text = ngettext("%(n)s cell", "%(n)s cells", n)
    return text % {"n": formats.number_format(n, force_grouping=True)}
