"""Running the real command in a process of its own, with a data folder of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def vigie(
    *arguments: str, home: Path, database: str | None = None, stdin: bytes | None = None
) -> subprocess.CompletedProcess[bytes]:
    """`vigie ARGUMENTS…`; status and output are the caller's to judge."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("VIGIE_")}
    environment |= {"VIGIE_HOME": str(home), "PYTHONPATH": str(ROOT / "src")}
    if database:
        environment["VIGIE_DATABASE_URL"] = database
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    return subprocess.run(
        [sys.executable, "-m", "vigie", *arguments],
        env=environment,
        input=stdin,
        capture_output=True,
        check=False,
        timeout=120,
    )
