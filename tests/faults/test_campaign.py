"""A small part of the fault campaign: fixed seeds, the real processes. `vigie bench faults` for all."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.plan import KINDS, plan

ROOT = Path(__file__).resolve().parents[2]


def _campaign(folder: Path, *, profile: str, seed: int, runs: int) -> str:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("VIGIE_")}
    environment |= {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults", "--profile", profile, "--seed", str(seed),
         "--runs", str(runs), "--out", str(folder / "runs.jsonl")],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=1500, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


@pytest.mark.pure
def test_a_seed_always_gives_the_same_plan() -> None:
    for profile in KINDS:
        assert plan(7, profile) == plan(7, profile)
        assert plan(7, profile) != plan(8, profile)


@pytest.mark.slow
@pytest.mark.sqlite
@pytest.mark.parametrize("seed", [300, 305])
def test_after_any_faults_everything_said_is_stored_once(tmp_path: Path, seed: int) -> None:
    assert '"failing": []' in _campaign(tmp_path, profile="embedded", seed=seed, runs=5)


@pytest.mark.slow
@pytest.mark.sqlite
def test_nor_over_many_processes_when_nats_and_postgresql_go_down_too(tmp_path: Path) -> None:
    assert '"failing": []' in _campaign(tmp_path, profile="distributed", seed=1002, runs=4)


@pytest.mark.slow
@pytest.mark.sqlite
def test_nor_under_vigie_up_when_it_is_killed_with_or_without_its_children(tmp_path: Path) -> None:
    assert '"failing": []' in _campaign(tmp_path, profile="supervised", seed=20, runs=2)
