"""All evidence of a claim as one WACZ: what third-party readers open, and the custody beside it.

archive/     the WARC files of every kept page, one an archive
originals/   the packages as they were kept: what their hashes and time-stamps are over
files/       files as they were handed in
timestamps/  RFC 3161 responses (.tsr), over the file named alike
custody/     manifest.json (who added what, when, with which hash; the journal's entries), README.txt
"""

from __future__ import annotations

import json
import re
import unicodedata
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final

from django.db import transaction

from vigie.accounts.roles import Right
from vigie.collection.blobs import BlobStore
from vigie.journal import queries as journal
from vigie.kernel.clock import rfc3339
from vigie.operations.access import Desk
from vigie.verification.actions._claims import taken_over
from vigie.verification.archives import integrity, wacz
from vigie.verification.archives.packing import TOOL
from vigie.verification.archives.wacz import Extra, Packing, Page, Warc
from vigie.verification.models import Archive, Claim, Evidence
from vigie.verification.queries.evidence import Held, evidence_of

CHUNK: Final = 1 << 20

README: Final = """\
FR — Ce fichier réunit les éléments d’une allégation vérifiée avec Vigie. Il s’ouvre avec tout
lecteur de WACZ (par exemple ReplayWeb.page). custody/manifest.json dit qui a ajouté quoi, quand,
avec quelle empreinte SHA-256, et reprend les lignes de la main courante, chaînées entre elles.
originals/ contient chaque archive telle qu’elle a été conservée ; timestamps/ les réponses
d’horodatage RFC 3161, à vérifier par exemple avec :
    openssl ts -verify -in timestamps/X.tsr -data originals/X.wacz -CAfile racine.pem
Un élément rayé reste présent, avec son motif. Un fichier trouvé altéré ou manquant est signalé dans
le manifeste (« intact »: false).

EN — This file holds the evidence of a claim checked with Vigie. Any WACZ reader opens it (for example
ReplayWeb.page). custody/manifest.json says who added what, when, with which SHA-256, and quotes the
journal's entries, each chained to the one before. originals/ holds every archive as it was kept;
timestamps/ the RFC 3161 responses, to be verified for example with the command above. Evidence that
was struck out is still there, with the reason. A file found altered or missing is told so in the
manifest ("intact": false).
"""


@dataclass(frozen=True, kw_only=True)
class Exported:
    """How much is in it. `damaged` names what is altered or missing."""

    evidence: int
    archives: int
    damaged: tuple[str, ...]


def export(*, claim: Claim, file: IO[bytes], by: Desk, now: datetime) -> Exported:
    """Write the package into an open file. The operation's journal says that it was handed out."""
    by.require(Right.EXPORT)
    held = evidence_of(by, claim)
    looked = {
        (found.kind, found.row.pk): found for found in integrity.look_at(claim, by=by, now=now)
    }
    packing = Packing(file, created=now)
    archives: list[tuple[Held, Archive]] = [
        (one, each)
        for one in held
        for each in (*reversed(one.earlier), *([one.row.archive] if one.row.archive else ()))
    ]
    main: Page | None = None
    for one, archive in archives:
        if archive.state != "kept":
            continue
        page = _add_archive(packing, one.row, archive)
        if page is not None and not one.row.struck_at:
            main = main or page
    for one in held:
        _add_file(packing, one.row)
    manifest = {
        "format": "vigie-evidence/1",
        "made_at": rfc3339(now),
        "made_by": by.actor,
        "tool": TOOL,
        "operation": {"slug": by.operation.slug, "title": by.operation.title,
                      "exercise": by.operation.is_exercise},
        "claim": {"number": claim.number, "wording": claim.wording, "state": claim.state,
                  "verdict": claim.verdict or None},
        "evidence": [_evidence(one, looked) for one in held],
        "journal": list(_journal(claim, by)),
    }  # fmt: skip
    told = json.dumps(manifest, ensure_ascii=False, indent=1).encode()
    packing.attach(Extra(path="custody/manifest.json", chunks=[told]))
    packing.attach(Extra(path="custody/README.txt", chunks=[README.encode()]))
    packing.finish(
        title=f"{by.operation.title} – {claim.number}. {claim.wording}", software=TOOL, main=main,
        more={},
    )  # fmt: skip
    damaged = tuple(found.name for found in looked.values() if found.code)
    with transaction.atomic():
        by.record(
            "evidence.exported", now=now, subject=("claim", claim.pk),
            data={"number": claim.number, "evidence": len(held), "damaged": len(damaged)},
        )  # fmt: skip
    return Exported(evidence=len(held), archives=len(archives), damaged=damaged)


def file_name(claim: Claim, by: Desk) -> str:
    """What the package is called."""
    return f"{by.operation.slug}-allegation-{claim.number}.wacz"


