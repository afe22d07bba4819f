"""What bears on a claim: added with what it needs, struck out with a reason, never replaced."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django_tasks_db.models import DBTaskResult
from PIL import Image

from tests.factories import Cast, desk, lead
from vigie.collection.blobs import BlobStore
from vigie.collection.retention import unused_files
from vigie.journal.models import Entry
from vigie.operations.access import NotAllowed
from vigie.operations.models import Operation
from vigie.triage.persons import Officer
from vigie.verification import named, retention
from vigie.verification.actions.claims import open_claim
from vigie.verification.actions.evidence import (
    AlreadyStruck,
    ArchiveUnderWay,
    EvidenceNotHere,
    FieldRefused,
    LeadNotHere,
    Piece,
    add,
    archive_again,
    change,
    strike,
    web_address,
)
from vigie.verification.archives import exporting, integrity
from vigie.verification.handed import FileRefused, Handed, safe_name, take_in
from vigie.verification.models import Archive, Claim, Evidence, SeenPicture
from vigie.verification.queries.evidence import archive_for, evidence_for, evidence_of

pytestmark = pytest.mark.django_db

WHY = "ce n’est pas le bon pont"


@pytest.fixture
def claim(cast: Cast, now: datetime) -> Claim:
    by = desk(cast.volunteer, cast.operation)
    return open_claim(wording="Le pont de Ballancourt est coupé", by=by, now=now)


def captures() -> list[DBTaskResult[Any, Any]]:
    return list(DBTaskResult.objects.filter(task_path__endswith="capturing.capture"))


def png(colour: str = "red") -> bytes:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "Appareil"
    Image.new("RGB", (30, 20), colour).save(out, "PNG", exif=exif)
    return out.getvalue()


def handed(data: bytes | None = None, name: str = "photo.png", **more: object) -> Handed:
    return take_in([data if data is not None else png()], name=name, **more)  # type: ignore[arg-type]


def test_a_link_is_wanted_and_its_job_enqueued_with_it(
    cast: Cast, claim: Claim, now: datetime
) -> None:
    by = desk(cast.volunteer, cast.operation)
    row = add(
        claim=claim, by=by, now=now,
        piece=Piece(kind="link", url=" ville.exemple.fr/pont ", title="La mairie dit le pont ouvert",
                    bearing="refutes"),
    )  # fmt: skip
    assert row.archive is not None
    assert (row.url, row.archive.url, row.archive.state) == (
        "https://ville.exemple.fr/pont", "https://ville.exemple.fr/pont", "wanted",
    )  # fmt: skip
    assert row.archive.capturer == cast.volunteer
    assert [each.args_kwargs["args"] for each in captures()] == [[row.archive.pk]]
    entry = Entry.objects.get(verb="evidence.added")
    assert (entry.actor, entry.text, entry.subject_id) == (by.actor, row.title, claim.pk)
    assert f"evidence:{claim.pk}" in entry.touches


@pytest.mark.parametrize(
    ("piece", "field", "code"),
    [
        (Piece(kind="link", title="x"), "url", "missing"),
        (Piece(kind="link", title="x", url="ftp://exemple.fr/"), "url", "not_http"),
        (Piece(kind="link", title="x", url="javascript:alert(1)"), "url", "not_http"),
        (Piece(kind="link", title="x", url="https://moi:secret@exemple.fr/"), "url", "credentials"),
        (Piece(kind="link", title="x", url="https://[::1"), "url", "not_http"),
        (Piece(kind="link", title="x", url="https://exemple.fr/" + "a" * 5_000), "url", "too_long"),
        (Piece(kind="link", url="https://exemple.fr/"), "title", "missing"),
        (Piece(kind="link", url="https://exemple.fr/", title="x" * 201), "title", "too_long"),
        (Piece(kind="file", title="x"), "file", "missing"),
        (Piece(kind="note"), "text", "missing"),
        (Piece(kind="note", text="x" * 20_001), "text", "too_long"),
        (Piece(kind="call", text="Pont ouvert"), "who", "missing"),
        (Piece(kind="call", who="Mairie"), "text", "missing"),
        (Piece(kind="statement", title="x"), "text", "missing"),
        (Piece(kind="post", title="x"), "lead", "missing"),
        (Piece(kind="rumour", title="x"), "kind", "unknown"),
        (Piece(kind="note", text="x", bearing="proves"), "bearing", "unknown"),
    ],
)
def test_a_piece_without_what_its_kind_needs_is_refused_by_field(
    cast: Cast, claim: Claim, now: datetime, piece: Piece, field: str, code: str
) -> None:
    with pytest.raises(FieldRefused) as refused:
        add(claim=claim, piece=piece, by=desk(cast.volunteer, cast.operation), now=now)
    assert (refused.value.field, refused.value.code) == (field, code)
    assert not Evidence.objects.exists()


def test_a_call_says_who_and_when_and_needs_no_title(
    cast: Cast, claim: Claim, now: datetime
) -> None:
    by = desk(cast.volunteer, cast.operation)
    call = Piece(
        kind="call", who="Mairie de Ballancourt", service="standard", text="Le pont est ouvert.",
        happened_at=now - timedelta(minutes=3),
    )  # fmt: skip
    row = add(claim=claim, piece=call, by=by, now=now)
    assert (row.title, row.facts["who"], row.facts["service"]) == (
        "Mairie de Ballancourt", "Mairie de Ballancourt", "standard",
    )  # fmt: skip
    late = Piece(kind="call", who="x", text="y", happened_at=now + timedelta(hours=1))
    with pytest.raises(FieldRefused):
        add(claim=claim, piece=late, by=by, now=now)


def test_a_file_is_kept_byte_for_byte_and_only_its_picture_written_anew_is_shown(
    cast: Cast, claim: Claim, now: datetime
) -> None:
    data = png()
    by = desk(cast.volunteer, cast.operation)
    piece = Piece(kind="screenshot", title="Capture", handed=handed(data), graphic=True)
    row = add(claim=claim, piece=piece, by=by, now=now)
    store = BlobStore()
    assert store.path(row.blob).read_bytes() == data
    assert b"Appareil" not in store.path(row.shown).read_bytes()
    assert (row.facts["graphic"], row.facts["width"], row.size) == (True, 30, len(data))


def test_what_is_no_picture_is_a_file_and_no_screenshot() -> None:
    kept = take_in(
        [b"MZ\x90", b"\x00"], name="../..\\facture\u202efdp.exe", content_type="text/html; x"
    )
    assert (kept.shown, kept.name, kept.content_type) == ("", "facturefdp.exe", "text/html")
    with pytest.raises(FileRefused) as refused:
        take_in([b"MZ\x90"], name="x.png", picture=True)
    assert refused.value.code == "not_a_picture"
    with pytest.raises(FileRefused):
        take_in([], name="x")


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        ("photo.jpg", "photo.jpg"),
        ("/etc/passwd", "passwd"),
        ("C:\\Users\\x\\a.txt", "a.txt"),
        ('a"b\r\nSet-Cookie: x.txt', "a_bSet-Cookie_ x.txt"),
        ("...", "fichier"),
        ("", "fichier"),
        ("é" * 300 + ".pdf", "é" * 116 + ".pdf"),
    ],
)
def test_names_of_files_are_cleaned(given: str, safe: str) -> None:
    assert safe_name(given) == safe


def test_a_piece_is_struck_out_with_a_reason_and_stays(
    cast: Cast, claim: Claim, now: datetime
) -> None:
    by, other = desk(cast.volunteer, cast.operation), desk(cast.mapper, cast.operation)
    row = add(claim=claim, piece=Piece(kind="note", text="vu"), by=by, now=now)
    with pytest.raises(FieldRefused):
        strike(claim=claim, evidence=row.pk, reason="non", by=by, now=now)
    with pytest.raises(NotAllowed):
        strike(claim=claim, evidence=row.pk, reason=WHY, by=other, now=now)
    struck = strike(
        claim=claim, evidence=row.pk, reason=WHY, by=desk(cast.verifier, cast.operation), now=now
    )
    assert (struck.struck_because, struck.struck_by, struck.text) == (WHY, cast.verifier, "vu")
    with pytest.raises(AlreadyStruck):
        strike(claim=claim, evidence=row.pk, reason=WHY, by=by, now=now)
    assert Entry.objects.get(verb="evidence.struck").text == WHY
    assert [held.row for held in evidence_of(by, claim)] == [struck]


def test_who_checks_says_what_it_shows_and_whether_the_public_reads_of_it(
    cast: Cast, claim: Claim, now: datetime
) -> None:
    row = add(claim=claim, piece=Piece(kind="note", text="vu"), by=desk(cast.volunteer, cast.operation), now=now)  # fmt: skip
    with pytest.raises(NotAllowed):
        change(claim=claim, evidence=row.pk, public=True, by=desk(cast.volunteer, cast.operation), now=now)  # fmt: skip
    by = desk(cast.verifier, cast.operation)
    change(claim=claim, evidence=row.pk, public=True, bearing="supports", by=by, now=now)
    row.refresh_from_db()
    assert (row.public, row.bearing) == (True, "supports")
    change(claim=claim, evidence=row.pk, public=True, by=by, now=now)
    assert Entry.objects.filter(verb="evidence.changed").count() == 1


def test_evidence_of_elsewhere_is_nowhere(cast: Cast, claim: Claim, now: datetime) -> None:
    by = desk(cast.volunteer, cast.operation)
    row = add(
        claim=claim, piece=Piece(kind="link", url="https://exemple.fr", title="x"), by=by, now=now
    )
    outside = desk(cast.outsider, cast.other_operation)
    theirs = open_claim(wording="Autre", by=outside, now=now)
    assert evidence_of(outside, claim) == []
    assert row.archive is not None
    for look in (
        lambda: evidence_for(outside, claim, row.pk),
        lambda: archive_for(outside, theirs, row.archive_id or 0),
        lambda: strike(claim=claim, evidence=row.pk, reason=WHY, by=outside, now=now),
        lambda: archive_again(claim=claim, evidence=row.pk, by=outside, now=now),
    ):
        with pytest.raises(EvidenceNotHere):
            look()
    post = lead(cast.other_operation, "ailleurs", now=now)
    with pytest.raises(LeadNotHere):
        add(claim=claim, piece=Piece(kind="post", title="x", lead=post), by=by, now=now)


def test_a_copy_under_way_is_not_asked_for_twice(cast: Cast, claim: Claim, now: datetime) -> None:
    by = desk(cast.volunteer, cast.operation)
    row = add(
        claim=claim, piece=Piece(kind="link", url="https://exemple.fr", title="x"), by=by, now=now
    )
    with pytest.raises(ArchiveUnderWay):
        archive_again(claim=claim, evidence=row.pk, by=by, now=now)
    Archive.objects.update(state="stuck", code="too_slow")
    again = archive_again(claim=claim, evidence=row.pk, by=by, now=now)
    (held,) = evidence_of(by, claim)
    assert (held.row.archive, [each.code for each in held.earlier]) == (again, ["too_slow"])
    assert archive_for(by, claim, held.earlier[0].pk).state == "stuck"


def test_files_of_evidence_are_never_unused(cast: Cast, claim: Claim, now: datetime) -> None:
    kept, loose = handed(png("red")), handed(png("blue"))
    by = desk(cast.volunteer, cast.operation)
    add(claim=claim, piece=Piece(kind="file", title="x", handed=kept), by=by, now=now)
    unused = set(unused_files(now_s=9e9))
    assert {loose.blob, loose.shown} <= unused
    assert not {kept.blob, kept.shown} & unused


def test_an_altered_file_is_told_since_when_and_when_it_is_back(
    cast: Cast, claim: Claim, now: datetime
) -> None:
    by = desk(cast.volunteer, cast.operation)
    row = add(claim=claim, piece=Piece(kind="file", title="x", handed=handed(b"un fait")), by=by, now=now)  # fmt: skip
    path = BlobStore().path(row.blob)

    def looked(minutes: int) -> tuple[str, Evidence]:
        at = now + timedelta(minutes=minutes)
        (found,) = integrity.look_all(now=at, actor="work")
        return found.code, Evidence.objects.get()

    assert looked(1)[0] == ""
    path.write_bytes(b"une fable")
    code, after = looked(2)
    assert (code, after.intact, after.altered_at) == ("altered", False, now + timedelta(minutes=2))
    path.unlink()
    code, after = looked(3)
    assert (code, after.altered_at) == ("missing", now + timedelta(minutes=2))
    path.write_bytes(b"un fait")
    code, after = looked(4)
    assert (code, after.intact, after.altered_at) == ("", True, None)
    assert list(
        Entry.objects.filter(verb__in=("evidence.altered", "evidence.intact_again"))
        .order_by("seq").values_list("verb", flat=True)
    ) == ["evidence.altered", "evidence.intact_again"]  # fmt: skip


def test_a_hash_that_was_changed_with_its_file_is_known_by_the_journal(
    cast: Cast, claim: Claim, now: datetime
) -> None:
    by = desk(cast.volunteer, cast.operation)
    row = add(claim=claim, piece=Piece(kind="file", title="x", handed=handed(b"un fait")), by=by, now=now)  # fmt: skip
    fable = handed(b"une fable")
    Evidence.objects.filter(pk=row.pk).update(blob=fable.blob, sha256=fable.sha256)
    (found,) = integrity.look_at(claim, by=by, now=now)
    assert (found.code, found.detail) == ("record", row.sha256)


def test_the_export_is_a_package_that_an_independent_validator_accepts(
    cast: Cast, claim: Claim, now: datetime, tmp_path: Path
) -> None:
    by = desk(cast.verifier, cast.operation)
    row = add(claim=claim, piece=Piece(kind="file", title="Arrêté", handed=handed(b"%PDF", "Arrêté n° 3.PDF")), by=by, now=now)  # fmt: skip
    add(claim=claim, piece=Piece(kind="call", who="Mairie", text="ouvert"), by=by, now=now)
    strike(claim=claim, evidence=row.pk, reason=WHY, by=by, now=now)
    path = tmp_path / "claim.wacz"
    with path.open("wb") as file:
        done = exporting.export(claim=claim, file=file, by=by, now=now)
    assert (done.evidence, done.damaged) == (2, ())
    with zipfile.ZipFile(path) as package:
        manifest = json.loads(package.read("custody/manifest.json"))
        assert package.read(f"files/e{row.pk}-arrete-n-3.pdf") == b"%PDF"
        assert "ReplayWeb.page" in package.read("custody/README.txt").decode()
    assert manifest["evidence"][0]["struck"]["because"] == WHY
    assert manifest["evidence"][0]["file"]["intact"] is True
    assert [entry["verb"] for entry in manifest["journal"]][:2] == [
        "claim.opened",
        "evidence.added",
    ]
    assert Entry.objects.filter(verb="evidence.exported").count() == 1
    done_by = subprocess.run(
        [Path(sys.executable).with_name("wacz"), "validate", "-f", str(path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done_by.returncode == 0, done_by.stdout + done_by.stderr
    with pytest.raises(NotAllowed):
        exporting.export(
            claim=claim, file=io.BytesIO(), by=desk(cast.volunteer, cast.operation), now=now
        )


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("exemple.fr/a", "https://exemple.fr/a"),
        (" http://exemple.fr ", "http://exemple.fr"),
        ("HTTPS://exemple.fr/é", "HTTPS://exemple.fr/é"),
    ],
)
def test_an_address_is_taken_as_people_write_it(given: str, address: str) -> None:
    assert web_address(given) == address


def test_a_picture_handed_in_is_looked_at_and_a_note_is_not(
    cast: Cast, claim: Claim, now: datetime, settings: Any, tmp_path: Path
) -> None:
    settings.VIGIE_BLOBS = tmp_path
    by = desk(cast.volunteer, cast.operation)
    add(claim=claim, piece=Piece(kind="note", text="Pont ouvert"), by=by, now=now)
    piece = Piece(kind="file", title="Le pont", handed=handed(), graphic=True)
    row = add(claim=claim, piece=piece, by=by, now=now)
    assert [(each.evidence_id, each.state) for each in SeenPicture.objects.all()] == [
        (row.pk, "wanted")
    ]
    looks = DBTaskResult.objects.filter(task_path__endswith="looking.look_at_evidence_picture")
    assert [each.args_kwargs["args"] for each in looks] == [[row.pk]]


def test_evidence_goes_in_its_own_time_and_the_proof_of_it_stays(
    cast: Cast, claim: Claim, now: datetime
) -> None:
    by = desk(cast.volunteer, cast.operation)
    given = handed(b"un fait", "fait.txt")
    row = add(claim=claim, piece=Piece(kind="file", title="Arrêté", handed=given), by=by, now=now)
    add(claim=claim, piece=Piece(kind="link", url="https://exemple.fr", title="x"), by=by, now=now)
    assert retention.purge(now=now + timedelta(days=5_000))["evidence"] == 0  # it has not ended
    Operation.objects.filter(pk=cast.operation.pk).update(phase="closed", closed_at=now)
    assert retention.counts(now=now + timedelta(days=364))["evidence"] == 0
    later = now + timedelta(days=366)
    assert retention.counts(now=later)["evidence"] == 3
    assert retention.purge(now=later)["evidence"] == 3
    row.refresh_from_db()
    assert (row.blob, row.title, row.text, row.expired_at) == ("", "", "", later)
    assert (row.sha256, row.added_by, row.kind) == (given.sha256, cast.volunteer, "file")
    assert not BlobStore().path(given.blob).exists()
    assert Archive.objects.get().state == "expired"
    assert retention.purge(now=later)["evidence"] == 0
    entry = Entry.objects.get(verb="data.expired", chain=cast.operation.pk, data__kind="evidence")
    assert entry.data["number"] == 3
    assert list(integrity.look_all(now=later, actor="work")) == []
    assert next(held.row.pk for held in evidence_of(by, claim)) == row.pk


def test_a_persons_request_finds_evidence_and_only_a_decision_lets_it_go(
    cast: Cast, claim: Claim, now: datetime
) -> None:
    by = desk(cast.volunteer, cast.operation)
    given = handed(b"un fait", "fait.txt")
    photo = Piece(kind="file", title="Compte @Riverain91 : photo du pont", handed=given)
    row = add(claim=claim, piece=photo, by=by, now=now)
    link = Piece(kind="link", url="https://exemple.fr/riverain91/3", title="Son message")
    page = add(claim=claim, piece=link, by=by, now=now)
    other = add(claim=claim, piece=Piece(kind="note", text="autre"), by=by, now=now)
    found = named.naming("@riverain91")
    assert [each.pk for each in found] == [row.pk, page.pk]
    assert named.naming("@") == []
    assert [each["reason"] for each in named.told(found)] == [row.title, "Son message"]
    officer = Officer(user=cast.data_protection_officer, actor="dpo")
    assert named.forget(found, why="demande fondée", by=officer, now=now) == 2
    row.refresh_from_db()
    other.refresh_from_db()
    assert (row.title, row.blob, row.sha256) == ("", "", given.sha256)
    assert (other.text, other.expired_at) == ("autre", None)
    assert not BlobStore().path(given.blob).exists()
    assert Archive.objects.get().state == "expired"
    assert named.naming("riverain91") == []
    entry = Entry.objects.get(verb="evidence.let_go")
    assert (entry.text, entry.data["number"]) == ("demande fondée", 2)


def test_a_claim_that_took_another_over_shows_its_evidence_too(
    cast: Cast, claim: Claim, now: datetime
) -> None:
    by = desk(cast.verifier, cast.operation)
    row = add(claim=claim, piece=Piece(kind="note", text="vu"), by=by, now=now)
    heir = open_claim(wording="Le pont est fermé", by=by, now=now)
    Claim.objects.filter(pk=claim.pk).update(merged_into=heir)
    assert [held.row.pk for held in evidence_of(by, heir)] == [row.pk]
    strike(claim=heir, evidence=row.pk, reason=WHY, by=by, now=now)
    entry = Entry.objects.get(verb="evidence.struck")
    assert {f"evidence:{claim.pk}", f"evidence:{heir.pk}"} <= set(entry.touches)
