"""Rumour: gestures of two people from a rumour's first post to a published answer, in seconds.

The browser test does what people do at the real screens; seconds follow from the counts of keys,
clicks, pauses and words read (tests/browser/gestures.py), not from the clock.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.record import ROOT, record

TARGETS = {"first_seconds": "≤ 600", "second_seconds": "≤ 120"}


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "rumour.json"
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "tests/browser/test_rumour_to_answer.py"],
            cwd=ROOT, check=False, env={**os.environ, "VIGIE_RUMOUR_OUT": str(out)},
        )  # fmt: skip
        if not out.exists():
            return done.returncode or 1
        told = json.loads(out.read_text(encoding="utf-8"))
    figures = {f"{who}_{name}": n for who, counts in told.items() for name, n in counts.items()}
    record("rumour", figures, targets=TARGETS)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
