"""Two people write at the same instant: both keep their work, and no number is given twice."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from tests.triage.racing import race

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_editors_at_the_same_instant_both_keep_their_work(tmp_path: Path) -> None:
    if connection.vendor == "postgresql":
        race()
        return
    done = subprocess.run(
        [sys.executable, "-m", "tests.triage.racing"],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=300,
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith("VIGIE_")},
            "VIGIE_HOME": str(tmp_path),
            "DJANGO_SETTINGS_MODULE": "vigie.config.settings",
            "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
        },
    )  # fmt: skip
    assert done.stdout.strip() == "both kept", done.stderr
