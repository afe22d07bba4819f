"""Whether what was kept is still what was kept: file, package, time-stamp, and the journal's word.

`vigie doctor`, the nightly round and the button on a claim's page all look this way, and write down
what they found, so that everybody sees since when something is altered.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet

from vigie.accounts.roles import Right
from vigie.collection.blobs import BlobStore, UnknownBlob
from vigie.journal import queries as journal
from vigie.operations.access import Desk, machine_desk
from vigie.verification.actions._claims import taken_over
from vigie.verification.archives import stamping, wacz
from vigie.verification.models import Archive, Claim, Evidence

CHUNK: Final = 1 << 20
Row = Archive | Evidence


@dataclass(frozen=True, kw_only=True)
class Looked:
    """A kept file as it was found. `code`: "" when intact; missing, altered, package, stamp, record
    (the journal knows another hash). `detail` names what within it; `claims` are numbers.
    """

    kind: str
    row: Row
    operation: str
    claims: tuple[int, ...]
    code: str = ""
    detail: str = ""

    @property
    def name(self) -> str:
        """As the installation's keeper finds it."""
        which = ", ".join(f"claim {number}" for number in self.claims) or "no claim"
        return f"{self.kind} {self.row.pk} of {self.operation} ({which}): {blob_of(self.row)}"


More = Callable[[], bool]


def look_all(
    *, now: datetime, actor: str, before: datetime | None = None, more: More = lambda: True
) -> Iterator[Looked]:
    """Look at every kept file that was not looked at since `before` (all without), those looked at
    longest ago first, and write down what was found.
    """
    known = _recorded()
    for row in _rows(before=before or now):
        if not more():
            return
        yield _noted(row, known, now=now, actor=actor)


def look_at(claim: Claim, *, by: Desk, now: datetime) -> list[Looked]:
    """Look at all files of one claim's evidence, former copies too, and write down what was found."""
    by.require(Right.SEE_CLAIMS)
    pieces = list(
        Evidence.objects.filter(claim__in=taken_over(claim), claim__operation=by.operation)
    )
    found: list[Row] = [piece for piece in pieces if piece.blob]
    archives = [piece.archive_id for piece in pieces if piece.archive_id is not None]
    while archives:
        rows = list(Archive.objects.filter(pk__in=archives))
        found += [row for row in rows if row.state == "kept"]
        archives = [row.replaces_id for row in rows if row.replaces_id is not None]
    known = _recorded(by.operation.pk)
    return [_noted(row, known, now=now, actor=by.actor) for row in found]


def _rows(*, before: datetime) -> Iterator[Row]:
    """Rows with a file that nobody looked at since, those looked at longest ago first."""
    due = Q(checked_at__isnull=True) | Q(checked_at__lt=before)
    oldest_first = (F("checked_at").asc(nulls_first=True), "pk")
    archives = Archive.objects.filter(due, state="kept").order_by(*oldest_first)
    pieces = Evidence.objects.filter(due).exclude(blob="").order_by(*oldest_first)
    for pk in list(archives.values_list("pk", flat=True)):
        yield from Archive.objects.filter(pk=pk)
    for pk in list(pieces.values_list("pk", flat=True)):
        yield from Evidence.objects.filter(pk=pk)


def _noted(row: Row, known: Mapping[tuple[str, int], str], *, now: datetime, actor: str) -> Looked:
    """Look at one, and write down what was found; the journal tells when that changed."""
    found = _looked(row, known)
    intact = not found.code
    with transaction.atomic():
        type(row).objects.filter(pk=row.pk).update(
            checked_at=now, intact=intact,
            altered_at=None if intact else (row.altered_at or now),
        )  # fmt: skip
        if (row.intact is False) == intact:
            for claim in Claim.objects.filter(evidence__in=_pieces(row)).select_related(
                "operation"
            ):
                machine_desk(claim.operation, actor).record(
                    "evidence.intact_again" if intact else "evidence.altered",
                    now=now, subject=("claim", claim.pk),
                    data={"number": claim.number, found.kind: row.pk, "code": found.code},
                    touches=[f"claim:{claim.pk}", f"evidence:{claim.pk}"],
                )  # fmt: skip
    return found


def _looked(row: Row, known: Mapping[tuple[str, int], str]) -> Looked:
    kind = "archive" if isinstance(row, Archive) else "evidence"
    claims = Claim.objects.filter(evidence__in=_pieces(row)).order_by("number")
    operation = row.operation if isinstance(row, Archive) else row.claim.operation
    code, detail = _judged(row, known.get((kind, row.pk)))
    return Looked(
        kind=kind, row=row, operation=operation.slug,
        claims=tuple(claims.values_list("number", flat=True)), code=code, detail=detail,
    )  # fmt: skip


def _judged(row: Row, recorded: str | None) -> tuple[str, str]:
    """Code and detail; empty when all is as it was."""
    try:
        path = BlobStore().path(blob_of(row))
        digest = _sha256(path)
    except (OSError, UnknownBlob):
        return "missing", ""
    if recorded is not None and recorded != row.sha256:
        return "record", recorded
    if digest != row.sha256:
        return "altered", _within(path) if isinstance(row, Archive) else ""
    if isinstance(row, Archive):
        try:
            wacz.look(path)
        except wacz.Altered as error:
            return "package", str(error)
    if row.token is not None and settings.VIGIE_TIMESTAMP is not None:
        try:
            stamping.verified(bytes(row.token), row.sha256, settings.VIGIE_TIMESTAMP.roots)
        except stamping.StampRefused as error:
            return "stamp", error.code
    return "", ""


def _within(path: Path) -> str:
    """Which part of an altered package tells; "" when each is as it says."""
    try:
        wacz.look(path)
    except wacz.Altered as error:
        return str(error)
    return ""


def _recorded(chain: int | None = None) -> dict[tuple[str, int], str]:
    """Hashes as the journal tells them, which nobody changes without breaking its chain."""
    found: dict[tuple[str, int], str] = {}
    for data in journal.data_of(("archive.kept", "evidence.added"), chain=chain):
        if "archive" in data and data.get("kind") is None and data.get("sha256"):
            found["archive", data["archive"]] = data["sha256"]
        elif data.get("kind") is not None and data.get("sha256"):
            found["evidence", data["evidence"]] = data["sha256"]
    return found


def blob_of(row: Row) -> str:
    """The name of its file."""
    return row.wacz if isinstance(row, Archive) else row.blob


def _pieces(row: Row) -> QuerySet[Evidence]:
    """Evidence that the file bears on; a former copy bears on what its successors bear on."""
    if isinstance(row, Evidence):
        return Evidence.objects.filter(pk=row.pk)
    chain, last = {row.pk}, {row.pk}
    while last:
        last = set(Archive.objects.filter(replaces__in=last).values_list("pk", flat=True)) - chain
        chain |= last
    return Evidence.objects.filter(archive__in=chain)


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
