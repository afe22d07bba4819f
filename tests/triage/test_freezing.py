"""A reasoned decision keeps what a post says; nothing else does."""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from tests import factories
from tests.factories import Cast, desk
from vigie.accounts.roles import Role
from vigie.collection.blobs import BlobStore
from vigie.collection.freezing import copies
from vigie.collection.freezing.models import Freeze, FrozenFile
from vigie.collection.models import Media, RawItem
from vigie.collection.storing import empty_posts
from vigie.journal.models import Entry
from vigie.operations.access import Desk, NotAllowed
from vigie.triage.actions import freezing
from vigie.triage.actions import incidents as incident_actions
from vigie.triage.models import Lead
from vigie.triage.queries import frozen, incident_detail, lead_detail, leads

pytestmark = pytest.mark.django_db
WHY = "Menace de mort : le parquet a été saisi."
LATER = timedelta(minutes=5)


@pytest.fixture(autouse=True)
def own_blobs(tmp_path: Path, settings: Any) -> None:
    settings.VIGIE_BLOBS = tmp_path / "blobs"


@pytest.fixture
def by(cast: Cast) -> Desk:
    return desk(cast.verifier, cast.operation)


@pytest.fixture
def row(cast: Cast, now: datetime) -> Lead:
    made = factories.lead(cast.operation, "On va tout brûler", now=now)
    RawItem.objects.update_or_create(post=made.post, defaults={"payload": zlib.compress(b"{}")})
    kept = BlobStore().keep([b"picture"], suffix=".webp")
    Media.objects.create(
        post=made.post, type="image", url="https://x.exemple/1.jpg", state="fetched",
        blob=kept.name, sha256=kept.sha256,
    )  # fmt: skip
    return made


def take_back(row: Lead, now: datetime) -> None:
    BlobStore().remove(empty_posts([row.post_id], now=now))


def test_what_was_frozen_stays_with_its_reason_when_the_source_takes_it_back(
    row: Lead, by: Desk, now: datetime
) -> None:
    made = freezing.freeze(lead=row.pk, reason=WHY, by=by, now=now)
    take_back(row, now + LATER)
    found = lead_detail.detail(lead=row.pk, by=by, now=now)
    assert found.line.lead.post.text == ""
    assert found.line.freeze is not None
    assert found.freeze is not None
    assert found.freeze.content["text"] == "On va tout brûler"
    assert found.freeze.withdrawn_at == now + LATER
    assert (found.freeze.reason, found.freeze.by) == (WHY, by.user)
    (file,) = found.freeze.files.all()
    assert BlobStore().path(file.blob).read_bytes() == b"picture"
    assert copies.digest(found.freeze.content, bytes(found.freeze.payload)) == made.sha256


def test_without_a_freeze_the_file_goes_with_the_post(row: Lead, now: datetime) -> None:
    blob = Media.objects.get().blob
    take_back(row, now)
    assert not BlobStore().path(blob).exists()


def test_lifting_lets_the_copy_go_and_keeps_the_decision(
    row: Lead, by: Desk, now: datetime
) -> None:
    freezing.freeze(lead=row.pk, reason=WHY, by=by, now=now)
    blob = FrozenFile.objects.get().blob
    take_back(row, now)
    freezing.lift(lead=row.pk, reason="Affaire classée sans suite.", by=by, now=now + LATER)
    found = lead_detail.detail(lead=row.pk, by=by, now=now)
    assert found.freeze is None
    (kept,) = found.freezes
    assert (kept.content, bytes(kept.payload), kept.reason) == ({}, b"", WHY)
    assert kept.lifted_why == "Affaire classée sans suite."
    assert not BlobStore().path(blob).exists()
    assert found.line.freeze is None


def test_lifting_leaves_the_files_of_a_post_that_still_stands(
    row: Lead, by: Desk, now: datetime
) -> None:
    freezing.freeze(lead=row.pk, reason=WHY, by=by, now=now)
    freezing.lift(lead=row.pk, reason="Pris par erreur, doublon.", by=by, now=now)
    assert BlobStore().path(Media.objects.get().blob).exists()
    assert freezing.freeze(lead=row.pk, reason=WHY, by=by, now=now).lifted_at is None


def test_the_journal_says_who_froze_and_why_and_never_what(
    row: Lead, by: Desk, now: datetime
) -> None:
    made = freezing.freeze(lead=row.pk, reason=WHY, by=by, now=now)
    entry = Entry.objects.get(verb="lead.frozen")
    assert (entry.text, entry.by, entry.data["sha256"]) == (WHY, by.user, made.sha256)
    assert "brûler" not in str(entry.data)


