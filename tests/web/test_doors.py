"""Every address as each of the standing cast: the table of rights is the test's data.

An address of an operation must be guarded by `at_desk(right)`; one of the platform by `on_platform`;
what everybody may open is listed here, so that a new address is never open by oversight.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import fields as fields_of

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests.factories import Cast
from vigie.accounts.roles import RIGHTS_OF_PLATFORM, RIGHTS_OF_ROLE, Platform, Right, Role

pytestmark = pytest.mark.django_db

NO_DOOR = {
    "healthz", "readyz", "js/catalogue.js", "_gallery/", "manifest.webmanifest", "sw.js",
    "account/preferences/", "account/join/<str:secret>/",
}  # fmt: skip
"""Open to all, or guarded in their own way (tests/web/ui, tests/web/account, tests/live)."""
OWN_GUARD = ("account/", "live/", "api/", "ogc/", "p/")
MEMBERS: dict[str, Role] = {
    "coordinator": Role.COORDINATOR, "volunteer": Role.WATCHER, "verifier": Role.VERIFIER,
    "mapper": Role.MAPPER, "communicator": Role.COMMUNICATOR, "partner": Role.PARTNER,
    "observer": Role.OBSERVER,
}  # fmt: skip
POWERS: dict[str, Platform] = {
    "administrator": Platform.ADMINISTRATOR,
    "data_protection_officer": Platform.DATA_PROTECTION,
}
SAMPLES = {"int": "999999", "str": "x", "slug": "x", "uuid": "0" * 32, "path": "x"}


@dataclass(frozen=True)
class Door:
    """An address pattern and the right that opens it (None: no guard of ours)."""

    pattern: str
    right: Right | None

    def url(self, slug: str) -> str:
        """An address of this pattern in the operation `slug`; other parts lead to nothing."""
        path = self.pattern.replace("<slug:slug>", slug)
        while "<" in path:
            before, _, rest = path.partition("<")
            inside, _, after = rest.partition(">")
            kind = inside.partition(":")[0] if ":" in inside else "str"
            path = f"{before}{SAMPLES[kind]}{after}"
        return f"/{path}"


def _walk(patterns: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[Door]:
    for each in patterns:
        route = prefix + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from _walk(each.url_patterns, route)
        else:
            yield Door(pattern=route, right=getattr(each.callback, "right", None))


DOORS = list(_walk(get_resolver().url_patterns))
OF_OPERATION = [door for door in DOORS if door.pattern.startswith("o/<slug:slug>/")]
OF_PLATFORM = [
    door for door in DOORS if door.right is not None and door.right.startswith("platform_")
]


def _ask(client: Client, url: str) -> int:
    """The status of GET; of POST where only that is answered."""
    status = client.get(url).status_code
    return client.post(url).status_code if status == 405 else status


def _signed_in(cast: Cast, name: str) -> Client:
    client = Client()
    client.force_login(getattr(cast, name))
    return client


def test_the_cast_is_all_tried() -> None:
    people = {field.name for field in fields_of(Cast)} - {"operation", "other_operation"}
    assert people == {*MEMBERS, *POWERS, "outsider"}


@pytest.mark.parametrize("door", OF_OPERATION, ids=lambda door: door.pattern)
def test_an_address_of_an_operation_opens_by_its_right_alone(cast: Cast, door: Door) -> None:
    assert door.right is not None, "guard this view with at_desk(Right.…)"
    url = door.url(cast.operation.slug)
    assert _ask(Client(), url) in (302, 401, 403)
    for stranger in ("outsider", *POWERS):
        assert _ask(_signed_in(cast, stranger), url) == 404, stranger
    for name, role in MEMBERS.items():
        status = _ask(_signed_in(cast, name), url)
        if door.right in RIGHTS_OF_ROLE[role]:
            assert status != 403, f"{name} has {door.right}"
            assert status < 500, name
        else:
            assert status == 403, f"{name} has no {door.right}"


@pytest.mark.parametrize("door", OF_PLATFORM, ids=lambda door: door.pattern)
def test_an_address_of_the_platform_opens_by_its_right_alone(cast: Cast, door: Door) -> None:
    assert door.right is not None
    url = door.url(cast.operation.slug)
    assert _ask(Client(), url) in (302, 401)
    for name, power in POWERS.items():
        status = _ask(_signed_in(cast, name), url)
        assert (status == 403) is (door.right not in RIGHTS_OF_PLATFORM[power]), name
    for name in (*MEMBERS, "outsider"):
        assert _ask(_signed_in(cast, name), url) == 403, name


def test_no_other_address_is_open_by_oversight() -> None:
    guarded = {*OF_OPERATION, *OF_PLATFORM}
    others = {
        door.pattern
        for door in DOORS
        if door not in guarded
        and door.pattern not in NO_DOOR
        and not door.pattern.startswith(OWN_GUARD)
    }
    assert others - {""} == set()
