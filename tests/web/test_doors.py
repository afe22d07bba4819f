"""Every address as each of the standing cast: the table of rights is the test's data.

An address of an operation must be guarded by `at_desk(right)`; one of the platform by `on_platform`;
what everybody may open is listed here, so that a new address is never open by oversight.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import fields as fields_of

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests.factories import Cast
from vigie.accounts.roles import (
    RIGHTS_BEYOND,
    RIGHTS_OF_PLATFORM,
    RIGHTS_OF_ROLE,
    Platform,
    Right,
    Role,
)

pytestmark = pytest.mark.django_db

NO_DOOR = {
    "healthz", "readyz", "js/catalogue.js", "_gallery/", "manifest.webmanifest", "sw.js",
    "account/preferences/", "join/<str:secret>/",
}  # fmt: skip
"""Open to all, or guarded in their own way (tests/web/ui, tests/web/account, tests/live)."""
OWN_GUARD = ("account/", "live/", "api/", "ogc/", "p/")
ALSO = {"o/<slug:slug>/journal/main-courante.csv": Right.SEE_JOURNAL}
"""Addresses that ask for a second right."""
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
    """The status of GET, or of POST where only that is answered; what it did is undone."""
    with transaction.atomic():
        status = client.get(url).status_code
        if status == 405:
            status = client.post(url).status_code
        transaction.set_rollback(True)
    return status


def _client(cast: Cast, name: str) -> Client:
    client = Client()
    if name != "citizen":
        client.force_login(getattr(cast, name))
    return client


def _wrong(door: Door, name: str, status: int) -> bool:
    """Whether this person should have got another answer from the door of an operation."""
    if name == "citizen":
        return status not in (302, 401, 403)
    if name not in MEMBERS:
        return status != 404
    needed = {door.right, ALSO.get(door.pattern, door.right)}
    if needed <= RIGHTS_OF_ROLE[MEMBERS[name]]:
        return status == 403 or status >= 500
    return status != 403


def _wrong_on_platform(door: Door, name: str, status: int) -> bool:
    if name == "citizen":
        return status not in (302, 401)
    if name in POWERS:
        allowed = door.right in RIGHTS_OF_PLATFORM[POWERS[name]]
    else:
        allowed = door.right in RIGHTS_BEYOND.get(MEMBERS.get(name, Role.WATCHER), ())
    return status >= 500 or (status == 403) is allowed


PEOPLE = (*MEMBERS, *POWERS, "outsider", "citizen")


def test_the_cast_is_all_tried() -> None:
    people = {field.name for field in fields_of(Cast)} - {"operation", "other_operation"}
    assert people == set(PEOPLE) - {"citizen"}


@pytest.mark.parametrize("door", OF_OPERATION, ids=lambda door: door.pattern)
def test_an_address_of_an_operation_names_its_right(door: Door) -> None:
    assert door.right is not None, "guard this view with at_desk(Right.…)"


@pytest.mark.parametrize("name", PEOPLE)
def test_each_opens_the_doors_of_their_rights_alone(cast: Cast, name: str) -> None:
    client = _client(cast, name)
    answers = {door: _ask(client, door.url(cast.operation.slug)) for door in OF_OPERATION}
    wrong = [
        f"{door.pattern} ({door.right}): {status}"
        for door, status in answers.items()
        if _wrong(door, name, status)
    ]
    answers = {door: _ask(client, door.url(cast.operation.slug)) for door in OF_PLATFORM}
    wrong += [
        f"{door.pattern} ({door.right}): {status}"
        for door, status in answers.items()
        if _wrong_on_platform(door, name, status)
    ]
    assert wrong == []


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
