"""The browser's side of `map_scale`: the map room, Leaflet and an empty map, each in a browser of its own.

Chromium with software rendering. First paint: from opening the page to the first picture with its
objects when everything is in the browser's cache, the median of several openings. Panning: ten
seconds of drags; the longest script and the longest frame, and the processor time of the whole
browser a frame. The empty map is the same library, size and drags with a plain background: what
software rendering takes by itself.
"""

from __future__ import annotations

import functools
import http.server
import json
import os
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from bench.dataset import EMAIL, PASSWORD, SLUG
from bench.record import ROOT, percentile
from bench.server import Server, sign_in

WIDTH, HEIGHT = 1440, 900
LEAFLET = ROOT / "node_modules" / "leaflet" / "dist"
VENDOR = ROOT / "src" / "vigie" / "web" / "ui" / "static" / "ui" / "vendor"
FLAGS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
PAN_S = 10
OPENINGS = 5

_WATCH = """() => {
  window.gaps = []; window.tasks = [];
  new PerformanceObserver((list) => window.tasks.push(...list.getEntries().map((each) => each.duration))).observe({ type: "longtask" });
  let before = performance.now();
  const frame = (now) => { window.gaps.push(now - before); before = now; requestAnimationFrame(frame); };
  requestAnimationFrame((now) => { before = now; requestAnimationFrame(frame); });
}"""
_PAINTED = """() => new Promise(async (done) => {
  const { whenOpen } = await import("/static/layers/hooks.js");
  whenOpen((room) => {
    const look = () => {
      const { map } = room.map;
      const there = map.getSource("tiles-1") && map.isSourceLoaded("tiles-1") && map.queryRenderedFeatures({ layers: ["drawn-1-counts", "drawn-1-sign"] }).length;
      if (there) requestAnimationFrame(() => done(performance.now()));
      else setTimeout(look, 10);
    };
    look();
  });
})"""
_WAITED = """() => new Promise((done) => {
  const look = () => (window.painted ? done(window.painted) : setTimeout(look, 10));
  look();
})"""
_LEAFLET = """<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="leaflet.css">
<style>html, body, #map { height: 100%; margin: 0 }</style><div id="map"></div>
<script src="leaflet.js"></script><script>
const map = L.map("map", { preferCanvas: true }).setView([48.55, 2.25], 10);
fetch("data.geojson").then((each) => each.json()).then((data) => {
  const layer = L.geoJSON(data, { pointToLayer: (_, at) => L.circleMarker(at, { radius: 5 }) });
  layer.addTo(map);
  requestAnimationFrame(() => requestAnimationFrame(() => { window.painted = performance.now(); }));
});
</script>"""
_EMPTY = """<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="maplibre-gl.css">
<style>body { margin: 0 } #map { position: absolute; left: 504px; top: 44px; width: 936px; height: 856px }</style>
<div id="map"></div><script type="module">
import { Map } from "./maplibre-gl.mjs";
const style = { version: 8, sources: {}, layers: [{ id: "sea", type: "background", paint: { "background-color": "#dde8ee" } }] };
const map = new Map({ container: "map", style, center: [2.25, 48.55], zoom: 9.4, attributionControl: false, fadeDuration: 0 });
map.once("idle", () => requestAnimationFrame(() => { window.painted = performance.now(); }));
</script>"""
"""A plain background of the size the map has in the room."""


