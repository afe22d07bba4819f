"""Every export that Vigie reads, by the screen, from the file to the board's posts."""

from __future__ import annotations

import importlib.resources
import io
import json
import re
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from tests.factories import Cast
from tests.web.sources.conftest import as_
from tests.web.sources.reading import read_whole
from vigie.collection.imports import importers, is_importer, keeps_all
from vigie.collection.models import Import, Media, Post, Source
from vigie.contracts.registry import plugins

At = Callable[[str], str]
FILES = [
    pytest.param(name, path, id=f"{name}-{path.name}")
    for name, plugin in importers().items()
    if name != "file"
    for path in sorted(
        Path(str(importlib.resources.files(plugin.__module__) / "samples")).iterdir()
    )
    if path.is_file()
]


def screenshots() -> bytes:
    """Two pictures, the words of one, and something that is no picture."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, colour in (
            ("2026-11-24 03-10.png", "red"),
            ("b/IMG_20261124_031200.jpg", "blue"),
        ):
            picture = io.BytesIO()
            Image.new("RGB", (40, 30), colour).save(picture, "PNG" if ".png" in name else "JPEG")
            archive.writestr(name, picture.getvalue())
        archive.writestr("2026-11-24 03-10.txt", "La cave est pleine d’eau")
        archive.writestr("cassee.png", b"not a picture")
    return buffer.getvalue()


def hand_in(client: Client, at: At, content: bytes, name: str) -> Any:
    return client.post(at("sources/import/"), {"file": SimpleUploadedFile(name, content)})


def told_by(page: str) -> dict[str, str]:
    """What the form of the review holds as it is shown."""
    given = {
        name: value
        for name, value in re.findall(
            r'<input type="(?:hidden|text|number)" name="(\w+)"(?: value="([^"]*)")?', page
        )
        if name != "csrfmiddlewaretoken"
    }
    for select in re.findall(r"<select.*?</select>", page, re.DOTALL):
        name = re.search(r'name="([\w-]+)"', select)
        chosen = re.search(r'<option value="([^"]*)" selected', select)
        if name:
            given[name[1]] = chosen[1] if chosen else ""
    given |= dict.fromkeys(re.findall(r'type="checkbox" name="(\w+)"[^>]* checked', page), "on")
    return given


@pytest.mark.parametrize(("plugin", "path"), FILES)
def test_an_export_is_recognised_shown_and_read_to_its_end(
    plugin: str, path: Path, coordinator: Client, at: At, now: datetime
) -> None:
    answer = hand_in(coordinator, at, path.read_bytes(), path.name)
    assert answer.status_code == 302
    review = answer.headers["Location"]
    page = coordinator.get(review).content.decode()
    given = told_by(page)
    assert given["plugin"] == given["shown"] == plugin
    answer = coordinator.post(review, {**given, "keep_all": "all"})
    made = Import.objects.get()
    assert answer.headers["Location"] == at(f"sources/{made.source_id}/")
    assert made.source.plugin == plugin
    read_whole(made.source_id, now=now)
    source = Source.objects.get()
    assert (source.state, source.error_code) == ("done", "")
    expected = json.loads((path.parent / "expected" / f"{path.name}.json").read_bytes())
    assert source.items_kept == len({each["id"] for each in expected["drafts"] if "id" in each})
    assert Post.objects.count() == source.items_kept
    assert source.items_seen == source.items_kept + source.items_refused + source.items_unmatched
    shown = coordinator.get(at(f"sources/{source.pk}/")).content.decode()
    assert "Lu jusqu’au bout" in shown


@pytest.mark.parametrize(
    ("content", "name", "plugin"),
    [
        (
            b"02/12/2026, 10:00 - Ana: La crue monte\nsans date\n12/02/2026, 11:42 - A: x\n",
            "c.txt",
            "whatsapp",
        ),
    ],
)
def test_the_person_may_correct_what_the_file_is_said_to_be(
    content: bytes, name: str, plugin: str, coordinator: Client, at: At
) -> None:
    review = hand_in(coordinator, at, content, name).headers["Location"]
    token = review.partition("file=")[2]
    part = coordinator.post(
        at("sources/import/review/part/"), {"file": token, "plugin": "file", "shown": plugin}
    ).content.decode()
    assert 'name="shown" value="file"' in part
    assert 'name="encoding"' in part
    back = coordinator.post(
        at("sources/import/review/part/"), {"file": token, "plugin": plugin, "shown": "file"}
    ).content.decode()
    assert 'name="day_first"' in back
    assert "La crue monte" in back
    # Without a script the page comes again with the other form, and nothing is imported.
    page = coordinator.post(review, {"plugin": "file", "shown": plugin, "keep_all": "all"})
    assert 'name="shown" value="file"' in page.content.decode()
    assert not Import.objects.exists()
    assert coordinator.post(review, {"plugin": "feed"}).status_code == 404


def test_pictures_are_kept_whatever_the_watches_say(
    coordinator: Client, at: At, now: datetime
) -> None:
    review = hand_in(coordinator, at, screenshots(), "captures.zip").headers["Location"]
    page = coordinator.get(review).content.decode()
    assert 'name="keep_all"' not in page
    assert "Tout y est gardé" in page
    coordinator.post(review, told_by(page))
    source = Source.objects.get()
    assert keeps_all(source)
    read_whole(source.pk, now=now)
    source.refresh_from_db()
    assert (source.items_kept, source.items_refused) == (2, 1)
    assert Media.objects.filter(state="fetched").count() == 2
    assert sorted(Post.objects.values_list("text", flat=True)) == ["", "La cave est pleine d’eau"]


def test_looking_at_pictures_keeps_none_of_them(coordinator: Client, at: At, settings: Any) -> None:
    review = hand_in(coordinator, at, screenshots(), "captures.zip").headers["Location"]
    coordinator.get(review)
    kept = [each for each in Path(settings.VIGIE_BLOBS).rglob("*") if each.is_file()]
    assert len(kept) == 1


def test_plugins_that_read_files_are_no_sources_to_add(coordinator: Client, at: At) -> None:
    page = coordinator.get(at("sources/add/")).content.decode()
    for name, plugin in plugins().of_kind("source").items():
        offered = f"sources/add/{name}/" in page
        assert offered == (not is_importer(plugin) and name not in ("capture", "exercise"))  # type: ignore[arg-type]
    assert coordinator.get(at("sources/add/whatsapp/")).status_code == 404


def test_a_broken_export_keeps_its_good_part_and_shows_the_rest(
    coordinator: Client, at: At, now: datetime
) -> None:
    line = json.dumps({"source_platform": "x.com", "data": {}})
    path = next(p.values[1] for p in FILES if p.values[0] == "zeeschuimer")
    assert isinstance(path, Path)
    content = path.read_bytes() + line.encode() + b'\n{"source_platform": "x.com", "da'
    review = hand_in(coordinator, at, content, path.name).headers["Location"]
    given = told_by(coordinator.get(review).content.decode())
    coordinator.post(review, {**given, "keep_all": "all"})
    source = Source.objects.get()
    read_whole(source.pk, now=now)
    source.refresh_from_db()
    assert source.items_kept >= 1
    assert source.items_refused >= 2
    shown = coordinator.get(at(f"sources/{source.pk}/refused/")).content.decode()
    assert "Illisible en JSON" in shown


def test_an_outsider_sees_no_imports(cast: Cast, at: At) -> None:
    assert as_(cast.outsider).get(at("sources/import/")).status_code == 404
