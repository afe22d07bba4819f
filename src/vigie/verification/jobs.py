"""Vectors of claims, made in the background: what is compared to find a claim again by its meaning.

A text takes about 40 ms, so an imported feed of thousands is encoded some at a time, each batch a
job that enqueues the next; a person who asks meanwhile waits for one text at most.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Q
from django_tasks import task

from vigie.analysis.claims import MODEL, encode
from vigie.contracts.jobs import tools
from vigie.verification.models import Claim, KnownClaim

AT_ONCE: Final = 200
"""Texts of one job: about eight seconds."""


@task()
async def encode_claims(claims: Sequence[int]) -> None:
    """Keep the vectors of these claims' wordings."""
    at_hand = tools()
    wordings = await at_hand.database(_wordings, claims)
    if wordings:
        vectors = await at_hand.apart(encode, [text for _, text in wordings])
        await at_hand.database(_keep, list(zip(wordings, vectors, strict=True)))


@task()
async def encode_known() -> None:
    """Keep the vectors of imported claims that have none of this model, some at a time."""
    at_hand = tools()
    wordings = await at_hand.database(waiting)
    if not wordings:
        return
    vectors = await at_hand.apart(encode, [text for _, text in wordings])
    await at_hand.database(
        keep_known, [(pk, vector) for (pk, _), vector in zip(wordings, vectors, strict=True)],
        now=at_hand.ports.clock.now(),
    )  # fmt: skip


def waiting() -> list[tuple[int, str]]:
    """Imported claims without a vector of this model: id and wording, the latest checks first."""
    rows = KnownClaim.objects.filter(
        ~Q(vector_model=MODEL) | Q(ready_at__isnull=True), withdrawn_at__isnull=True
    )
    return list(rows.order_by("-published_at", "-pk").values_list("pk", "wording")[:AT_ONCE])


def keep_known(vectors: Sequence[tuple[int, bytes]], *, now: datetime) -> None:
    """Store vectors of imported claims and go on with the next in the background."""
    with transaction.atomic():
        KnownClaim.objects.bulk_update(
            [
                KnownClaim(pk=pk, vector=vector, vector_model=MODEL, ready_at=now)
                for pk, vector in vectors
            ],
            ["vector", "vector_model", "ready_at"],
        )
        encode_known.enqueue()


def _wordings(claims: Sequence[int]) -> list[tuple[int, str]]:
    return list(Claim.objects.filter(pk__in=claims).values_list("pk", "wording"))


def _keep(made: Sequence[tuple[tuple[int, str], bytes]]) -> None:
    """One that was reworded meanwhile is left to the job of its new wording."""
    for (pk, wording), vector in made:
        Claim.objects.filter(pk=pk, wording=wording).update(vector=vector, vector_model=MODEL)
