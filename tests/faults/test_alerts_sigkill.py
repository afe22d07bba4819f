"""Workers that judge and deliver are killed: every post is judged once, no message is forgotten."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_a_worker_killed_again_and_again_judges_each_post_once(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "VIGIE_HOME": str(tmp_path),
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
        "DJANGO_SETTINGS_MODULE": "vigie.config.settings",
        "VIGIE_LOG_LEVEL": "ERROR",
    }
    environment.pop("VIGIE_DATABASE_URL", None)
    run = [sys.executable, "-m"]
    subprocess.run(
        [*run, "vigie", "django-admin", "migrate", "-v0"], env=environment, cwd=ROOT, check=True
    )
    done = subprocess.run(
        [*run, "tests.faults.alert_campaign", "6", "1"],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=500, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert json.loads(done.stdout.splitlines()[-1]) == {"killed": 6, "problems": []}
