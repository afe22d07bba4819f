"""Writing figures down: what was measured, on what machine, of which commit."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "bench" / "results"


def machine() -> dict[str, Any]:
    """Processor, cores, memory, system and Python."""
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "system": platform.system(),
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 2),
    }


def commit() -> str:
    """The commit measured, with "+changes" when the tree differs from it."""
    head = _git("rev-parse", "--short=12", "HEAD")
    changed = _git("status", "--porcelain", "--untracked-files=no")
    return head + ("+changes" if changed else "")


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


def record(name: str, figures: Mapping[str, Any], *, targets: Mapping[str, str]) -> None:
    """Print the figures beside what was asked and write them to bench/results/<name>.json."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    result = {
        "bench": name,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit(),
        "machine": machine(),
        "command": f"vigie bench {name}",
        "figures": dict(figures),
        "asked": dict(targets),
    }
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for key, value in figures.items():
        asked = f"   (asked: {targets[key]})" if key in targets else ""
        sys.stdout.write(f"  {key:<36} {value}{asked}\n")
    sys.stdout.write(f"  → {path.relative_to(ROOT)}\n")


def median_ms(call: Callable[[], object], *, times: int = 50, warm_up: int = 3) -> float:
    """Median duration of a call in milliseconds."""
    for _ in range(warm_up):
        call()
    taken = []
    for _ in range(times):
        began = perf_counter()
        call()
        taken.append((perf_counter() - began) * 1000)
    return round(statistics.median(taken), 3)


def percentile(values: list[float], share: float) -> float:
    """The value below which `share` (0..1) of the values lie (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
