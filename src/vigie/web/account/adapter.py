"""How people come in: by invitation only."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class InvitationOnlyAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Nobody signs up by themselves; the invitation's page creates the account."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
