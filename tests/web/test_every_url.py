"""Every address, by GET and by POST, as each of the standing cast and as nobody.

The table of rights is the test's data: a view says which right opens it (`at_desk`, `on_platform`
and the live stream set `.right`), and everybody else is asked to sign in (302 or 401), told that
there is nothing (404: not in the team) or refused in words (403). Addresses without a right are
listed here one by one, so that a new one is never open by oversight.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import fields as fields_of
from datetime import datetime

import pytest
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests import factories
from tests.factories import Cast, desk
from vigie.accounts.roles import (
    RIGHTS_BEYOND,
    RIGHTS_OF_PLATFORM,
    RIGHTS_OF_ROLE,
    Platform,
    Right,
    Role,
)
from vigie.operations.actions import notes
from vigie.operations.actions.invitations import invite

pytestmark = pytest.mark.django_db

OPEN_TO_ALL = {
    "healthz", "readyz", "js/catalogue.js", "_gallery/", "manifest.webmanifest", "sw.js",
    "map-worker.js",
    "account/preferences/", "account/email/", "join/<str:secret>/", "account/login/", "account/signup/",
    "account/inactive/", "account/logout/", "account/confirm-email/",
    "account/^confirm-email/(?P<key>[-:\\w]+)/$", "account/password/reset/",
    "account/password/reset/done/", "account/password/reset/key/done/",
    "account/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
    "account/login/code/confirm/", "account/2fa/authenticate/", "account/2fa/webauthn/login/",
    "share/",
}  # fmt: skip
"""Nobody is asked who they are, or by the page itself (allauth's own steps of signing in)."""
SIGNED_IN = {
    "", "basemaps/<slug:code>/<int:z>/<int:x>/<int:y>",
    "account/", "account/notifications/", "account/notifications/add/",
    "account/notifications/remove/", "account/tokens/", "account/tokens/<int:pk>/revoke/",
    "account/reauthenticate/", "account/password/change/", "account/password/set/",
    "account/2fa/", "account/2fa/reauthenticate/", "account/2fa/totp/activate/",
    "account/2fa/totp/deactivate/", "account/2fa/recovery-codes/",
    "account/2fa/recovery-codes/generate/", "account/2fa/recovery-codes/download/",
    "account/2fa/webauthn/", "account/2fa/webauthn/add/", "account/2fa/webauthn/reauthenticate/",
    "account/2fa/webauthn/keys/<int:pk>/remove/", "account/2fa/webauthn/keys/<int:pk>/edit/",
}  # fmt: skip
"""One's own things: any account, and nobody without one."""
OWN_TABLE = ("api/", "ogc/", "p/")
"""Tried in tests of their own, as they answer tokens and the public."""

MEMBERS: dict[str, Role] = {
    "coordinator": Role.COORDINATOR, "volunteer": Role.WATCHER, "verifier": Role.VERIFIER,
    "mapper": Role.MAPPER, "communicator": Role.COMMUNICATOR, "caller": Role.CALLER, "partner": Role.PARTNER,
    "observer": Role.OBSERVER,
}  # fmt: skip
POWERS: dict[str, Platform] = {
    "administrator": Platform.ADMINISTRATOR,
    "data_protection_officer": Platform.DATA_PROTECTION,
}
STRANGERS = ("outsider", *POWERS)
OTHERS = {
    "int": "999999",
    "str": "x",
    "slug": "x",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "path": "x",
}
METHODS = ("get", "post")


REGEX_PART = re.compile(r"\(\?P<(\w+)>([^)]*)\)")


def _sample(name: str, pattern: str, parts: dict[str, str]) -> str:
    """What stands for a named group of a regular expression: ours, or its first alternative."""
    if re.fullmatch(pattern, parts.get(name, "")):
        return parts[name]
    return "999999" if "\\d" in pattern else pattern.partition("|")[0]


@dataclass(frozen=True)
class Door:
    """An address pattern and the right that opens it, with those that must come with it (None: no
    guard of ours)."""

    pattern: str
    right: Right | None
    also: tuple[Right, ...] = ()

    def url(self, parts: dict[str, str]) -> str:
        """An address of this pattern; parts that are not given lead to nothing."""
        path = REGEX_PART.sub(lambda found: _sample(found[1], found[2], parts), self.pattern)
        path = re.sub(r"[\^$\\]", "", path)
        for name, value in parts.items():
            for kind in OTHERS:
                path = path.replace(f"<{kind}:{name}>", value)
        while "<" in path:
            before, _, rest = path.partition("<")
            inside, _, after = rest.partition(">")
            path = f"{before}{OTHERS[inside.partition(':')[0]]}{after}"
        return f"/{path}"


def _walk(patterns: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[Door]:
    for each in patterns:
        route = prefix + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from _walk(each.url_patterns, route)
        else:
            view = each.callback
            right, also = getattr(view, "right", None), getattr(view, "also", ())
            yield Door(pattern=route, right=right, also=also)


DOORS = sorted(set(_walk(get_resolver().url_patterns)), key=lambda door: door.pattern)
OF_OPERATION = [
    door for door in DOORS if door.right is not None and not door.right.startswith("platform_")
]
OF_PLATFORM = [
    door for door in DOORS if door.right is not None and door.right.startswith("platform_")
]
OF_ONESELF = [door for door in DOORS if door.right is None and door.pattern in SIGNED_IN]
OF_ALL = [
    door
    for door in DOORS
    if door.right is None and door.pattern in OPEN_TO_ALL and "(?P" not in door.pattern
]


@pytest.fixture
def parts(cast: Cast, now: datetime) -> dict[str, str]:
    """What stands in the addresses: the operation, and things in it that exist."""
    by = desk(cast.coordinator, cast.operation)
    factories.lead(cast.operation, now=now)
    entry = notes.write_note(note=notes.Note(text="appel", happened_at=now), by=by, now=now)
    invite(role=Role.WATCHER, by=by, now=now)
    return {
        "slug": cast.operation.slug,
        "seq": str(entry.seq),
        "departement": "91",
        "pk": str(cast.mapper.pk),
    }


class Visitors:
    """Everybody of the cast with a browser, and nobody (`""`)."""

    def __init__(self, cast: Cast) -> None:
        self.clients = {"": Client()}
        for name in (*MEMBERS, *STRANGERS):
            self.clients[name] = Client()
            self.clients[name].force_login(getattr(cast, name))

    def ask(self, name: str, method: str, url: str) -> HttpResponseBase:
        """Ask, and undo what asking may have done: to the database and to who is signed in."""
        client = self.clients[name]
        cookies = client.cookies.output()
        with transaction.atomic():
            answer = client.get(url) if method == "get" else client.post(url)
            transaction.set_rollback(True)
        if client.cookies.output() != cookies:
            client.cookies.clear()
            client.cookies.load(cookies.replace("Set-Cookie: ", "").replace("\r\n", "; "))
        return answer


@pytest.fixture
def visitors(cast: Cast) -> Visitors:
    return Visitors(cast)


def _wants_sign_in(answer: HttpResponseBase) -> bool:
    if answer.status_code == 302:
        return answer["Location"].startswith(("/account/login/", "/account/reauthenticate"))
    return answer.status_code in (401, 403)


def _let_in(answer: HttpResponseBase) -> bool:
    """Not refused and not broken; what was asked may still be wrong (400, 404, 409, 422)."""
    if answer.status_code == 302:
        return not _wants_sign_in(answer)
    return answer.status_code < 500 and answer.status_code not in (401, 403)


def _tries(doors: list[Door], parts: dict[str, str]) -> Iterator[tuple[Door, str, str]]:
    for door in doors:
        for method in METHODS:
            yield door, method, door.url(parts)


def test_the_cast_is_all_tried() -> None:
    people = {field.name for field in fields_of(Cast)} - {"operation", "other_operation"}
    assert people == {*MEMBERS, *POWERS, "outsider"}


def test_every_address_is_expected() -> None:
    unexpected = {
        door.pattern
        for door in DOORS
        if door.right is None
        and door.pattern not in OPEN_TO_ALL | SIGNED_IN
        and not door.pattern.startswith(OWN_TABLE)
    }
    assert unexpected == set(), "guard these views by a right, or list them here"


def test_every_address_of_an_operation_has_a_right_of_an_operation() -> None:
    guarded = {door.pattern for door in OF_OPERATION}
    assert {d.pattern for d in DOORS if d.pattern.startswith(("o/", "live/"))} == guarded


def test_an_address_of_an_operation_opens_by_its_rights_alone(
    visitors: Visitors, parts: dict[str, str]
) -> None:
    wrong = []
    for door, method, url in _tries(OF_OPERATION, parts):
        nobody = visitors.ask("", method, url)
        if nobody.status_code == 405:
            continue  # this method is answered to nobody; the other one is tried too
        if not _wants_sign_in(nobody):
            wrong.append(f"{method} {door.pattern}: nobody got {nobody.status_code}")
        wrong += [
            f"{method} {door.pattern}: {name} got {status}"
            for name in STRANGERS
            if (status := visitors.ask(name, method, url).status_code) != 404
        ]
        for name, role in MEMBERS.items():
            answer = visitors.ask(name, method, url)
            may = {door.right, *door.also} <= RIGHTS_OF_ROLE[role]
            if not (_let_in(answer) if may else answer.status_code == 403):
                had = "has" if may else "lacks"
                wrong.append(
                    f"{method} {door.pattern}: {name} {had} {door.right}, got {answer.status_code}"
                )
    assert wrong == []


def test_an_address_of_the_platform_opens_by_its_right_alone(
    visitors: Visitors, parts: dict[str, str]
) -> None:
    wrong = []
    for door, method, url in _tries(OF_PLATFORM, parts):
        nobody = visitors.ask("", method, url)
        if nobody.status_code == 405:
            continue
        if not _wants_sign_in(nobody):
            wrong.append(f"{method} {door.pattern}: nobody got {nobody.status_code}")
        for name in (*MEMBERS, *STRANGERS):
            rights: frozenset[Right] = frozenset()
            if name in POWERS:
                rights = RIGHTS_OF_PLATFORM[POWERS[name]]
            elif name in MEMBERS:
                rights = RIGHTS_BEYOND.get(MEMBERS[name], frozenset())
            answer = visitors.ask(name, method, url)
            if not (_let_in(answer) if door.right in rights else answer.status_code == 403):
                wrong.append(f"{method} {door.pattern}: {name} got {answer.status_code}")
    assert wrong == []


def test_ones_own_pages_ask_who_one_is_and_open_to_any_account(visitors: Visitors) -> None:
    wrong = []
    for door, method, url in _tries(OF_ONESELF, {}):
        nobody = visitors.ask("", method, url)
        if nobody.status_code != 405 and not _wants_sign_in(nobody):
            wrong.append(f"{method} {door.pattern}: nobody got {nobody.status_code}")
        for name in ("volunteer", "partner", *STRANGERS):
            answer = visitors.ask(name, method, url)
            # allauth may ask for the password once more
            if answer.status_code != 302 and not _let_in(answer):
                wrong.append(f"{method} {door.pattern}: {name} got {answer.status_code}")
    assert wrong == []


def test_what_is_open_to_all_never_breaks(visitors: Visitors) -> None:
    for _door, method, url in _tries(OF_ALL, {}):
        for name in ("", "volunteer", "outsider"):
            assert visitors.ask(name, method, url).status_code < 500, url
