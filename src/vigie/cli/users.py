"""`vigie user`: people, from the command line of the machine. Everything is journaled as such."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable

import click
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from vigie.accounts import actions, queries
from vigie.accounts.models import User
from vigie.accounts.roles import Platform
from vigie.cli.database import ready
from vigie.cli.output import fail
from vigie.kernel import ids
from vigie.kernel.clock import rfc3339, utc_now
from vigie.operations.access import platform_journal

ACTOR = "vigie user"


@click.group()
def user() -> None:
    """Create, list and change people."""
    ready()


@user.command()
@click.argument("email")
@click.option("--name", required=True, help="As the team knows the person.")
@click.option("--callsign", default="", help='Names the person in the journal, for example "V3".')
@click.option("--language", type=click.Choice(actions.LANGUAGES), default="fr", show_default=True)
@click.option("--administrator", is_flag=True, help="Give the right to manage the installation.")
@click.option("--data-protection-officer", is_flag=True, help="Give the right to audit it.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def create(
    email: str,
    name: str,
    callsign: str,
    language: str,
    administrator: bool,
    data_protection_officer: bool,
    password_stdin: bool,
    as_json: bool,
) -> None:
    """Create an account. Without --password-stdin a password is asked for, or made when nobody
    can answer, and shown once."""
    password, made_here = _password(password_stdin)
    powers = _powers(administrator, data_protection_officer)
    try:
        person = actions.create_user(
            email=email,
            name=name,
            callsign=callsign,
            language=language,
            password=_acceptable(password),
            powers=powers,
            record=_record(),
        )
    except actions.EmailTaken:
        fail(f"{email} already has an account")
    except ValidationError as refusal:
        fail(_one_line(refusal))
    shown = {**_described(person), **({"password": password} if made_here else {})}
    if as_json:
        click.echo(json.dumps(shown, ensure_ascii=False))
    else:
        click.echo(f"{person.email} created")
        if made_here:
            click.echo(f"password (shown once): {password}")


@user.command("list")
@click.option("--search", default="", help="Only those whose name or address has this in it.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON, one array.")
def list_(search: str, as_json: bool) -> None:
    """List the people who have an account."""
    people = list(queries.people(search=search))
    if as_json:
        click.echo(json.dumps([_described(person) for person in people], ensure_ascii=False))
        return
    for person in people:
        facts = [*(power.value for power in person.platform_powers)]
        if not person.is_active:
            facts.append("closed")
        click.echo("\t".join([person.email, person.name, person.callsign or "-", ",".join(facts)]))


@user.command()
@click.argument("email")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def password(email: str, password_stdin: bool) -> None:
    """Give a new password."""
    person = _found(email)
    new, made_here = _password(password_stdin)
    actions.set_password(user=person, password=_acceptable(new, person), record=_record())
    click.echo(f"password of {person.email} changed" + (f": {new}" if made_here else ""))


@user.command()
@click.argument("email")
def deactivate(email: str) -> None:
    """Close an account: signed out, tokens refused; what was done stays in the journal."""
    try:
        actions.set_active(user=_found(email), active=False, record=_record())
    except actions.LastAdministrator:
        fail(f"{email} is the last administrator")
    click.echo(f"{email} is closed")


@user.command()
@click.argument("email")
def reactivate(email: str) -> None:
    """Open a closed account again."""
    actions.set_active(user=_found(email), active=True, record=_record())
    click.echo(f"{email} is open")


@user.command()
@click.argument("email")
@click.option("--administrator/--no-administrator", default=None)
@click.option("--data-protection-officer/--no-data-protection-officer", default=None)
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def rights(
    email: str, administrator: bool | None, data_protection_officer: bool | None, as_json: bool
) -> None:
    """Show or change the rights over the whole installation."""
    person = _found(email)
    wanted = set(person.platform_powers)
    for power, asked in (
        (Platform.ADMINISTRATOR, administrator),
        (Platform.DATA_PROTECTION, data_protection_officer),
    ):
        if asked is not None:
            (wanted.add if asked else wanted.discard)(power)
    try:
        actions.set_powers(user=person, powers=wanted, record=_record())
    except actions.LastAdministrator:
        fail(f"{email} is the last administrator")
    names = sorted(power.value for power in wanted)
    if as_json:
        click.echo(json.dumps({"email": person.email, "rights": names}))
    else:
        click.echo(f"{person.email}: {', '.join(names) or 'no right over the installation'}")


def _record() -> actions.Record:
    return platform_journal(by=None, now=utc_now(), actor=ACTOR)


def _found(email: str) -> User:
    person = queries.user_by_email(email)
    if person is None:
        fail(f"nobody has an account with {email}")
    return person


def _password(from_stdin: bool) -> tuple[str, bool]:
    """The password, and whether it was made here because nobody could be asked."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n"), False
    if sys.stdin.isatty():
        return click.prompt("Password", hide_input=True, confirmation_prompt=True), False
    return ids.new_secret()[:20], True


def _acceptable(password: str, person: User | None = None) -> str:
    try:
        validate_password(password, person)
    except ValidationError as refusal:
        fail(_one_line(refusal))
    return password


def _one_line(refusal: ValidationError) -> str:
    if hasattr(refusal, "error_dict"):
        return "; ".join(f"{name}: {' '.join(said)}" for name, said in refusal.message_dict.items())
    return " ".join(refusal.messages)


def _powers(administrator: bool, data_protection_officer: bool) -> Iterable[Platform]:
    if administrator:
        yield Platform.ADMINISTRATOR
    if data_protection_officer:
        yield Platform.DATA_PROTECTION


def _described(person: User) -> dict[str, object]:
    return {
        "email": person.email,
        "name": person.name,
        "callsign": person.callsign,
        "language": person.language,
        "active": person.is_active,
        "rights": [power.value for power in person.platform_powers],
        "created_at": rfc3339(person.created_at),
        "last_sign_in": rfc3339(person.last_login) if person.last_login else None,
    }
