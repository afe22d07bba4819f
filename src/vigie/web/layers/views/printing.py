"""The map on paper: the form with its preview, the sheet."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.formats import date_format
from django.utils.text import slugify
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from vigie.accounts.roles import Right
from vigie.journal.queries import entries
from vigie.kernel.clock import utc_now
from vigie.mapping.printing.drawing import Drawn, Ground, draw
from vigie.mapping.printing.paper import PAPERS, View, view
from vigie.mapping.printing.writing import Sheet, Words, write
from vigie.mapping.queries.layers import visible_layers
from vigie.operations.access import Desk
from vigie.web.layers.printing import tiles
from vigie.web.layers.printing.asking import Asked, read
from vigie.web.layers.printing.gathering import MOST, Gathered, gather
from vigie.web.layers.printing.ground import local
from vigie.web.ui.access import at_desk


@require_GET
@at_desk(Right.SEE_LAYERS, Right.EXPORT)
def choose(request: HttpRequest, desk: Desk) -> HttpResponseBase:
    """The form, as a page or in the dialog of the map."""
    asked = read(request.GET, desk)
    context = {
        "asked": asked, "layers": list(visible_layers(desk)), "box": request.GET.get("box", ""),
        "chosen": {row.number for row in asked.layers}, "papers": PAPERS,
        "bases": tiles.printable(),
        "extent": request.GET.get("extent", "view" if request.GET.get("box") else "territory"),
    }  # fmt: skip
    part = request.headers.get("HX-Request") and not request.headers.get("HX-Boosted")
    return render(request, "layers/print/form.html" if part else "layers/print/page.html", context)


@require_GET
@at_desk(Right.SEE_LAYERS, Right.EXPORT)
def preview(request: HttpRequest, desk: Desk) -> HttpResponseBase:
    """The map alone, over the local base map; `facts` for its words."""
    asked = read(request.GET, desk)
    seen = view(asked.paper, asked.box)
    if "facts" in request.GET:
        address = request.GET.copy()
        del address["facts"]
        return render(
            request, "layers/print/preview.html",
            {"scale": _scale(seen), "asked": asked, "query": address.urlencode()},
        )  # fmt: skip
    _found, drawn = _drawn(desk, asked, seen, local(desk), now=utc_now())
    answer = HttpResponse(drawn.svg, content_type="image/svg+xml")
    answer["Cache-Control"] = "no-store"
    return answer


@require_GET
@at_desk(Right.SEE_LAYERS, Right.EXPORT)
def sheet(request: HttpRequest, desk: Desk) -> HttpResponseBase:
    """The PDF."""
    asked = read(request.GET, desk)
    made, seen = compose(desk, asked, now=utc_now())
    answer = HttpResponse(write(made, asked.paper, seen), content_type="application/pdf")
    mark = "EXERCICE-" if desk.operation.is_exercise else ""
    name = slugify(asked.title)[:60] or desk.operation.slug
    answer["Content-Disposition"] = f'inline; filename="{mark}{name}-{asked.entry}.pdf"'
    answer["Cache-Control"] = "no-store"
    return answer


def compose(desk: Desk, asked: Asked, *, now: datetime) -> tuple[Sheet, View]:
    """All that stands on the sheet, and what of the world."""
    seen = view(asked.paper, asked.box)
    below = tiles.below(asked.base, seen, now=now) if asked.base != "local" else tiles.Below()
    found, drawn = _drawn(desk, asked, seen, below.ground or local(desk), now=now)
    return _sheet(desk, asked, seen, found, drawn, below, now=now), seen


def _drawn(
    desk: Desk, asked: Asked, seen: View, below: Ground, *, now: datetime
) -> tuple[Gathered, Drawn]:
    found = gather(desk, asked, seen, now=now, until=_written_at(desk, asked))
    return found, draw(seen, below, found.things)


def _written_at(desk: Desk, asked: Asked) -> datetime | None:
    """When the entry was written; None for the latest, which is now."""
    if asked.entry >= asked.last:
        return None
    rows = entries(desk.operation.pk).filter(seq__lte=asked.entry)
    return rows.values_list("at", flat=True).first()


def _sheet(
    desk: Desk, asked: Asked, seen: View, found: Gathered, drawn: Drawn, below: tiles.Below, *,
    now: datetime,
) -> Sheet:  # fmt: skip
    operation = desk.operation
    zone = ZoneInfo(operation.time_zone)
    at = date_format(now.astimezone(zone), _("j F Y, H:i"))
    scale = _scale(seen)
    exercise = _("EXERCISE EXERCISE EXERCISE") if operation.is_exercise else ""
    return Sheet(
        language=(get_language() or "fr")[:2],
        title=asked.title,
        facts=tuple(
            each for each in (
                operation.title if asked.title != operation.title else "",
                _("drawn on %(at)s (%(zone)s)") % {"at": at, "zone": operation.time_zone},
                _("as of entry %(entry)s of the journal") % {"entry": asked.entry},
                scale,
            ) if each
        ),
        svg=drawn.svg,
        legend=[(svg, words) for words, svg in found.legend.items()],
        foot=tuple(_foot(asked, found, drawn, below)),
        tables=found.tables(drawn.marks) if asked.listed else (),
        words=Words(
            legend=_("Legend"), legend_more=_("Legend, continued"), listed=_("What is on the map"),
            page=_("page"), exercise=exercise, north=pgettext("north, on a map", "N"), scale=scale,
            projection=_("Web Mercator projection; the scale is true in the middle of the map."),
            alt=_("Map of %(title)s at %(scale)s with %(n)s numbered items, listed after it.")
            % {"title": asked.title, "scale": scale, "n": len(drawn.marks)},
        ),
        at=now,
    )  # fmt: skip


def _foot(asked: Asked, found: Gathered, drawn: Drawn, below: tiles.Below) -> list[str]:
    source = below.source or _("Natural Earth; GeoNames (CC BY 4.0); rivers and roads good to 1 km")
    lines = [_("Base map: %(source)s.") % {"source": source}]
    if below.missing and below.ground:
        lines.append(
            _("%(name)s could not be reached: a base map that is kept here is below instead.")
            % {"name": below.missing}
        )
    elif below.missing:
        lines.append(
            _("%(name)s could not be reached: the local base map is below instead.")
            % {"name": below.missing}
        )
    if not below.whole:
        lines.append(_("The base map ends inside the sheet: white is not known, not empty."))
    names = ", ".join(row.name for row in asked.layers)
    if names:
        lines.append(_("Layers: %(names)s.") % {"names": names})
    if asked.entry < asked.last and (asked.incidents or asked.routes):
        lines.append(
            _("Objects and incidents are as they stood at that entry; routes are those there were then, "
              "as they are now.")
        )  # fmt: skip
    if drawn.unwritten:
        n = len(drawn.unwritten)
        lines.append(
            ngettext(
                "%(n)s number found no room on the map; its position is in the list.",
                "%(n)s numbers found no room on the map; their positions are in the list.", n,
            ) % {"n": n}
        )  # fmt: skip
    if found.left_out:
        lines.append(
            _("Only the first %(most)s objects are drawn; %(n)s are left out.")
            % {"most": MOST, "n": found.left_out}
        )
    return lines


def _scale(seen: View) -> str:
    figure = f"{seen.scale:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")
    return f"1:{figure}"
