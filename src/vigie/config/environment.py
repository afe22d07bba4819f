"""The environment variables of the fixed contract, read once, here only."""

from __future__ import annotations

import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from vigie.mapping.basemaps.known import USUAL, Basemap, OfferRefused, offer

if TYPE_CHECKING:
    from cryptography import x509


class Misconfigured(Exception):
    """An environment variable has a value that cannot be used; the message says the remedy."""


def value(name: str, default: str = "") -> str:
    """`NAME`, or the content of the file named by `NAME_FILE`, or the default."""
    path = os.environ.get(f"{name}_FILE")
    if path:
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise Misconfigured(f"{name}_FILE={path}: {error.strerror}. Check the path.") from error
    return os.environ.get(name, default)


def checkout() -> Path | None:
    """The root of the source checkout this runs from; None when installed as a wheel."""
    root = Path(__file__).resolve().parents[3]
    return root if (root / "pyproject.toml").exists() else None


def home() -> Path:
    """`VIGIE_HOME`: the data folder, created for its owner only."""
    given = os.environ.get("VIGIE_HOME")
    if given:
        folder = Path(given).expanduser().absolute()
    elif (root := checkout()) is not None:
        folder = root / "var"
    else:
        data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
        folder = Path(data) / "vigie"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def secret_key(folder: Path) -> str:
    """`VIGIE_SECRET_KEY[_FILE]`, or one generated once and kept in the data folder."""
    given = value("VIGIE_SECRET_KEY")
    if given:
        return given
    path = folder / "secret-key"
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        pass
    else:
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(50))
    return path.read_text(encoding="utf-8").strip()


def hosts() -> list[str]:
    """`VIGIE_HOSTS`, comma-separated, besides this machine's own names."""
    given = [h.strip() for h in value("VIGIE_HOSTS").split(",") if h.strip()]
    return ["127.0.0.1", "localhost", "[::1]", *given]


def allowed_private() -> frozenset[tuple[str, int]]:
    """`VIGIE_ALLOW_PRIVATE`: `host:port` pairs, comma-separated, that collectors may reach although
    their address is private. For exercises and tests on one machine only."""
    pairs = set()
    for given in filter(None, (part.strip() for part in value("VIGIE_ALLOW_PRIVATE").split(","))):
        host, _, port = given.rpartition(":")
        if not host or not port.isdigit():
            raise Misconfigured(f"VIGIE_ALLOW_PRIVATE holds '{given}'. Use host:port,host:port.")
        pairs.add((host.strip("[]").lower(), int(port)))
    return frozenset(pairs)


@dataclass(frozen=True, kw_only=True)
class Authority:
    """Who stamps evidence (RFC 3161): where it is asked, and the roots its certificate leads to."""

    url: str
    roots: tuple[x509.Certificate, ...]


def timestamp_authority() -> Authority | None:
    """`VIGIE_TIMESTAMP_URL` with `VIGIE_TIMESTAMP_CA`, a PEM file of its root certificates; None
    without. Only public addresses are asked, unless `VIGIE_ALLOW_PRIVATE` names it."""
    url, path = value("VIGIE_TIMESTAMP_URL"), value("VIGIE_TIMESTAMP_CA")
    if not url and not path:
        return None
    if not url.startswith(("http://", "https://")) or not path:
        raise Misconfigured(
            "Evidence is stamped with both VIGIE_TIMESTAMP_URL (http…) and VIGIE_TIMESTAMP_CA "
            "(a PEM file of the authority’s root certificates), or with neither."
        )
    from cryptography import x509  # takes long: only where it is wanted

    try:
        roots = tuple(x509.load_pem_x509_certificates(Path(path).read_bytes()))
    except (OSError, ValueError) as error:
        raise Misconfigured(f"VIGIE_TIMESTAMP_CA cannot be read as PEM: {error}") from error
    return Authority(url=url, roots=roots)


@dataclass(frozen=True, kw_only=True)
class PlaceViews:
    """Where views of a place are asked for; "" where nobody is asked."""

    photos: str
    flights: str
    streets: str


def place_views() -> PlaceViews:
    """`VIGIE_PHOTOS_URL` (a WMS with the IGN's layer), `VIGIE_FLIGHTS_URL` (the WFS with its days of
    flight) and `VIGIE_STREETS_URL` (a Panoramax API); `off` for none."""
    found = {}
    for name, usual in (
        ("photos", "https://data.geopf.fr/wms-r"),
        ("flights", "https://data.geopf.fr/wfs/ows"),
        ("streets", "https://api.panoramax.xyz/api"),
    ):
        given = value(f"VIGIE_{name.upper()}_URL", usual)
        if given != "off" and not given.startswith(("http://", "https://")):
            raise Misconfigured(
                f"VIGIE_{name.upper()}_URL is no address: {given}. Use http…, or off."
            )
        found[name] = "" if given == "off" else given.rstrip("/")
    return PlaceViews(**found)


def basemaps() -> tuple[Basemap | Path, ...]:
    """`VIGIE_BASEMAPS`: which maps lie below what is drawn, in order (`mapping/basemaps/known.py`)."""
    try:
        return offer(value("VIGIE_BASEMAPS", USUAL))
    except OfferRefused as error:
        raise Misconfigured(str(error)) from error


