"""What is hidden in a picture cannot be seen any more; the original stays as it is."""

from __future__ import annotations

import io
from datetime import datetime
from pathlib import Path

import pytest
from PIL import Image

from tests.factories import Cast, concluded, desk, words
from vigie.collection.blobs import BlobStore
from vigie.verification.actions.factchecks import approve_words, gaps_of, write_draft
from vigie.verification.actions.page_pictures import (
    NoPicture,
    NoWordsYet,
    choose_picture,
    remove_picture,
)
from vigie.verification.blurring import Area, AreaRefused, hidden
from vigie.verification.models import Claim, Evidence


def chessboard(side: int = 400) -> bytes:
    """A picture of strong detail everywhere, with metadata that says where it was taken."""
    image = Image.new("RGB", (side, side))
    for x in range(side):
        for y in range(side):
            image.putpixel((x, y), (255, 255, 255) if (x // 4 + y // 4) % 2 else (0, 0, 0))
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "rue de la Mairie"
    image.save(out, "JPEG", quality=95, exif=exif)
    return out.getvalue()


def span(image: Image.Image, box: tuple[int, int, int, int]) -> int:
    """How far apart the darkest and the lightest point of a part are."""
    low, high = image.convert("L").crop(box).getextrema()
    return int(high) - int(low)  # type: ignore[arg-type]


def test_an_area_loses_its_detail_and_the_rest_keeps_it() -> None:
    data = hidden(chessboard(), [Area(left=0.25, top=0.25, width=0.25, height=0.5)])
    with Image.open(io.BytesIO(data)) as image:
        assert span(image, (100, 100, 200, 300)) < 60
        assert span(image, (220, 100, 390, 300)) > 180
        assert b"rue de la Mairie" not in data
        assert not image.getexif()


@pytest.mark.parametrize(
    "area",
    [
        Area(left=-0.1, top=0, width=0.1, height=0.1),
        Area(left=0, top=0, width=0, height=0.1),
        Area(left=0, top=0, width=float("nan"), height=0.1),
        Area(left=1, top=1, width=0.1, height=0.1),
        Area(left=0, top=2, width=0.1, height=0.1),
    ],
)
def test_an_area_outside_of_the_picture_is_refused(area: Area) -> None:
    with pytest.raises(AreaRefused):
        hidden(chessboard(40), [area])


@pytest.mark.django_db
def test_a_picture_with_hidden_faces_changes_the_page_and_not_the_locker(
    cast: Cast, now: datetime, settings: object, tmp_path: Path
) -> None:
    settings.VIGIE_BLOBS = tmp_path  # type: ignore[attr-defined]
    one, two = desk(cast.verifier, cast.operation), desk(cast.coordinator, cast.operation)
    claim: Claim = concluded(cast.operation, now=now, by=one)
    kept = BlobStore().keep([chessboard()], suffix=".jpg")
    evidence = Evidence.objects.create(
        claim=claim, kind="file", title="Photo", blob=kept.name, content_type="image/jpeg",
        sha256=kept.sha256, added_at=now,
    )  # fmt: skip
    areas = [Area(left=0, top=0, width=0.5, height=0.5)]
    with pytest.raises(NoWordsYet):
        choose_picture(claim=claim, evidence=evidence, areas=areas, by=one, now=now)
    write_draft(claim=claim, draft=words(), version=0, by=one, now=now)
    approve_words(claim=claim, by=two, now=now)
    page = choose_picture(claim=claim, evidence=evidence, areas=areas, by=one, now=now)
    assert page.picture != kept.name
    assert BlobStore().path(kept.name).read_bytes() == chessboard()
    codes = {gap.code for gap in gaps_of(claim, page)}
    assert codes == {"second_person", "picture_unnamed"}
    note = Evidence.objects.create(claim=claim, kind="note", title="Note", added_at=now)
    with pytest.raises(NoPicture):
        choose_picture(claim=claim, evidence=note, areas=[], by=one, now=now)
    assert remove_picture(claim=claim, by=one, now=now).picture == ""
