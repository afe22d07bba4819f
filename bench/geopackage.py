"""A GeoPackage of 200,000 objects in and out, beside GDAL copying the same file.

Points, lines and areas with holes, ten attributes, always the same. Vigie reads the file in a
process apart, checks and mends each geometry, stores the objects with their stamps and journal
entries in an empty SQLite home, then writes them out again. GDAL (pyogrio) reads and writes the
same file and does none of that: its ratio says what the rest costs.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

import numpy as np
import pyogrio
import pyogrio.raw
import shapely

from bench.dataset import environment
from bench.record import ROOT, record

OBJECTS = 200_000
TABLE = "objets"


def write_source(path: Path, number: int) -> None:
    """The file that is imported: a third each of points, lines, and areas with a hole."""
    rng = np.random.default_rng(91)
    lon, lat = rng.uniform(1.9, 2.6, number), rng.uniform(48.3, 48.8, number)
    shapes: list[Any] = []
    for at, (x, y) in enumerate(zip(lon.tolist(), lat.tolist(), strict=True)):
        if at % 3 == 0:
            shapes.append(shapely.Point(x, y))
        elif at % 3 == 1:
            shapes.append(
                shapely.LineString([(x + 1e-4 * n, y + 5e-5 * (n % 3)) for n in range(8)])
            )
        else:
            hole = [(x + 2e-4, y + 2e-4), (x + 4e-4, y + 2e-4), (x + 4e-4, y + 4e-4)]
            shapes.append(shapely.Polygon(shapely.box(x, y, x + 1e-3, y + 1e-3).exterior, [hole]))
    words = random.Random(91)
    texts = [
        f"Objet n° {at} – {words.choice(['crue', 'route', 'abri', 'école'])}"
        for at in range(number)
    ]
    columns: dict[str, Any] = {
        "name": np.array(texts, dtype=object),
        **{f"entier_{n}": rng.integers(0, 10_000, number) for n in range(3)},
        **{f"reel_{n}": rng.uniform(0, 100, number) for n in range(3)},
        **{f"texte_{n}": np.array([f"valeur {v}" for v in rng.integers(0, 500, number)], dtype=object) for n in range(3)},
    }  # fmt: skip
    pyogrio.raw.write(
        path, shapely.to_wkb(np.array(shapes, dtype=object)), list(columns.values()),
        np.array(list(columns)), geometry_type="Unknown", crs="EPSG:4326", driver="GPKG", layer=TABLE,
    )  # fmt: skip


def resident(pid: int) -> int:
    """Bytes of a process and its children."""
    total = 0
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    for line in status.splitlines():
        if line.startswith("VmRSS:"):
            total += int(line.split()[1]) * 1024
    return total + sum(resident(int(child)) for child in children)


def run(home: Path, *words: str) -> tuple[float, int]:
    """Seconds of `vigie …` and the most memory it had with its children, in bytes."""
    began = perf_counter()
    child = subprocess.Popen(
        [sys.executable, "-m", "vigie", *words], env=environment(home), cwd=ROOT,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    most = 0

    def watch() -> None:
        nonlocal most
        while child.poll() is None:
            most = max(most, resident(child.pid))
            sleep(0.1)

    watcher = threading.Thread(target=watch)
    watcher.start()
    status = child.wait()
    watcher.join()
    if status:
        raise SystemExit(f"vigie {words[0]} ended with {status}")
    return perf_counter() - began, most


def facts(path: Path) -> tuple[int, list[float]]:
    """How many objects a file holds, and their box."""
    told = pyogrio.read_info(path, force_feature_count=True, force_total_bounds=True)
    return int(told["features"]), [round(float(side), 5) for side in told["total_bounds"]]


def copy(source: Path, target: Path) -> float:
    began = perf_counter()
    meta, _, shapes, columns = pyogrio.raw.read(source)
    pyogrio.raw.write(
        target, shapes, columns, meta["fields"], geometry_type="Unknown", crs=meta["crs"], driver="GPKG",
    )  # fmt: skip
    return perf_counter() - began


def main() -> None:
    number = int(os.environ.get("VIGIE_BENCH_OBJECTS", OBJECTS))
    with tempfile.TemporaryDirectory() as folder:
        home, source = Path(folder) / "home", Path(folder) / "source.gpkg"
        home.mkdir()
        write_source(source, number)
        run(home, "django-admin", "migrate", "-v0")
        run(home, "django-admin", "shell", "-v0", "-c", _OPERATION)
        _, idle = run(home, "map", "import", "--help")
        small = Path(folder) / "small.gpkg"
        write_source(small, 3_000)
        _, few = run(home, "map", "import", str(small), "-o", "mesure", "-l", "Petit")
        imported, most = run(home, "map", "import", str(source), "-o", "mesure", "-l", "Grand")
        out = Path(folder) / "out.gpkg"
        exported, _ = run(
            home, "map", "export", "-o", "mesure", "-l", "2", "--format", "gpkg", "-f", str(out)
        )
        peer = copy(source, Path(folder) / "copy.gpkg")
        before, after = facts(source), facts(out)
        record(
            "geopackage",
            {
                "objects": number,
                "import_s": round(imported, 1),
                "export_s": round(exported, 1),
                "peer_copy_s": round(peer, 1),
                "ratio_to_peer": round((imported + exported) / peer, 1),
                "memory_mb": round(most / 1e6),
                "memory_of_3000_objects_mb": round(few / 1e6),
                "above_idle_mb": round((most - idle) / 1e6),
                "equal": before == after,
                "counts": [before[0], after[0]],
                "boxes": json.dumps([before[1], after[1]]),
            },
            targets={
                "import_s": "<= 60 s", "export_s": "<= 30 s", "above_idle_mb": "<= 300 MB",
                "equal": "counts and boxes equal",
            },
        )  # fmt: skip


_OPERATION = """
from vigie.operations.models import Operation
from vigie.kernel.clock import utc_now
Operation.objects.create(slug="mesure", title="Mesure", kind="flood", phase="active", languages=["fr"], created_at=utc_now())
"""

if __name__ == "__main__":
    main()
