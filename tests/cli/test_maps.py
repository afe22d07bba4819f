"""`vigie map`: a file in, a file out."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from django.test import override_settings

from tests.factories import Cast
from tests.mapping.files import making
from tests.mapping.files.making import feature
from vigie.cli.maps import maps

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _blobs(tmp_path: Path) -> Any:
    with override_settings(VIGIE_BLOBS=tmp_path / "blobs"):
        yield


def run(*words: str) -> Any:
    return CliRunner().invoke(maps, list(words))


def test_a_file_goes_in_and_comes_out(cast: Cast, tmp_path: Path, now: datetime) -> None:
    slug = cast.operation.slug
    path = making.geojson(tmp_path / "a.json", [feature(2.3, 48.7, known="a", nom="Gymnase")])
    done = run("import", str(path), "-o", slug, "-l", "Abris", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.output)["made"] == 1
    again = json.loads(run("import", str(path), "-o", slug, "-l", "1", "--json").output)
    assert (again["made"], again["same"]) == (0, 1)
    out = tmp_path / "b.json"
    assert run("export", "-o", slug, "-f", str(out)).exit_code == 0
    assert json.loads(out.read_text())["features"][0]["properties"]["name"] == "Gymnase"


def test_what_cannot_be_read_ends_with_the_reason(cast: Cast, tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(b"%PDF-1.7 \x00")
    done = run("import", str(path), "-o", cast.operation.slug, "-l", "Abris")
    assert done.exit_code == 1
    assert "unknown_format" in done.output