@pytest.mark.parametrize("reason", ["", "   ", "preuve"])
def test_a_decision_needs_its_reason(row: Lead, by: Desk, now: datetime, reason: str) -> None:
    with pytest.raises(freezing.ReasonMissing):
        freezing.freeze(lead=row.pk, reason=reason, by=by, now=now)
    freezing.freeze(lead=row.pk, reason=WHY, by=by, now=now)
    with pytest.raises(freezing.ReasonMissing):
        freezing.lift(lead=row.pk, reason=reason, by=by, now=now)


def test_what_is_gone_frozen_or_elsewhere_is_said(
    row: Lead, by: Desk, cast: Cast, now: datetime
) -> None:
    with pytest.raises(freezing.NotFrozen):
        freezing.lift(lead=row.pk, reason=WHY, by=by, now=now)
    freezing.freeze(lead=row.pk, reason=WHY, by=by, now=now)
    with pytest.raises(freezing.AlreadyFrozen):
        freezing.freeze(lead=row.pk, reason=WHY, by=by, now=now)
    gone = factories.lead(cast.operation, now=now)
    take_back(gone, now)
    with pytest.raises(freezing.NothingToFreeze):
        freezing.freeze(lead=gone.pk, reason=WHY, by=by, now=now)
    foreign = factories.lead(cast.other_operation, now=now)
    with pytest.raises(freezing.UnknownLead):
        freezing.freeze(lead=foreign.pk, reason=WHY, by=by, now=now)


def test_another_operation_sees_nothing_of_what_this_one_froze(
    row: Lead, by: Desk, cast: Cast, now: datetime
) -> None:
    person = factories.member(cast.other_operation, Role.VERIFIER, now=now)
    theirs = Lead.objects.create(
        operation=cast.other_operation, post=row.post, published_at=now, arrived_at=now
    )  # fmt: skip
    freezing.freeze(lead=row.pk, reason=WHY, by=by, now=now)
    take_back(row, now)
    there = desk(person, cast.other_operation)
    found = lead_detail.detail(lead=theirs.pk, by=there, now=now)
    assert (found.freezes, found.line.freeze) == ((), None)
    with pytest.raises(leads.UnknownLead):
        lead_detail.frozen_file_of(file=FrozenFile.objects.get().pk, by=there)


def test_who_only_watches_freezes_nothing(row: Lead, cast: Cast, now: datetime) -> None:
    with pytest.raises(NotAllowed):
        freezing.freeze(lead=row.pk, reason=WHY, by=desk(cast.volunteer, cast.operation), now=now)


def test_the_database_wants_a_reason_one_freeze_at_a_time_and_nothing_kept_once_lifted(
    row: Lead, by: Desk, now: datetime
) -> None:
    made = freezing.freeze(lead=row.pk, reason=WHY, by=by, now=now)
    for change in ({"reason": ""}, {"lifted_at": now, "lifted_why": "x"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Freeze.objects.filter(pk=made.pk).update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        Freeze.objects.create(
            operation=by.operation, post=row.post, reason=WHY, at=now, by=by.user, sha256=""
        )


def test_a_picture_fetched_after_the_freeze_is_frozen_too(
    cast: Cast, by: Desk, now: datetime
) -> None:
    row = factories.lead(cast.operation, now=now)
    media = Media.objects.create(post=row.post, type="image", url="https://x.exemple/2.jpg")
    freezing.freeze(lead=row.pk, reason=WHY, by=by, now=now)
    media.refresh_from_db()
    assert media.state == "wanted"
    kept = BlobStore().keep([b"later"], suffix=".webp")
    Media.objects.filter(pk=media.pk).update(state="fetched", blob=kept.name, sha256=kept.sha256)
    copies.file_fetched(media.pk)
    take_back(row, now)
    assert BlobStore().path(FrozenFile.objects.get().blob).read_bytes() == b"later"


def test_lists_and_incidents_know_who_froze_what_and_why(
    row: Lead, by: Desk, cast: Cast, now: datetime
) -> None:
    other = factories.lead(cast.operation, "Autre chose", now=now)
    backed = incident_actions.open_incident(title="Menaces", leads=[row, other], by=by, now=now)
    freezing.freeze(lead=row.pk, reason=WHY, by=by, now=now)
    take_back(row, now + LATER)
    first, second = leads.lines([row.pk, other.pk], by=by, now=now)
    assert first.freeze is not None
    assert (first.freeze.reason, first.freeze.by) == (WHY, cast.verifier)
    assert first.freeze.content["text"] == "On va tout brûler"
    assert second.freeze is None
    found = incident_detail.detail(by, backed.number)
    assert found is not None
    assert {post: each.reason for post, each in found.frozen.items()} == {row.post_id: WHY}
    assert [f.reason for f in frozen.of_incidents(by, [backed.pk])[backed.pk]] == [WHY]
    partner = desk(cast.partner, cast.operation)
    assert frozen.of_incidents(partner, [backed.pk]) == {}
    hidden = incident_detail.detail(partner, backed.number)
    assert hidden is not None
    assert hidden.frozen == {}
