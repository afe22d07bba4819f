from __future__ import annotations

from vigie.cli.main import main

main()