def browser() -> tuple[str, bool]:
    """The program that photographs pages ("" when there is none), and whether in its sandbox.

    `VIGIE_BROWSER`: a path, or `off`; by default the Chromium or Chrome that is installed.
    `VIGIE_BROWSER_SANDBOX=off` where the system allows none and a container isolates it instead.
    """
    sandboxed = value("VIGIE_BROWSER_SANDBOX") != "off"
    wanted = value("VIGIE_BROWSER")
    if wanted == "off":
        return "", sandboxed
    if wanted:
        if not Path(wanted).is_file():
            raise Misconfigured(f"VIGIE_BROWSER names no program: {wanted}. Use a path, or off.")
        return wanted, sandboxed
    names = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
    return next(filter(None, map(shutil.which, names)), "") or "", sandboxed


def plugin_secrets() -> dict[str, str]:
    """What plugins may ask for by name: `VIGIE_SECRET_<NAME>[_FILE]`, the secret key excepted."""
    names = {
        name.removesuffix("_FILE") for name in os.environ if name.startswith("VIGIE_SECRET_")
    } - {"VIGIE_SECRET_KEY"}
    return {name.removeprefix("VIGIE_SECRET_").lower(): value(name) for name in sorted(names)}


FROZEN_MS: Final = 15_000
"""So long a transaction may lie idle: shorter than the lease of a source that waits for it."""


def database(folder: Path) -> dict[str, Any]:
    """Django's settings for `VIGIE_DATABASE_URL` (default: SQLite in the data folder)."""
    url = value("VIGIE_DATABASE_URL") or f"sqlite:///{folder / 'vigie.sqlite3'}"
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": unquote(parts.path[1:]) if parts.path.startswith("//") else unquote(parts.path),
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": (
                    "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;"
                    "PRAGMA temp_store=MEMORY;PRAGMA mmap_size=134217728;PRAGMA cache_size=-16000;"
                    # A checkpoint each 16 MB instead of 4: pages that many batches touch (indexes) are
                    # written home once, which takes 8 µs a post less; no commit is less durable.
                    "PRAGMA wal_autocheckpoint=4000;PRAGMA journal_size_limit=67108864"
                ),
            },
        }
    if parts.scheme in ("postgres", "postgresql"):
        options: dict[str, Any] = dict(parse_qsl(parts.query))
        # A process that froze in the middle of a transaction keeps what it locked: a source's row,
        # for which every collector would wait. PostgreSQL ends its transaction instead.
        options.setdefault("options", f"-c idle_in_transaction_session_timeout={FROZEN_MS}")
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.lstrip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": options.pop("host", None) or unquote(parts.hostname or ""),
            "PORT": str(parts.port or ""),
            "CONN_MAX_AGE": 60,
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": options,
        }
    raise Misconfigured(
        f"VIGIE_DATABASE_URL begins with '{parts.scheme}:'. Use sqlite:///path or postgresql://…"
    )


def stream() -> dict[str, Any] | None:
    """`VIGIE_STREAM_URL` taken apart; None when collectors and pipeline share a process.

    nats://[user:password@|token@]host:port[,host:port…][/name][?replicas=3&max_bytes=…]; `tls:`
    instead of `nats:` encrypts. `name` (default "vigie") tells installations apart on one server.
    """
    url = value("VIGIE_STREAM_URL")
    if not url:
        return None
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    unknown = sorted(options.keys() - {"replicas", "max_bytes"})
    name = parts.path.strip("/") or "vigie"
    if (
        parts.scheme not in ("nats", "tls")
        or not parts.netloc
        or unknown
        or not name.replace("-", "").replace("_", "").isalnum()
        or not all(given.isdigit() and int(given) for given in options.values())
    ):
        raise Misconfigured(
            "VIGIE_STREAM_URL cannot be used. "
            "Use nats://host:4222[/name][?replicas=3&max_bytes=2000000000]"
        )
    credentials, _, hosts = parts.netloc.rpartition("@")
    prefix = f"{parts.scheme}://{credentials}@" if credentials else f"{parts.scheme}://"
    return {
        "servers": [prefix + host for host in hosts.split(",") if host],
        "name": name,
        "replicas": int(options.get("replicas", 1)),
        "max_bytes": int(options.get("max_bytes", 1 << 30)),
    }


def map_licence() -> tuple[str, str]:
    """`VIGIE_MAP_LICENCE` and `VIGIE_MAP_LICENCE_URL`: under what the public map's data are given;
    the Licence Ouverte 2.0 (etalab-2.0) when nothing is said."""
    name = value("VIGIE_MAP_LICENCE")
    url = value("VIGIE_MAP_LICENCE_URL")
    if url and not url.startswith(("http://", "https://")):
        raise Misconfigured(
            f"VIGIE_MAP_LICENCE_URL is '{url}'. Give the address of the licence's text."
        )
    if len(name) > 80 or len(url) > 200:
        raise Misconfigured(
            "VIGIE_MAP_LICENCE has 80 characters at most, VIGIE_MAP_LICENCE_URL 200."
        )
    if name:
        return name, url
    return "Licence Ouverte 2.0", url or "https://www.etalab.gouv.fr/licence-ouverte-open-licence/"
