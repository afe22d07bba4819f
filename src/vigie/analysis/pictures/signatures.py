"""Which kind of video a file is, by its first bytes: names and announced types prove nothing.

Signatures of ISO/IEC 14496-12 (boxes and brands), Matroska (EBML), RIFF, MPEG-1/2 and Flash video.
"""

from __future__ import annotations

from typing import Final

HEAD: Final = 4_096
"""Bytes that are looked at."""
_STILL: Final = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1", b"avif", b"avis")
_SOUND: Final = (b"M4A ", b"M4B ", b"M4P ")
_QUICKTIME: Final = (b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
_PACKET: Final = 188
"""Bytes of a packet of an MPEG transport stream; each begins with the same byte."""


def video_kind(head: bytes) -> str:
    """The media type of a video that begins so, "" of what is none. `head`: its first HEAD bytes."""
    box = head[4:8]
    if box == b"ftyp":
        brand = head[8:12]
        if brand in _STILL or brand in _SOUND:
            return ""
        if brand == b"qt  ":
            return "video/quicktime"
        return "video/3gpp" if brand.startswith((b"3gp", b"3g2")) else "video/mp4"
    size = int.from_bytes(head[:4], "big")
    if box in _QUICKTIME and (size == 1 or size >= 8):  # an old file, without a brand
        return "video/quicktime"
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "video/webm" if b"webm" in head[:HEAD] else "video/x-matroska"
    if head.startswith(b"RIFF") and head[8:12] == b"AVI ":
        return "video/x-msvideo"
    if head.startswith((b"\0\0\1\xba", b"\0\0\1\xb3")):
        return "video/mpeg"
    if head.startswith(b"FLV\1"):
        return "video/x-flv"
    packets = head[: 4 * _PACKET : _PACKET]
    return "video/mp2t" if len(packets) == 4 and set(packets) == {0x47} else ""
