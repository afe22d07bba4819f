"""allauth's forms without placeholders: the label above the field says it, and stays."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as account


class _Plain:
    """Takes the placeholders out of a form's fields."""

    fields: dict[str, Any]

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)


class SignInForm(_Plain, account.LoginForm):  # type: ignore[misc]
    """E-mail and password; the way to a new password stands under the form, not inside."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.fields["password"].help_text = ""


class ChangePasswordForm(_Plain, account.ChangePasswordForm):  # type: ignore[misc]
    pass


class SetPasswordForm(_Plain, account.SetPasswordForm):  # type: ignore[misc]
    pass


class ResetPasswordForm(_Plain, account.ResetPasswordForm):  # type: ignore[misc]
    pass


class ChoosePasswordForm(_Plain, account.ResetPasswordKeyForm):  # type: ignore[misc]
    pass


class ReauthenticateForm(_Plain, account.ReauthenticateForm):  # type: ignore[misc]
    pass
