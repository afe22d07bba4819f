from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import Client

from tests import factories
from tests.factories import Cast
from vigie.collection.models import Post, RefusedItem, Source
from vigie.web.sources import exporting

At = Callable[[str], str]


def streamed(answer: Any) -> bytes:
    """The content of an answer that comes piece by piece."""

    async def read() -> bytes:
        return b"".join([piece async for piece in answer.streaming_content])

    return async_to_sync(read)()


@pytest.fixture
def source(cast: Cast, now: datetime) -> Source:
    return factories.source(
        cast.operation, now=now, name="Visibrain",
        config={
            "blob": "x", "format": "csv", "delimiter": ";",
            "columns": {"id": "Id", "created_at": "Quand", "text": "Texte"},
        },
        controls={"keep_all": True},
    )  # fmt: skip


@pytest.fixture
def items(source: Source, now: datetime) -> list[RefusedItem]:
    return [
        RefusedItem.objects.create(source=source, at=now, where=where, code=code, payload=payload)
        for where, code, payload in (
            ("3", "bad_date", b'{"Id": "a", "Quand": "hier", "Texte": "La crue monte"}'),
            ("4", "bad_date", b'{"Id": "b", "Quand": "24/11/2026 03:12", "Texte": "=1+1 <b>"}'),
            ("5", "unclosed_quote", b'{"": ["c;\\"jamais ferme"]}'),
        )
    ]


def test_each_line_is_shown_with_its_reason(
    coordinator: Client, at: At, source: Source, items: list[RefusedItem]
) -> None:
    page = coordinator.get(at(f"sources/{source.pk}/refused/")).content.decode()
    assert "3 lignes n’ont pas pu être lues. Le reste est gardé." in page
    assert "Date illisible" in page
    assert "ligne 5" in page
    assert "=1+1 &lt;b&gt;" in page
    page = coordinator.get(at(f"sources/{source.pk}/refused/?code=unclosed_quote")).content.decode()
    assert "ligne 5" in page
    assert "ligne 3" not in page


def test_a_table_of_refused_lines_runs_no_formula(
    coordinator: Client, at: At, source: Source, items: list[RefusedItem]
) -> None:
    answer = coordinator.get(at(f"sources/{source.pk}/refused.csv"))
    text = streamed(answer).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert rows[1][:2] == ["3", "Date illisible"]
    # jsonb does not keep the order of the columns: they are compared by name
    assert dict(zip(rows[0][4:], rows[2][4:], strict=True)) == {
        "Id": "b",
        "Quand": "24/11/2026 03:12",
        "Texte": "'=1+1 <b>",
    }
    assert rows[3][4] == 'c;"jamais ferme'


def test_jsonl_gives_the_lines_as_they_came(
    coordinator: Client, at: At, source: Source, items: list[RefusedItem]
) -> None:
    answer = coordinator.get(at(f"sources/{source.pk}/refused.jsonl?code=bad_date"))
    lines = streamed(answer).splitlines()
    assert lines == [bytes(item.payload) for item in items[:2]]


def test_lines_that_can_be_read_now_become_posts(
    coordinator: Client, at: At, source: Source, items: list[RefusedItem]
) -> None:
    answer = coordinator.post(
        at(f"sources/{source.pk}/refused/retry/"), {"code": "bad_date"}, follow=True
    )
    page = answer.content.decode()
    assert "1 ligne est lue à présent." in page
    assert "1 ligne reste illisible" in page
    assert [post.remote_id for post in Post.objects.all()] == ["b"]
    waiting = RefusedItem.objects.filter(settled_at__isnull=True)
    assert set(waiting) == {items[0], items[2]}


def test_a_row_is_mended_cell_by_cell_and_read(
    coordinator: Client, at: At, source: Source, items: list[RefusedItem]
) -> None:
    page = coordinator.get(at(f"sources/{source.pk}/refused/")).content.decode()
    assert 'name="cell"' in page
    assert 'value="hier"' in page
    path = at(f"sources/{source.pk}/refused/mend/")
    row = {"column": ["Id", "Quand", "Texte"], "cell": ["a", "23/11/2026 22:00", 'La crue "monte"']}
    coordinator.post(path, {"item": items[0].pk, **row})
    assert Post.objects.get().text == 'La crue "monte"'
    items[0].refresh_from_db()
    assert items[0].settled_at is not None
    coordinator.post(path, {"item": items[2].pk, **row, "beyond": "reste"})
    items[2].refresh_from_db()
    assert (items[2].settled_at, items[2].code) == (None, "ragged_row")


def test_a_line_of_jsonl_is_mended_as_text(
    coordinator: Client, at: At, source: Source, now: datetime
) -> None:
    source.config = {"blob": "x", "format": "posts"}
    source.save()
    item = RefusedItem.objects.create(source=source, at=now, code="bad_json", payload=b'{"id": ')
    path = at(f"sources/{source.pk}/refused/mend/")
    line = '{"id": "1", "text": "La crue", "created_at": "2026-11-24T02:00:00Z"}'
    assert "<textarea" in coordinator.get(at(f"sources/{source.pk}/refused/")).content.decode()
    coordinator.post(path, {"item": item.pk, "payload": line})
    assert Post.objects.get().text == "La crue"


def test_putting_away_one_or_all(
    coordinator: Client, at: At, source: Source, items: list[RefusedItem]
) -> None:
    path = at(f"sources/{source.pk}/refused/put-away/")
    coordinator.post(path, {"item": items[0].pk})
    assert RefusedItem.objects.filter(settled_at__isnull=True).count() == 2
    coordinator.post(path)
    assert not RefusedItem.objects.filter(settled_at__isnull=True).exists()
    assert (
        "Rien n’est mis de côté"
        in coordinator.get(at(f"sources/{source.pk}/refused/")).content.decode()
    )


def test_a_long_export_comes_in_pieces_and_in_order(
    coordinator: Client, at: At, source: Source, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "PAGE", 2)
    for number in range(5):
        RefusedItem.objects.create(
            source=source, at=now, code="bad_date", payload=f"{number}".encode()
        )
    answer = coordinator.get(at(f"sources/{source.pk}/refused.jsonl"))
    assert streamed(answer) == b"0\n1\n2\n3\n4\n"
