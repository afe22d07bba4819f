"""Kill `vigie work` at any moment while posts arrive: each is judged once, each message is there once.

Run as a module with (kills, seed) in a data folder of its own; prints one JSON object.
"""

from __future__ import annotations

import http.server
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from typing import Any

import django

django.setup()

from django.db import connection, transaction  # noqa: E402
from django_tasks_db.models import DBTaskResult  # noqa: E402

from vigie.alerting.actions.channels import add_channel  # noqa: E402
from vigie.alerting.actions.rules import Plan, add_rule  # noqa: E402
from vigie.alerting.models import Alert, Cursor, Delivery, Pulse  # noqa: E402
from vigie.collection.models import Watch  # noqa: E402
from vigie.journal import actions as journal  # noqa: E402
from vigie.journal import queries  # noqa: E402
from vigie.kernel.clock import utc_now  # noqa: E402
from vigie.operations.access import machine_desk  # noqa: E402
from vigie.operations.models import Operation  # noqa: E402

ENTRIES = 120


class Hook(http.server.BaseHTTPRequestHandler):
    """Takes a message after a moment in which its sender may be killed."""

    titles: Counter[str] = Counter()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.titles[json.loads(body)["title"]] += 1
        time.sleep(0.05)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *said: Any) -> None:
        """Nothing."""


def _worker(port: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "vigie", "work"],
        env={**os.environ, "VIGIE_ALLOW_PRIVATE": f"127.0.0.1:{port}"},
    )


def _post(operation: int, watch: int, hits: int) -> None:
    with transaction.atomic():
        journal.write(
            chain=operation, verb="posts.arrived", now=utc_now(), actor="collect",
            data={"source": 1, "leads": hits, "watches": {str(watch): hits}, "spans": []},
        )  # fmt: skip


def _until(fact: Any, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if fact():
            return True
        time.sleep(0.05)
    return False


def main(kills: int, seed: int) -> dict[str, Any]:
    chance = random.Random(seed)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = server.server_address[1]
    now = utc_now()
    operation = Operation.objects.create(
        slug="faute", title="Faute", kind="flood", phase="active", created_at=now
    )
    watch = Watch.objects.create(operation=operation, name="Crue", query="crue", created_at=now)
    by = machine_desk(operation, "test")
    way = add_channel(
        plugin="apprise", name="Crochet", config={"url": f"json://127.0.0.1:{port}/x"}, by=by,
        now=now,
    )  # fmt: skip
    plan = Plan(name="Publications", kind="posts", ways=((way.pk, 0),), repeat_s=0, urgent=True)
    add_rule(plan=plan, by=by, now=now)
    Cursor.objects.create(operation=operation, seq=queries.last_seq(operation.pk))

    total = killed = 0
    for number in range(kills):
        child = _worker(port)
        seen = Cursor.objects.get().seq
        for _ in range(ENTRIES // kills):
            hits = chance.randint(1, 4)
            total += hits
            _post(operation.pk, watch.pk, hits)
            time.sleep(chance.random() * 0.05)
        # Alive at least: it has judged something since it started.
        _until(lambda seen=seen: Cursor.objects.get().seq > seen, 60)
        time.sleep(chance.random() * (0.4 if number % 2 else 0.02))
        child.send_signal(signal.SIGKILL)
        child.wait()
        killed += 1
    child = _worker(port)
    ended = _until(lambda: Cursor.objects.get().seq == queries.last_seq(operation.pk), 90)
    _until(lambda: not Delivery.objects.filter(state="waiting").exists(), 5)
    child.terminate()
    child.wait()

    problems = [] if ended else ["the journal was not judged to its end"]
    alert = Alert.objects.get()
    pulses = sum(Pulse.objects.values_list("hits", flat=True))
    if alert.count != total:
        problems.append(f"{total} posts, the alert counts {alert.count}")
    if pulses != total:
        problems.append(f"{total} posts, the past counts {pulses}")
    made = Delivery.objects.count()
    if made != alert.messages:
        problems.append(f"{alert.messages} messages, {made} deliveries")
    jobs = {row.args_kwargs["args"][0] for row in DBTaskResult.objects.all()}
    problems += [
        f"delivery {row.pk} is {row.state} and nobody will send it"
        for row in Delivery.objects.exclude(state="sent")
        if row.state != "waiting" or row.pk not in jobs
    ]
    came = sum(Hook.titles.values())
    sent = Delivery.objects.filter(state="sent").count()
    if not sent <= came <= made + killed * 8:
        problems.append(f"{sent} of {made} sent, {came} came")
    connection.close()
    server.shutdown()
    return {"killed": killed, "problems": problems}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(int(sys.argv[1]), int(sys.argv[2]))) + "\n")
