"""What changes about people. Each change that others must be able to prove is told to `record`.

The journal lies above this app, so actions are given the door to it: `record(verb, subject=…,
data=…)`, which must write in the same transaction (`operations.access.platform_journal` makes one).
No e-mail, name or secret goes into it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from vigie.accounts.models import ApiToken, User
from vigie.accounts.roles import Platform
from vigie.kernel import ids

TOKEN_PREFIX = "vigie_"  # noqa: S105
LANGUAGES = ("fr", "en")
THEMES = ("auto", "light", "dark")


class Record(Protocol):
    """Writes one journal entry."""

    def __call__(
        self, verb: str, *, subject: tuple[str, int], data: Mapping[str, Any] | None = None
    ) -> object: ...


class EmailTaken(ValueError):
    """Somebody already has an account with this address."""


class LastAdministrator(ValueError):
    """The change would leave the installation without any active administrator."""


class NotYours(LookupError):
    """No such token, or it belongs to somebody else."""


def set_preferences(*, user: User, language: str | None = None, theme: str | None = None) -> None:
    """Keep the person's language and theme; values that are not known are left as they were."""
    fields = []
    if language in LANGUAGES:
        user.language, fields = language, ["language"]
    if theme in THEMES:
        user.theme, fields = theme, [*fields, "theme"]
    if fields:
        user.save(update_fields=fields)


def change_profile(*, user: User, name: str, callsign: str) -> None:
    """Change how the person is named from now on; the journal keeps the names it was written with."""
    user.name, user.callsign = name.strip(), callsign.strip()
    user.save(update_fields=["name", "callsign"])


def create_user(
    *,
    email: str,
    name: str,
    password: str | None,
    record: Record,
    callsign: str = "",
    language: str = "fr",
    powers: Iterable[Platform] = (),
) -> User:
    """Create an account. Without a password the person sets one by the reset link.

    Raises EmailTaken, or ValidationError when a field is not acceptable.
    """
    granted = frozenset(powers)
    user = User(
        email=email.strip().lower(),
        name=name.strip(),
        callsign=callsign.strip(),
        language=language,
        is_administrator=Platform.ADMINISTRATOR in granted,
        is_data_protection_officer=Platform.DATA_PROTECTION in granted,
    )
    user.set_password(password)
    user.clean_fields(exclude={"password"})
    try:
        with transaction.atomic():
            user.save(force_insert=True)
            record("user.created", subject=("user", user.pk), data={"powers": sorted(granted)})
    except IntegrityError as clash:
        raise EmailTaken(user.email) from clash
    return user


def change_address(*, user: User, email: str, record: Record) -> None:
    """Let the person sign in with another address from now on, and no longer with the old one.

    Raises EmailTaken, or ValidationError when it is no address.
    """
    user = User.objects.get(pk=user.pk)
    user.email = email.strip().lower()
    user.clean_fields(exclude={"password"})
    try:
        with transaction.atomic():
            user.save(update_fields=["email"])
            EmailAddress.objects.filter(user=user).delete()
            record("user.address_changed", subject=("user", user.pk))
    except IntegrityError as clash:
        raise EmailTaken(user.email) from clash


def set_password(*, user: User, password: str, record: Record) -> None:
    """Give a new password on the person's behalf (command line, administrator)."""
    with transaction.atomic():
        user.set_password(password)
        user.save(update_fields=["password"])
        record("user.password_set", subject=("user", user.pk))


def set_active(*, user: User, active: bool, record: Record) -> None:
    """Close or reopen an account. Closing also revokes nothing: tokens of a closed account are dead.

    Raises LastAdministrator when it is the only one left.
    """
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user.pk)
        if user.is_active == active:
            return
        if not active and user.is_administrator:
            _another_administrator(user)
        user.is_active = active
        user.save(update_fields=["is_active"])
        verb = "user.reactivated" if active else "user.deactivated"
        record(verb, subject=("user", user.pk))


def set_powers(*, user: User, powers: Iterable[Platform], record: Record) -> None:
    """Give exactly these platform rights. Raises LastAdministrator when none would be left."""
    granted = frozenset(powers)
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user.pk)
        before = frozenset(user.platform_powers)
        if before == granted:
            return
        if Platform.ADMINISTRATOR in before - granted:
            _another_administrator(user)
        user.is_administrator = Platform.ADMINISTRATOR in granted
        user.is_data_protection_officer = Platform.DATA_PROTECTION in granted
        user.save(update_fields=["is_administrator", "is_data_protection_officer"])
        record(
            "user.powers_set",
            subject=("user", user.pk),
            data={"before": sorted(before), "after": sorted(granted)},
        )


def _another_administrator(user: User) -> None:
    others = User.objects.filter(is_administrator=True, is_active=True).exclude(pk=user.pk)
    if not others.exists():
        raise LastAdministrator


def create_token(
    *, user: User, name: str, now: datetime, expires_at: datetime | None, record: Record
) -> tuple[ApiToken, str]:
    """Create an API token; returns it with its secret, which is kept nowhere.

    Raises ValidationError when it would expire at once or has no name.
    """
    if not name.strip():
        raise ValidationError("a token needs a name")
    if expires_at is not None and expires_at <= now:
        raise ValidationError("a token must expire later than now")
    secret = ids.new_secret(prefix=TOKEN_PREFIX)
    with transaction.atomic():
        token = ApiToken.objects.create(
            user=user,
            name=name.strip(),
            digest=ids.digest(secret),
            hint=secret[: len(TOKEN_PREFIX) + 4],
            created_at=now,
            expires_at=expires_at,
        )
        record("token.created", subject=("token", token.pk), data={"user": user.pk})
    return token, secret


def revoke_token(*, user: User, pk: int, now: datetime, record: Record) -> None:
    """Revoke one of the person's own tokens, for good. Raises NotYours."""
    with transaction.atomic():
        changed = ApiToken.objects.filter(pk=pk, user=user, revoked_at=None).update(revoked_at=now)
        if not changed:
            raise NotYours(pk)
        record("token.revoked", subject=("token", pk), data={"user": user.pk})
