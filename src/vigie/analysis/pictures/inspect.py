"""Looking into one picture: what its file says of itself, and where it was saved more than once."""

from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from PIL import ExifTags, Image, ImageChops, UnidentifiedImageError

LONGEST_SIDE: Final = 1_600
RESAVED_AT: Final = 90
"""JPEG quality of the second saving that error levels are measured against."""
FORMATS: Final = ("JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP")
MAX_PIXELS: Final = 50_000_000
_LIMIT = 200
_DATE = "%Y:%m:%d %H:%M:%S"


class Unreadable(ValueError):
    """The bytes are no picture that can be looked into."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a picture's file says of itself. None or empty: it does not say, which proves nothing,
    since networks strip it.

    `taken_at` is the camera's clock, without a zone unless the file gives one. `lon`, `lat` in
    degrees. `signed`: a C2PA manifest is inside (its signature is not verified here). `kinds` names
    the sorts of metadata found: exif, xmp, iptc, icc, c2pa.
    """

    format: str
    width: int
    height: int
    camera: str = ""
    software: str = ""
    author: str = ""
    taken_at: datetime | None = None
    lon: float | None = None
    lat: float | None = None
    direction: float | None = None
    signed: bool = False
    kinds: tuple[str, ...] = ()
    more: dict[str, str] = field(default_factory=dict)


def facts_of(raw: bytes) -> Facts:
    """Read the metadata of a picture's bytes. Raises Unreadable; a broken tag is left out."""
    with _opened(raw) as image:
        exif = image.getexif()
        inner = exif.get_ifd(ExifTags.IFD.Exif)
        position = exif.get_ifd(ExifTags.IFD.GPSInfo)
        kinds = [
            name
            for name, found in (
                ("exif", bool(exif)),
                ("xmp", b"http://ns.adobe.com/xap/1.0/" in raw or "xmp" in image.info),
                ("iptc", b"Photoshop 3.0\x00" in raw),
                ("icc", "icc_profile" in image.info),
                ("c2pa", _signed(raw)),
            )
            if found
        ]
        more = {
            ExifTags.TAGS[tag]: _word(value)
            for tag, value in {**exif, **inner}.items()
            if tag in ExifTags.TAGS and not isinstance(value, bytes | dict) and _word(value)
        }
        make, model = _word(exif.get(0x010F)), _word(exif.get(0x0110))
        return Facts(
            format=image.format or "",
            width=image.width,
            height=image.height,
            camera=model if model.startswith(make) else f"{make} {model}".strip(),
            software=_word(exif.get(0x0131)),
            author=_word(exif.get(0x013B)),
            taken_at=_moment(inner.get(0x9003) or exif.get(0x0132), inner.get(0x9011)),
            lon=_degrees(position.get(4), position.get(3), "W", 180),
            lat=_degrees(position.get(2), position.get(1), "S", 90),
            direction=_number(position.get(17), 360),
            signed="c2pa" in kinds,
            kinds=tuple(kinds),
            more=dict(sorted(more.items())[:60]),
        )


def error_levels(raw: bytes) -> Image.Image:
    """How much each part changes when the picture is saved as JPEG once more, made bright enough to
    see (N. Krawetz, "A Picture's Worth", 2007). A part that was pasted in may stand out; so do
    edges and saturated colours: a hint to look closer, no proof. Raises Unreadable."""
    with _opened(raw) as image:
        image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
        picture = image.convert("RGB")
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    again = io.BytesIO()
    picture.save(again, "JPEG", quality=RESAVED_AT)
    with Image.open(again) as saved:
        change = ImageChops.difference(picture, saved.convert("RGB"))
    strongest = max(high for _, high in change.getextrema()) or 1  # type: ignore[misc]
    return change.point(lambda level: min(255, int(level * 255 / strongest)))


@contextmanager
def _opened(raw: bytes) -> Iterator[Image.Image]:
    """The picture, while it is read: whatever is wrong with it is Unreadable."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(raw), formats=FORMATS) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise Unreadable
                yield image
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, MemoryError) as error:
        raise Unreadable from error
    except (Image.DecompressionBombError, struct.error, KeyError, TypeError) as error:
        raise Unreadable from error


def _signed(raw: bytes) -> bool:
    """Whether a JUMBF box of content credentials (C2PA 2.1, §11) is in the file."""
    return b"jumb" in raw and b"c2pa" in raw


def _word(value: Any) -> str:
    if value is None or isinstance(value, bytes | dict):
        return ""
    try:
        text = str(value)
    except (ValueError, ZeroDivisionError):
        return ""
    return "".join(c for c in text if c.isprintable()).strip()[:_LIMIT]


def _moment(value: Any, offset: Any) -> datetime | None:
    try:
        made = datetime.strptime(str(value).strip("\x00 "), _DATE)  # noqa: DTZ007
    except ValueError:
        return None
    try:
        zone = datetime.strptime(str(offset), "%z").tzinfo
    except ValueError:
        return made
    return made.replace(tzinfo=zone)


def _degrees(value: Any, side: Any, negative: str, limit: float) -> float | None:
    try:
        degrees, minutes, seconds = (float(part) for part in value)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    made = degrees + minutes / 60 + seconds / 3600
    if not 0 <= made <= limit:
        return None
    return -made if str(side).upper().startswith(negative) else made


def _number(value: Any, limit: float) -> float | None:
    try:
        made = float(value)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return made if 0 <= made <= limit else None
