"""Base maps: which there are (`known`), packs of tiles for where no network is (PMTiles).

`archive` reads a pack, `writing` makes one from kept tiles, `keeping` keeps tiles while they come so
that a cut loses nothing, `areas` says which tiles an area takes, `sources` opens what tiles are taken
from, `packing` does it all, `terms` says what may be stored.
"""
