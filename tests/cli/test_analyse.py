"""`vigie analyse` answers a line for each line, without a database."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.running import vigie

pytestmark = pytest.mark.pure

GOOD = {"id": "1", "text": "La D118 est coupée à Orsay", "created_at": "2026-11-24T03:00:00Z"}


def test_a_broken_line_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    lines = [json.dumps(GOOD), "{oops", json.dumps(GOOD | {"id": "2"})]
    done = vigie("analyse", home=tmp_path, stdin="\n".join(lines).encode())
    assert done.returncode == 0
    first, second, third = map(json.loads, done.stdout.splitlines())
    assert first["language"] == "fr"
    place = next(p for p in first["places"] if p["kind"] == "commune")
    assert place["code"] == "91471"
    assert GOOD["text"][place["start"] : place["end"]] == place["text"]
    assert second["line"] == 2
    assert second["error"]
    assert third["duplicate_of"] == "1"
    assert not (tmp_path / "vigie.sqlite3").exists()


def test_nothing_readable_is_a_failure_with_one_line_of_reason(tmp_path: Path) -> None:
    done = vigie("analyse", home=tmp_path, stdin=b"nothing\nreadable\n")
    assert done.returncode == 1
    assert done.stderr.count(b"\n") == 1
    assert len(done.stdout.splitlines()) == 2


def test_an_empty_input_is_not_a_failure(tmp_path: Path) -> None:
    assert vigie("analyse", home=tmp_path, stdin=b"").returncode == 0


def test_wrong_use_is_status_2(tmp_path: Path) -> None:
    assert vigie("analyse", "--colour", home=tmp_path).returncode == 2
    assert vigie("evaluate", "weather", home=tmp_path).returncode == 2


def test_the_evaluation_gives_figures_for_every_shipped_scenario(tmp_path: Path) -> None:
    done = vigie("evaluate", "exercise", "--json", home=tmp_path)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)["scenarios"]
    assert {"orge-yvette", "tour-etape-essonne"} <= set(figures)
    assert all(0 <= each["communes"]["f1"] <= 1 for each in figures.values())
