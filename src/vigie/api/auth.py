"""Who asks: a token's owner, or the person signed in. Both act at the same desk as on a screen."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import translation
from ninja.security import HttpBearer, SessionAuth

from vigie.accounts.models import User
from vigie.accounts.queries import user_for_token
from vigie.kernel.clock import utc_now
from vigie.operations.access import Desk, desk_for


class Token(HttpBearer):
    """`Authorization: Bearer <token>`, made on the person's page, shown once."""

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        user = user_for_token(token, utc_now())
        if user is None:
            return None
        request.user = user
        translation.activate(user.language)
        return user


class Session(SessionAuth):
    """The session cookie of a browser; writing needs the CSRF token as everywhere."""

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        return request.user if isinstance(request.user, User) else None


AUTH = [Token(), Session()]


def desk_of(request: HttpRequest, slug: str) -> Desk:
    """The desk of who asks in the operation. Raises UnknownOperation when not in its team."""
    assert isinstance(request.user, User)
    return desk_for(request.user, slug)
