"""A child of `vigie up` that lives by the run's clock: `python -m tests.faults.child CLOCK collect …`."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.faults import strike
from tests.faults.clock import SharedClock, hasten
from tests.faults.house import DEEDS
from tests.faults.supervised import CHILDREN


def main() -> None:
    shared = SharedClock(Path(sys.argv[1]))
    hasten(shared)
    import django

    from vigie.workers import supervise

    supervise.end_with_supervisor()  # from the beginning, as long as it takes to load
    django.setup()
    name = sys.argv[2]
    strike.be_ready(shared, len(DEEDS) * (1 + CHILDREN.index(name)))
    from vigie.cli.main import vigie

    vigie(args=sys.argv[2:], prog_name="vigie")


if __name__ == "__main__":
    main()
