"""`vigie user`: what a person at the machine does, and what scripts read."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from tests.factories import user as make_user
from vigie.accounts.models import User
from vigie.cli.users import user
from vigie.journal.models import PLATFORM_CHAIN, Entry

pytestmark = pytest.mark.django_db


def run(*arguments: str, stdin: str = "") -> Result:
    return CliRunner().invoke(user, arguments, input=stdin)


def test_an_account_is_made_with_a_password_from_standard_input() -> None:
    done = run(
        "create", "chef@exemple.fr", "--name", "Chef", "--administrator", "--password-stdin",
        stdin="la crue monte vite\n",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    made = User.objects.get()
    assert made.is_administrator
    assert made.check_password("la crue monte vite")
    entry = Entry.objects.get(chain=PLATFORM_CHAIN)
    assert (entry.verb, entry.actor, entry.by) == ("user.created", "vigie user", None)


def test_a_password_is_made_and_shown_once_when_nobody_can_be_asked() -> None:
    done = run("create", "chef@exemple.fr", "--name", "Chef", "--json")
    shown = json.loads(done.output)
    assert User.objects.get().check_password(shown["password"])
    assert "password" not in json.loads(run("list", "--json").output)[0]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("create", "a@exemple.fr", "--name", "A"), "already has an account"),
        (("create", "pas-une-adresse", "--name", "A"), "email:"),
        (("password", "personne@exemple.fr"), "nobody has an account"),
        (("deactivate", "a@exemple.fr"), "last administrator"),
        (("rights", "a@exemple.fr", "--no-administrator"), "last administrator"),
    ],
)
def test_a_failure_has_status_1_and_its_reason_on_one_line(
    arguments: tuple[str, ...], reason: str
) -> None:
    make_user(email="a@exemple.fr", is_administrator=True)
    done = run(*arguments)
    assert done.exit_code == 1
    assert reason in done.output
    assert len(done.output.strip().splitlines()) == 1


@pytest.mark.parametrize("arguments", [("create",), ("list", "--nope"), ("nope",)])
def test_wrong_use_has_status_2(arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2


def test_a_short_password_is_refused_and_nothing_changes() -> None:
    make_user(email="a@exemple.fr")
    done = run("password", "a@exemple.fr", "--password-stdin", stdin="court\n")
    assert done.exit_code == 1
    assert not User.objects.get().check_password("court")


def test_an_account_is_closed_and_opened_again() -> None:
    make_user(email="a@exemple.fr")
    assert run("deactivate", "a@exemple.fr").exit_code == 0
    assert not User.objects.get().is_active
    assert "closed" in run("list").output
    assert run("reactivate", "A@exemple.fr").exit_code == 0
    assert User.objects.get().is_active


def test_rights_are_shown_and_changed_one_by_one() -> None:
    make_user(email="a@exemple.fr", is_administrator=True)
    done = run("rights", "a@exemple.fr", "--data-protection-officer", "--json")
    assert json.loads(done.output)["rights"] == ["administrator", "data_protection"]
