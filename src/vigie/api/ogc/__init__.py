"""OGC API – Features: layers, incidents and official measures for QGIS and other GIS, read only."""
