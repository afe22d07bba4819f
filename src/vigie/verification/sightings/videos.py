"""Key frames of a video that was handed in, taken out in a background job and looked at for reuse."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from django.db import transaction
from django.db.models import Q
from django_tasks import task

from vigie.analysis.pictures import Fingerprint, fingerprint
from vigie.analysis.pictures.frames import NoVideo, key_frames
from vigie.collection.blobs import BlobStore, UnknownBlob
from vigie.contracts.jobs import tools
from vigie.verification.models import Evidence, KeyFrame, SeenPicture, Video
from vigie.verification.sightings.looking import keep_print

QUALITY: Final = 88


@dataclass(frozen=True, kw_only=True)
class _Taken:
    at_s: float
    blob: str
    seen: Fingerprint


def want_frames(evidence: Evidence) -> None:
    """Have the key frames of a video taken out, in the caller's transaction; nothing for a file
    that is none by its content (`handed.take_in`), whatever it is called."""
    if not evidence.blob or not evidence.content_type.startswith("video/"):
        return
    video, _ = Video.objects.get_or_create(evidence=evidence)
    take_frames.enqueue(video.pk)


@task(priority=-5)
async def take_frames(video: int) -> None:
    """Take the pictures out of one video; once."""
    at_hand = tools()
    blob = await at_hand.database(_wanted, video)
    if not blob:
        return
    try:
        found = await at_hand.apart(_taken, BlobStore().path(blob))
    except NoVideo:
        await at_hand.database(_refuse, video, "video_unreadable")
    except (UnknownBlob, OSError):
        await at_hand.database(_refuse, video, "video_gone")
    else:
        await at_hand.database(_keep, video, found, now=at_hand.ports.clock.now())


def _wanted(video: int) -> str | None:
    rows = Video.objects.filter(pk=video, state="wanted", evidence__expired_at__isnull=True)
    return rows.values_list("evidence__blob", flat=True).first()


def _taken(path: Path) -> list[_Taken]:
    """Raises NoVideo, OSError."""
    if not path.exists():
        raise FileNotFoundError(path.name)
    store, made = BlobStore(), []
    for frame in key_frames(path):
        out = io.BytesIO()
        frame.image.save(out, "WEBP", quality=QUALITY)
        kept = store.keep([out.getvalue()], suffix=".webp")
        made.append(_Taken(at_s=frame.at_s, blob=kept.name, seen=fingerprint(frame.image)))
    return made


def _refuse(video: int, code: str) -> None:
    Video.objects.filter(pk=video, state="wanted").update(state="refused", code=code)


def _keep(video: int, found: list[_Taken], *, now: datetime) -> None:
    with transaction.atomic():
        row = (
            Video.objects.select_for_update().select_related("evidence__claim")
            .filter(pk=video, state="wanted", evidence__expired_at__isnull=True).first()
        )  # fmt: skip
        if row is None:
            return
        row.state = "read"
        row.save(update_fields=["state"])
        for each in found:
            frame = KeyFrame.objects.create(video=row, at_s=each.at_s, blob=each.blob)
            SeenPicture.objects.create(
                operation_id=row.evidence.claim.operation_id, frame=frame,
                seen_at=row.evidence.added_at,
            )  # fmt: skip
            keep_print(Q(frame=frame), each.seen, now=now)
