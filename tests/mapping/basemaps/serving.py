"""A tile server on loopback, for what asks from another thread or process."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.mapping.basemaps.making import picture


class Tiles(http.server.ThreadingHTTPServer):
    """Gives every tile; from number `until` on each waits until `let_go` is set."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.asked: list[str] = []
        self.status = 0
        """Every answer has it, when it is set."""
        self.answers: dict[tuple[int, int, int], tuple[int, bytes]] = {}
        """Status and body of a tile that is not answered as it should be."""
        self.until = 10**9
        self.let_go = threading.Event()
        self.reached = threading.Event()

    @property
    def template(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/{{z}}/{{x}}/{{y}}.png"


class Answer(http.server.BaseHTTPRequestHandler):
    server: Tiles

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        if len(self.server.asked) > self.server.until:
            self.server.reached.set()
            self.server.let_go.wait(60)
        z, x, y = (int(part) for part in self.path.strip("/").removesuffix(".png").split("/"))
        status, body = self.server.answers.get((z, x, y), (200, picture((z, x, y))))
        self.send_response(self.server.status or status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: Any) -> None:
        """Nothing is printed."""


@contextmanager
def serving_tiles() -> Iterator[Tiles]:
    with Tiles() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server
        finally:
            server.let_go.set()
            server.shutdown()
