"""Lambert-93 (EPSG:2154) to WGS 84, by the formulas of IGN's note NT/G 71 (conic, GRS 80).

RGF93 and WGS 84 are taken as the same: they differ by less than a metre.
"""

from __future__ import annotations

import math
from typing import Final

_E: Final = 0.081819191042816
"""First eccentricity of GRS 80."""
_N: Final = 0.7256077650532670
_C: Final = 11_754_255.4261
_XS: Final = 700_000.0
_YS: Final = 12_655_612.0499
_LON0: Final = math.radians(3.0)


def to_wgs84(x: float, y: float) -> tuple[float, float] | None:
    """(lon, lat) in degrees; None outside metropolitan France and its seas."""
    if not (-400_000 <= x <= 1_400_000 and 5_900_000 <= y <= 7_300_000):
        return None
    radius = math.hypot(x - _XS, y - _YS)
    angle = math.atan((x - _XS) / (_YS - y))
    isometric = -math.log(abs(radius / _C)) / _N
    latitude = 2 * math.atan(math.exp(isometric)) - math.pi / 2
    for _ in range(12):
        sine = _E * math.sin(latitude)
        latitude = (
            2 * math.atan(((1 + sine) / (1 - sine)) ** (_E / 2) * math.exp(isometric)) - math.pi / 2
        )
    return math.degrees(_LON0 + angle / _N), math.degrees(latitude)
