"""Layers of any size as vector tiles: an index in memory, brought up to date by what changed.

`mercator` (numbers of the plane) → `shapes` (geometries in flat arrays) → `index` (one layer) →
`tiles` (what a tile shows) → `mvt` (its bytes). `reading` fills an index from the database, `held`
keeps the layers in use within a limit of memory. Only the last two know Django. See ADR 0018 and
docs/explanation/map-scale.md. Who may see a layer is the caller's question, asked before.
"""
