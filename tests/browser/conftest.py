"""A real Chromium against the real application. What every browser test gets:

* `visit(path, person=…, width=…, theme=…, language=…)` opens a page of the live server, signed in as
  that person, and returns it. A phone is `width=390`: touch, mobile.
* `axe(page)` fails with every accessibility fault axe-core finds.
* At the end of the test, an error in the console, an exception in a script, a violation of the
  content security policy or a request that left this machine fails it. `expect_error(text)` allows
  messages of the console that the test provokes.
* `asgi_server` runs uvicorn in a process and a data folder of its own, for what is live: prepare its
  rows with `asgi_server.python("…")`, then `visit(path, person=…, server=asgi_server)`, where the
  person only needs the `email` of somebody in that database.

Live updates are off on the live server (it is WSGI): EventSource is replaced by one that is silent.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import textwrap
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from playwright._impl._api_structures import SetCookieParam
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Route,
    expect,
    sync_playwright,
)

from vigie.accounts.models import User

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = next(
    (
        found
        for name in ("chromium", "chromium-browser", "google-chrome")
        if (found := shutil.which(name))
    ),
    None,
)
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
FLAGS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
TILES = "https://data.geopf.fr/"
PATIENCE_MS = 30_000
"""How long a fact may be waited for: a loaded machine is slow, not wrong."""

expect.set_options(timeout=PATIENCE_MS)
SILENT = "window.EventSource = class extends EventTarget { close() {} };"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One Chromium per module. Playwright keeps an event loop, so Django is told not to mind it."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: apt install chromium")
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            yield browser
            browser.close()
    finally:
        os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE")
        if before is not None:
            os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = before


@dataclass(frozen=True)
class AsgiServer:
    """A running `vigie` of its own: where it answers, and Python run beside it."""

    origin: str
    environment: dict[str, str]

    def python(self, source: str) -> str:
        """Run Python with Django set up on this server's database; returns what it prints."""
        code = "import django\ndjango.setup()\n" + textwrap.dedent(source)
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=self.environment, capture_output=True, text=True, check=False, timeout=60, cwd=ROOT,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def session_of(self, email: str) -> str:
        """Sign a person of this server in; returns the session's key."""
        return self.python(
            f"""
            from django.conf import settings
            from django.test import Client
            from vigie.accounts.queries import user_by_email
            client = Client()
            client.force_login(user_by_email({email!r}))
            print(client.cookies[settings.SESSION_COOKIE_NAME].value)
            """
        )


@dataclass
class Visits:
    """Opens pages and watches them; see the top of this file."""

    browser: Browser
    origin: str
    problems: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    def __call__(
        self,
        path: str = "/",
        *,
        person: User | None = None,
        width: int = 1440,
        theme: str = "light",
        language: str = "fr",
        server: AsgiServer | None = None,
    ) -> Page:
        """Open `path`; with `server`, there (live updates on, `person` is one of its database)."""
        origin = server.origin if server else self.origin
        phone = width < 768
        context = self.browser.new_context(
            base_url=origin,
            viewport={"width": width, "height": 844 if phone else 900},
            color_scheme="dark" if theme == "dark" else "light",
            locale="fr-FR" if language == "fr" else "en-GB",
            timezone_id="Europe/Paris",
            has_touch=phone,
            is_mobile=phone,
        )
        self.contexts.append(context)
        context.route("**/*", lambda route: self._guard(route, origin))
        if server is None:
            context.add_init_script(SILENT)
        if server is not None and person is not None:
            context.add_cookies([_cookie(server.session_of(person.email), origin)])
        elif person is not None:
            User.objects.filter(pk=person.pk).update(language=language, theme=theme)
            client = Client()
            client.force_login(person)
            session = client.cookies[settings.SESSION_COOKIE_NAME].value
            context.add_cookies([_cookie(session, origin)])
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.problems.append(f"exception: {error}"))
        page.goto(path)
        return page

    def expect_error(self, text: str) -> None:
        """Allow console errors that have this text in them."""
        self.expected.append(text)

    def _guard(self, route: Route, origin: str) -> None:
        url = route.request.url
        if url.startswith((origin, "data:", "blob:")):
            route.continue_()
        elif url.startswith(TILES):
            route.abort("internetdisconnected")
        else:
            self.problems.append(f"request to another machine: {url}")
            route.abort()

    def _console(self, message: ConsoleMessage) -> None:
        if message.type != "error" or message.location.get("url", "").startswith(TILES):
            return
        if not any(text in message.text for text in self.expected):
            self.problems.append(f"console: {message.text} ({message.location.get('url')})")


def _cookie(session: str, origin: str) -> SetCookieParam:
    return {"name": settings.SESSION_COOKIE_NAME, "value": session, "url": origin}


@pytest.fixture
def visits(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Visits]:
    origin = ""
    if "asgi_server" not in request.fixturenames:
        origin = request.getfixturevalue("live_server").url
    made = Visits(browser=chromium, origin=origin)
    yield made
    for context in made.contexts:
        context.close()
    assert not made.problems, "\n".join(made.problems)


@pytest.fixture
def visit(visits: Visits) -> Visits:
    """The fixture tests use: call it with a path."""
    return visits


def wait_for(page: Page, fact: Callable[[], bool]) -> None:
    """Until it is so in the database, as long as for what is on the screen."""
    for _ in range(PATIENCE_MS // 50):
        if fact():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it was never written")


@pytest.fixture
def axe() -> Callable[[Page], None]:
    """Fail with everything axe-core finds against WCAG 2.2 AA, and its good practices."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed: npm ci")
    source = AXE.read_text(encoding="utf-8")

    def check(page: Page) -> None:
        page.wait_for_load_state("load")  # without its style a button is too small for a finger
        page.evaluate(source)
        found = page.evaluate(
            """async () => (await axe.run(document, {
                 runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
               })).violations.map((each) =>
                 `${each.id}: ${each.help}\\n` + each.nodes.slice(0, 5).map((node) =>
                   `    ${node.html.slice(0, 160)}\\n      ${node.failureSummary.split("\\n").slice(1, 3).join(" ")}`
                 ).join("\\n"))"""
        )
        assert not found, f"{page.url}\n" + "\n".join(found)

    return check


@pytest.fixture(scope="module")
def asgi_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AsgiServer]:
    """uvicorn with the application on a free port, on an empty migrated database."""
    home = tmp_path_factory.mktemp("home")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("VIGIE_")},
        "VIGIE_HOME": str(home),
        "DJANGO_SETTINGS_MODULE": "vigie.config.settings",
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
    }
    environment.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)
    subprocess.run(
        [sys.executable, "-m", "vigie", "django-admin", "migrate", "-v", "0"],
        env=environment, check=True, timeout=120,
    )  # fmt: skip
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = home / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "uvicorn", "vigie.config.asgi:application", "--port", str(port)],
            env=environment, stdout=output, stderr=output,
        )  # fmt: skip
        try:
            _wait_for(f"http://127.0.0.1:{port}/healthz", process, log)
            yield AsgiServer(origin=f"http://127.0.0.1:{port}", environment=environment)
        finally:
            process.terminate()
            process.wait(timeout=20)


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=2).close()
        except OSError:  # refused, reset, or too slow yet
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"the server did not start: {log.read_text()[-2000:]}")
