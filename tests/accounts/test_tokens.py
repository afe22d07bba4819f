"""API tokens: shown once, stored hashed, dead when revoked, expired or their owner's account closed."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from pytest_django import DjangoAssertNumQueries

from tests.factories import user
from vigie.accounts import actions, queries
from vigie.accounts.models import ApiToken, User
from vigie.operations.access import platform_journal

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> User:
    return user()


def issue(owner: User, now: datetime, expires_at: datetime | None = None) -> tuple[ApiToken, str]:
    record = platform_journal(by=owner, now=now)
    return actions.create_token(
        user=owner, name="SIG", now=now, expires_at=expires_at, record=record
    )


def test_a_token_stands_for_its_owner_and_is_nowhere_in_clear(owner: User, now: datetime) -> None:
    token, secret = issue(owner, now)
    assert queries.user_for_token(secret, now) == owner
    token.refresh_from_db()
    stored = {field.name: str(getattr(token, field.name)) for field in ApiToken._meta.fields}
    assert not any(secret in value for value in stored.values())
    assert secret.startswith(token.hint)
    assert len(token.hint) < len(secret) / 3


def test_an_unknown_secret_stands_for_nobody(owner: User, now: datetime) -> None:
    issue(owner, now)
    assert queries.user_for_token("", now) is None
    assert queries.user_for_token("vigie_nothing", now) is None


def test_a_revoked_token_is_dead_and_stays_listed(owner: User, now: datetime) -> None:
    token, secret = issue(owner, now)
    record = platform_journal(by=owner, now=now)
    actions.revoke_token(user=owner, pk=token.pk, now=now, record=record)
    assert queries.user_for_token(secret, now) is None
    assert [each.revoked_at for each in queries.tokens_of(owner)] == [now]
    with pytest.raises(actions.NotYours):
        actions.revoke_token(user=owner, pk=token.pk, now=now, record=record)


def test_nobody_revokes_the_token_of_another(owner: User, now: datetime) -> None:
    token, secret = issue(owner, now)
    other = user()
    with pytest.raises(actions.NotYours):
        actions.revoke_token(
            user=other, pk=token.pk, now=now, record=platform_journal(by=other, now=now)
        )
    assert queries.user_for_token(secret, now) == owner


def test_a_token_dies_at_its_hour(owner: User, now: datetime) -> None:
    _, secret = issue(owner, now, expires_at=now + timedelta(days=1))
    assert queries.user_for_token(secret, now + timedelta(hours=23)) == owner
    assert queries.user_for_token(secret, now + timedelta(days=1)) is None


def test_a_token_that_would_be_dead_at_birth_is_refused(owner: User, now: datetime) -> None:
    with pytest.raises(ValidationError):
        issue(owner, now, expires_at=now)
    assert not ApiToken.objects.exists()


def test_the_tokens_of_a_closed_account_are_dead(owner: User, now: datetime) -> None:
    _, secret = issue(owner, now)
    User.objects.filter(pk=owner.pk).update(is_active=False)
    assert queries.user_for_token(secret, now) is None


def test_its_use_is_noted_once_a_minute(
    owner: User, now: datetime, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    token, secret = issue(owner, now)
    with django_assert_num_queries(2):
        queries.user_for_token(secret, now)
    with django_assert_num_queries(1):
        queries.user_for_token(secret, now + timedelta(seconds=59))
    later = now + timedelta(seconds=60)
    queries.user_for_token(secret, later)
    token.refresh_from_db()
    assert token.last_used_at == later
