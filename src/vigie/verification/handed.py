"""Files that people hand in as evidence: kept byte for byte, shown only as pictures written anew."""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from vigie.analysis.pictures.signatures import HEAD, video_kind
from vigie.collection.blobs import BlobStore
from vigie.collection.pictures import MAX_BYTES, PictureRefused, rewritten
from vigie.kernel.text import clean_line

FILE_BYTES: Final = 50_000_000
NAME_LIMIT: Final = 120
_KIND: Final = re.compile(r"^[a-z]+/[a-z0-9.+-]{1,80}$")
_UNSAFE: Final = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]+')


class FileRefused(ValueError):
    """`code`: file_empty, file_too_large, not_a_picture, picture_bomb."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, kw_only=True)
class Handed:
    """A file in the store. `sha256` is of what was handed in; `shown` the picture written anew, ""
    when it is none."""

    name: str
    content_type: str
    blob: str
    sha256: str
    size: int
    shown: str = ""
    width: int | None = None
    height: int | None = None


def take_in(
    chunks: Iterable[bytes], *, name: str, content_type: str = "", picture: bool = False
) -> Handed:
    """Keep a file as it is. `picture`: nothing else will do. Raises FileRefused.

    A picture that cannot be read with limits is a file like any other: kept, never shown. A video is
    what begins as one, whatever its name and `content_type` say.
    """
    data = bytearray()
    for chunk in chunks:
        data += chunk
        if len(data) > FILE_BYTES:
            raise FileRefused("file_too_large")
    if not data:
        raise FileRefused("file_empty")
    shown, width, height = "", None, None
    store = BlobStore()
    try:
        if len(data) <= MAX_BYTES:
            anew = rewritten(io.BytesIO(bytes(data)))
            shown = store.keep([anew.data], suffix=".webp").name
            width, height = anew.width, anew.height
    except PictureRefused as error:
        if picture:
            bomb = error.code == "picture_bomb"
            raise FileRefused("picture_bomb" if bomb else "not_a_picture") from error
    if picture and not shown:
        raise FileRefused("file_too_large")
    kept = store.keep([bytes(data)], suffix=".bin")
    return Handed(
        name=safe_name(name), content_type=_kind(bytes(data[:HEAD]), content_type),
        blob=kept.name, sha256=kept.sha256, size=kept.size, shown=shown, width=width, height=height,
    )  # fmt: skip


def _kind(head: bytes, said: str) -> str:
    """The type of a file: of a video by its content, else what it is said to be, if not a video."""
    kind = said.partition(";")[0].strip().lower()
    if not _KIND.match(kind) or kind.startswith("video/"):
        kind = ""
    return video_kind(head) or kind


def safe_name(name: str) -> str:
    """A file's name without paths, controls and tricks of direction; its ending stays."""
    last = re.split(r"[\\/]", name)[-1]
    plain = "".join(
        letter for letter in unicodedata.normalize("NFC", last)
        if unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Co", "Cn")
    )  # fmt: skip
    line = clean_line(_UNSAFE.sub("_", plain), limit=1_000).strip(" .")
    stem, dot, ending = line.rpartition(".")
    if dot and stem and len(ending) <= 10:
        return f"{stem[: NAME_LIMIT - len(ending) - 1]}.{ending}"
    return line[:NAME_LIMIT] or "fichier"
