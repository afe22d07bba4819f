"""The platform's journal on a screen: who did what on the installation, and whether it holds."""

from __future__ import annotations

import csv
import io
import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from tests.factories import Cast
from tests.web.room.test_operations import client_of, text
from vigie.accounts.models import User
from vigie.journal.models import PLATFORM_CHAIN, Entry
from vigie.operations.access import record_platform
from vigie.web.room.sentences import known_verbs
from vigie.web.room.views import journal as views

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def written(cast: Cast, now: datetime) -> None:
    views._verified.forget(PLATFORM_CHAIN)
    for minutes, verb, by, words in (
        (0, "user.created", cast.administrator, ""),
        (1, "person.erased", cast.data_protection_officer, "Demande du 24 novembre."),
        (90, "token.created", cast.volunteer, ""),
    ):
        with transaction.atomic():
            record_platform(
                verb, by=by, actor=by.display, now=now + timedelta(minutes=minutes), text=words,
                subject=("user", cast.volunteer.pk), data={"person": "~0", "number": 1},
            )  # fmt: skip


@pytest.fixture
def officer(cast: Cast) -> Client:
    return client_of(cast.data_protection_officer)


def shown(page: str) -> list[int]:
    return [int(each) for each in re.findall(r'id="entry-(\d+)"', page)]


def url(name: str = "") -> str:
    return reverse(f"room:platform_journal{name}")


def test_the_administrator_and_the_officer_read_it_and_nobody_else(cast: Cast) -> None:
    for person in (cast.administrator, cast.data_protection_officer):
        page = text(client_of(person).get(url()))
        assert shown(page) == [3, 2, 1]
        assert "Demande du 24 novembre." in page
    for person in (cast.coordinator, cast.volunteer, cast.partner):
        for name in ("", "_chain", "_export"):
            assert client_of(person).get(url(name)).status_code == 403


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ({"what": "accounts"}, [3, 1]),
        ({"what": "person.erased"}, [2]),
        ({"q": "24 novembre"}, [2]),
        ({"since": "2026-11-24T04:30"}, [3]),
        ({"until": "2026-11-24T04:01"}, [1]),
        ({"what": "data", "q": "rien"}, []),
        ({"what": "nonsense", "by": "x", "since": "never", "before": "x"}, [3, 2, 1]),
    ],
)
def test_it_is_filtered_by_kind_verb_words_and_time(
    officer: Client, query: dict[str, str], numbers: list[int]
) -> None:
    assert shown(text(officer.get(url(), query))) == numbers


def test_it_is_filtered_by_person(officer: Client, cast: Cast) -> None:
    assert shown(text(officer.get(url(), {"by": cast.volunteer.pk}))) == [3]


def test_it_says_whether_the_chain_holds_and_where_it_does_not(officer: Client) -> None:
    assert "jusqu’à l’entrée 3" in text(officer.get(url("_chain")))
    Entry.objects.filter(chain=PLATFORM_CHAIN, seq=2).update(actor="quelqu’un d’autre")
    broken = text(officer.get(url("_chain"), {"again": "1"}))
    assert 'role="alert"' in broken
    assert re.search(r"rompue à l’entrée 2\b", broken)


@pytest.mark.django_db(transaction=True)
async def test_the_export_holds_what_the_filters_show_with_each_hash(
    cast: Cast, async_client: object
) -> None:
    from django.test import AsyncClient

    client = AsyncClient()
    await client.aforce_login(cast.data_protection_officer)
    answer = await client.get(url("_export"), {"what": "person.erased"})
    body = b"".join([chunk async for chunk in answer.streaming_content]).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(body), delimiter=";"))
    entry = await Entry.objects.aget(chain=PLATFORM_CHAIN, seq=2)
    assert [(row["num"], row["verbe"], row["motif"]) for row in rows] == [
        ("2", "person.erased", "Demande du 24 novembre.")
    ]
    assert rows[0]["empreinte"] == entry.hash


def test_every_verb_of_the_platform_has_its_sentence() -> None:
    package = Path(views.__file__).resolve().parents[3]
    verbs: set[str] = set()
    for path in package.rglob("*.py"):
        code = path.read_text("utf-8")
        verbs |= set(re.findall(r'record_platform\(\s*"([a-z_]+\.[a-z_]+)"', code))
    assert verbs
    assert verbs <= known_verbs()


def test_an_account_without_any_power_is_told_why(cast: Cast) -> None:
    nobody = User.objects.get(pk=cast.outsider.pk)
    assert client_of(nobody).get(url()).status_code == 403
