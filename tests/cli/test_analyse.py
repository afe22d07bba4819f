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


def test_claims_that_are_given_are_looked_for(tmp_path: Path) -> None:
    held = tmp_path / "claims.jsonl"
    held.write_text(
        '{"id": "dyke", "text": "La digue de Saulx-les-Chartreux est en train de céder."}\n'
        '{"id": "shark", "text": "Un requin nage dans les rues de Longjumeau.", "lang": "fr"}\n',
        encoding="utf-8",
    )
    posts = [
        GOOD | {"text": "la digue de Saulx-les-Chartreux cède !!! partez"},
        GOOD | {"id": "2", "text": "Sharks are swimming in the streets of Longjumeau"},
        GOOD | {"id": "3", "text": "Bon anniversaire mamie"},
    ]
    lines = "\n".join(map(json.dumps, posts)).encode()
    done = vigie("analyse", "--claims", str(held), home=tmp_path, stdin=lines)
    assert done.returncode == 0, done.stderr
    found = [json.loads(line)["claims"] for line in done.stdout.splitlines()]
    assert [[claim["id"] for claim in claims] for claims in found] == [["dyke"], ["shark"], []]
    assert "digue" in found[0][0]["because"]
    assert 0 < found[0][0]["p"] <= 1


def test_claims_that_cannot_be_read_are_named_by_their_line(tmp_path: Path) -> None:
    held = tmp_path / "claims.jsonl"
    held.write_text('\n{"id": "dyke"}\n', encoding="utf-8")
    done = vigie("analyse", "--claims", str(held), home=tmp_path, stdin=b"")
    assert done.returncode == 1
    assert b"line 2" in done.stderr


def test_recognising_claims_is_measured_on_pairs_of_a_file(tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.csv"
    pairs.write_text(
        "post,normalized claim\n"
        "la digue cède à Saulx partez,La digue de Saulx cède.\n"
        "un requin dans la rue !!,Un requin nage dans la rue.\n",
        encoding="utf-8",
    )
    done = vigie(
        "evaluate", "claims", "--pairs", str(pairs), "--held", "100", "--json", home=tmp_path
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert figures["retrieval"]["success_at_1"] == 1
    assert figures["speed"]["claims"] == 100
    assert vigie("evaluate", "claims", "--held", "none", home=tmp_path).returncode == 2
