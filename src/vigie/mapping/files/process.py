"""Reading a file in a process of its own: what it finds, or why it gave up, or that it fell over."""

from __future__ import annotations

import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from vigie.mapping.files.limits import surroundings
from vigie.mapping.files.types import Block, Choices, Failed, FileRefused, Seen

LOOK_S: Final = 90.0
FRAME: Final = 400_000_000
_KINDS: Final[dict[str, Any]] = {"Seen": Seen, "Block": Block, "Failed": Failed}


def look(path: Path, choices: Choices) -> Seen:
    """A first look. Raises FileRefused."""
    with _started("look", path, {"choices": choices}) as child:
        try:
            out, _ = child.communicate(timeout=LOOK_S)
        except subprocess.TimeoutExpired as error:
            child.kill()
            raise FileRefused("too_slow") from error
    if len(out) < 4:
        raise _fallen(child.returncode)
    found = _decoded(out[4:])
    assert isinstance(found, Seen)
    return found


def read(path: Path, choices: Choices, *, skip: int = 0, what: str = "read") -> Iterator[Block]:
    """The blocks of a file; closing the iterator ends the process. `what`: "feed" has less time.
    Raises FileRefused."""
    child = _started(what, path, {"choices": choices, "skip": skip})
    assert child.stdout is not None
    try:
        while True:
            size = child.stdout.read(4)
            if len(size) < 4:
                raise _fallen(child.wait())
            (length,) = struct.unpack(">I", size)
            held = child.stdout.read(length)
            if len(held) < length:
                raise _fallen(child.wait())
            block = _decoded(held)
            assert isinstance(block, Block)
            yield block
            if block.last:
                return
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


def _started(what: str, path: Path, asked: dict[str, Any]) -> subprocess.Popen[bytes]:
    child = subprocess.Popen(  # noqa: S603  (our own interpreter, our own module)
        [sys.executable, "-m", "vigie.mapping.files.child", what, str(path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env=surroundings(),
    )  # fmt: skip
    assert child.stdin is not None
    try:
        child.stdin.write(msgspec.json.encode(asked))
        child.stdin.close()
    except BrokenPipeError:  # it fell over before it listened: `read` will say so
        pass
    child.stdin = None
    return child


def _decoded(held: bytes) -> msgspec.Struct:
    kind, body = msgspec.msgpack.decode(held, type=tuple[str, msgspec.Raw])
    found: msgspec.Struct = msgspec.msgpack.decode(body, type=_KINDS[kind])
    if isinstance(found, Failed):
        raise FileRefused(found.code, found.detail)
    return found


def _fallen(status: int | None) -> FileRefused:
    if status is not None and -status in (9, 24):  # SIGKILL, SIGXCPU
        return FileRefused("too_hungry")
    return FileRefused("crashed")
