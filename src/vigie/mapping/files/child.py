"""The process that reads a stranger's file: apart from the house, with little memory and little time.

`python -m vigie.mapping.files.child look|read|feed FILE` takes choices as JSON on its standard input and
answers in frames on its standard output: four bytes of length, then MessagePack (Seen, Block, or
Failed as the last).
"""

from __future__ import annotations

import os
import resource
import socket
import struct
import sys
from pathlib import Path
from typing import Any, Final

import msgspec

from vigie.mapping.files.types import Choices, Failed, FileRefused

MEMORY: Final = 2_500_000_000
"""Bytes of address space, libraries among them."""
LOOK_S: Final = 60
FEED_S: Final = 90
READ_S: Final = 3_600
"""Seconds of processor time."""


def main(arguments: list[str]) -> int:
    what, name = arguments
    _hold_back({"look": LOOK_S, "feed": FEED_S}.get(what, READ_S))
    from vigie.mapping.files import reading

    asked = msgspec.json.decode(sys.stdin.buffer.read(), type=dict[str, Any])
    choices = msgspec.convert(asked["choices"], Choices)
    try:
        if what == "look":
            _tell(reading.look(Path(name), choices))
        else:
            for block in reading.blocks(Path(name), choices, skip=asked.get("skip", 0)):
                _tell(block)
    except FileRefused as refusal:
        _tell(Failed(code=refusal.code, detail=refusal.detail))
    except MemoryError:
        _tell(Failed(code="too_hungry"))
    except BrokenPipeError:  # nobody listens any more
        os._exit(0)
    return 0


def _hold_back(seconds: int) -> None:
    """No network, no large files, no endless work."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (4_000_000_000, 4_000_000_000))

    def shut(*told: object, **named: object) -> None:
        raise OSError("no network in here")

    socket.socket.connect = shut  # type: ignore[method-assign]


def _tell(what: msgspec.Struct) -> None:
    held = msgspec.msgpack.encode([type(what).__name__, what])
    out = sys.stdout.buffer
    out.write(struct.pack(">I", len(held)))
    out.write(held)
    out.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
