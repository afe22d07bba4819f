"""`make check`: every static check, each named, all run even when one fails."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
CHECKS: tuple[tuple[str, list[str]], ...] = (
    ("ruff", [str(BIN / "ruff"), "check", "-q", "."]),
    ("format", [str(BIN / "ruff"), "format", "-q", "--check", "."]),
    ("types (mypy strict)", [str(BIN / "mypy"), "--no-error-summary"]),
    ("layers", [str(BIN / "lint-imports"), "--no-cache"]),
    (
        "migrations",
        [sys.executable, "-m", "vigie", "django-admin", "makemigrations", "--check", "--dry-run"],
    ),
    (
        "system checks",
        [sys.executable, "-m", "vigie", "django-admin", "check", "--fail-level", "WARNING"],
    ),
    ("translations", [sys.executable, "scripts/translations.py", "check"]),
    ("scripts (tsc)", ["node_modules/.bin/tsc", "--noEmit", "-p", "tsconfig.json"]),
)


def main() -> int:
    environment = dict(os.environ, PATH=f"{BIN}{os.pathsep}{os.environ['PATH']}")
    failed = []
    for name, command in CHECKS:
        began = time.monotonic()
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        print(
            f"{'ok    ' if done.returncode == 0 else 'FAILED'} {name} ({time.monotonic() - began:.1f} s)"
        )
        if done.returncode:
            failed.append(name)
            print(done.stdout[-8000:], done.stderr[-4000:], sep="\n")
    print(f"{len(CHECKS) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
