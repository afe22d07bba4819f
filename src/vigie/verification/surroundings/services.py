"""The words of the services that show a place: the IGN's WMS and WFS, Panoramax' STAC. Pure.

IGN: WMS 1.3.0 GetMap in EPSG:3857 (east before north), 40 requests a second; the flight's day comes
from the graph of the mosaic (WFS 2.0.0). Panoramax: `/search` with `place_position=lon,lat`,
`place_distance=from-to` in metres and `place_fov_tolerance` in degrees (180: whatever they look at).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import msgspec

from vigie.kernel.geometry import distance_m, valid_point

WIDTHS: Final = (100, 300, 1_000)
"""Metres across a photo from the air."""
RADII: Final = (50, 100, 300)
"""Metres around the place within which pictures from the street are looked for."""
PIXELS: Final = 1_200
LISTED: Final = 12
ASKED: Final = 60
PER_SEQUENCE: Final = 3
"""Of one drive, so that one car does not fill the list."""
FACING: Final = 50.0
"""Degrees between where a picture looks and where the place is."""
ALL_ROUND: Final = 180.0
LONGEST_WAIT_S: Final = 3_600.0
USUAL_WAIT_S: Final = 10.0
"""For a service that is busy and does not say for how long."""
MERCATOR_LIMIT: Final = 85.0
_LAYER: Final = "ORTHOIMAGERY.ORTHOPHOTOS"
_MOSAIC: Final = "ORTHOIMAGERY.ORTHOPHOTOS.GRAPHE-MOSAIQUAGE:graphe_bdortho"
_EARTH_M: Final = 6_378_137.0
_TEXT: Final = 120


class AnswerUnreadable(ValueError):
    """What came is not what the service says it gives."""


@dataclass(frozen=True, kw_only=True)
class StreetPicture:
    """A picture from the street near a place. Degrees from north, clockwise; metres.

    `azimuth`: where its middle looks, None when not told; `all_round`: it looks everywhere.
    `bearing`: where the place lies, seen from it. `thumb`, `large`: addresses.
    """

    remote_id: str
    lon: float
    lat: float
    distance_m: float
    bearing: float
    azimuth: float | None
    all_round: bool
    taken_at: datetime | None
    licence: str
    producer: str
    host: str
    sequence: str
    thumb: str
    large: str

    @property
    def faces(self) -> bool:
        """Whether the place is in it, as far as its direction tells."""
        if self.all_round:
            return True
        if self.azimuth is None:
            return False
        return abs((self.azimuth - self.bearing + 180) % 360 - 180) <= FACING


def photo_url(base: str, *, lon: float, lat: float, across_m: int) -> str:
    """A square photo from the air, north up, so many metres wide on the ground."""
    return f"{base}?" + urlencode(
        {
            "SERVICE": "WMS", "VERSION": "1.3.0", "REQUEST": "GetMap", "LAYERS": _LAYER,
            "STYLES": "", "FORMAT": "image/jpeg", "CRS": "EPSG:3857",
            "BBOX": _box(lon, lat, across_m), "WIDTH": PIXELS, "HEIGHT": PIXELS,
        },
        safe=":,/",
    )  # fmt: skip


def flights_url(base: str, *, lon: float, lat: float, across_m: int) -> str:
    """The flights whose photos make up that square."""
    return f"{base}?" + urlencode(
        {
            "SERVICE": "WFS", "VERSION": "2.0.0", "REQUEST": "GetFeature", "TYPENAMES": _MOSAIC,
            "SRSNAME": "EPSG:3857", "BBOX": f"{_box(lon, lat, across_m)},EPSG:3857",
            "OUTPUTFORMAT": "application/json", "PROPERTYNAME": "date_vol", "COUNT": 50,
        },
        safe=":,/",
    )  # fmt: skip


def search_url(base: str, *, lon: float, lat: float, radius_m: int) -> str:
    """Pictures from the street around the place, the nearest first."""
    return f"{base}/search?" + urlencode(
        {
            "place_position": f"{lon:.6f},{lat:.6f}", "place_distance": f"0-{radius_m}",
            "place_fov_tolerance": 180, "limit": ASKED,
        },
        safe=":,",
    )  # fmt: skip


def _box(lon: float, lat: float, across_m: int) -> str:
    """West, south, east, north in metres of EPSG:3857, whose metres grow with the latitude."""
    x = math.radians(lon) * _EARTH_M
    y = math.log(math.tan(math.pi / 4 + math.radians(lat) / 2)) * _EARTH_M
    half = across_m / 2 / math.cos(math.radians(lat))
    return ",".join(f"{each:.2f}" for each in (x - half, y - half, x + half, y + half))


def flights_in(body: bytes) -> tuple[date, date] | None:
    """The first and the last day of flight; None when none is told. Raises AnswerUnreadable."""
    days = []
    for feature in _features(body):
        try:
            days.append(
                date.fromisoformat(str(_mapping(feature.get("properties"))["date_vol"])[:10])
            )
        except (KeyError, ValueError):
            continue
    return (min(days), max(days)) if days else None


def pictures_in(body: bytes, *, lon: float, lat: float, radius_m: int) -> list[StreetPicture]:
    """The pictures of an answer that lie near enough and can be fetched, those that face the place
    first, then the nearest. Raises AnswerUnreadable."""
    found: dict[str, StreetPicture] = {}
    for feature in _features(body):
        made = _picture(feature, lon=lon, lat=lat)
        if made is not None and made.distance_m <= radius_m:
            found.setdefault(made.remote_id, made)
    return sorted(found.values(), key=lambda each: (not each.faces, each.distance_m))


def chosen(pictures: Iterable[StreetPicture], *, limit: int = LISTED) -> list[StreetPicture]:
    """The first of them, few of each drive."""
    counts: dict[str, int] = {}
    taken: list[StreetPicture] = []
    for each in pictures:
        counts[each.sequence] = counts.get(each.sequence, 0) + 1
        if not each.sequence or counts[each.sequence] <= PER_SEQUENCE:
            taken.append(each)
        if len(taken) == limit:
            break
    return taken


def _picture(feature: Mapping[str, Any], *, lon: float, lat: float) -> StreetPicture | None:
    place = _place(feature)
    said = _mapping(feature.get("properties"))
    assets = _mapping(feature.get("assets"))
    large = _address(assets, "sd") or _address(assets, "hd")
    remote_id = _text(feature.get("id"))
    if place is None or not large or not remote_id:
        return None
    lens = _mapping(said.get("pers:interior_orientation"))
    seen = _number(lens.get("field_of_view"))
    return StreetPicture(
        remote_id=remote_id,
        lon=place[0],
        lat=place[1],
        distance_m=distance_m(*place, lon, lat),
        bearing=bearing(*place, lon, lat),
        azimuth=_number(said.get("view:azimuth")),
        all_round=seen is not None and seen > ALL_ROUND,
        taken_at=_moment(said.get("datetime")),
        licence=_text(said.get("license")),
        producer=_producer(feature, said),
        host=_text(urlsplit(large).hostname),
        sequence=_text(feature.get("collection")),
        thumb=_address(assets, "thumb"),
        large=large,
    )


def bearing(lon1: float, lat1: float, lon2: float, lat2: float) -> float:
    """Where the second point lies, seen from the first: degrees from north, clockwise."""
    phi1, phi2, turn = math.radians(lat1), math.radians(lat2), math.radians(lon2 - lon1)
    east = math.sin(turn) * math.cos(phi2)
    north = math.cos(phi1) * math.sin(phi2) - math.sin(phi1) * math.cos(phi2) * math.cos(turn)
    return math.degrees(math.atan2(east, north)) % 360


def wait_s(headers: Mapping[str, str], *, now: datetime) -> float:
    """For how long a busy service is left alone: what its `Retry-After` says (seconds or a date),
    at most an hour."""
    raw = headers.get("retry-after", "").strip()
    if raw.isascii() and raw.isdigit() and len(raw) < 10:
        return min(float(raw), LONGEST_WAIT_S)
    try:
        until = parsedate_to_datetime(raw)
        return min(max((until - now).total_seconds(), 0.0), LONGEST_WAIT_S)
    except (ValueError, TypeError):
        return USUAL_WAIT_S


def _features(body: bytes) -> list[Mapping[str, Any]]:
    try:
        answer = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise AnswerUnreadable(str(error)[:80]) from error
    features = answer.get("features") if isinstance(answer, dict) else None
    if not isinstance(features, list):
        raise AnswerUnreadable("no features")
    return [each for each in features[: 2 * ASKED] if isinstance(each, dict)]


def _place(feature: Mapping[str, Any]) -> tuple[float, float] | None:
    """Its point; some answers tell it as a box alone."""
    given: Sequence[Any] = _mapping(feature.get("geometry")).get("coordinates") or ()
    if not isinstance(given, list) or len(given) < 2:
        given = feature.get("bbox") or ()
    if not isinstance(given, list) or len(given) < 2:
        return None
    lon, lat = _number(given[0]), _number(given[1])
    if lon is None or lat is None or not valid_point(lon, lat):
        return None
    return lon, lat


def _producer(feature: Mapping[str, Any], said: Mapping[str, Any]) -> str:
    for given in (feature.get("providers"), said.get("providers")):
        for each in given if isinstance(given, list) else ():
            if name := _text(_mapping(each).get("name")):
                return name
    return _text(said.get("geovisio:producer"))


def _address(assets: Mapping[str, Any], name: str) -> str:
    given = _mapping(assets.get(name)).get("href")
    if isinstance(given, str) and given.startswith(("https://", "http://")) and len(given) < 2_000:
        return given
    return ""


def _moment(given: Any) -> datetime | None:
    try:
        made = datetime.fromisoformat(given) if isinstance(given, str) else None
    except ValueError:
        return None
    if made is None:
        return None
    return made.astimezone(UTC) if made.tzinfo else made.replace(tzinfo=UTC)


def _mapping(given: Any) -> Mapping[str, Any]:
    return given if isinstance(given, dict) else {}


def _text(given: Any) -> str:
    return " ".join(given.split())[:_TEXT] if isinstance(given, str) else ""


def _number(given: Any) -> float | None:
    if isinstance(given, bool) or not isinstance(given, int | float) or not math.isfinite(given):
        return None
    return float(given)
