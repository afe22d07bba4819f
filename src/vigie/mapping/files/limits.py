"""The surroundings of the processes that read and write files: GDAL with two drivers, nothing that
reaches the network, loads code, or takes a name for an address."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import vigie

_OTHERS: Final = (
    "PCIDSK", "PDS4", "VICAR", "PDF", "MBTiles", "EEDA", "OGCAPI", "GDALG", "MapInfo File", "LVBAG",
    "S57", "DGN", "OGR_VRT", "CSV", "GML", "GPX", "LIBKML", "KML", "GeoJSON", "GeoJSONSeq",
    "ESRIJSON", "TopoJSON", "OGR_GMT", "SQLite", "WAsP", "OpenFileGDB", "DXF", "FlatGeobuf",
    "GeoRSS", "VFK", "PGDUMP", "OSM", "GPSBabel", "OGR_PDS", "WFS", "OAPIF", "EDIGEO", "Idrisi",
    "ODS", "XLSX", "Elasticsearch", "Carto", "AmigoCloud", "SXF", "Selafin", "JML", "PLSCENES",
    "CSW", "VDV", "MVT", "NGW", "MapML", "GTFS", "PMTiles", "JSONFG", "MiraMonVector", "ADBC",
    "AVCBin", "AVCE00", "AIVector", "HTTP",
)  # fmt: skip
_GDAL: Final = {
    "GDAL_SKIP": ",".join(_OTHERS), "OGR_SKIP": ",".join(_OTHERS),
    "GDAL_DISABLE_READDIR_ON_OPEN": "TRUE", "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": "{noext}",
    "OGR_SQLITE_LOAD_EXTENSIONS": "NO", "GDAL_NUM_THREADS": "1", "CPL_LOG": os.devnull,
}  # fmt: skip


def surroundings() -> dict[str, str]:
    """The environment of such a process: nothing of ours but where programs and temporary files
    are, so no secret either."""
    known = {key: os.environ[key] for key in ("PATH", "LANG", "TMPDIR") if key in os.environ}
    return {
        **known, **_GDAL, "PYTHONPATH": str(Path(vigie.__file__).parents[1]),
        "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1",
    }  # fmt: skip
