"""What the public map's page is made of, from one frozen release; and the same as GeoJSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _

from vigie.kernel.clock import rfc3339
from vigie.mapping.basemaps.known import Basemap
from vigie.mapping.models import MapRelease, ReleasedObject
from vigie.mapping.queries.releases import (
    PublicMap,
    places_of,
    present_release,
    public_order,
)
from vigie.operations.models import Operation
from vigie.verification.factcheck_rules import LANGUAGES
from vigie.web.public.map_words import family_of, kind_of, theme_of, words_of
from vigie.web.public.pages import LANGUAGE_NAMES, Address, base_of, drawn, frame
from vigie.web.public.wording import exact_moment

MAIN: Final = LANGUAGES[0]
COMMUNES: Final = "communes: GeoNames (CC BY 4.0)"
"""Whose middles of communes we tell."""
EMBED: Final = (600, 480)
"""Width and height in pixels of the frame that others are given to copy."""


def map_context(
    request: HttpRequest, found: PublicMap, language: str, *, now: datetime
) -> dict[str, Any]:
    """Everything the page's template writes, as of `now`. Asks the database for the communes, nothing else."""
    operation, release = found.operation, found.release
    base = base_of(request)
    address = Address(slug=operation.slug, language=language)
    context = {
        **frame(operation, language, base),
        "release": release, "withdrawn": found.withdrawn,
        "canonical": base + address.of("map"),
        "alternates": [
            (code, base + Address(slug=operation.slug, language=code).of("map"))
            for code in LANGUAGES
        ],
        "others": [
            (code, LANGUAGE_NAMES[code], Address(slug=operation.slug, language=code).of("map"))
            for code in LANGUAGES if code != language
        ],
    }  # fmt: skip
    if release is None or found.withdrawn:
        if release is not None and release.withdrawn_at is not None:
            context["when"] = exact_moment(release.withdrawn_at, operation.time_zone)
        return context
    return context | {
        **_words(release, language),
        "when": exact_moment(release.at, operation.time_zone),
        "signed": signature(release, operation),
        "themes": themes_of(found.things, operation.time_zone, now=now),
        "closed": operation.phase == "closed",
        "n": len(found.things),
        "places": [
            {"name": each.name, "at": f"{round(each.lon, 4)},{round(each.lat, 4)}"}
            for each in places_of(operation)
        ],
        "data_url": Address(slug=operation.slug, language=MAIN).of("map-data"),
        "map_url": address.of("map"),
        "embed_url": base + address.of("map-embed"),
        "background": background(),
        "embed_width": EMBED[0], "embed_height": EMBED[1],
    }  # fmt: skip


def background() -> dict[str, Any] | None:
    """The first base map of the installation that a server gives; None: our own rivers and roads."""
    found = next((each for each in settings.VIGIE_BASEMAPS if isinstance(each, Basemap)), None)
    if found is None:
        return None
    return {
        "label": found.label, "host": found.origin.partition("//")[2], "tiles": found.address,
        "max_zoom": found.max_zoom, "night": found.night, "credit": found.attribution,
        "named": "yes" if found.names_us else "",
    }  # fmt: skip


def _words(release: MapRelease, language: str) -> dict[str, Any]:
    """Title and text in the language, or in the one they are written in."""
    code = language if language in release.words else MAIN
    words = release.words[code]
    return {"title": words["title"], "text": words["text"], "words_language": code}


def signature(release: MapRelease, operation: Operation) -> str:
    """Who answers: an organisation, never a person."""
    return release.signed or _("The digital watch team of “%(operation)s”") % {
        "operation": operation.title
    }


def themes_of(things: Iterable[Any], zone: str, *, now: datetime) -> list[dict[str, Any]]:
    """Things numbered in their order, by theme, then by commune. Each is a released row, or what is
    about to be one (`decide_release.Shown`)."""
    numbered = list(enumerate(things, start=1))
    themes = []
    for code, of_theme in groupby(numbered, key=lambda pair: public_order(pair[1])[0]):
        rows = list(of_theme)
        term = theme_of(rows[0][1].theme)
        themes.append(
            {
                "anchor": f"t{code}", "label": term.label, "icon": drawn(term.icon), "n": len(rows),
                "communes": [
                    {
                        "name": name,
                        "lines": [
                            {
                                "number": number, "family": family_of(each),
                                "lon": each.lon, "lat": each.lat, **vars(words_of(each, zone, now=now)),
                            }
                            for number, each in lines
                        ],
                    }
                    for name, lines in groupby(rows, key=lambda pair: str(pair[1].commune))
                ],
            }
        )  # fmt: skip
    return themes


def map_line(operation: Operation, language: str) -> dict[str, Any]:
    """What the operation's page says of the map: nothing when there is none."""
    release = present_release(operation)
    if release is None:
        return {}
    words = _words(release, language)
    return {
        "map": {
            **words, "url": Address(slug=operation.slug, language=language).of("map"),
            "when": exact_moment(release.at, operation.time_zone), "at": release.at,
        }
    }  # fmt: skip


def geojson(
    request: HttpRequest, operation: Operation, release: MapRelease,
    things: Sequence[ReleasedObject],
) -> str:  # fmt: skip
    """The release as GeoJSON (RFC 7946) with its licence and its moment."""
    base = base_of(request)
    mark = "EXERCICE – " if operation.is_exercise else ""
    return json.dumps(
        {
            "type": "FeatureCollection",
            "title": mark + release.words[MAIN]["title"],
            "description": release.words[MAIN]["text"],
            "as_of": rfc3339(release.at),
            "release": release.number,
            "exercise": operation.is_exercise,
            "licence": release.licence,
            "licence_url": release.licence_url,
            "attribution": f"{signature(release, operation)}; {COMMUNES}",
            "page": base + Address(slug=operation.slug, language=MAIN).of("map"),
            "emergency": "18, 112, 114 (SMS)",
            "features": [_feature(each, operation) for each in things],
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


def _feature(each: ReleasedObject, operation: Operation) -> dict[str, Any]:
    told = {
        "number": each.position, "kind": each.kind, "theme": each.theme,
        "template": each.template or None, "what": kind_of(each), "family": family_of(each),
        "title": each.title or None, "text": each.text or None, **each.attributes,
        "radius_m": each.radius_m, "precision": each.precision, "precision_m": each.precision_m,
        "commune": each.commune or None, "to_confirm": each.doubtful or None,
        "valid_from": rfc3339(each.valid_from) if each.valid_from else None,
        "valid_until": rfc3339(each.valid_until) if each.valid_until else None,
        "exercise": operation.is_exercise or None,
    }  # fmt: skip
    return {
        "type": "Feature", "id": str(each.public_id), "geometry": each.geometry,
        "properties": {name: value for name, value in told.items() if value is not None},
    }  # fmt: skip
