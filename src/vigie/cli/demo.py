"""`vigie demo`: the exercise that plays on a fresh machine, and an account for each role."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from ipaddress import ip_address
from secrets import token_urlsafe
from urllib.parse import urlsplit

import click
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction

from vigie.accounts.actions import create_user, set_password
from vigie.accounts.models import User
from vigie.accounts.queries import user_by_email
from vigie.accounts.roles import Platform, Role
from vigie.alerting.actions.channels import add_channel
from vigie.alerting.actions.rules import Plan as RulePlan
from vigie.alerting.actions.rules import add_rule
from vigie.alerting.queries import rules
from vigie.cli import demo_map, demo_needs
from vigie.cli.database import ready
from vigie.cli.output import emit, fail
from vigie.collection import exercise, watches
from vigie.contracts.exercises import ScenarioCard
from vigie.kernel.clock import utc_now
from vigie.mapping.actions.grids import open_grid
from vigie.mapping.queries.grids import grids
from vigie.mapping.queries.ground import Choice
from vigie.operations import queries
from vigie.operations.access import Desk, desk_for, platform_journal
from vigie.operations.actions.operation import Plan, change_phase, open_operation
from vigie.operations.actions.team import add_member

SCENARIO = "orge-yvette"
SLUG = "exercice-orge-yvette"
LOCAL_PASSWORD = "exercice-orge"  # noqa: S105  (only where nobody but this machine can sign in)


class RealOperations(Exception):
    """This home serves real operations: demonstration accounts have no place in it."""


class ScenarioMissing(Exception):
    """The scenario did not come with this installation."""


@dataclass(frozen=True, kw_only=True)
class Person:
    email: str
    name: str
    callsign: str
    role: Role | None = None
    power: Platform | None = None


PEOPLE = (
    Person(email="coordination@vigie.example", name="Claire Morel", callsign="CO1", role=Role.COORDINATOR),
    Person(email="veille@vigie.example", name="Samir Haddad", callsign="V1", role=Role.WATCHER),
    Person(email="verification@vigie.example", name="Inès Laurent", callsign="VE1", role=Role.VERIFIER),
    Person(email="carte@vigie.example", name="Yann Le Goff", callsign="CA1", role=Role.MAPPER),
    Person(email="communication@vigie.example", name="Fatou Diop", callsign="CM1", role=Role.COMMUNICATOR),
    Person(email="rappel@vigie.example", name="Karim Benali", callsign="R1", role=Role.CALLER),
    Person(email="codis@vigie.example", name="Marc Antoine", callsign="CODIS", role=Role.PARTNER),
    Person(email="observation@vigie.example", name="Hélène Roux", callsign="OB1", role=Role.OBSERVER),
    Person(email="admin@vigie.example", name="Paul Nguyen", callsign="ADM", power=Platform.ADMINISTRATOR),
    Person(email="dpo@vigie.example", name="Lucie Garnier", callsign="DPO", power=Platform.DATA_PROTECTION),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Login:
    """An account to sign in with. `password` is None when it was set at another time."""

    role: str
    email: str
    password: str | None


@dataclass(frozen=True, kw_only=True)
class Demo:
    slug: str
    title: str
    logins: tuple[Login, ...]


def set_up(*, now: datetime, force: bool = False, local: bool) -> Demo:
    """Make what is missing of the exercise and its accounts; doing so twice is doing it once.

    A scenario that is over begins anew. `local` says that only this machine can sign in: accounts
    then share a known password; else each new one gets its own, returned this once. Raises
    RealOperations (unless `force`) or ScenarioMissing.
    """
    if not force and queries.real_operations():
        raise RealOperations
    card = next((one for one in exercise.scenarios() if one.name == SCENARIO), None)
    if card is None:
        raise ScenarioMissing(SCENARIO)
    with transaction.atomic():
        people, logins = _accounts(now=now, local=local)
        fresh = not queries.exists(SLUG)
        desk = _operation(card, people, now=now - demo_map.BEGAN if fresh else now)
        by_role = {person.role: user for person, user in people.items() if person.role}
        mapper, watcher = (desk_for(by_role[each], SLUG) for each in (Role.MAPPER, Role.WATCHER))
        demo_map.draw(mapper, [watcher], now=now)
        _play(card, desk, now=now)
        demo_map.release(mapper, now=now)
        demo_needs.ask(watcher, desk, by_role[Role.PARTNER], now=now)
    return Demo(slug=SLUG, title=desk.operation.title, logins=logins)


def _accounts(*, now: datetime, local: bool) -> tuple[dict[Person, User], tuple[Login, ...]]:
    record = platform_journal(by=None, now=now, actor="demo")
    known = _KnownPassword()
    people, logins = {}, []
    for person in PEOPLE:
        user, password = user_by_email(person.email), None
        if user is None:
            password = LOCAL_PASSWORD if local else token_urlsafe(12)
            user = create_user(
                email=person.email,
                name=person.name,
                callsign=person.callsign,
                password=None if local else password,
                powers=[person.power] if person.power else [],
                record=record,
            )
            if local:
                known.give(user)
        elif known.has(user):
            password = LOCAL_PASSWORD
            if not local:  # the machine was opened to others since: the known password must go
                password = token_urlsafe(12)
                set_password(user=user, password=password, record=record)
        people[person] = user
        role = person.role or person.power
        assert role is not None
        logins.append(Login(role=role.value, email=person.email, password=password))
    return people, tuple(logins)


class _KnownPassword:
    """The known password of a local demonstration, hashed once for all accounts: hashing is slow
    on purpose, and this one has nothing to hide."""

    def __init__(self) -> None:
        self._hashes: dict[str, bool] = {}

    def give(self, user: User) -> None:
        encoded = next((h for h, good in self._hashes.items() if good), None)
        encoded = encoded or make_password(LOCAL_PASSWORD)
        self._hashes[encoded] = True
        user.password = encoded
        user.save(update_fields=["password"])

    def has(self, user: User) -> bool:
        if user.password not in self._hashes:
            self._hashes[user.password] = user.check_password(LOCAL_PASSWORD)
        return self._hashes[user.password]


def _operation(card: ScenarioCard, people: dict[Person, User], *, now: datetime) -> Desk:
    """The operation with its team, as its coordinator."""
    by_role = {person.role: user for person, user in people.items() if person.role}
    coordinator = by_role[Role.COORDINATOR]
    if not queries.exists(SLUG):
        administrator = next(u for p, u in people.items() if p.power is Platform.ADMINISTRATOR)
        plan = Plan(
            title=card.title["fr"],
            kind=card.kind,
            communes=card.territory,
            languages=card.languages,
            is_exercise=True,
            time_zone=card.zone,
            slug=SLUG,
        )
        desk = open_operation(plan=plan, user=administrator, now=now, coordinator=coordinator)
        change_phase(to="active", by=desk, now=now)
    desk = desk_for(coordinator, SLUG)
    here = {member.user.pk for member in queries.team(desk)}
    for role, user in by_role.items():
        if user.pk not in here:
            add_member(person=user, roles=[role], by=desk, now=now)
    return desk


def _play(card: ScenarioCard, desk: Desk, *, now: datetime) -> None:
    """The scenario's watches and its player, playing."""
    taken = {watch.name for watch in watches.watches_of(desk)}
    for name, query in card.watches:
        if name not in taken:
            watches.create_watch(name=name, query=query, by=desk, now=now)
    _look_out(desk, now=now)
    _share_out(desk, now=now)
    state = exercise.playing(desk)
    if state is None:
        exercise.start_exercise(scenario=card.name, speed=None, start_at_s=None, by=desk, now=now)
    elif state.over:
        exercise.restart(start_s=card.demo_start_s, by=desk, now=now)


