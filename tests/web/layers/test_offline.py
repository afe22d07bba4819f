"""What a device may keep of the map's page: of whom, which files, until when."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from tests.factories import Cast
from vigie.mapping.models import Feature
from vigie.web.layers.offline import sealing, shell

pytestmark = pytest.mark.django_db

IMPORTED = re.compile(r"""(?:from|import)\s*\(?["'](/static/[^"']+|\./[^"']+)["']""")


def as_(person: object) -> Client:
    client = Client()
    client.force_login(person)  # type: ignore[arg-type]
    return client


def test_all_that_the_page_asks_for_is_among_the_files(cast: Cast) -> None:
    kept = shell.files()
    page = as_(cast.mapper).get(f"/o/{cast.operation.slug}/layers/").content.decode()
    asked = {url.partition("#")[0] for url in re.findall(r'(?:src|href)="(/static/[^"]+)"', page)}
    assert asked
    assert asked - set(kept) == set()


def test_all_that_its_scripts_import_is_among_the_files() -> None:
    kept = shell.files()
    for url in kept:
        if not url.endswith(".js") or "/vendor/" in url:
            continue
        path = finders.find(url.removeprefix("/static/"))
        text = re.sub(
            r"/\*.*?\*/", "", Path(str(path)).read_text(encoding="utf-8"), flags=re.DOTALL
        )
        text = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("//"))
        for found in IMPORTED.findall(text):
            target = found if found[0] == "/" else url.rpartition("/")[0] + found[1:]
            assert target in kept, f"{url} imports {target}"


def test_the_files_are_few_enough_for_a_phone() -> None:
    sizes = [
        finders.find(url.removeprefix("/static/")) for url in shell.files()
    ]  # empty when they are too many bytes
    assert sizes
    assert not [path for path in sizes if str(path).endswith((".txt", ".LICENSE"))]


def test_another_file_is_another_release() -> None:
    files = shell.files()
    first = next(iter(files))
    assert shell.release(files) == shell.release(dict(files))
    assert shell.release(files) != shell.release({**files, first: "0" * 64})


def test_the_worker_is_the_same_for_all_and_may_serve_a_map(client: Client) -> None:
    answer = client.get("/map-worker.js")
    assert answer["Content-Type"].startswith("text/javascript")
    assert answer["Service-Worker-Allowed"] == "/"
    assert "max-age=0" in answer["Cache-Control"]
    assert b"Cookie" not in answer.content


def test_what_a_device_keeps_is_told_to_the_person_alone(cast: Cast) -> None:
    url = f"/o/{cast.operation.slug}/layers/device/"
    answer = as_(cast.volunteer).get(url)
    assert "no-store" in answer["Cache-Control"]
    told = answer.json()
    assert told["person"] == cast.volunteer.pk
    assert told["page"] == f"/o/{cast.operation.slug}/layers/"
    assert told["key"] == sealing.key_for(cast.volunteer) != sealing.key_for(cast.mapper)
    assert datetime.fromisoformat(told["until"]).tzinfo is not None
    assert as_(cast.outsider).get(url).status_code == 404
    page = as_(cast.volunteer).get(told["page"]).content.decode()
    assert told["key"] not in page


def test_edits_of_a_page_of_another_person_are_not_taken(cast: Cast, now: datetime) -> None:
    client = as_(cast.mapper)
    for person, status in ((cast.volunteer.pk, 409), (cast.mapper.pk, 200)):
        answer = client.post(
            f"/o/{cast.operation.slug}/layers/edits/", '{"edits": []}',
            content_type="application/json", headers={"X-Vigie-Person": str(person)},
        )  # fmt: skip
        assert answer.status_code == status
        answer = client.get(
            f"/o/{cast.operation.slug}/layers/changes.geojson",
            headers={"X-Vigie-Person": str(person)},
        )
        assert answer.status_code == status
    assert not Feature.objects.exists()
