"""The web process is killed in the middle of what people drew: sent again, it stands there once."""

from __future__ import annotations

import http.client
import json
import os
import random
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest
from scripts.servers import free_port

ROOT = Path(__file__).resolve().parents[2]
SERVE = """
import os, signal, sys
import django
django.setup()
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
left = int(sys.argv[2])
def strike():
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
def each(execute, sql, *given):
    if sql.lstrip()[:6] in ("INSERT", "UPDATE"):
        strike()
    return execute(sql, *given)
def watch(connection, **_):
    connection.execute_wrappers.append(each)
connection_created.connect(watch, weak=False)
commit = BaseDatabaseWrapper._commit
def committed(self):
    done = commit(self)
    strike()
    return done
BaseDatabaseWrapper._commit = committed
import uvicorn
uvicorn.run("vigie.config.asgi:application", port=int(sys.argv[1]), log_level="error")
"""
SETUP = """
import django; django.setup()
from datetime import datetime, UTC
from django.core.management import call_command
call_command("migrate", verbosity=0)
from django.test import Client
from tests import factories
from vigie.accounts.roles import Role
from vigie.mapping.actions.layers import create_layer
now = datetime.now(UTC)
made = factories.operation(now=now, slug="crue")
user = factories.member(made, Role.MAPPER, now=now)
create_layer(name="Routes", by=factories.desk(user, made), now=now)
client = Client(); client.force_login(user)
print(client.cookies["sessionid"].value)
"""
LOOK = """
import django, json; django.setup()
from vigie.journal.queries import Verified, verify_on
from vigie.mapping.models import Feature, FeatureRevision, Layer
from vigie.operations.models import Operation
print(json.dumps({
    "made": {str(row.uid): [row.name, str(row.created_edit)] for row in Feature.objects.all()},
    "edits": sorted(str(row.edit) for row in FeatureRevision.objects.all()),
    "counted": Layer.objects.get().objects_number,
    "broken": verify_on(Operation.objects.get().pk, Verified(), limit=10_000).broken,
}, default=str))
"""


class House:
    """A data folder and the web process on it, which dies at a given write or commit."""

    def __init__(self, home: Path) -> None:
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("VIGIE_")},
            "VIGIE_HOME": str(home),
            "DJANGO_SETTINGS_MODULE": "vigie.config.settings",
            "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
        }
        self.session = self.python(SETUP)
        self.killed = 0
        self.process: subprocess.Popen[bytes] | None = None

    def python(self, source: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", source],
            env=self.environment, cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout.strip().splitlines()[-1]

    def serve(self, dies_at: int) -> None:
        self.port = free_port()
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVE, str(self.port), str(dies_at)],
            env=self.environment, cwd=ROOT,
        )  # fmt: skip
        while True:
            try:
                self.ask("GET", "/healthz")
            except OSError:
                assert self.process.poll() is None, "it did not start"
            else:
                return

    def ask(self, method: str, path: str, body: str | None = None) -> dict[str, object]:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        token = "a" * 32
        headers = {
            "Cookie": f"sessionid={self.session}; csrftoken={token}", "X-CSRFToken": token,
            "Content-Type": "application/json",
        }  # fmt: skip
        try:
            line.request(method, path, body, headers)
            answer = line.getresponse()
            told = answer.read()
        except http.client.HTTPException as cut:
            raise ConnectionError from cut
        finally:
            line.close()
        assert answer.status == 200, told[:500]
        return json.loads(told) if method == "POST" else {}

    def end(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait()


@pytest.mark.slow
@pytest.mark.pure  # has a data folder of its own
def test_what_was_drawn_while_the_server_died_again_and_again_stands_once(tmp_path: Path) -> None:
    house, dice = House(tmp_path), random.Random(5)
    wanted: dict[str, str] = {}
    edits: list[str] = []
    batches = []
    for nth in range(24):
        uid, made = str(uuid4()), str(uuid4())
        batch = [{
            "edit": made, "feature": uid, "create": True, "layer": 1,
            "set": {"geometry": {"type": "Point", "coordinates": [2.2, 48.6]}, "name": f"o{nth}"},
        }]  # fmt: skip
        wanted[uid] = made
        for other in dice.sample(list(wanted), min(len(wanted), 2)):
            edit = str(uuid4())
            edits.append(edit)
            batch.append({"edit": edit, "feature": other, "set": {f"attributes.a{nth}": edit}})
        batches.append(batch)
    house.serve(dice.randint(1, 12))
    try:
        for batch in batches:
            while True:
                body = json.dumps({"edits": batch})
                try:
                    told = house.ask("POST", "/o/crue/layers/edits/", body)
                except OSError:
                    assert house.process is not None
                    house.process.wait()
                    house.killed += 1
                    house.serve(dice.randint(4, 30) if house.killed < 6 else 10**9)
                    continue
                outcomes: list[dict[str, object]] = told["outcomes"]  # type: ignore[assignment]
                assert {each["status"] for each in outcomes} <= {"applied", "repeated"}
                break
    finally:
        house.end()
    assert house.killed == 6
    found = json.loads(house.python(LOOK))
    assert {uid: made for uid, (_, made) in found["made"].items()} == wanted
    assert found["edits"] == sorted(edits)
    assert found["counted"] == len(wanted)
    assert not found["broken"]
