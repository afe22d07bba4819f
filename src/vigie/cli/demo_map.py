"""The map of the exercise, as it was drawn and changed in the first hours: floods that spread, roads
that are cut and opened again, shelters that fill, command that moves. The places are real, what
happens there is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from vigie.kernel.carving import margin
from vigie.kernel.clock import rfc3339
from vigie.mapping.actions.edits import Edit, apply_edits, seen_all
from vigie.mapping.actions.layers import create_layer
from vigie.mapping.actions.releases import digest_of, read_words, release_map
from vigie.mapping.decide_release import NOT
from vigie.mapping.models import Feature
from vigie.mapping.queries.layers import visible_layers
from vigie.mapping.queries.release_review import Choice, review
from vigie.mapping.queries.releases import last_release
from vigie.operations.access import Desk

Thing = Mapping[str, Any]
"""An object: the fields it is drawn with, `_drawn` minutes before now, and `_later` what was changed:
(minutes before now, fields)."""
BEGAN: Final = timedelta(minutes=150)
"""How long before now the exercise was opened and its map begun."""
DRAWN: Final = 120
"""Minutes before now, where nothing else is told."""

ORGE_LOW: Final = ((2.3220, 48.6610), (2.3320, 48.6690), (2.3440, 48.6770), (2.3580, 48.6800))
YVETTE_LOW: Final = ((2.2770, 48.7020), (2.2940, 48.6960), (2.3070, 48.6910), (2.3180, 48.6850))
YVETTE_HIGH: Final = ((2.1660, 48.6990), (2.1880, 48.6980), (2.2100, 48.7020))

WORDS: Final = {
    "fr": {
        "title": "Crue de l’Orge et de l’Yvette : routes, zones inondées, accueil",
        "text": "Les routes coupées avec leurs déviations, les zones inondées connues et les lieux "
        "d’accueil ouverts. Ne vous engagez jamais sur une route inondée, à pied ni en voiture.",
    },
    "en": {
        "title": "Orge and Yvette floods: roads, flooded areas, reception centres",
        "text": "Closed roads with their diversions, known flooded areas and open reception "
        "centres. Never enter a flooded road, on foot or by car.",
    },
}
SIGNED: Final = "Conseil départemental de l’Essonne (exercice)"


def _point(lon: float, lat: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [lon, lat]}


def _line(*path: tuple[float, float]) -> dict[str, Any]:
    return {"type": "LineString", "coordinates": [list(at) for at in path]}


def _flooded(path: tuple[tuple[float, float], ...], metres: float) -> dict[str, Any]:
    return margin(_line(*path), metres)


def things(now: datetime) -> Mapping[tuple[str, str, str], tuple[Mapping[str, Any], list[Thing]]]:
    """By layer (name, theme, audience): its style and the fields of its objects."""
    said = {"reliability": "B", "credibility": 2}
    return {
        ("Zones inondées", "water", "public"): (
            {
                "rules": [
                    {"when": [{"on": "attribute", "op": "at_least", "key": "depth_m", "value": 1}],
                     "look": {"family": "hazard", "width": 4}},
                    {"when": [{"on": "credibility", "op": "above", "value": 3}],
                     "look": {"dash": "dotted", "opacity": 0.8}},
                ]
            },
            [
                {"template": "flooded_area", "name": "Orge aval, d’Épinay à Savigny", **said,
                 "geometry": _flooded(ORGE_LOW, 90), "precision_m": 100,
                 "attributes.depth_m": 0.4, "attributes.trend": "en hausse", "_drawn": 140,
                 "_later": [(85, {"geometry": _flooded(ORGE_LOW, 170), "attributes.depth_m": 0.9}),
                            (25, {"geometry": _flooded(ORGE_LOW, 240), "attributes.depth_m": 1.2})]},
                {"template": "flooded_area", "name": "Yvette à Longjumeau", **said,
                 "geometry": _flooded(YVETTE_LOW, 110), "precision_m": 100,
                 "attributes.depth_m": 0.5, "attributes.trend": "en hausse",
                 "_later": [(50, {"geometry": _flooded(YVETTE_LOW, 170), "attributes.depth_m": 0.6,
                                  "attributes.trend": "stable"})]},
                {"template": "flooded_area", "name": "Yvette à Orsay, à confirmer",
                 "geometry": _flooded(YVETTE_HIGH, 120), "precision_m": 500,
                 "reliability": "D", "credibility": 4, "attributes.depth_m": 0.3, "_drawn": 60},
                {"template": "text", "name": "Vallée de l’Orge", "geometry": _point(2.352, 48.6735)},
            ],
        ),
        ("Routes coupées et déviations", "roads", "public"): (
            {},
            [
                {"template": "road_cut", "name": "D 257 coupée", **said,
                 "geometry": _line((2.3215, 48.6702), (2.3279, 48.6721), (2.3342, 48.6738)),
                 "attributes.road": "D 257", "attributes.reason": "inondée",
                 "attributes.direction": "dans les deux sens",
                 "valid_from": rfc3339(now - timedelta(minutes=135)), "_drawn": 130},
                {"template": "road_cut", "name": "D 25 coupée à Villemoisson",
                 "geometry": _line((2.3302, 48.6601), (2.3345, 48.6622), (2.3391, 48.6640)),
                 "attributes.road": "D 25", "attributes.reason": "arbre tombé", "_drawn": 110,
                 "_later": [(40, {"deleted": True})]},
                {"template": "diversion", "name": "Par Ballainvilliers", "_drawn": 125,
                 "geometry": _line((2.3215, 48.6702), (2.3105, 48.6698), (2.3010, 48.6742),
                                   (2.3022, 48.6836), (2.3160, 48.6862), (2.3342, 48.6738)),
                 "attributes.road": "D 35"},
                {"template": "road_cut", "name": "D 117 coupée", **said,
                 "geometry": _line((2.2905, 48.6921), (2.2948, 48.6962), (2.2979, 48.7010)),
                 "attributes.road": "D 117", "attributes.reason": "inondée",
                 "valid_from": rfc3339(now - timedelta(hours=2)),
                 "valid_until": rfc3339(now + timedelta(hours=12)), "_drawn": 95},
                {"template": "diversion", "name": "Par Champlan", "_drawn": 90,
                 "geometry": _line((2.2905, 48.6921), (2.2790, 48.6968), (2.2742, 48.7062),
                                   (2.2871, 48.7094), (2.2979, 48.7010)),
                 "attributes.road": "D 118"},
                {"template": "barrage", "name": "Barrage rue du Port", "geometry": _point(2.3291, 48.6688),
                 "attributes.held_by": "police", "_drawn": 80},
                {"template": "arrow", "name": "Accès réservé aux secours",
                 "geometry": _line((2.3405, 48.6858), (2.3388, 48.6806), (2.3352, 48.6771)), "_drawn": 70},
            ],
        ),
        ("Accueil et hébergement", "shelters", "public"): (
            {},
            [
                {"template": "shelter", "name": "Gymnase Georges-Pompidou", "geometry": _point(2.3062, 48.6885),
                 "attributes.capacity": 180, "attributes.taken": 0, "attributes.hours": "jour et nuit", "_drawn": 115,
                 "_later": [(75, {"attributes.taken": 24}), (20, {"attributes.taken": 62})]},
                {"template": "shelter", "name": "Salle Gérard-Philipe", "geometry": _point(2.3476, 48.6842),
                 "attributes.capacity": 90, "attributes.taken": 15, "_drawn": 105,
                 "_later": [(65, {"attributes.taken": 58}),
                            (30, {"attributes.taken": 90, "note": "Complet : orienter vers Longjumeau."})]},
                {"template": "shelter", "name": "Gymnase de Mondétour", "geometry": _point(2.1721, 48.6903),
                 "attributes.capacity": 120, "attributes.taken": 8, "_drawn": 45},
            ],
        ),
        ("Secours et commandement", "rescue", "team"): (
            {},
            [
                {"template": "command_post", "name": "PC avancé Épinay", "geometry": _point(2.3312, 48.6779),
                 "attributes.held_by": "SDIS 91", "attributes.radio": "SSU 4", "_drawn": 118,
                 "_later": [(70, {"geometry": _point(2.3395, 48.6842)})]},
                {"template": "perimeter", "name": "Conduite de gaz, périmètre de 300 m",
                 "geometry": _point(2.3052, 48.6931), "radius_m": 300.0, **said,
                 "attributes.reason": "fuite de gaz", "_drawn": 55},
                {"template": "helipad", "name": "Stade Jean-Bouin", "geometry": _point(2.3538, 48.6872),
                 "precision_m": 50, "_drawn": 35},
            ],
        ),
        ("Événement : fête de la ville", "crowd", "team"): (
            {},
            [
                {"template": "crowd_zone", "name": "Place de la mairie de Longjumeau",
                 "geometry": {"type": "Polygon", "coordinates": [[
                     [2.2935, 48.6943], [2.2958, 48.6948], [2.2964, 48.6937], [2.2941, 48.6932],
                     [2.2935, 48.6943]]]},
                 "attributes.capacity": 1500, "attributes.people": 400,
                 "valid_until": rfc3339(now - timedelta(hours=1)), "_drawn": 145},
            ],
        ),
    }  # fmt: skip


def draw(by: Desk, others: Sequence[Desk] = (), *, now: datetime) -> None:
    """Draw the map of the exercise over the time before `now`, unless its operation has layers
    already. `others` draw in turn with `by`, whose layers they are."""
    if visible_layers(by).exists() or visible_layers(by, archived=True).exists():
        return
    edits: list[tuple[int, Edit]] = []
    for (name, theme, audience), (style, objects) in reversed(list(things(now).items())):
        layer = create_layer(
            name=name, theme=theme, audience=audience, style=style, by=by, now=now - BEGAN
        )  # fmt: skip
        for at, thing in enumerate(objects):
            edits += _edits(by, layer.number, at, thing)
    hands = [by, *others]
    for nth, (minutes, edit) in enumerate(sorted(edits, key=lambda each: -each[0])):
        hand = hands[nth % len(hands)]
        apply_edits(edits=[_seen(edit)], by=hand, now=now - timedelta(minutes=minutes))


def _edits(by: Desk, layer: int, at: int, thing: Thing) -> Iterable[tuple[int, Edit]]:
    """The edits of an object, each with its minutes before now."""
    feature = _uid(by, layer, at, "")
    fields = {name: value for name, value in thing.items() if not name.startswith("_")}
    yield (
        thing.get("_drawn", DRAWN),
        Edit(
            edit=_uid(by, layer, at, "edit"), feature=feature, set=fields, create=True, layer=layer
        ),
    )
    for nth, (minutes, later) in enumerate(thing.get("_later", ())):
        yield minutes, Edit(edit=_uid(by, layer, at, f"edit {nth}"), feature=feature, set=later)


def _seen(edit: Edit) -> Edit:
    """The same, made on what stands."""
    row = None if edit.create else Feature.objects.filter(uid=edit.feature).first()
    return edit if row is None else replace(edit, base=seen_all(row))


def release(by: Desk, *, now: datetime) -> None:
    """Give the public of the exercise its map, once: what it can do something with."""
    if not visible_layers(by).filter(audience="public").exists() or last_release(by.operation):
        return
    words = read_words(WORDS)
    inside = {
        line.thing.key: Choice(precision=NOT)
        for line in review(by, now=now).lines
        if line.thing.template in ("arrow", "text")
    }
    seen = digest_of(words, SIGNED, review(by, inside, now=now))
    release_map(words=words, choices=inside, seen=seen, by=by, now=now, signed=SIGNED)


def _uid(by: Desk, layer: int, at: int, what: str) -> Any:
    return uuid5(NAMESPACE_URL, f"vigie:demo:{by.operation.pk}:{layer}:{at}:{what}")
