"""People and what they sign in with."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models

from vigie.accounts.roles import Platform


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Create a person; the e-mail is the sign-in name and is kept in lower case."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, is_administrator=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").lower())


class User(AbstractBaseUser, PermissionsMixin):
    """A person with an account. Roles are per operation; here are only platform rights."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    callsign = models.CharField(max_length=40, blank=True)
    """Indicatif: how the journal and the reports name this person ("V3"); the name if empty."""
    language = models.CharField(max_length=5, default="fr")
    theme = models.CharField(max_length=10, default="auto")
    is_administrator = models.BooleanField(default=False)
    is_data_protection_officer = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(language__in=["fr", "en"]), name="user_language_known"
            ),
            models.CheckConstraint(
                condition=models.Q(theme__in=["auto", "light", "dark"]), name="user_theme_known"
            ),
        ]

    objects: ClassVar[UserManager] = UserManager()

    def __str__(self) -> str:
        return self.display

    @property
    def display(self) -> str:
        """How the team reads this person's name."""
        return self.callsign or self.name or self.email

    @property
    def is_staff(self) -> bool:
        return self.is_administrator

    @property
    def platform_powers(self) -> tuple[Platform, ...]:
        powers = []
        if self.is_administrator:
            powers.append(Platform.ADMINISTRATOR)
        if self.is_data_protection_officer:
            powers.append(Platform.DATA_PROTECTION)
        return tuple(powers)


class ApiToken(models.Model):
    """A program's key to the API, acting as its owner. The secret is shown once, never stored."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=12)
    """First characters of the secret, to recognise it in a list."""
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["user", "-created_at"])]
