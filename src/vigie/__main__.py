"""The `vigie` command, as a module and as the console script."""

from __future__ import annotations

import os
import sys

from vigie.cli.main import vigie
from vigie.config.environment import Misconfigured


def main() -> None:
    """Run the command; a wrong environment variable is said on one line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vigie.config.settings")
    try:
        vigie(prog_name="vigie")
    except Misconfigured as error:
        sys.stderr.write(f"vigie: {error}\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
