"""Two web processes on one PostgreSQL: what is written through one reaches browsers at the other."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from scripts.servers import Missing, free_port, postgres

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
client = Client(); client.force_login(factories.member(op, Role.COORDINATOR, now=now))
print(client.cookies["sessionid"].value)
"""
WRITE = """
import django; django.setup()
from datetime import datetime, UTC
from django.db import transaction
from vigie.journal import actions as journal
from vigie.operations.models import Operation
import sys, time
chain = Operation.objects.get(slug="crue").pk
for line in sys.stdin:
    with transaction.atomic():
        journal.write(chain=chain, verb="note.written", now=datetime.now(UTC), actor="essai",
                      data={"at": time.time()}, touches=["journal"])
"""


@dataclass(frozen=True)
class Cluster:
    ports: tuple[int, int]
    session: str
    environment: dict[str, str]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("two")
    with ExitStack() as running:
        try:
            url = running.enter_context(postgres(folder / "postgres"))
        except Missing as missing:
            pytest.skip(str(missing))
        environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("VIGIE_")},
            "VIGIE_HOME": str(folder / "home"),
            "VIGIE_DATABASE_URL": url,
            "VIGIE_LOG_LEVEL": "WARNING",
            "DJANGO_SETTINGS_MODULE": "vigie.config.settings",
            "PYTHONPATH": os.pathsep.join([*sys.path, str(Path.cwd())]),
        }
        made = subprocess.run(
            [sys.executable, "-c", SETUP],
            env=environment,
            check=True,
            capture_output=True,
            text=True,
        )
        ports = free_port(), free_port()
        for port in ports:
            process = subprocess.Popen(
                [sys.executable, "-m", "vigie", "serve", "--port", str(port)], env=environment
            )
            running.callback(process.wait)
            running.callback(process.terminate)
        for port in ports:
            _until_it_answers(port)
        yield Cluster(ports=ports, session=made.stdout.strip(), environment=environment)


def _until_it_answers(port: int) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            line = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            line.request("GET", "/healthz")
            assert line.getresponse().status == 200
            line.close()
            return
        except OSError:
            assert time.monotonic() < until
            time.sleep(0.05)


def _listen(
    cluster: Cluster, port: int
) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    line.request("GET", "/live/crue/", headers={"Cookie": f"sessionid={cluster.session}"})
    answer = line.getresponse()
    assert answer.status == 200
    assert answer.readline() == b"retry: 2000\n"
    return line, answer


def _next_entry(answer: http.client.HTTPResponse) -> dict[str, object]:
    while True:
        text = answer.readline()
        assert text, "the stream ended"
        if text.startswith(b"data: "):
            found: dict[str, object] = json.loads(text[6:])
            return found


@pytest.mark.slow
@pytest.mark.pure  # brings its own PostgreSQL
def test_what_one_process_writes_every_other_one_tells_its_browsers(cluster: Cluster) -> None:
    lines = [_listen(cluster, port) for port in cluster.ports]
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITE], env=cluster.environment, stdin=subprocess.PIPE, text=True
    )
    assert writer.stdin is not None
    late: list[float] = []
    for _ in range(10):
        writer.stdin.write("\n")
        writer.stdin.flush()
        for _line, answer in lines:
            entry = _next_entry(answer)
            assert entry["verb"] == "note.written"
            late.append(time.time() - float(entry["data"]["at"]))  # type: ignore[index, arg-type]
    writer.stdin.close()
    writer.wait()
    for line, _answer in lines:
        line.close()
    # No timed assertion: printed for whoever wants to know; a lost entry hangs and fails above.
    print(f"latency ms: median {sorted(late)[10] * 1000:.0f}, worst {max(late) * 1000:.0f}")


@pytest.mark.slow
@pytest.mark.pure  # brings its own PostgreSQL
def test_who_is_on_the_map_through_one_process_is_told_at_the_other(cluster: Cluster) -> None:
    near, far = cluster.ports
    line, answer = _listen(cluster, far)
    said = {"page": "a", "at": [2.2, 48.6], "holds": "", "drawing": True, "layer": None}
    assert _say_here(cluster, near, said) == []
    told = _next_entry(answer)
    assert (told["page"], told["at"], told["drawing"]) == ("a", [2.2, 48.6], True)
    others = _say_here(cluster, far, {"page": "b"})
    assert [each["page"] for each in others] == ["a"]
    _say_here(cluster, near, {"page": "a", "gone": True})
    while (told := _next_entry(answer))["page"] != "a":
        pass
    assert told["gone"] is True
    assert [each["page"] for each in _say_here(cluster, far, {"page": "c"})] == ["b"]
    line.close()


def _say_here(cluster: Cluster, port: int, said: dict[str, object]) -> list[dict[str, object]]:
    """What a page says of itself; the others it is told of."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    token = "a" * 32
    headers = {
        "Cookie": f"sessionid={cluster.session}; csrftoken={token}", "X-CSRFToken": token,
        "Content-Type": "application/json",
    }  # fmt: skip
    line.request("POST", "/live/crue/here/", json.dumps(said), headers)
    answer = line.getresponse()
    assert answer.status == 200
    told: dict[str, list[dict[str, object]]] = json.loads(answer.read())
    line.close()
    return told["others"]
