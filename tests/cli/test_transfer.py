"""What goes in by `vigie import` comes out by `vigie export`, and the rest is accounted for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.running import ROOT, vigie

OPEN = """
from datetime import UTC, datetime
from vigie.operations.models import Operation
from vigie.collection.models import Watch
now = datetime.now(UTC)
op = Operation.objects.create(slug="orge", title="Orge", kind="flood", phase="active",
    languages=["fr"], created_at=now)
Watch.objects.create(operation=op, name="Crue", query="crue OR inond*", created_at=now)
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    assert vigie("django-admin", "migrate", "-v0", home=tmp_path).returncode == 0
    assert vigie("django-admin", "shell", "-v0", "-c", OPEN, home=tmp_path).returncode == 0
    return tmp_path


def post(number: int, text: str) -> str:
    return json.dumps(
        {"id": f"p{number}", "text": text, "created_at": "2026-11-20T10:00:00Z", "author": {"id": "a", "handle": "@a"}}
    )  # fmt: skip


def test_a_file_of_posts_goes_in_and_comes_out(home: Path) -> None:
    lines = [post(1, "La crue monte à Orsay"), "{broken", post(2, "Recette de crêpes"), post(3, "Cave inondée rue des Prés")]  # fmt: skip
    done = vigie("import", "-", "-o", "orge", "--json", home=home, stdin="\n".join(lines).encode())
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"seen": 4, "kept": 2, "unmatched": 1, "refused": 1}
    out = vigie("export", "posts", "-o", "orge", home=home)
    posts = [json.loads(line) for line in out.stdout.splitlines()]
    assert [p["id"] for p in posts] == ["p1", "p3"]
    assert all("author" not in p for p in posts)
    assert posts[0]["lead"]["place_code"] == "91471"
    full = vigie("export", "posts", "-o", "orge", "--authors", home=home)
    again = vigie("import", "-", "-o", "orge", "--json", home=home, stdin=full.stdout)
    assert json.loads(again.stdout)["kept"] == 2
    journal = vigie("export", "journal", "-o", "orge", home=home)
    verbs = [json.loads(line)["verb"] for line in journal.stdout.splitlines()]
    assert verbs.count("posts.arrived") == 2
    assert "data.exported" in verbs
    map_ = json.loads(vigie("export", "incidents", "-o", "orge", home=home).stdout)
    assert map_["features"] == []


def test_a_table_is_guessed_and_keep_all_keeps_all(home: Path, tmp_path: Path) -> None:
    table = tmp_path / "export.csv"
    table.write_bytes("id;texte;date\n1;Tout va bien à Évry;20/11/2026 10:00\n".encode("cp1252"))
    done = vigie("import", str(table), "-o", "orge", "--format", "csv", "--keep-all", "--json", home=home)  # fmt: skip
    assert json.loads(done.stdout) == {"seen": 1, "kept": 1, "unmatched": 0, "refused": 0}, done


def test_a_file_in_which_nothing_can_be_read_fails_on_one_line(home: Path) -> None:
    done = vigie("import", "-", "-o", "orge", home=home, stdin=b"nothing\nat all\n")
    assert done.returncode == 1
    assert done.stderr.count(b"\n") == 1
    assert vigie("import", "-", "-o", "elsewhere", home=home, stdin=b"").returncode == 1


SAMPLES = [
    ("fourcat", "dataset.csv"), ("zeeschuimer", "session.ndjson"), ("meta_library", "posts.csv"),
    ("crowdtangle", "pages.csv"), ("x_archive", "archive.zip"), ("whatsapp", "chat.zip"),
    ("telegram_export", "result.json"), ("mailbox", "message.eml"),
    ("screenshots", "captures.zip"),
]  # fmt: skip


def test_each_export_is_told_by_how_it_begins_and_its_posts_come_out(home: Path) -> None:
    sources = ROOT / "src" / "vigie" / "plugins" / "sources"
    for plugin, name in SAMPLES:
        file = sources / plugin / "samples" / name
        done = vigie("import", str(file), "-o", "orge", "--keep-all", "--json", home=home)
        assert done.returncode == 0, (plugin, done.stderr)
        counts = json.loads(done.stdout)
        assert counts["kept"] > 0, plugin
        assert counts["seen"] == counts["kept"] + counts["unmatched"] + counts["refused"], plugin
    rows = vigie("export", "posts", "-o", "orge", home=home).stdout.splitlines()
    networks = {json.loads(row)["network"] for row in rows}
    assert {"whatsapp", "telegram", "mail", "x"} <= networks


def test_an_importer_may_be_named_and_set(home: Path, tmp_path: Path) -> None:
    chat = tmp_path / "messages.txt"
    chat.write_text("02/12/2025, 10:00 - Ana: La crue monte\n03/12/2025, 10:00 - Ana: encore\n")
    done = vigie(
        "import", str(chat), "-o", "orge", "--format", "whatsapp", "-s", "day_first=false",
        "-s", "group=Quai", "--json", home=home,
    )  # fmt: skip
    assert json.loads(done.stdout)["kept"] == 1, done.stderr
    out = vigie("export", "posts", "-o", "orge", home=home).stdout
    assert json.loads(out)["created_at"].startswith("2025-02-12")
    assert vigie("import", str(chat), "-o", "orge", "--format", "feed", home=home).returncode == 2
    wrong = vigie("import", str(chat), "-o", "orge", "-s", "colour=red", home=home)
    assert (wrong.returncode, wrong.stderr.count(b"\n")) == (1, 1), wrong.stderr
