"""Who is on the objection list is not collected, however many posts come, with one look-up a batch."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import factories
from tests.factories import Cast
from tests.pipeline.plain import make_intake, message, wire
from vigie.collection.models import Author, ObjectedAccount, Objection, Post, Source
from vigie.journal.models import PLATFORM_CHAIN, Entry
from vigie.triage import objections, persons, purging

pytestmark = pytest.mark.django_db
WHY = "Opposition reçue par courrier le 24 novembre."


@pytest.fixture
def by(cast: Cast) -> persons.Officer:
    return persons.officer(cast.data_protection_officer)


@pytest.fixture
def feed(cast: Cast, now: datetime) -> Source:
    factories.watch(cast.operation, "crue", now=now)
    return factories.source(cast.operation, now=now, plugin="file", config={"blob": "posts.jsonl"})


def post(
    number: int, now: datetime, handle: str = "@riveraine@mastodon.social", **more: Any
) -> bytes:
    author = {"id": more.pop("account", f"id-of-{handle}"), "handle": handle, "name": "R."}
    return wire(number, f"La crue monte, message {number}", now=now, author=author, **more)


@pytest.mark.parametrize(
    ("names", "network", "kept"),
    [
        (["@Riveraine@mastodon.social"], "", False),
        (["riveraine@mastodon.social"], "mastodon", False),
        (["did:plc:abc"], "mastodon", False),
        (["@riveraine@mastodon.social"], "bluesky", True),
        (["@riverain@mastodon.social"], "", True),
    ],
)
def test_what_an_account_on_the_list_publishes_is_not_kept(
    feed: Source, by: persons.Officer, now: datetime, names: list[str], network: str, kept: bool
) -> None:
    objections.add(names=names, network=network, reason=WHY, by=by, now=now)
    done = make_intake().take(
        message(
            feed.pk, post(1, now, account="did:plc:abc", network="mastodon"), post(2, now, "@autre")
        ),
        now=now,
    )
    assert (done.kept, done.objected, done.unmatched) == ((2, 0, 0) if kept else (1, 1, 1))
    assert Post.objects.count() == (2 if kept else 1)
    assert Author.objects.filter(handle__icontains="riveraine").exists() == kept
    feed.refresh_from_db()
    assert feed.items_kept == done.kept


def test_one_look_up_serves_a_batch_of_any_size(
    feed: Source, by: persons.Officer, now: datetime
) -> None:
    objections.add(names=["@nobody"], reason=WHY, by=by, now=now)
    intake = make_intake()
    intake.take(message(feed.pk, post(0, now)), now=now)
    asked = []
    for first, size in ((1, 2), (100, 60)):
        lines = [post(n, now, f"@a{n}") for n in range(first, first + size)]
        with CaptureQueriesContext(
            connection,
        ) as queries:
            intake.take(message(feed.pk, *lines), now=now)
        asked.append(sum("collection_objectedaccount" in each["sql"] for each in queries))
    assert asked == [1, 1]


def test_an_edit_of_what_is_kept_stays_true_to_its_source(
    feed: Source, by: persons.Officer, now: datetime
) -> None:
    intake = make_intake()
    intake.take(message(feed.pk, post(1, now)), now=now)
    objections.add(names=["@riveraine@mastodon.social"], reason=WHY, by=by, now=now)
    edited = wire(
        1, "Plus de crue", now=now,
        author={"id": "id-of-@riveraine@mastodon.social", "handle": "@riveraine@mastodon.social"},
    )  # fmt: skip
    assert intake.take(message(feed.pk, edited), now=now).edited == 1
    assert Post.objects.get().text == "Plus de crue"


def test_it_ends_by_withdrawal_and_by_its_day_and_the_hashes_go(
    feed: Source, by: persons.Officer, now: datetime
) -> None:
    first = objections.add(names=["@a1"], reason=WHY, by=by, now=now)
    until = now + timedelta(days=2)
    second = objections.add(names=["@a2"], reason=WHY, until=until, by=by, now=now)
    objections.withdraw(objection=first.pk, reason="Demande de reprise reçue.", by=by, now=now)
    intake = make_intake()
    done = intake.take(message(feed.pk, post(1, now, "@a1"), post(2, now, "@a2")), now=now)
    assert (done.kept, done.objected) == (1, 1)
    later = until + timedelta(seconds=1)
    assert intake.take(message(feed.pk, post(3, now, "@a2")), now=later).kept == 1
    purging.purge(now=later)
    assert not ObjectedAccount.objects.exists()
    ended = Objection.objects.get(pk=second.pk)
    assert (ended.ended_at, ended.ended_by) == (later, None)
    verbs = Entry.objects.filter(chain=PLATFORM_CHAIN, verb__startswith="person.")
    assert list(verbs.order_by("seq").values_list("verb", flat=True)) == [
        "person.objected", "person.objected", "person.objection_withdrawn",
        "person.objection_expired",
    ]  # fmt: skip
    with pytest.raises(objections.NotInForce):
        objections.withdraw(objection=first.pk, reason=WHY, by=by, now=later)


def test_neither_table_nor_journal_says_who(by: persons.Officer, now: datetime) -> None:
    objections.add(names=["@riveraine", "did:plc:abc"], reason=WHY, by=by, now=now)
    written = " ".join(
        str(row)
        for model in (Objection, ObjectedAccount, Entry)
        for row in model.objects.values_list()
    )
    assert "riveraine" not in written
    assert "did:plc" not in written
    assert [each.pk for each in objections.of_handle("RIVERAINE", now=now)]
    assert not objections.of_handle("riverain", now=now)


def test_what_cannot_be_is_refused_and_nothing_is_written(
    by: persons.Officer, now: datetime
) -> None:
    given: list[tuple[dict[str, Any], type[Exception]]] = [
        ({"names": ["@"]}, persons.HandleTooShort),
        ({"names": ["@a1", "b"]}, persons.HandleTooShort),
        ({"reason": "RGPD"}, persons.ReasonMissing),
        ({"until": now}, objections.UntilPast),
    ]
    for wrong, error in given:
        with pytest.raises(error):
            objections.add(**{"names": ["@a1"], "reason": WHY, "by": by, "now": now, **wrong})
    assert not Objection.objects.exists()
    objections.add(names=["@a1"], reason=WHY, by=by, now=now)
    with pytest.raises(objections.AlreadyObjected):
        objections.add(names=["A1"], reason=WHY, by=by, now=now)


def test_an_erasure_may_put_handle_and_ids_on_the_list(
    feed: Source, by: persons.Officer, now: datetime
) -> None:
    intake = make_intake()
    intake.take(message(feed.pk, post(1, now, account="did:plc:abc")), now=now)
    found = persons.find(handle="@riveraine@mastodon.social", by=by, now=now)
    objections.erase_and_object(found=found, reason=WHY, lift_frozen=False, by=by, now=now)
    assert Objection.objects.get().origin == "erasure"
    # under a new handle, the id tells; under a new id, the handle does
    renamed = post(2, now, "@nouveau", account="did:plc:abc")
    done = intake.take(message(feed.pk, renamed, post(3, now, account="other")), now=now)
    assert (done.kept, done.objected) == (0, 2)


def test_an_erasure_without_its_reason_puts_nobody_on_the_list(
    feed: Source, by: persons.Officer, now: datetime
) -> None:
    make_intake().take(message(feed.pk, post(1, now)), now=now)
    found = persons.find(handle="@riveraine@mastodon.social", by=by, now=now)
    with pytest.raises(persons.ReasonMissing):
        objections.erase_and_object(found=found, reason="", lift_frozen=False, by=by, now=now)
    assert not Objection.objects.exists()
    assert Post.objects.get().text
