"""Board page and search at 1,000,000 posts against 10,000 (median of 50 requests).

Each size is a process of its own that asks the real views through Django's test client. The two run
in turn, so that a slow moment of the machine touches both.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from bench import dataset
from bench.record import ROOT, median_ms, record

SIZES = (10_000, 1_000_000)
PATHS = {
    "board": "/o/mesure/board/",
    "search_common": "/o/mesure/board/?q=crue",
    "search_and": "/o/mesure/board/?q=orge+AND+evacuer",
    "search_rare": "/o/mesure/board/?q=brechidou+-pluie",
    "search_nothing": "/o/mesure/board/?q=zzzintrouvable",
}


def _measure() -> None:
    """In the child: one line of JSON with the median of each path."""
    sys.path.insert(0, str(ROOT / "src"))
    os.environ["DJANGO_SETTINGS_MODULE"] = "vigie.config.settings"
    import django

    django.setup()
    from django.test import Client

    from vigie.accounts.models import User

    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(User.objects.get(email=dataset.EMAIL))

    def ask(path: str) -> None:
        answer = client.get(path)
        if answer.status_code != 200:
            raise SystemExit(f"{path}: {answer.status_code}")
        answer.close()

    print(json.dumps({name: median_ms(lambda p=path: ask(p)) for name, path in PATHS.items()}))  # type: ignore[misc]


def main() -> None:
    folder = Path(os.environ.get("VIGIE_BENCH_FOLDER", tempfile.gettempdir())) / "vigie-bench"
    medians: dict[int, dict[str, float]] = {}
    for size in SIZES:
        dataset.make(folder / str(size), size)
        environment = dataset.environment(folder / str(size))
        subprocess.run(
            [sys.executable, "-m", "vigie", "django-admin", "migrate", "-v0"],
            env=environment,
            check=True,
        )
        done = subprocess.run(
            [sys.executable, "-m", "bench.board", "measure"],
            cwd=ROOT, env=environment, capture_output=True, text=True, check=True,
        )  # fmt: skip
        medians[size] = json.loads(done.stdout.splitlines()[-1])
    small, large = (medians[size] for size in SIZES)
    figures: dict[str, float] = {}
    for name in PATHS:
        figures[f"{name}_ratio"] = round(large[name] / small[name], 2)
        figures[f"{name}_10k_ms"] = small[name]
        figures[f"{name}_1m_ms"] = large[name]
    record("board", figures, targets={f"{name}_ratio": "≤ 2" for name in PATHS})


if __name__ == "__main__":
    _measure() if sys.argv[1:] == ["measure"] else main()
