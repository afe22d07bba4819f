"""Layers of the map: the list, and the objects of one as GeoJSON. Read only: they are drawn at a
screen, where what two people changed can be asked of them."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import Router, Schema

from vigie.api.auth import desk_of
from vigie.api.problems import not_found
from vigie.kernel.clock import rfc3339
from vigie.mapping.models import Layer
from vigie.mapping.queries.features import changes
from vigie.mapping.queries.layers import layer_numbered, visible_layers

router = Router(tags=["layers"])


class LayerOut(Schema):
    """A layer. `objects` counts what stands in it; `changed` is the journal entry that last changed
    an object of it."""

    number: int
    name: str
    theme: str
    description: str
    audience: str
    editors: str
    origin: str
    style: dict[str, Any]
    objects: int
    changed: int
    updated_at: str
    exercise: bool

    @classmethod
    def of(cls, row: Layer, *, exercise: bool) -> LayerOut:
        return cls(
            number=row.number, name=row.name, theme=row.theme, description=row.description,
            audience=row.audience, editors=row.editors, origin=row.origin, style=row.style,
            objects=row.objects_number, changed=row.changed, updated_at=rfc3339(row.updated_at),
            exercise=exercise,
        )  # fmt: skip


class LayerList(Schema):
    layers: list[LayerOut]


@router.get("/{slug}/layers", response=LayerList, summary="Layers of the map, the top one first")
def list_layers(request: HttpRequest, slug: str) -> Any:
    desk = desk_of(request, slug)
    exercise = desk.operation.is_exercise
    return {"layers": [LayerOut.of(row, exercise=exercise) for row in visible_layers(desk)]}


@router.get(
    "/{slug}/layers/{int:number}/objects.geojson",
    summary="Objects of a layer as GeoJSON; with `since`, what changed after that journal entry",
)
def layer_objects(
    request: HttpRequest, slug: str, number: int, since: int | None = None
) -> HttpResponse:
    desk = desk_of(request, slug)
    row = layer_numbered(desk, number)
    if row is None:
        return not_found()
    found = changes(desk, [row], since=since)
    return JsonResponse(found.as_geojson(), content_type="application/geo+json")
