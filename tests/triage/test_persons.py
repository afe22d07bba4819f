"""A person's rights: all that is held about a handle is found, handed out, erased."""

from __future__ import annotations

import zlib
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests import factories
from tests.factories import Cast, desk
from vigie.collection.blobs import BlobStore
from vigie.collection.freezing.models import Freeze
from vigie.collection.models import Author, Media, Post, RawItem, RefusedItem
from vigie.journal.models import PLATFORM_CHAIN, Entry
from vigie.operations.access import NotAllowed
from vigie.triage import persons
from vigie.triage.actions import freezing
from vigie.triage.models import Annotation, Lead

pytestmark = pytest.mark.django_db
WHY = "Demande d’effacement reçue le 24 novembre."


@pytest.fixture(autouse=True)
def own_blobs(tmp_path: Path, settings: Any) -> None:
    settings.VIGIE_BLOBS = tmp_path / "blobs"


@pytest.fixture
def by(cast: Cast) -> persons.Officer:
    return persons.officer(cast.data_protection_officer)


@pytest.fixture
def lead(cast: Cast, now: datetime) -> Lead:
    """A post of @Riveraine.orsay with a picture, a note and its raw item."""
    made = factories.lead(cast.operation, "Ma cave est inondée", now=now)
    Author.objects.filter(pk=made.post.author_id).update(handle="@Riveraine.orsay", name="Ana")
    kept = BlobStore().keep([b"picture"], suffix=".webp")
    Media.objects.create(post=made.post, type="image", state="fetched", blob=kept.name)
    RawItem.objects.update_or_create(
        post=made.post, defaults={"payload": zlib.compress(b'{"acct": "riveraine.orsay"}')}
    )
    Annotation.objects.create(
        lead=made, kind="note", value={"text": "à rappeler"}, by=cast.volunteer, at=now
    )
    return made


def find(handle: str, by: persons.Officer, now: datetime) -> persons.Held:
    return persons.find(handle=handle, by=by, now=now)


@pytest.mark.parametrize("handle", ["riveraine.orsay", "@riveraine.orsay", " @RIVERAINE.Orsay "])
def test_a_handle_is_found_however_it_is_written(
    lead: Lead, by: persons.Officer, now: datetime, handle: str
) -> None:
    found = find(handle, by, now)
    assert [(row.pk, n) for row, n in found.accounts] == [(lead.post.author_id, 1)]


def test_an_account_is_found_by_its_id_also_behind_its_pseudonym(
    lead: Lead, by: persons.Officer, cast: Cast, now: datetime
) -> None:
    from vigie.collection.retention import hide_accounts

    author = Author.objects.get(pk=lead.post.author_id)
    assert find(author.remote_id, by, now).posts == 1
    hide_accounts([author])
    assert find(author.remote_id, by, now).posts == 1
    assert find("riveraine.orsay", by, now).is_nothing


def test_what_others_wrote_and_what_could_not_be_read_is_found_too(
    lead: Lead, by: persons.Officer, cast: Cast, now: datetime
) -> None:
    other = factories.lead(cast.operation, "Merci @riveraine.orsay pour la photo", now=now)
    source = factories.source(cast.operation, now=now)
    RefusedItem.objects.create(
        source=source, at=now, code="bad_json", payload=b'{"user": "Riveraine.Orsay"'
    )
    found = find("@riveraine.orsay", by, now)
    assert (found.mentions, len(found.refused)) == ((other.post_id,), 1)


def test_all_that_is_held_is_handed_out(
    lead: Lead, by: persons.Officer, cast: Cast, now: datetime
) -> None:
    found = find("riveraine.orsay", by, now)
    data = persons.export(found=found, by=by, now=now)
    (account,) = data["accounts"]
    (post,) = account["posts"]
    assert (account["handle"], account["name"]) == ("@Riveraine.orsay", "Ana")
    assert (post["text"], post["as_received"]) == (
        "Ma cave est inondée", '{"acct": "riveraine.orsay"}',
    )  # fmt: skip
    (work,) = post["work"]
    assert work["operation"] == cast.operation.title
    assert work["said"][0]["value"] == {"text": "à rappeler"}
    assert cast.volunteer.display not in str(data)
    assert persons.files_of(found) == [post["media"][0]["file"]]


def test_an_erasure_takes_the_words_the_account_the_pictures_and_the_mentions(
    lead: Lead, by: persons.Officer, cast: Cast, now: datetime
) -> None:
    other = factories.lead(cast.operation, "Merci @Riveraine.orsay, quel courage", now=now)
    source = factories.source(cast.operation, now=now)
    RefusedItem.objects.create(source=source, at=now, code="x", payload=b"@riveraine.orsay")
    blob = Media.objects.get().blob
    done = persons.erase(found=find("riveraine.orsay", by, now), reason=WHY, by=by, now=now)
    assert (done.posts, done.accounts, done.mentions, done.refused) == (1, 1, 1, 1)
    post = Post.objects.get(pk=lead.post_id)
    assert (post.text, post.author, post.deleted_at) == ("", None, now)
    assert Lead.objects.filter(pk=lead.pk).exists()
    assert not BlobStore().path(blob).exists()
    assert Post.objects.get(pk=other.post_id).text == "Merci @…, quel courage"
    assert find("riveraine.orsay", by, now).is_nothing


def test_frozen_evidence_stays_unless_the_officer_decides_otherwise(
    lead: Lead, by: persons.Officer, cast: Cast, now: datetime
) -> None:
    freezing.freeze(
        lead=lead.pk,
        reason="Le parquet est saisi.",
        by=desk(cast.verifier, cast.operation),
        now=now,
    )
    done = persons.erase(found=find("riveraine.orsay", by, now), reason=WHY, by=by, now=now)
    (kept,) = done.kept_frozen
    assert kept.content["text"] == "Ma cave est inondée"
    again = find("riveraine.orsay", by, now)
    assert len(again.frozen) == 1
    done = persons.erase(found=again, reason=WHY, lift_frozen=True, by=by, now=now)
    assert done.frozen == 1
    assert Freeze.objects.get().content == {}
    assert find("riveraine.orsay", by, now).is_nothing


def test_the_journals_say_that_and_how_much_and_never_whom(
    lead: Lead, by: persons.Officer, cast: Cast, now: datetime
) -> None:
    found = find("riveraine.orsay", by, now)
    persons.export(found=found, by=by, now=now)
    persons.erase(found=found, reason=WHY, by=by, now=now)
    platform = Entry.objects.filter(chain=PLATFORM_CHAIN, verb__startswith="person.")
    assert [e.verb for e in platform.order_by("seq")] == [
        "person.searched", "person.exported", "person.erased",
    ]  # fmt: skip
    assert len({e.data["person"] for e in platform}) == 1
    here = Entry.objects.get(chain=cast.operation.pk, verb="person.erased")
    assert here.text == WHY
    assert not any("iveraine" in f"{e.data}{e.text}" for e in Entry.objects.all())


def test_a_word_is_no_reason_and_two_letters_no_handle(
    lead: Lead, by: persons.Officer, now: datetime
) -> None:
    with pytest.raises(persons.HandleTooShort):
        find("@a", by, now)
    with pytest.raises(persons.ReasonMissing):
        persons.erase(found=find("riveraine.orsay", by, now), reason="RGPD", by=by, now=now)
    assert Post.objects.get().text


def test_an_administrator_and_a_coordinator_answer_no_such_request(cast: Cast) -> None:
    for person in (cast.administrator, cast.coordinator):
        with pytest.raises(NotAllowed):
            persons.officer(person)
