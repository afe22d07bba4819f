"""Looking in one direction in a picture all round."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from vigie.analysis.pictures.panorama import looking

pytestmark = pytest.mark.pure


def round_picture(width: int = 720, height: int = 360) -> Image.Image:
    """Each column's red says its direction from the middle, in steps of 2°; rows below the horizon
    are blue."""
    pixels = np.zeros((height, width, 3), dtype=np.uint8)
    turned = (np.arange(width) + 0.5) / width * 360 - 180
    pixels[:, :, 0] = ((turned + 180) / 2).astype(np.uint8)[None, :]
    pixels[height // 2 :, :, 2] = 200
    return Image.fromarray(pixels)


@pytest.mark.parametrize(
    ("azimuth", "towards"), [(0, 0), (0, 90), (200, 250), (350, 20), (10, 300)]
)
def test_the_middle_looks_to_where_one_asked(azimuth: float, towards: float) -> None:
    made = np.asarray(
        looking(round_picture(), azimuth=azimuth, towards=towards, size=(201, 151)), dtype=float
    )
    turned = (towards - azimuth + 180) % 360 - 180
    assert made[75, 100, 0] * 2 - 180 == pytest.approx(turned, abs=3)


def test_the_edges_look_half_the_angle_aside_and_the_horizon_is_level() -> None:
    made = np.asarray(
        looking(round_picture(), azimuth=90, towards=90, size=(401, 301)), dtype=float
    )
    assert made[150, 0, 0] * 2 - 180 == pytest.approx(-45, abs=3)
    assert made[150, -1, 0] * 2 - 180 == pytest.approx(45, abs=3)
    assert made[140, :, 2].max() < 20
    assert made[160, :, 2].min() > 180


def test_beyond_the_edges_of_a_picture_cut_above_and_below_it_is_black() -> None:
    made = np.asarray(
        looking(round_picture(720, 60), azimuth=0, towards=40, size=(201, 151)), dtype=float
    )
    assert made[0].max() == 0
    assert made[-1].max() == 0
    assert made[75, 100, 0] > 0
