"""A picture is found again after what happens to pictures on networks, and only then."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from vigie.analysis.pictures import MATCH, Fingerprint, PictureIndex, fingerprint

pytestmark = pytest.mark.pure

EVALUATION = Path(os.environ.get("VIGIE_EVALUATION_DATA", "../shared/data")) / "images"


def scene(seed: int, size: tuple[int, int] = (640, 480)) -> Image.Image:
    """Something with large and small shapes, as photographs have."""
    random = np.random.default_rng(seed)
    layers = [
        Image.fromarray(random.integers(0, 255, (n, n, 3), dtype=np.uint8)).resize(
            size, Image.Resampling.BICUBIC
        )
        for n in (3, 7, 19)
    ]
    return Image.blend(Image.blend(layers[0], layers[1], 0.5), layers[2], 0.3)


def jpeg(image: Image.Image, quality: int) -> Image.Image:
    out = io.BytesIO()
    image.convert("RGB").save(out, "JPEG", quality=quality)
    return Image.open(io.BytesIO(out.getvalue()))


def distance(one: bytes, other: bytes) -> int:
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).bit_count()


EDITS = {
    "compressed": lambda i: jpeg(i, 20),
    "shrunk": lambda i: i.resize((160, 120)),
    "squeezed": lambda i: i.resize((300, 300)),
    "grey": ImageOps.grayscale,
    "brighter": lambda i: ImageEnhance.Brightness(i).enhance(1.25),
    "blurred": lambda i: i.filter(ImageFilter.GaussianBlur(2)),
    "with an alpha channel": lambda i: i.convert("RGBA"),
}


@pytest.mark.parametrize("edit", EDITS)
def test_a_picture_is_the_same_when_it_is(edit: str) -> None:
    for seed in range(5):
        picture = scene(seed)
        assert distance(fingerprint(picture).bits, fingerprint(EDITS[edit](picture)).bits) <= MATCH


def test_two_pictures_are_two() -> None:
    prints = [fingerprint(scene(seed)).bits for seed in range(20)]
    assert min(distance(a, b) for n, a in enumerate(prints) for b in prints[:n]) > 2 * MATCH


@pytest.mark.parametrize("turn", list(Image.Transpose))
def test_turned_or_mirrored_it_is_found_and_said_to_be_so(turn: Image.Transpose) -> None:
    index = PictureIndex()
    index.add([(7, fingerprint(scene(1, (512, 512))).bits)])
    (found,) = index.nearest(fingerprint(scene(1, (512, 512)).transpose(turn)))
    assert (found.id, found.turned) == (7, True)


@pytest.mark.parametrize("size", [(1, 1), (1, 900), (3, 2), (63, 65), (5000, 4)])
def test_any_size_has_a_fingerprint(size: tuple[int, int]) -> None:
    made = fingerprint(Image.new("L", size, 128))
    assert (len(made.bits), made.quality) == (32, 0)


def test_a_picture_with_nothing_in_it_resembles_none() -> None:
    index = PictureIndex()
    plain = fingerprint(Image.new("RGB", (400, 300), "white"))
    index.add([(1, plain.bits)])
    assert not plain.telling
    assert index.nearest(plain) == []


@given(
    st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=30),
    st.binary(min_size=32, max_size=32),
    st.sets(st.integers(0, 29)),
)
def test_the_index_finds_what_counting_bits_finds(
    stored: list[bytes], asked: bytes, gone: set[int]
) -> None:
    index = PictureIndex()
    for number, bits in enumerate(stored):
        index.add([(number, bits)])
    index.remove(gone)
    question = Fingerprint(bits=asked, quality=100, turned=(asked,))
    found = index.nearest(question, within=120, limit=99)
    expected = sorted(
        (distance(asked, bits), number)
        for number, bits in enumerate(stored)
        if number not in gone and distance(asked, bits) <= 120
    )
    assert [(each.distance, each.id) for each in found] == expected
    assert len(index) == len(set(range(len(stored))) - gone)


@pytest.mark.skipif(not EVALUATION.is_dir(), reason="VIGIE_EVALUATION_DATA has no pictures")
def test_the_edited_bridge_is_the_bridge() -> None:
    folder = EVALUATION / "pdq_bridge_mods"
    original = fingerprint(Image.open(folder / "aaa-orig.jpg"))
    for path in folder.glob("*.jpg"):
        assert distance(original.bits, fingerprint(Image.open(path)).bits) <= MATCH, path.name
