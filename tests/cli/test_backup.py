"""A backup taken while Vigie runs gives the same Vigie back, on both databases."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

from tests.cli.running import vigie

SEED = """
from datetime import UTC, datetime
from django.db import transaction
from vigie.journal import actions
from vigie.accounts.models import User
User.objects.create_user(email="a@exemple.fr", password="x", name="A")
with transaction.atomic():
    for n in range(50):
        actions.write(chain=3, verb="note.written", now=datetime.now(UTC), text=f"ligne {n}")
"""


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def fresh_database(request: pytest.FixtureRequest) -> Iterator[list[str | None]]:
    """Two empty databases of the same engine."""
    url = os.environ.get("VIGIE_TEST_DATABASE_URL")
    if request.param == "sqlite":
        if url:
            pytest.skip("the SQLite half runs in the SQLite pass")
        yield [None, None]
        return
    if not url:
        pytest.skip("the PostgreSQL half runs in the PostgreSQL pass")
    import psycopg

    names = [f"vigie_{uuid.uuid4().hex[:10]}" for _ in range(2)]
    parts = urlsplit(url)
    with psycopg.connect(url, autocommit=True) as connection:
        for name in names:
            connection.execute(f"CREATE DATABASE {name}")
        yield [urlunsplit(parts._replace(path=f"/{name}")) for name in names]
        for name in names:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_what_was_backed_up_comes_back_with_its_journal_verified(
    tmp_path: Path, fresh_database: list[str | None]
) -> None:
    first, second, file = tmp_path / "a", tmp_path / "b", tmp_path / "b.vigie"
    assert (
        vigie("django-admin", "migrate", "-v0", home=first, database=fresh_database[0]).returncode
        == 0
    )
    seeded = vigie(
        "django-admin", "shell", "-v0", "-c", SEED, home=first, database=fresh_database[0]
    )
    assert seeded.returncode == 0, seeded.stderr
    (first / "blobs").mkdir()
    (first / "blobs" / "x").write_bytes(b"image")

    done = vigie("backup", str(file), "--json", home=first, database=fresh_database[0])
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["chains"] == {"3": 50}
    assert file.stat().st_mode & 0o077 == 0

    back = vigie("restore", str(file), "--json", home=second, database=fresh_database[1])
    assert back.returncode == 0, back.stderr
    assert json.loads(back.stdout)["verified"] is True
    assert (second / "blobs" / "x").read_bytes() == b"image"
    assert (second / "secret-key").read_text() == (first / "secret-key").read_text()
    more = vigie("django-admin", "shell", "-v0", "-c", SEED.replace("a@", "b@"), home=second, database=fresh_database[1])  # fmt: skip
    assert more.returncode == 0, more.stderr


def test_a_home_with_people_is_not_overwritten_without_force(tmp_path: Path) -> None:
    home, file = tmp_path / "a", tmp_path / "b.vigie"
    vigie("django-admin", "migrate", "-v0", home=home)
    vigie("django-admin", "shell", "-v0", "-c", SEED, home=home)
    assert vigie("backup", str(file), home=home).returncode == 0
    refused = vigie("restore", str(file), home=home)
    assert refused.returncode == 1
    assert b"not empty" in refused.stderr
    assert vigie("restore", str(file), "--force", home=home).returncode == 0
    assert list(home.glob("before-restore-*/vigie.sqlite3"))


@pytest.mark.parametrize("content", [b"", b"not a tar", b"\x1f\x8b" + b"x" * 50])
def test_what_is_not_a_backup_is_refused_on_one_line(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "odd"
    file.write_bytes(content)
    refused = vigie("restore", str(file), home=tmp_path / "home")
    assert refused.returncode == 1
    assert refused.stderr.decode().count("\n") == 1


def test_a_touched_journal_is_told_after_the_restore(tmp_path: Path) -> None:
    home, file = tmp_path / "a", tmp_path / "b.vigie"
    vigie("django-admin", "migrate", "-v0", home=home)
    vigie("django-admin", "shell", "-v0", "-c", SEED, home=home)
    touch = "from vigie.journal.models import Entry; Entry.objects.filter(seq=7).update(text='x')"
    vigie("django-admin", "shell", "-v0", "-c", touch, home=home)
    vigie("backup", str(file), home=home)
    told = vigie("restore", str(file), home=tmp_path / "b")
    assert told.returncode == 1
    assert b"chain 3 at entry 7" in told.stderr
