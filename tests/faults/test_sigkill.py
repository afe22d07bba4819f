"""Kill an import at any moment, many times: nothing is lost, nothing is doubled."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _campaign(home: Path, *, kills: int, seed: int) -> dict[str, object]:
    environment = {
        **os.environ,
        "VIGIE_HOME": str(home),
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
        "DJANGO_SETTINGS_MODULE": "vigie.config.settings",
        "VIGIE_LOG_LEVEL": "ERROR",
    }
    environment.pop("VIGIE_DATABASE_URL", None)
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.campaign", str(kills), str(seed)],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=570, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_an_import_killed_a_dozen_times_loses_and_doubles_nothing(tmp_path: Path) -> None:
    found = _campaign(tmp_path, kills=12, seed=1)
    assert found == {"killed": 12, "done": True, "problems": []}


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2])
def test_an_import_killed_a_hundred_times_loses_and_doubles_nothing(
    tmp_path: Path, seed: int
) -> None:
    found = _campaign(tmp_path, kills=100, seed=seed)
    assert found["problems"] == []
    assert found["done"]
    assert int(str(found["killed"])) >= 20  # the faster the import, the fewer find it at work
