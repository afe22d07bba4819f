from __future__ import annotations

from vigie.mapping.models.features import Conflict, Feature, FeatureRevision
from vigie.mapping.models.layers import Layer

__all__ = ["Conflict", "Feature", "FeatureRevision", "Layer"]