def _add_archive(packing: Packing, piece: Evidence, archive: Archive) -> Page | None:
    """The package and its WARC files; the page it shows. None when the file is gone or unreadable."""
    path = BlobStore().path(archive.wacz)
    if not path.is_file():
        return None
    name = _archive_name(archive)
    packing.attach(Extra(path=f"originals/{name}.wacz", chunks=_chunks(path)))
    if archive.token is not None:
        packing.attach(Extra(path=f"timestamps/{name}.tsr", chunks=[bytes(archive.token)]))
    try:
        for number, warc in enumerate(wacz.warcs(path)):
            packing.warc(
                Warc(name=f"{name}-{number}.warc.gz", data=warc.data, indexed=warc.indexed)
            )
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, EOFError):
        return None  # altered: the original is in the package, the manifest tells
    page = Page(
        url=archive.final_url, at=archive.captured_at or archive.asked_at,
        title=archive.title or piece.title, text=archive.text,
    )  # fmt: skip
    packing.page(page)
    return page


def _add_file(packing: Packing, piece: Evidence) -> None:
    if not piece.blob:
        return
    path = BlobStore().path(piece.blob)
    if path.is_file():
        packing.attach(Extra(path=f"files/{_piece_name(piece)}", chunks=_chunks(path)))
    if piece.token is not None:
        packing.attach(
            Extra(path=f"timestamps/{_piece_name(piece)}.tsr", chunks=[bytes(piece.token)])
        )


def _evidence(one: Held, looked: dict[tuple[str, int], integrity.Looked]) -> dict[str, Any]:
    row = one.row
    archives = [*([row.archive] if row.archive else []), *one.earlier]
    return {
        "id": row.pk, "kind": row.kind, "bearing": row.bearing, "title": row.title,
        "text": row.text, "url": row.url or None, "facts": row.facts,
        "happened_at": _time(row.happened_at), "added_at": _time(row.added_at),
        "added_by": row.added_by.display if row.added_by else None, "public": row.public,
        "struck": {"at": _time(row.struck_at), "because": row.struck_because,
                   "by": row.struck_by.display if row.struck_by else None}
        if row.struck_at
        else None,
        "file": {"path": f"files/{_piece_name(row)}", "name": row.file_name, "sha256": row.sha256,
                 "bytes": row.size, **_seal(row, looked.get(("evidence", row.pk)))}
        if row.blob
        else None,
        "post": _post(row),
        "archives": [_archive(each, looked.get(("archive", each.pk))) for each in archives],
    }  # fmt: skip


def _archive(row: Archive, found: integrity.Looked | None) -> dict[str, Any]:
    told = {
        "id": row.pk, "url": row.url, "final_url": row.final_url or None, "state": row.state,
        "code": row.code or None, "status": row.status, "asked_at": _time(row.asked_at),
        "captured_at": _time(row.captured_at), "tool": row.tool or None, "facts": row.facts,
        "capturer": row.capturer.display if row.capturer else None,
        "replaces": row.replaces_id,
    }  # fmt: skip
    if row.state == "kept":
        told |= {
            "path": f"originals/{_archive_name(row)}.wacz", "sha256": row.sha256,
            "bytes": row.size, **_seal(row, found),
        }  # fmt: skip
    return told


def _seal(row: Archive | Evidence, found: integrity.Looked | None) -> dict[str, Any]:
    return {
        "intact": found is not None and not found.code,
        "found": (found.code if found else "") or None,
        "stamped_at": _time(row.stamped_at),
    }


def _post(row: Evidence) -> dict[str, Any] | None:
    if row.lead is None:
        return None
    post = row.lead.post
    return {
        "url": post.url or None,
        "network": post.network,
        "published_at": _time(post.published_at),
    }


def _journal(claim: Claim, by: Desk) -> Iterator[dict[str, Any]]:
    entries = journal.entries(by.operation.pk).filter(
        subject_kind="claim", subject_id__in=taken_over(claim)
    )
    for entry in entries.reverse():
        yield {
            "seq": entry.seq, "at": rfc3339(entry.at), "actor": entry.actor, "verb": entry.verb,
            "text": entry.text, "data": entry.data, "prev_hash": entry.prev_hash,
            "hash": entry.hash,
        }  # fmt: skip


def _archive_name(row: Archive) -> str:
    return f"a{row.pk}"


def _piece_name(row: Evidence) -> str:
    """A name every system and every reader of data packages takes."""
    plain = unicodedata.normalize("NFKD", row.file_name).encode("ascii", "ignore").decode().lower()
    return f"e{row.pk}-{re.sub(r'[^a-z0-9._-]+', '-', plain).strip('-.') or 'file'}"


def _time(moment: datetime | None) -> str | None:
    return rfc3339(moment) if moment else None


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk
