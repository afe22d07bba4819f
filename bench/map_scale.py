"""The map with 10,000, 100,000 and 1,000,000 objects in one layer, beside Leaflet with the same ones.

The server: every tile of a 1440 × 900 view at eleven zooms and three places, made anew each time,
asked in this process (growth is that of processor time) and over HTTP by six connections, as a
browser does. The browser: Chromium with
software rendering; the same 100,000 objects in Vigie's map room and in Leaflet 1.9.4 with its canvas
renderer and GeoJSON (what uMap draws with), one after the other on the same machine: time from
opening the page to the first picture when everything is in the browser's cache, and the longest
frame while a mouse pans for ten seconds. Leaflet has no base map here, Vigie its local one.
"""

from __future__ import annotations

import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from bench.dataset import EMAIL, PASSWORD, SLUG, environment
from bench.map_browser import HEIGHT, WIDTH, measured
from bench.record import ROOT, percentile, record
from bench.server import Server, prepare, sign_in

SIZES = (10_000, 100_000, 1_000_000)
ZOOMS = tuple(range(8, 19))
PLACES = ((2.25, 48.55), (2.35, 48.7), (2.1, 48.4))
TOWNS = 40


def generated(n: int) -> list[dict[str, Any]]:
    """n objects around Essonne, always the same: six in ten points, two lines, two areas; half of
    them spread evenly, half in forty towns."""
    import numpy as np

    rng = np.random.default_rng(2016)
    towns = np.stack([rng.uniform(1.95, 2.6, TOWNS), rng.uniform(48.3, 48.78, TOWNS)], axis=1)
    even = np.stack([rng.uniform(1.9, 2.6, n), rng.uniform(48.28, 48.8, n)], axis=1)
    near = towns[rng.integers(0, TOWNS, n)] + rng.normal(0, 0.012, (n, 2))
    at = np.where(rng.random((n, 1)) < 0.5, even, near)
    kind, size = rng.integers(0, 10, n), rng.lognormal(-7.2, 0.8, n)
    turn = np.sort(rng.random((n, 8)) * 2 * math.pi, axis=1)
    steps = rng.normal(0, 1, (n, 6, 2)).cumsum(axis=1)
    made = []
    for i in range(n):
        lon, lat = (round(float(each), 6) for each in at[i])
        if kind[i] < 6:
            geometry: dict[str, Any] = {"type": "Point", "coordinates": [lon, lat]}
        elif kind[i] < 8:
            line = [[lon, lat], *(at[i] + steps[i] * size[i]).round(6).tolist()]
            geometry = {"type": "LineString", "coordinates": line}
        else:
            x, y = lon + size[i] * np.cos(turn[i]), lat + 0.66 * size[i] * np.sin(turn[i])
            ring = np.stack([x, y], axis=1).round(6).tolist()
            geometry = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
        made.append(
            {"geometry": geometry, "name": f"Objet {i}", "template": _template(int(kind[i]))}
        )
    return made


def _template(kind: int) -> str:
    return ("shelter", "", "", "barrage", "command_post", "", "road_cut", "", "flooded_area", "")[
        kind
    ]


def _fill(n: int) -> None:
    """In the child: a layer of n objects, written by blocks."""
    _django()
    from django.db import transaction

    from vigie.mapping.actions.layers import create_layer
    from vigie.mapping.models import Feature, Layer
    from vigie.operations.access import machine_desk
    from vigie.operations.models import Operation

    operation, now = Operation.objects.get(slug=SLUG), datetime.now(UTC)
    for nth, (lon, lat) in enumerate(((1.9, 48.28), (2.6, 48.8))):  # the map opens on the objects
        operation.communes.create(code=f"9100{nth}", name="Coin", lon=lon, lat=lat)
    desk = machine_desk(operation, "bench")
    layer = create_layer(name="Mesure", by=desk, now=now)
    with transaction.atomic():
        seq = desk.record("map.edited", now=now, data={"layers": [], "asked": 0}).seq
    Layer.objects.filter(pk=layer.pk).update(objects_number=n, changed=seq)
    block = []
    for i, each in enumerate(generated(n), 1):
        xs, ys = zip(*_positions(each["geometry"]["coordinates"]), strict=True)
        block.append(
            Feature(
                layer=layer, uid=UUID(int=i), changed=seq, created_at=now, updated_at=now,
                west=min(xs), east=max(xs), south=min(ys), north=max(ys), lon=xs[0], lat=ys[0], **each,
            )
        )  # fmt: skip
        if len(block) == 5_000 or i == n:
            Feature.objects.bulk_create(block)
            block = []


