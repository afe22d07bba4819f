"""RFC 3161 time-stamps: an authority outside the house says that a file existed at a moment.

Off until an authority is configured with its certificate: a stamp nobody can verify proves nothing.
A stamp is verified before it is kept, and again without any network whenever somebody looks.
"""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Final

from cryptography import x509
from django.conf import settings
from django.db import transaction
from django_tasks import task
from rfc3161_client import (
    HashAlgorithm,
    TimeStampRequest,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from vigie.collection.blobs import BlobStore
from vigie.contracts.jobs import GiveUp, NotYet, tools
from vigie.kernel.hashing import sha256_hex
from vigie.verification.models import Archive, Evidence

BYTES: Final = 100_000
TIMEOUT_S: Final = 30.0


class StampRefused(Exception):
    """The answer is no stamp of this hash by the authority we trust. `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def want_archive(archive: int) -> None:
    """Have an archive's file stamped, when an authority is configured; in the caller's transaction."""
    if settings.VIGIE_TIMESTAMP is not None:
        stamp.enqueue("archive", archive)


def want_evidence(evidence: int) -> None:
    """Have an evidence's file stamped, as above."""
    if settings.VIGIE_TIMESTAMP is not None:
        stamp.enqueue("evidence", evidence)


@task()
async def stamp(kind: str, pk: int) -> None:
    """Ask the authority for a stamp over a file's SHA-256, verify it, keep it."""
    at_hand = tools()
    authority = settings.VIGIE_TIMESTAMP
    name, sha256 = await at_hand.database(_unstamped, kind, pk)
    if authority is None or not name:
        return
    request = await at_hand.apart(_request, name, sha256)
    answer = await at_hand.ports.http.post(
        authority.url,
        body=request.as_bytes(),
        headers={
            "Content-Type": "application/timestamp-query",
            "Accept": "application/timestamp-reply",
        },
        max_bytes=BYTES,
        timeout_s=TIMEOUT_S,
    )
    if answer.status != HTTPStatus.OK:
        raise NotYet("bad_status", str(answer.status))
    try:
        at = verified(answer.body, sha256, authority.roots, nonce=request.nonce)
    except StampRefused as error:
        raise GiveUp(error.code) from error
    await at_hand.database(_keep, kind, pk, answer.body, at)


def verified(
    token: bytes, sha256: str, roots: tuple[x509.Certificate, ...], *, nonce: int | None = None
) -> datetime:
    """When the authority saw the hash (hexadecimal). Needs no network. Raises StampRefused."""
    response = _decoded(token)
    builder = VerifierBuilder()
    for root in roots:
        builder = builder.add_root_certificate(root)
    if nonce is not None:
        builder = builder.nonce(nonce)
    try:
        builder.build().verify(response, bytes.fromhex(sha256))
    except VerificationError as error:
        raise StampRefused("stamp_not_verified") from error
    return response.tst_info.gen_time


def _decoded(token: bytes) -> TimeStampResponse:
    try:
        return decode_timestamp_response(token)
    except ValueError as error:
        raise StampRefused("stamp_unreadable") from error


def _request(name: str, sha256: str) -> TimeStampRequest:
    """A question about the file, when it is what its hash says."""
    data = BlobStore().path(name).read_bytes()
    if sha256_hex(data) != sha256:
        raise GiveUp("file_altered", name)
    return (
        TimestampRequestBuilder(data=data, hash_algorithm=HashAlgorithm.SHA256)
        .cert_request(cert_request=True)
        .build()
    )


def _unstamped(kind: str, pk: int) -> tuple[str, str]:
    """The file's name and hash; empty when it is stamped or gone."""
    if kind == "archive":
        archive = Archive.objects.filter(pk=pk, token__isnull=True, state="kept").first()
        return (archive.wacz, archive.sha256) if archive is not None else ("", "")
    piece = Evidence.objects.filter(pk=pk, token__isnull=True).first()
    return (piece.blob, piece.sha256) if piece is not None else ("", "")


def _keep(kind: str, pk: int, token: bytes, at: datetime) -> None:
    model: type[Archive] | type[Evidence] = Archive if kind == "archive" else Evidence
    with transaction.atomic():
        model.objects.filter(pk=pk, token__isnull=True).update(token=token, stamped_at=at)
