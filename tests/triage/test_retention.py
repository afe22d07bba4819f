"""What has passed its time goes, with a proof; what an open operation still works on stays."""

from __future__ import annotations

import os
import zlib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import factories
from tests.factories import Cast, desk
from vigie.collection import retention as collected
from vigie.collection.blobs import BlobStore
from vigie.collection.freezing.models import Freeze
from vigie.collection.models import Author, Import, Media, Post, RawItem, RefusedItem, Source
from vigie.journal.models import PLATFORM_CHAIN, Entry
from vigie.journal.queries import breaks, entries
from vigie.operations import retention as times
from vigie.operations.access import NotAllowed
from vigie.operations.models import Operation
from vigie.triage import purging
from vigie.triage.actions import freezing
from vigie.triage.models import Annotation, Lead

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def own_blobs(tmp_path: Path, settings: Any) -> None:
    settings.VIGIE_BLOBS = tmp_path / "blobs"


def close(operation: Operation, at: datetime) -> None:
    Operation.objects.filter(pk=operation.pk).update(phase="closed", closed_at=at)
    operation.refresh_from_db()


def expired(operation: Operation | None) -> list[dict[str, Any]]:
    chain = PLATFORM_CHAIN if operation is None else operation.pk
    return [e.data for e in Entry.objects.filter(chain=chain, verb="data.expired").order_by("seq")]


def test_posts_of_an_operation_closed_a_month_ago_lose_text_and_account(
    cast: Cast, now: datetime
) -> None:
    lead = factories.lead(cast.operation, "Bloqués au 12 rue des Prés", now=now, state="kept")
    Annotation.objects.create(lead=lead, kind="urgency", value={"because": ["bloqués"]}, at=now)
    close(cast.operation, now)
    assert purging.purge(now=now + 29 * DAY)["posts"] == 0
    later = now + 31 * DAY
    assert purging.counts(now=later)["posts"] == 1
    assert purging.purge(now=later)["posts"] == 1
    post = Post.objects.get()
    assert (post.text, post.author_id, post.url, post.digest) == ("", None, "", "")
    assert Lead.objects.get().state == "kept"
    assert not Annotation.objects.exists()
    assert not Author.objects.exists()
    assert purging.purge(now=later) == dict.fromkeys(purging.counts(now=later), 0)


def test_a_post_that_another_operation_works_on_stays(cast: Cast, now: datetime) -> None:
    lead = factories.lead(cast.operation, now=now)
    Lead.objects.create(
        operation=cast.other_operation, post=lead.post, published_at=now, arrived_at=now
    )
    close(cast.operation, now)
    assert purging.purge(now=now + 31 * DAY)["posts"] == 0
    assert Post.objects.get().text
    assert Author.objects.get().handle
    close(cast.other_operation, now)
    assert purging.purge(now=now + 31 * DAY)["posts"] == 1


def test_the_proof_can_be_made_again_from_what_was_there_and_by_nobody_else(
    cast: Cast, now: datetime, settings: Any
) -> None:
    posts = [factories.lead(cast.operation, now=now).post for _ in range(3)]
    Post.objects.update(digest="0123")
    close(cast.operation, now)
    purging.purge(now=now + 31 * DAY)
    (data,) = [each for each in expired(cast.operation) if each["kind"] == "posts"]
    lines = [f"post:{post.pk}:0123" for post in posts]
    assert (data["number"], data["proof"]) == (3, purging.proof_of(reversed(lines)))
    settings.SECRET_KEY = "another"
    assert data["proof"] != purging.proof_of(lines)
    assert list(breaks(cast.operation.pk)) == []


def test_at_the_end_a_pseudonym_stands_for_who_wrote(cast: Cast, now: datetime) -> None:
    lead = factories.lead(cast.operation, now=now)
    RawItem.objects.update_or_create(post=lead.post, defaults={"payload": zlib.compress(b"@moi")})
    Post.objects.update(url="https://m.exemple/@moi/1")
    was = Author.objects.get()
    assert purging.purge(now=now)["accounts"] == 0
    close(cast.operation, now)
    assert purging.purge(now=now)["accounts"] == 1
    author, post = Author.objects.get(), Post.objects.get()
    assert collected.is_pseudonym(author.remote_id)
    assert author.remote_id == collected.pseudonym(was.network, was.remote_id)
    assert (author.handle, author.name, post.url) == ("", "", "")
    assert post.text
    assert not RawItem.objects.exists()
    assert was.remote_id not in str(expired(cast.operation))
    assert purging.purge(now=now)["accounts"] == 0


def test_an_account_seen_again_after_it_was_hidden_is_hidden_with_it(
    cast: Cast, now: datetime
) -> None:
    first = factories.lead(cast.operation, now=now)
    network, remote_id = first.post.author.network, first.post.author.remote_id
    close(cast.operation, now)
    purging.purge(now=now)
    again = factories.lead(cast.other_operation, now=now)
    Author.objects.filter(pk=again.post.author_id).update(network=network, remote_id=remote_id)
    close(cast.other_operation, now)
    assert purging.purge(now=now)["accounts"] == 1
    assert Author.objects.count() == 1
    assert set(Post.objects.values_list("author", flat=True)) == {Author.objects.get().pk}


