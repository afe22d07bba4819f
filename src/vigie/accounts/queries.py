"""Reading people and tokens."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from vigie.accounts.models import ApiToken, User
from vigie.kernel import ids

USE_NOTED_EVERY = timedelta(minutes=1)
"""`last_used_at` is written at most that often, so that a busy client writes nothing per call."""


def people(*, search: str = "") -> QuerySet[User]:
    """Everybody with an account, by name; only those whose name or address has `search` in it."""
    rows = User.objects.order_by("name", "pk")
    if search:
        rows = rows.filter(
            Q(name__icontains=search) | Q(email__icontains=search) | Q(callsign__iexact=search)
        )
    return rows


def user_by_email(email: str) -> User | None:
    """The person with this address, active or not."""
    return User.objects.filter(email=email.strip().lower()).first()


def tokens_of(user: User) -> QuerySet[ApiToken]:
    """The person's tokens, the newest first, revoked ones included."""
    return ApiToken.objects.filter(user=user).order_by("-created_at", "-pk")


def user_for_token(secret: str, now: datetime) -> User | None:
    """Whom a token's secret stands for: None when unknown, revoked, expired or the account closed."""
    token = (
        ApiToken.objects.select_related("user")
        .filter(digest=ids.digest(secret), revoked_at=None, user__is_active=True)
        .filter(Q(expires_at=None) | Q(expires_at__gt=now))
        .first()
    )
    if token is None:
        return None
    if token.last_used_at is None or now - token.last_used_at >= USE_NOTED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token.user