def _look_out(desk: Desk, *, now: datetime) -> None:
    """Sensible alert rules, and the channel of whoever allows a device to be notified."""
    if rules.rules(desk) or rules.channels(desk):
        return
    phones = add_channel(
        plugin="webpush", name="Appareils de l’équipe", config={},
        roles=[Role.COORDINATOR.value, Role.WATCHER.value], by=desk, now=now,
    )  # fmt: skip
    for plan in (
        RulePlan(
            name="Danger pour quelqu’un", kind="urgency", settings={"level": 4, "of": "both"},
            ways=((phones.pk, 0),), urgent=True,
        ),
        RulePlan(name="Afflux inhabituel", kind="burst", settings={"window_s": 900}, repeat_s=3600),
        RulePlan(name="Source muette", kind="silence", settings={"after_s": 900}, repeat_s=3600),
    ):  # fmt: skip
        add_rule(plan=plan, by=desk, now=now)


def _share_out(desk: Desk, *, now: datetime) -> None:
    """One grid over the communes of the territory, free to be searched."""
    if grids(desk).exists() or grids(desk, closed=True).exists():
        return
    instruction = (
        "Publications et photos des dernières heures, webcams des communes et des routes. "
        "Si rien ne vient d’une commune, demander au coordinateur un appel à la mairie."
    )
    values = {"name": "Communes de l’Orge et de l’Yvette", "instruction": instruction}
    open_grid(choice=Choice(kind="communes"), values=values, by=desk, now=now)


def is_local(address: str, hosts: Iterable[str]) -> bool:
    """Whether only this machine is served: the address people use (VIGIE_ADDRESS, empty by default)
    and every host name answered to are its own."""
    if not set(hosts) <= {"127.0.0.1", "localhost", "[::1]"}:
        return False
    if not address:
        return True
    host = urlsplit(address).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@click.command()
@click.option("--force", is_flag=True, help="Also beside real operations.")
@click.option("--quiet", is_flag=True, help="Print the logins only.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def demo(force: bool, quiet: bool, as_json: bool) -> None:
    """Set up the exercise and an account for each role; `vigie up` then plays it.

    Run again, it changes nothing, but begins a scenario that is over anew.
    """
    ready()
    local = is_local(settings.VIGIE_ADDRESS, settings.ALLOWED_HOSTS)
    try:
        made = set_up(now=utc_now(), force=force, local=local)
    except RealOperations:
        fail(
            "this installation serves real operations; demonstration accounts were not created. "
            "Use another VIGIE_HOME, or --force"
        )
    except ScenarioMissing:
        fail(f"the scenario {SCENARIO} did not come with this installation")
    lines = [] if quiet else [f"{made.title}: ready. `vigie up` plays it.", ""]
    width = max(len(login.email) for login in made.logins)
    for login in made.logins:
        password = login.password or "(password set earlier)"
        lines.append(f"  {login.email:<{width}}  {password}  {login.role}")
    emit(asdict(made), as_json=as_json, words="\n".join(lines))
