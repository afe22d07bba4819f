"""The main courante on the screen and as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
from asgiref.sync import sync_to_async
from django.db import connection, transaction
from django.test import AsyncClient, Client
from django.urls import reverse

from tests.factories import Cast, desk, make_cast
from tests.web.room.test_operations import client_of, text
from vigie.journal.models import Entry
from vigie.kernel.clock import utc_now
from vigie.operations.actions import notes
from vigie.operations.models import Operation
from vigie.web.room.main_courante import COLUMNS
from vigie.web.room.views import journal as journal_views

pytestmark = pytest.mark.django_db


def url(cast: Cast, name: str = "journal", *more: object) -> str:
    return reverse(f"room:{name}", args=[cast.operation.slug, *more])


def record(cast: Cast, verb: str, now: datetime, **fields: object) -> None:
    with transaction.atomic():
        desk(cast.volunteer, cast.operation).record(verb, now=now, **fields)  # type: ignore[arg-type]


def shown(page: str) -> list[int]:
    return [int(part.split('"')[0]) for part in page.split(' data-seq="')[1:]]


@pytest.fixture
def client(cast: Cast) -> Client:
    return client_of(cast.volunteer)


def test_entries_read_newest_first_as_sentences(cast: Cast, client: Client, now: datetime) -> None:
    record(cast, "lead.kept", now, data={"leads": [1]})
    record(cast, "incident.opened", now, subject=("incident", 3), data={"number": 1, "leads": []})
    page = text(client.get(url(cast)))
    assert shown(page) == [2, 1]
    assert "watcher a ouvert le signalement 1" in page
    assert f"{reverse('map:map', args=[cast.operation.slug])}?incident=1" in page


def test_pages_go_on_by_number(
    cast: Cast, client: Client, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_views, "PAGE", 2)
    for _ in range(5):
        record(cast, "lead.kept", now, data={"leads": [1]})
    first = text(client.get(url(cast)))
    assert shown(first) == [5, 4]
    assert "before=4" in first
    second = text(client.get(url(cast), {"before": "4"}))
    assert shown(second) == [3, 2]
    assert "after=3" in second
    assert "data-vigie-journal" in first
    assert "data-vigie-journal" not in second


def test_filters_are_kept_from_page_to_page(
    cast: Cast, client: Client, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_views, "PAGE", 1)
    for verb in ("lead.kept", "incident.opened", "lead.kept"):
        record(cast, verb, now, data={"leads": [1], "number": 1})
    page = text(client.get(url(cast), {"kind": "posts"}))
    assert shown(page) == [3]
    assert "kind=posts&amp;before=3" in page


@pytest.mark.parametrize(
    "query",
    [
        {"kind": "nonsense"}, {"by": "x"}, {"by": "9" * 30}, {"since": "yesterday"},
        {"until": "2026-13-45T99:00"}, {"subject": "lead"}, {"before": "-1"}, {"after": "x"},
        {"since": "9999-12-31T23:59"},
    ],
)  # fmt: skip
def test_an_unreadable_filter_is_as_if_not_given(
    cast: Cast, client: Client, now: datetime, query: dict[str, str]
) -> None:
    record(cast, "lead.kept", now, data={"leads": [1]})
    assert shown(text(client.get(url(cast), query))) == [1]


def test_times_are_those_of_the_operations_zone(cast: Cast, client: Client, now: datetime) -> None:
    record(cast, "lead.kept", now, data={"leads": [1]})  # 03:00 UTC, 04:00 in Paris
    assert shown(text(client.get(url(cast), {"since": "2026-11-24T04:00"}))) == [1]
    assert shown(text(client.get(url(cast), {"since": "2026-11-24T04:01"}))) == []


def test_new_lines_are_asked_for_alone(cast: Cast, client: Client, now: datetime) -> None:
    for _ in range(3):
        record(cast, "lead.kept", now, data={"leads": [1]})
    fragment = text(client.get(url(cast), {"after": "1"}, headers={"HX-Request": "true"}))
    assert shown(fragment) == [3, 2]
    assert "<html" not in fragment


def note_form(**fields: str) -> dict[str, str]:
    moment = (utc_now() - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")
    return {
        "happened_at": moment, "kind": "call", "sender": "CODIS 91", "recipient": "VISOV 91",
        "text": "D118 coupée", "incident": "42", "state": "open", **fields,
    }  # fmt: skip


def test_a_note_is_entered_and_followed_up(cast: Cast, client: Client) -> None:
    answer = client.post(url(cast, "write_note"), note_form(), headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "Inscrit." in text(answer)
    page = text(client.get(url(cast)))
    assert "CODIS 91 → VISOV 91" in page
    assert "D118 coupée" in page
    client.post(url(cast, "follow_up", 1), {"text": "AR 13:00", "state": "settled"})
    page = text(client.get(url(cast), {"kind": "notes"}))
    assert "AR 13:00" in page
    assert '<span class="badge good">clos</span>' in page


def test_a_note_with_a_fault_comes_back_as_it_was_written(cast: Cast, client: Client) -> None:
    answer = client.post(
        url(cast, "write_note"),
        note_form(happened_at="hier"),
        headers={"HX-Request": "true"},
    )
    assert answer.status_code == 422
    page = text(answer)
    assert "D118 coupée" in page
    assert "Écrivez la date et l’heure" in page
    assert not Entry.objects.exists()


def test_one_follows_up_notes_only(cast: Cast, client: Client, now: datetime) -> None:
    record(cast, "lead.kept", now, data={"leads": [1]})
    answer = client.post(url(cast, "follow_up", 1), {"text": "x", "state": "settled"})
    assert answer.status_code == 404


def test_the_state_of_the_chain_is_told_and_goes_on_by_itself(
    cast: Cast, client: Client, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_views, "VERIFIED_AT_ONCE", 2)
    for _ in range(3):
        record(cast, "lead.kept", now, data={"leads": [1]})
    chain = url(cast, "journal_chain")
    assert "Chaîne vérifiée jusqu’à l’entrée 2…" in text(client.get(chain, {"again": "1"}))
    assert "chaîne vérifiée jusqu’à l’entrée 3" in text(client.get(chain))
    Entry.objects.filter(seq=2).update(text="autre")
    assert "entrée 3" in text(client.get(chain))
    client.get(chain, {"again": "1"})
    assert "rompue à l’entrée 2" in text(client.get(chain))


@pytest.fixture
async def _threads_closed() -> AsyncIterator[None]:
    yield
    await sync_to_async(lambda: connection.close())()  # of the thread that exports read from


@pytest.mark.usefixtures("_threads_closed")
@pytest.mark.django_db(transaction=True)
async def test_the_export_has_the_columns_of_the_field_and_runs_no_formula(
    transactional_db: None, now: datetime
) -> None:
    def write() -> Cast:
        cast = make_cast(now=now)
        by = desk(cast.volunteer, cast.operation)
        notes.write_note(
            note=notes.Note(
                text="=HYPERLINK(1)", happened_at=now, kind="report", sender="VISOV 91",
                recipient="CODIS 91", incident=42,
            ),
            by=by, now=now,
        )  # fmt: skip
        notes.follow_up(seq=1, text="AR", state="sent", by=by, now=now)
        record(cast, "incident.opened", now, subject=("incident", 3), data={"number": 7})
        Operation.objects.filter(pk=cast.operation.pk).update(is_exercise=True)
        return cast

    cast = await sync_to_async(write)()
    client = AsyncClient()
    await client.aforce_login(cast.verifier)
    answer = await client.get(url(cast, "journal_export"))
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert "EXERCICE-main-courante" in answer["Content-Disposition"]
    content = b"".join([chunk async for chunk in answer.streaming_content]).decode()
    rows = list(csv.DictReader(io.StringIO(content), delimiter=";"))
    assert tuple(rows[0]) == COLUMNS
    assert rows[0] == {
        "num": "1", "horodatage_local": "2026-11-24T04:00:00+01:00", "auteur": "watcher",
        "type": "SIGNALEMENT", "emetteur": "VISOV 91", "destinataire": "CODIS 91",
        "texte": "'=HYPERLINK(1)", "lien_signalement": "42", "suite_donnee": "04:00 watcher : AR",
        "statut": "transmis",
    }  # fmt: skip
    assert (rows[2]["type"], rows[2]["lien_signalement"]) == ("SIGNALEMENT", "7")
    assert rows[2]["texte"] == "watcher a ouvert le signalement 7"


@pytest.mark.usefixtures("_threads_closed")
@pytest.mark.django_db(transaction=True)
async def test_a_long_export_is_streamed_in_order(
    transactional_db: None, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_views, "EXPORT_PAGE", 2)

    def write() -> Cast:
        cast = make_cast(now=now)
        for _ in range(5):
            record(cast, "lead.kept", now, data={"leads": [1]})
        return cast

    cast = await sync_to_async(write)()
    client = AsyncClient()
    await client.aforce_login(cast.coordinator)
    answer = await client.get(url(cast, "journal_export"))
    chunks = [chunk.decode() async for chunk in answer.streaming_content]
    assert len(chunks) == 4
    lines = "".join(chunks).splitlines()
    assert [line.split(";")[0] for line in lines] == ["num", "1", "2", "3", "4", "5"]
