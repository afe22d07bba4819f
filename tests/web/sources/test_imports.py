from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.factories import Cast
from tests.web.sources.conftest import as_
from vigie.collection.models import Import, Source

At = Callable[[str], str]
TABLE = (
    "Identifiant;Quand;Texte\n1;24/11/2026 03:12;L’eau monte à Orsay\n2;hier;Sans date\n"
).encode("cp1252")
CHOICES = {
    "encoding": "cp1252", "delimiter": ";", "day_first": "1", "time_zone": "Europe/Paris",
    "network": "", "keep_all": "watched", "col-0": "id", "col-1": "created_at", "col-2": "text",
}  # fmt: skip


def hand_in(client: Client, at: At, content: bytes, name: str = "table.csv") -> Any:
    return client.post(at("sources/import/"), {"file": SimpleUploadedFile(name, content)})


def test_a_table_is_looked_at_mapped_and_handed_to_the_collector(
    coordinator: Client, at: At
) -> None:
    review = hand_in(coordinator, at, TABLE).headers["Location"]
    page = coordinator.get(review).content.decode()
    assert '<option value="cp1252" selected>' in page
    assert '<option value="text" selected>' in page
    assert "L’eau monte à Orsay" in page
    assert "03:12" in page
    assert "Date illisible : 1" in page
    assert not Source.objects.exists()
    answer = coordinator.post(review, CHOICES)
    made = Import.objects.get()
    assert answer.headers["Location"] == at(f"sources/{made.source_id}/")
    assert made.source.config["columns"] == {
        "id": "Identifiant",
        "created_at": "Quand",
        "text": "Texte",
    }
    assert made.source.config["encoding"] == "cp1252"
    assert made.source.controls == {}
    assert made.size == len(TABLE)


def test_everything_in_a_file_may_be_kept(coordinator: Client, at: At) -> None:
    review = hand_in(coordinator, at, TABLE).headers["Location"]
    coordinator.post(review, {**CHOICES, "keep_all": "all"})
    assert Source.objects.get().controls == {"keep_all": True}


def test_a_jsonl_file_asks_nothing_of_columns(coordinator: Client, at: At) -> None:
    line = '{"id": "1", "text": "La crue", "created_at": "2026-11-24T02:00:00Z"}\n'
    review = hand_in(coordinator, at, (line + "{cassée\n").encode(), "posts.jsonl").headers[
        "Location"
    ]
    page = coordinator.get(review).content.decode()
    assert "La crue" in page
    assert "Illisible en JSON : 1" in page
    assert 'name="col-0"' not in page
    coordinator.post(review, {"encoding": "utf-8", "network": "", "keep_all": "watched"})
    assert Source.objects.get().config["format"] == "posts"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"col-2": ""}, "Aucune colonne n’est «\xa0Texte\xa0»"),
        ({"col-0": "text"}, "Deux colonnes sont «\xa0Texte\xa0»"),
    ],
)
def test_a_mapping_that_cannot_work_is_said_and_imports_nothing(
    coordinator: Client, at: At, change: dict[str, str], words: str
) -> None:
    review = hand_in(coordinator, at, TABLE).headers["Location"]
    assert words in coordinator.post(review, {**CHOICES, **change}).content.decode()
    assert not Source.objects.exists()


def test_another_separator_brings_other_columns(coordinator: Client, at: At) -> None:
    review = hand_in(coordinator, at, TABLE).headers["Location"]
    token = review.partition("file=")[2]
    seen = "\x1f".join(("Identifiant", "Quand", "Texte"))
    changed = {**CHOICES, "file": token, "delimiter": ",", "seen": seen}
    part = coordinator.post(at("sources/import/review/part/"), changed).content.decode()
    assert "Identifiant;Quand;Texte" in part
    assert "col-1" not in part
    same = {**CHOICES, "file": token, "seen": seen, "col-2": ""}
    part = coordinator.post(at("sources/import/review/part/"), same).content.decode()
    assert "Choisissez au moins le texte et la date" in part


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "Aucun fichier n’a été choisi"),
        (b"PK\x03\x04", "feuille de calcul"),
        (b"[{}]", "une seule grande liste JSON"),
        (b"a;b\n", "un en-tête et rien dessous"),
        (b"\x89PNG", "pas un fichier de texte"),
    ],
)
def test_a_file_that_cannot_be_imported_is_said_at_once(
    coordinator: Client, at: At, content: bytes, words: str
) -> None:
    answer = hand_in(coordinator, at, content)
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_the_same_file_again_is_said(coordinator: Client, at: At) -> None:
    review = hand_in(coordinator, at, TABLE, "premier.csv").headers["Location"]
    coordinator.post(review, CHOICES)
    again = hand_in(coordinator, at, TABLE, "second.csv").headers["Location"]
    assert "premier.csv" in coordinator.get(again).content.decode()


def test_a_file_handed_in_elsewhere_is_not_found_here(
    coordinator: Client, at: At, cast: Cast
) -> None:
    review = hand_in(coordinator, at, TABLE).headers["Location"]
    elsewhere = review.replace(cast.operation.slug, cast.other_operation.slug)
    assert as_(cast.outsider).get(elsewhere).status_code in (403, 404)
    assert coordinator.get(review[:-3] + "xyz").status_code == 404
    assert coordinator.get(at("sources/import/review/")).status_code == 404
