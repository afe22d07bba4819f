"""A line to a server that can be cut: real connections that break, whoever in the browser holds them."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from urllib.parse import urlsplit

PIECE: Final = 65_536


class Gate:
    """Listens on a port of its own and passes everything on to `origin`, as long as it is open."""

    def __init__(self, origin: str) -> None:
        there = urlsplit(origin)
        self._there = (there.hostname or "127.0.0.1", there.port or 80)
        self._lines: set[socket.socket] = set()
        self._listener: socket.socket | None = None
        self._port = 0
        self.open()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def open(self) -> None:
        listener = socket.create_server(("127.0.0.1", self._port), backlog=64)
        self._port = listener.getsockname()[1]
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def cut(self) -> None:
        """Refuse new connections and break those there are."""
        if self._listener is not None:
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        for line in list(self._lines):
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                here, _ = listener.accept()
            except OSError:
                return
            try:
                there = socket.create_connection(self._there)
            except OSError:
                here.close()
                continue
            self._lines |= {here, there}
            for one, other in ((here, there), (there, here)):
                threading.Thread(target=self._pass, args=(one, other), daemon=True).start()

    def _pass(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := one.recv(PIECE):
                other.sendall(piece)
        for each in (one, other):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self._lines.discard(one)
        one.close()


@contextmanager
def gate_to(origin: str) -> Iterator[Gate]:
    gate = Gate(origin)
    try:
        yield gate
    finally:
        gate.cut()
