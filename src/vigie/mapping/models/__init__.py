from __future__ import annotations

from vigie.mapping.models.features import Conflict, Feature, FeatureRevision
from vigie.mapping.models.feeds import LayerFeed
from vigie.mapping.models.grid import Cell, CellPass, Grid
from vigie.mapping.models.imports import FileImport, ImportNote
from vigie.mapping.models.layers import Layer
from vigie.mapping.models.releases import MapRelease, ReleasedObject
from vigie.mapping.models.routes import Route, RouteMark

__all__ = [
    "Cell", "CellPass", "Conflict", "Feature", "FeatureRevision", "FileImport", "Grid",
    "ImportNote", "Layer", "LayerFeed", "MapRelease", "ReleasedObject", "Route", "RouteMark",
]  # fmt: skip
