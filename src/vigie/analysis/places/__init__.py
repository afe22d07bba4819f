"""Places named in a text: communes, streets, addresses, roads, rivers, stations, landmarks, areas."""

from vigie.analysis.places.geoparser import Geoparser

__all__ = ["Geoparser"]