def _positions(coordinates: Any) -> list[tuple[float, float]]:
    if isinstance(coordinates[0], (int, float)):
        return [(coordinates[0], coordinates[1])]
    return [position for each in coordinates for position in _positions(each)]


def _django() -> None:
    sys.path.insert(0, str(ROOT / "src"))
    os.environ["DJANGO_SETTINGS_MODULE"] = "vigie.config.settings"
    import django

    django.setup()


def screenful(lon: float, lat: float, z: int) -> list[tuple[int, int, int]]:
    """Tiles (512 pixels) of a view whose middle is there, at a whole zoom: the most there can be."""
    across = 512 << z
    x = (lon + 180) / 360 * across
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * across
    columns = range(int(x - WIDTH / 2) // 512, int(x + WIDTH / 2) // 512 + 1)
    lines = range(int(y - HEIGHT / 2) // 512, int(y + HEIGHT / 2) // 512 + 1)
    return [(min(z, 16), *_parent(column, line, z)) for column in columns for line in lines]


def _parent(x: int, y: int, z: int) -> tuple[int, int]:
    return x >> max(0, z - 16), y >> max(0, z - 16)


def views() -> list[list[tuple[int, int, int]]]:
    return [sorted(set(screenful(*place, z))) for z in ZOOMS for place in PLACES]


def _measure() -> None:
    """In the child: times of each view in milliseconds through Django's test client, and memory."""
    _django()
    import psutil
    from django.test import Client

    from vigie.accounts.models import User
    from vigie.mapping.serving import held

    client = Client(headers={"host": "127.0.0.1", "accept-encoding": "gzip"})
    client.force_login(User.objects.get(email=EMAIL))
    ask = lambda tile: client.get("/o/{}/layers/1/tiles/{}/{}/{}.mvt".format(SLUG, *tile))  # noqa: E731
    client.get(f"/o/{SLUG}/layers/").close()
    memory = psutil.Process().memory_info().rss
    began = time.perf_counter()
    ask((0, 0, 0))
    read_s = time.perf_counter() - began
    held_mb = (psutil.Process().memory_info().rss - memory) / 1e6
    taken, used, size = [], [], []
    for view in views():
        rounds, worked = [], []
        for _ in range(3):
            held.tiles.clear()
            began, work = time.perf_counter(), time.process_time()
            answers = [ask(tile) for tile in view]
            rounds.append((time.perf_counter() - began) * 1000)
            worked.append((time.process_time() - work) * 1000)
        if any(answer.status_code != 200 for answer in answers):
            raise SystemExit("a tile was not answered")
        taken.append(statistics.median(rounds))
        used.append(statistics.median(worked))
        size.append(sum(len(answer.content) for answer in answers) / 1000)
    print(
        json.dumps({"ms": taken, "cpu_ms": used, "kb": size, "read_s": read_s, "held_mb": held_mb})
    )


def _over_http(home: Path) -> list[float]:
    """Times of each view over HTTP in milliseconds, six connections, every tile made anew."""
    import urllib3

    with Server(home) as server:
        cookies = sign_in(server, EMAIL, PASSWORD)
        pool = urllib3.PoolManager(
            maxsize=6, block=True,
            headers={"Cookie": "; ".join(f"{k}={v}" for k, v in cookies.items())},
        )  # fmt: skip

        def ask(tile: tuple[int, int, int]) -> None:
            path = "/o/{}/layers/1/tiles/{}/{}/{}.mvt".format(SLUG, *tile)
            if pool.request("GET", server.address + path).status != 200:
                raise SystemExit(path)

        ask((0, 0, 0))
        taken = []
        with ThreadPoolExecutor(6) as crew:
            list(crew.map(ask, [(0, 0, 0)] * 12))
            for view in views():
                began = time.perf_counter()
                list(crew.map(ask, view))
                taken.append((time.perf_counter() - began) * 1000)
    return taken


def _child(home: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "bench.map_scale", *words],
        cwd=ROOT, env=environment(home), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout


def _encoders() -> dict[str, float]:
    """Milliseconds to write one tile of 1,000 objects, ours and mapbox-vector-tile's."""
    import mapbox_vector_tile
    import numpy as np
    import shapely

    sys.path.insert(0, str(ROOT / "src"))
    from vigie.mapping.serving import mvt
    from vigie.mapping.serving.shapes import AREA, Shapes

    rng = np.random.default_rng(1)
    corner = rng.integers(0, 4000, (1_000, 1, 2))
    ring = corner + np.array([[0, 0], [40, 0], [40, 40], [0, 40]])
    shapes = Shapes(
        kind=np.full(1_000, AREA, dtype=np.uint8), first_ring=np.arange(1_001),
        first_vertex=np.arange(1_001) * 4, hole=np.zeros(1_000, dtype=bool),
        x=ring[:, :, 0].ravel(), y=ring[:, :, 1].ravel(),
    )  # fmt: skip
    names = [f"Objet {i}" for i in range(1_000)]
    features = [
        {"geometry": polygon, "properties": {"name": name}}
        for polygon, name in zip(shapely.polygons(ring), names, strict=True)
    ]

    def best(call: Any) -> float:
        taken = []
        for _ in range(5):
            began = time.process_time()
            call()
            taken.append((time.process_time() - began) * 1000)
        return round(min(taken), 2)

    return {
        "encoder_ms": best(lambda: mvt.layer("objects", shapes, {"name": names})),
        "mapbox_vector_tile_ms": best(
            lambda: mapbox_vector_tile.encode([{"name": "objects", "features": features}])
        ),
    }


def main() -> None:
    from playwright.sync_api import sync_playwright

    base = Path(os.environ.get("VIGIE_BENCH_FOLDER", tempfile.gettempdir())) / "vigie-bench-map"
    figures: dict[str, Any] = dict(_encoders())
    sizes = [n for n in SIZES if n < 1_000_000 or "--large" in sys.argv]
    told = {}
    for n in sizes:
        home = base / str(n)
        if not (home / "filled").exists():
            home.mkdir(parents=True, exist_ok=True)
            prepare(home, watch="crue")
            _child(home, "fill", str(n))
            (home / "filled").touch()
        told[n] = json.loads(_child(home, "measure").splitlines()[-1])
        ms, kb, web = told[n]["ms"], told[n]["kb"], _over_http(home)
        told[n]["http"] = web
        name = f"{n // 1000}k"
        figures |= {
            f"{name}_screen_p50_ms": round(percentile(ms, 0.5), 1),
            f"{name}_screen_p95_ms": round(percentile(ms, 0.95), 1),
            f"{name}_screen_processor_p50_ms": round(percentile(told[n]["cpu_ms"], 0.5), 1),
            f"{name}_screen_processor_p95_ms": round(percentile(told[n]["cpu_ms"], 0.95), 1),
            f"{name}_screen_http_p50_ms": round(percentile(web, 0.5), 1),
            f"{name}_screen_http_p95_ms": round(percentile(web, 0.95), 1),
            f"{name}_screen_kb_most": round(max(kb)),
            f"{name}_read_layer_s": round(told[n]["read_s"], 2),
            f"{name}_memory_mb": round(told[n]["held_mb"]),
        }
    small, large = told[10_000], told[100_000]
    figures |= {
        "growth_mean": round(sum(large["cpu_ms"]) / sum(small["cpu_ms"]), 2),
        "growth_p95": round(
            percentile(large["cpu_ms"], 0.95) / percentile(small["cpu_ms"], 0.95), 2
        ),
        "growth_http_mean": round(sum(large["http"]) / sum(small["http"]), 2),
        "growth_http_p95": round(
            percentile(large["http"], 0.95) / percentile(small["http"], 0.95), 2
        ),
    }
    features = [
        {"type": "Feature", "geometry": each.pop("geometry"), "properties": each}
        for each in generated(100_000)
    ]
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        figures |= measured(playwright, base / "100000", Path(folder), features)
    record("map_scale", figures, targets={
        "vigie_first_paint_s": "≤ 2", "vigie_longest_frame_ms": "≤ 100 (empty_longest_frame_ms is the floor of software rendering)", "vigie_longest_task_ms": "≤ 100",
        "100k_screen_p95_ms": "≤ 100", "100k_screen_http_p95_ms": "≤ 100", "growth_mean": "< 2",
        "growth_p95": "< 2", "growth_http_mean": "< 2", "growth_http_p95": "< 2",
    })  # fmt: skip


if __name__ == "__main__":
    if sys.argv[1:2] == ["measure"]:
        _measure()
    elif sys.argv[1:2] == ["fill"]:
        _fill(int(sys.argv[2]))
    else:
        main()
