"""A real server on loopback: an open stream ends when the server is told to stop."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SETUP = """
import django; django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from django.test import Client
from datetime import datetime, UTC
from tests import factories
from vigie.accounts.roles import Role
now = datetime.now(UTC)
op = factories.operation(now=now, slug="crue")
client = Client(); client.force_login(factories.member(op, Role.WATCHER, now=now))
print(client.cookies["sessionid"].value)
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], int, str]]:
    """A server process on an empty home, its port, and the session of a volunteer of "crue"."""
    env = {
        **{k: v for k, v in os.environ.items() if not k.startswith("VIGIE_")},
        "VIGIE_HOME": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "vigie.config.settings",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    made = subprocess.run(
        [sys.executable, "-c", SETUP], env=env, check=True, capture_output=True, text=True
    )
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "uvicorn",
                "vigie.config.asgi:application",
                "--fd",
                str(listener.fileno()),
                "--log-level",
                "warning",
            ],
            env=env,
            pass_fds=[listener.fileno()],
        )
    yield process, port, made.stdout.strip()
    process.kill()
    process.wait()


@pytest.mark.slow
def test_a_server_told_to_stop_ends_its_streams_and_goes(
    server: tuple[subprocess.Popen[bytes], int, str],
) -> None:
    process, port, session = server
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    line.request("GET", "/live/crue/", headers={"Cookie": f"sessionid={session}"})
    answer = line.getresponse()
    assert answer.status == 200
    assert answer.readline() == b"retry: 2000\n"
    process.send_signal(signal.SIGTERM)
    assert answer.read().strip() == b""  # the stream ends by itself, in order
    assert process.wait(timeout=60) in (0, -signal.SIGTERM)
    line.close()
