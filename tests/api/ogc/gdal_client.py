"""GDAL's OAPIF driver (from the pyogrio wheel) as a program: `list` or `read` an address, as JSON."""

from __future__ import annotations

import json
import sys
from typing import Any

import pyogrio
import shapely


def read(address: str, **how: Any) -> dict[str, Any]:
    if "bbox" in how:
        how["bbox"] = tuple(how["bbox"])
    meta, _fids, shapes, columns = pyogrio.raw.read(address, **how)
    named = dict(zip(meta["fields"], columns, strict=True))
    return {
        "crs": meta["crs"],
        "shapes": [each and each.wkt for each in shapely.from_wkb(shapes)],
        "columns": {
            name: [None if each is None else getattr(each, "item", lambda each=each: each)()
                   for each in column]
            for name, column in named.items() if column.dtype.kind != "M"
        },
        "types": {name: str(column.dtype) for name, column in named.items()},
    }  # fmt: skip


if __name__ == "__main__":
    task, address, asked = sys.argv[1:]
    if task == "list":
        made: Any = {"layers": [name for name, _kind in pyogrio.list_layers(address)]}
    else:
        made = read(address, **json.loads(asked))
    print(json.dumps(made))
