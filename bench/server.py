"""A real `vigie` process on a free port, for benchmarks that need one."""

from __future__ import annotations

import http.cookiejar
import re
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from pathlib import Path
from types import TracebackType

from bench.dataset import EMAIL, PASSWORD, SLUG, environment

_PREPARE = """
from datetime import UTC, datetime
from vigie.accounts.models import User
from vigie.collection.models import Watch
from vigie.operations.models import Membership, Operation
now = datetime.now(UTC)
user = User.objects.create_user(email={email!r}, password={password!r}, name="Mesure")
made = Operation.objects.create(slug={slug!r}, title="Mesure", kind="flood", phase="active",
    languages=["fr"], created_at=now, created_by=user)
Membership.objects.create(operation=made, user=user, role="coordinator", since=now)
Watch.objects.create(operation=made, name="Mesure", query={watch!r}, created_at=now)
"""


def prepare(home: Path, *, watch: str) -> None:
    """Tables, one operation with one watch, one coordinator."""
    run = [sys.executable, "-m", "vigie", "django-admin"]
    script = _PREPARE.format(email=EMAIL, password=PASSWORD, slug=SLUG, watch=watch)
    subprocess.run([*run, "migrate", "-v0"], env=environment(home), check=True)
    subprocess.run([*run, "shell", "-v0", "-c", script], env=environment(home), check=True)


class Server:
    """`vigie serve` (or another command) on a free port of this machine, stopped on leaving."""

    def __init__(self, home: Path, command: str = "serve") -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self.started_in_s = 0.0
        self._home, self._command = home, command

    def __enter__(self) -> Server:
        began = time.perf_counter()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "vigie", self._command, "--port", str(self.port)],
            env=environment(self._home),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while time.perf_counter() - began < 60:
            try:
                with urllib.request.urlopen(f"{self.address}/account/login/", timeout=5) as answer:
                    answer.read()
                self.started_in_s = time.perf_counter() - began
                return self
            except OSError:
                time.sleep(0.02)
        self.process.kill()
        raise SystemExit("the server did not answer within 60 s")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()


def sign_in(server: Server, email: str, password: str) -> dict[str, str]:
    """Sign in as a browser does; the cookies."""
    jar = http.cookiejar.CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    address = f"{server.address}/account/login/"
    page = opener.open(address, timeout=30).read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token is not None
    form = {"login": email, "password": password, "csrfmiddlewaretoken": token.group(1)}
    opener.open(address, urllib.parse.urlencode(form).encode(), timeout=30).read()
    return {cookie.name: cookie.value or "" for cookie in jar}
