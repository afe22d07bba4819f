"""Real servers on loopback that answer badly: each is named in words, within the time allowed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from django.test import Client

from vigie.collection.models import Post, Source
from vigie.web.sources import trying

At = Callable[[str], str]
RSS = Path(__file__).parents[3] / "src/vigie/plugins/sources/feed/samples/rss.xml"
HTML = b"<!doctype html><html><head><link rel=alternate type='application/rss+xml' href='/good'></head>"
released = threading.Event()


class Bad(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        match self.path:
            case "/good":
                self._answer(RSS.read_bytes(), "application/rss+xml")
            case "/html":
                self._answer(HTML, "text/html")
            case "/empty":
                self._answer(b"", "application/rss+xml")
            case "/huge":
                self._stream(100_000_000)
            case "/slow":
                self._headers(200)
                released.wait(20)
            case "/loop":
                self._headers(302, location="/loop")
            case "/inside":
                self._headers(302, location="http://10.0.0.1/feed")
            case "/busy":
                self._headers(429, retry_after="120")
            case "/gone":
                self._headers(410)
            case _:
                self._headers(404)

    def _headers(self, status: int, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.flush()

    def _answer(self, body: bytes, kind: str) -> None:
        self._headers(200, content_type=kind, content_length=str(len(body)))
        self.wfile.write(body)

    def _stream(self, size: int) -> None:
        self._headers(200, content_type="application/rss+xml")
        block = b" " * 1_000_000
        try:
            for _ in range(size // len(block)):
                self.wfile.write(block)
        except OSError:
            pass  # the reader had enough

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    found = ThreadingHTTPServer(("127.0.0.1", 0), Bad)
    found.daemon_threads = True
    thread = threading.Thread(target=found.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{found.server_port}"
    released.set()
    found.shutdown()
    found.server_close()


@pytest.fixture
def allowed(server: str, settings: object) -> None:
    settings.VIGIE_ALLOW_PRIVATE = frozenset({("127.0.0.1", int(server.rpartition(":")[2]))})  # type: ignore[attr-defined]


def tried(client: Client, at: At, url: str) -> str:
    return client.post(at("sources/add/feed/test/"), {"url": url}).content.decode()


@pytest.mark.usefixtures("allowed")
def test_a_feed_that_works_shows_its_newest_and_keeps_nothing(
    coordinator: Client, at: At, server: str
) -> None:
    page = tried(coordinator, at, f"{server}/good")
    assert "4 publications à cette visite" in page
    assert "La route est sous 40 cm d’eau" in page
    assert "Date impossible : 1" in page
    assert not Post.objects.exists()
    assert not Source.objects.exists()


@pytest.mark.usefixtures("allowed")
@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/html", "C’est une page web, pas un flux."),
        ("/empty", "répondu par rien du tout"),
        ("/huge", "bien trop grosse pour un flux"),
        ("/loop", "renvoie sans fin"),
        ("/inside", "dans un réseau privé"),
        ("/busy", "revenir plus tard"),
        ("/gone", "fermé pour de bon (410)"),
        ("/nothing", "pas de page à cette adresse (404)"),
    ],
)
def test_a_bad_answer_is_named(
    coordinator: Client, at: At, server: str, path: str, words: str
) -> None:
    assert words in tried(coordinator, at, server + path)


@pytest.mark.usefixtures("allowed")
def test_a_page_that_names_its_feed_offers_its_address(
    coordinator: Client, at: At, server: str
) -> None:
    assert f'data-value="{server}/good"' in tried(coordinator, at, f"{server}/html")


@pytest.mark.usefixtures("allowed")
def test_a_slow_server_is_given_up(
    coordinator: Client, at: At, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trying, "LIMIT_S", 0.3)
    assert "met trop longtemps à répondre" in tried(coordinator, at, f"{server}/slow")


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/f", "http://localhost/f", "http://[::1]/f", "http://192.168.1.1/f"]
)
def test_a_private_address_is_never_asked(coordinator: Client, at: At, url: str) -> None:
    assert "dans un réseau privé" in tried(coordinator, at, url)