def test_frozen_evidence_outlives_the_posts_and_is_lifted_when_its_own_time_is_over(
    cast: Cast, now: datetime
) -> None:
    lead = factories.lead(cast.operation, "On va tout brûler", now=now)
    by = desk(cast.verifier, cast.operation)
    freezing.freeze(lead=lead.pk, reason="Le parquet est saisi.", by=by, now=now)
    close(cast.operation, now)
    assert purging.purge(now=now + 31 * DAY)["posts"] == 1
    freeze = Freeze.objects.get()
    assert (freeze.content["text"], freeze.withdrawn_at) == ("On va tout brûler", now + 31 * DAY)
    assert purging.purge(now=now + 366 * DAY)["freezes"] == 1
    freeze.refresh_from_db()
    assert (freeze.content, freeze.lifted_by) == ({}, None)


def test_refused_items_go_after_their_operations_time(cast: Cast, now: datetime) -> None:
    times.change_days(
        days={"refused": 5}, reason="", by=desk(cast.coordinator, cast.operation), now=now
    )
    here, there = factories.source(cast.operation, now=now), factories.source(None, now=now)
    for source, age, settled in (
        (here, 6, False), (here, 4, False), (there, 31, False), (there, 29, False), (there, 8, True),
    ):  # fmt: skip
        at = now - age * DAY
        RefusedItem.objects.create(
            source=source, at=at, code="bad_json", payload=b"x", settled_at=at if settled else None
        )
    assert purging.purge(now=now)["refused"] == 3
    assert RefusedItem.objects.count() == 2
    assert [each["number"] for each in expired(cast.operation)] == [1]
    assert [each["number"] for each in expired(None) if each["kind"] == "refused"] == [2]


def test_the_file_of_an_import_goes_a_week_after_it_was_read(cast: Cast, now: datetime) -> None:
    kept = BlobStore().keep([b"id;texte"])

    def handed_in(source: Source, finished: datetime | None) -> Import:
        return Import.objects.create(
            source=source, file_name="a.csv", blob=kept.name, size=8, sha256=kept.sha256,
            created_at=now, finished_at=finished,
        )  # fmt: skip

    handed_in(factories.source(cast.operation, now=now), now)
    other = handed_in(factories.source(cast.operation, now=now), None)
    assert purging.purge(now=now + 8 * DAY)["files"] == 1
    assert BlobStore().path(kept.name).exists()
    Import.objects.filter(pk=other.pk).update(finished_at=now)
    assert purging.purge(now=now + 8 * DAY)["files"] == 1
    assert not BlobStore().path(kept.name).exists()
    assert set(Import.objects.values_list("sha256", flat=True)) == {kept.sha256}


def test_files_that_nothing_refers_to_go_after_a_day(
    cast: Cast, now: datetime, settings: Any
) -> None:
    lead = factories.lead(cast.operation, now=now)
    used, unused, fresh = (BlobStore().keep([part]) for part in (b"used", b"unused", b"fresh"))
    Media.objects.create(post=lead.post, type="image", state="fetched", blob=used.name)
    partial = Path(settings.VIGIE_BLOBS) / ".partial-left-behind"
    partial.write_bytes(b"half")
    for path in (BlobStore().path(used.name), BlobStore().path(unused.name), partial):
        os.utime(path, (1_000_000, 1_000_000))
    assert purging.purge(now=now)["unused_files"] == 2
    assert BlobStore().path(used.name).exists()
    assert BlobStore().path(fresh.name).exists()
    assert not BlobStore().path(unused.name).exists()
    assert not partial.exists()


def test_a_purge_without_time_does_nothing_and_the_next_one_goes_on(
    cast: Cast, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        factories.lead(cast.operation, now=now)
    close(cast.operation, now)
    monkeypatch.setattr(purging, "BATCH", 2)
    later, asked = now + 31 * DAY, iter([True, True, False] + [False] * 20)
    assert purging.purge(now=later, more=lambda: False)["posts"] == 0
    assert purging.purge(now=later, more=lambda: next(asked))["posts"] == 4
    assert purging.purge(now=later)["posts"] == 1


def test_times_are_set_with_a_reason_where_they_are_longer(cast: Cast, now: datetime) -> None:
    by = desk(cast.coordinator, cast.operation)
    with pytest.raises(times.DaysWrong, match="reason"):
        times.change_days(days={"posts": 90}, reason="", by=by, now=now)
    times.change_days(days={"posts": 90}, reason="Retour d’expérience demandé.", by=by, now=now)
    assert times.days_for(cast.operation)["posts"] == 90
    entry = entries(cast.operation.pk).first()
    assert entry is not None
    assert (entry.verb, entry.data["changes"]) == ("retention.changed", {"posts": [30, 90]})
    lead = factories.lead(cast.operation, now=now)
    close(cast.operation, now)
    assert purging.purge(now=now + 31 * DAY)["posts"] == 0
    assert purging.purge(now=now + 91 * DAY)["posts"] == 1
    assert Post.objects.get(pk=lead.post_id).text == ""
    with pytest.raises(NotAllowed):
        times.change_days(days={}, reason="", by=desk(cast.volunteer, cast.operation), now=now)


@given(st.dictionaries(st.sampled_from(sorted(times.KINDS)), st.integers(-5, 3_000)))
def test_no_time_is_longer_than_the_most_and_no_name_outlives_its_posts(
    days: dict[str, int],
) -> None:
    try:
        found = times.checked(days, reason="parce que")
    except times.DaysWrong:
        return
    assert all(times.KINDS[k].least <= n <= times.KINDS[k].most for k, n in found.items())
    assert found["accounts"] <= found["posts"]
