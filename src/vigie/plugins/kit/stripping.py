"""Pictures without what hides in them (place, device, person): whole parts of the file are left out,
the picture itself is not touched, so that the same picture gives the same bytes everywhere.

After: JPEG (ITU T.81 B.1), PNG (W3C PNG 3rd ed. 5.3), WebP (RFC 9649).
"""

from __future__ import annotations

import struct
from typing import Final

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT: Final = {
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT",
    b"pHYs", b"acTL", b"fcTL", b"fdAT",
}  # fmt: skip
_JPEG_KEPT: Final = {0xE0, 0xE2, 0xEE}
"""APP0 (JFIF), APP2 (colour profile), APP14 (how colours are written); the other APPn tell tales."""
_COMMENT, _START_OF_SCAN = 0xFE, 0xDA
_WEBP_LEFT_OUT: Final = {b"EXIF", b"XMP "}


def stripped(data: bytes) -> bytes:
    """The picture without its metadata; as it is when its kind is not known or its parts make no
    sense."""
    try:
        if data.startswith(_PNG):
            return _png(data)
        if data.startswith(b"\xff\xd8"):
            return _jpeg(data)
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            return _webp(data)
    except (struct.error, IndexError, ValueError):
        pass
    return data


def _png(data: bytes) -> bytes:
    parts, at = [_PNG], len(_PNG)
    while at < len(data):
        (size,) = struct.unpack_from(">I", data, at)
        kind, end = data[at + 4 : at + 8], at + 12 + size
        if end > len(data):
            raise ValueError("cut")
        if kind in _PNG_KEPT:
            parts.append(data[at:end])
        at = end
        if kind == b"IEND":
            break
    return b"".join(parts)


def _jpeg(data: bytes) -> bytes:
    parts, at = [data[:2]], 2
    while True:
        if data[at] != 0xFF:
            raise ValueError("no marker")
        marker = data[at + 1]
        if marker == 0xFF:  # padding
            at += 1
            continue
        (size,) = struct.unpack_from(">H", data, at + 2)
        end = at + 2 + size
        if marker == _START_OF_SCAN:
            return b"".join([*parts, data[at:]])
        is_told = 0xE0 <= marker <= 0xEF and marker not in _JPEG_KEPT
        if not is_told and marker != _COMMENT:
            parts.append(data[at:end])
        at = end


def _webp(data: bytes) -> bytes:
    parts, at = [], 12
    while at + 8 <= len(data):
        kind = data[at : at + 4]
        (size,) = struct.unpack_from("<I", data, at + 4)
        end = at + 8 + size + size % 2
        part = data[at:end]
        if kind == b"VP8X":  # its flags say what follows: no EXIF (8), no XMP (4)
            part = part[:8] + bytes([part[8] & ~0x0C]) + part[9:]
        if kind not in _WEBP_LEFT_OUT:
            parts.append(part)
        at = end
    body = b"WEBP" + b"".join(parts)
    return b"RIFF" + struct.pack("<I", len(body)) + body
