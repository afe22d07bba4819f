"""Faults: randomised runs in which processes are killed, disks fill up, lines and clocks break.

Each run publishes some fifty posts, edits and deletions by a feed, a Jetstream and a Mastodon, lets
the faults of its seed strike the real processes, lets everything recover and compares what is stored
with what was said (docs/explanation/faults.md). Options: --runs N, --distributed N (of them on
PostgreSQL and NATS), --supervised N (of them under `vigie up`), --seed N, --log FILE (continues
where that file stops), --minutes N.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.record import ROOT, record

PROFILES = ("embedded", "distributed", "supervised")
MEANT = {
    "lost": "posts_lost", "doubled": "posts_doubled", "behind": "cursors_behind_the_data",
    "ahead": "cursors_ahead_of_the_data",
}  # fmt: skip


def carry_out(profile: str, runs: int, given: argparse.Namespace) -> None:
    command = [
        sys.executable, "-m", "tests.faults", "--profile", profile, "--runs", str(runs),
        "--seed", str(given.seed), "--out", str(given.log), "--minutes", str(given.minutes),
    ]  # fmt: skip
    if given.keep:
        command += ["--keep", str(given.keep)]
    subprocess.run(command, cwd=ROOT, check=False)


def figures(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What the runs came to. A problem is counted once for each post or source it is about."""
    problems = Counter(each.partition(":")[0] for run in runs for each in run["problems"])
    kinds = Counter(kind for run in runs for kind in run["kinds"])
    return {
        "runs": len(runs),
        "runs_embedded": sum(run["profile"] == "embedded" for run in runs),
        "runs_distributed": sum(run["profile"] == "distributed" for run in runs),
        "runs_supervised": sum(run["profile"] == "supervised" for run in runs),
        "runs_failing": sum(bool(run["problems"]) for run in runs),
        "runs_by_commit": dict(Counter(run["commit"] for run in runs)),
        "events_published": sum(run["events"] for run in runs),
        **{name: problems.pop(kind, 0) for kind, name in MEANT.items()},
        "other_problems": sum(problems.values()),
        "processes_killed": sum(run["killed"] for run in runs),
        **{f"faults_{kind}": number for kind, number in sorted(kinds.items())},
        "seeds_failing": [f"{run['profile']} {run['seed']}" for run in runs if run["problems"]],
    }


def main() -> None:
    asked = argparse.ArgumentParser(prog="vigie bench faults", description=__doc__)
    asked.add_argument("--runs", type=int, default=500)
    asked.add_argument("--distributed", type=int, default=None, help="how many of them (a fifth)")
    asked.add_argument("--supervised", type=int, default=None, help="… and how many (a 25th)")
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--log", type=Path, help="JSON lines of runs; those told there are left out")
    asked.add_argument("--keep", type=Path, help="folder for the logs of failing runs")
    asked.add_argument("--minutes", type=float, default=0.0, help="stop each profile after so long")
    given = asked.parse_args()
    distributed = given.runs // 5 if given.distributed is None else given.distributed
    supervised = given.runs // 25 if given.supervised is None else given.supervised
    numbers = (given.runs - distributed - supervised, distributed, supervised)
    with tempfile.TemporaryDirectory(prefix="vigie-faults-") as folder:
        given.log = (given.log or Path(folder) / "runs.jsonl").absolute()
        for profile, runs in zip(PROFILES, numbers, strict=True):
            if runs:
                carry_out(profile, runs, given)
        told = (json.loads(line) for line in given.log.read_text().splitlines())
        # A seed that was repeated, because it had failed, counts as it went last.
        latest = {(run["profile"], run["seed"]): run for run in told}
    found = figures(list(latest.values()))
    record(
        "faults", found,
        targets={"runs": ">= 500", **dict.fromkeys(list(MEANT.values())[:3], "0")},
    )  # fmt: skip
    sys.exit(1 if found["runs_failing"] else 0)


if __name__ == "__main__":
    main()
