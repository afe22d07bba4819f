"""The demonstration: made once, whole, and never beside real operations."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests import factories
from vigie.accounts.models import User
from vigie.accounts.roles import Platform, Role
from vigie.cli.demo import LOCAL_PASSWORD, PEOPLE, SLUG, RealOperations, is_local, set_up
from vigie.collection import exercise
from vigie.collection.models import Source, Watch
from vigie.journal import queries as journal
from vigie.operations.access import desk_for
from vigie.operations.models import Operation

pytestmark = pytest.mark.django_db


def test_there_is_an_account_for_each_role_and_power() -> None:
    assert {p.role for p in PEOPLE if p.role} == set(Role)
    assert {p.power for p in PEOPLE if p.power} == set(Platform)


def test_a_fresh_machine_gets_a_running_exercise(now: datetime) -> None:
    made = set_up(now=now, local=True)
    operation = Operation.objects.get(slug=made.slug)
    assert (operation.is_exercise, operation.phase) == (True, "active")
    assert operation.communes.filter(code="91471").exists()
    assert Watch.objects.filter(operation=operation).count() >= 5
    assert Source.objects.get().plugin == "exercise"
    for login in made.logins:
        user = User.objects.get(email=login.email)
        assert login.password == LOCAL_PASSWORD
        assert user.check_password(LOCAL_PASSWORD)
        if login.role in {role.value for role in Role}:
            assert desk_for(user, SLUG).roles == {Role(login.role)}


def test_setting_it_up_twice_changes_nothing(now: datetime) -> None:
    first = set_up(now=now, local=True)
    chain = Operation.objects.get().pk
    seq = journal.last_seq(chain)
    assert set_up(now=now, local=True) == first
    assert journal.last_seq(chain) == seq


def test_a_scenario_that_is_over_begins_anew(now: datetime) -> None:
    set_up(now=now, local=True)
    Source.objects.update(cursor={"state": {"position": 473, "run": "1"}, "total": 473})
    set_up(now=now, local=True)
    card = next(one for one in exercise.scenarios() if one.name == "orge-yvette")
    assert Source.objects.get().controls == {"run": "2", "run_start_s": card.demo_start_s}


def test_beside_real_operations_it_refuses_unless_forced(now: datetime) -> None:
    factories.operation(now=now)
    with pytest.raises(RealOperations):
        set_up(now=now, local=True)
    assert not User.objects.exists()
    set_up(now=now, local=True, force=True)


def test_a_machine_open_to_others_gets_passwords_of_its_own(now: datetime) -> None:
    made = set_up(now=now, local=False)
    passwords = [login.password for login in made.logins]
    assert None not in passwords
    assert len(set(passwords)) == len(passwords)
    again = set_up(now=now, local=False)
    assert {login.password for login in again.logins} == {None}


def test_the_known_password_goes_when_the_machine_is_opened(now: datetime) -> None:
    set_up(now=now, local=True)
    made = set_up(now=now, local=False)
    for login in made.logins:
        assert login.password not in (None, LOCAL_PASSWORD)
        assert User.objects.get(email=login.email).check_password(login.password or "")


@pytest.mark.parametrize(
    ("address", "hosts", "local"),
    [
        ("", ["127.0.0.1", "localhost", "[::1]"], True),
        ("http://127.0.0.1:8000", ["localhost"], True),
        ("http://localhost:8000", ["localhost"], True),
        ("http://[::1]:8000", ["[::1]"], True),
        ("https://vigie.exemple.fr", ["localhost"], False),
        ("http://192.168.1.4:8000", ["localhost"], False),
        ("", ["localhost", "vigie.exemple.fr"], False),
    ],
)
def test_local_means_that_nobody_else_is_served(
    address: str, hosts: list[str], local: bool
) -> None:
    assert is_local(address, hosts) is local