def measured(playwright: Any, home: Path, folder: Path, features: list[Any]) -> dict[str, float]:
    """Figures of the three pages, by name; `features` are the objects of the layer in `home`."""
    figures: dict[str, float] = {}
    with Server(home) as server, _kept(folder) as address:
        for name in ("leaflet.js", "leaflet.css"):
            (folder / name).write_bytes((LEAFLET / name).read_bytes())
        for path in VENDOR.glob("maplibre-gl*"):
            (folder / path.name).write_bytes(path.read_bytes())
        (folder / "leaflet.html").write_text(_LEAFLET, encoding="utf-8")
        (folder / "empty.html").write_text(_EMPTY, encoding="utf-8")
        (folder / "data.geojson").write_text(
            json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8"
        )
        cookies = [
            {"name": name, "value": value, "url": server.address}
            for name, value in sign_in(server, EMAIL, PASSWORD).items()
        ]
        for name, url, painted, openings in (
            ("empty", f"{address}/empty.html", _WAITED, OPENINGS),
            ("vigie", f"{server.address}/o/{SLUG}/layers/", _PAINTED, OPENINGS),
            ("leaflet", f"{address}/leaflet.html", _WAITED, 1),
        ):
            found = _page(playwright, name, url, painted, openings, cookies)
            figures |= {f"{name}_{key}": round(value, 2) for key, value in found.items()}
    return figures


def _page(
    playwright: Any, name: str, url: str, painted: str, openings: int, cookies: list[Any]
) -> dict[str, float]:
    """Opened once cold and then `openings` times from the browser's cache; then panned."""
    with _processor() as used:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT})
        context.add_cookies(cookies)
        page = context.new_page()
        times, worked = [], []
        for _ in range(openings + 1):
            page.goto("about:blank")
            page.wait_for_timeout(500)
            before = used()
            page.goto(url, wait_until="commit")
            times.append(page.evaluate(painted) / 1000)
            worked.append(used() - before)
            page.wait_for_timeout(1_500)
        page.wait_for_timeout(1_500)
        before = used()
        moved = _pan(page)
        moved["frame_processor_ms"] = (used() - before) * 1000 / max(1, moved["frames"])
        if shot := os.environ.get("VIGIE_BENCH_PICTURES"):
            page.screenshot(path=f"{shot}/{name}.png")
        browser.close()
    return {
        "first_paint_cold_s": times[0], "first_paint_s": statistics.median(times[1:]),
        "first_paint_processor_s": statistics.median(worked[1:]), **moved,
    }  # fmt: skip


@contextmanager
def _processor() -> Iterator[Callable[[], float]]:
    """Processor seconds of what this process starts within, all its threads; the most each process
    was seen to have, so that one that ends does not take them back."""
    others = {each.pid for each in psutil.Process().children(recursive=True)}
    seen: dict[int, float] = {}

    def used() -> float:
        for each in psutil.Process().children(recursive=True):
            if each.pid not in others:
                try:
                    times = each.cpu_times()
                except psutil.Error:
                    continue
                seen[each.pid] = times.user + times.system
        return sum(seen.values())

    yield used


def _pan(page: Any) -> dict[str, float]:
    """Drag for ten seconds: the longest frame and long task, and how many frames there were."""
    page.evaluate(_WATCH)
    ends = time.monotonic() + PAN_S
    nth = 0
    while time.monotonic() < ends:
        (dx, dy) = ((-260, 90), (240, -120), (200, 150), (-220, -110))[nth % 4]
        page.mouse.move(WIDTH * 0.6, HEIGHT * 0.5)
        page.mouse.down()
        for step in range(1, 13):
            page.mouse.move(WIDTH * 0.6 + dx * step / 12, HEIGHT * 0.5 + dy * step / 12)
            page.wait_for_timeout(16)
        page.mouse.up()
        page.wait_for_timeout(150)
        nth += 1
    gaps, tasks = page.evaluate("() => [window.gaps, window.tasks]")
    return {
        "longest_frame_ms": max(gaps),
        "frame_p95_ms": percentile(gaps, 0.95),
        "frame_median_ms": statistics.median(gaps),
        "longest_task_ms": max(tasks, default=0.0),
        "frames": len(gaps),
    }


class _Files(http.server.SimpleHTTPRequestHandler):
    extensions_map = {
        **http.server.SimpleHTTPRequestHandler.extensions_map,
        ".mjs": "text/javascript",
    }

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "max-age=3600")
        super().end_headers()

    def log_message(self, *args: Any) -> None:
        pass


@contextmanager
def _kept(folder: Path) -> Iterator[str]:
    """A server of files that browsers keep; its address."""
    handler = functools.partial(_Files, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
