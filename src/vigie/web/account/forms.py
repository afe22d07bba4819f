"""Forms of the account pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from vigie.accounts.models import User
from vigie.accounts.roles import Platform


class ProfileForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=120, help_text=_("As the team knows you."))
    callsign = forms.CharField(
        label=_("Callsign"),
        max_length=40,
        required=False,
        help_text=_("How the journal and the reports name you, for example V3."),
    )


class TokenForm(forms.Form):
    LIFETIMES = (
        ("30", _("30 days")),
        ("90", _("90 days")),
        ("365", _("One year")),
        ("0", _("No expiry")),
    )

    name = forms.CharField(
        label=_("What it is for"),
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    days = forms.ChoiceField(label=_("Expires after"), choices=LIFETIMES)


class PersonForm(forms.Form):
    email = forms.EmailField(label=_("E-mail address"))
    name = forms.CharField(label=_("Name"), max_length=120)
    callsign = forms.CharField(label=_("Callsign"), max_length=40, required=False)
    language = forms.ChoiceField(
        label=_("Language"), choices=(("fr", "Français"), ("en", "English"))
    )


class JoinForm(forms.Form):
    """The account of somebody who comes by an invitation."""

    email = forms.EmailField(
        label=_("E-mail address"), widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    name = forms.CharField(
        label=_("Name"),
        max_length=120,
        help_text=_("As the team knows you."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        help_text=_("At least 12 characters; a sentence is easiest to remember."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *arguments: Any, email: str = "", **named: Any) -> None:
        """With `email`, the invitation is for this address only."""
        super().__init__(*arguments, **named)
        if email:
            self.fields["email"].initial = email
            self.fields["email"].disabled = True

    def clean(self) -> None:
        given = self.cleaned_data
        if "password" in given:
            person = User(email=given.get("email", ""), name=given.get("name", ""))
            try:
                validate_password(given["password"], person)
            except ValidationError as refusal:
                self.add_error("password", refusal)


class AddressForm(forms.Form):
    email = forms.EmailField(label=_("E-mail address"))


class PowersForm(forms.Form):
    powers = forms.MultipleChoiceField(
        label=_("Rights over the whole installation"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=(
            (Platform.ADMINISTRATOR.value, _("Administrator")),
            (Platform.DATA_PROTECTION.value, _("Data-protection officer")),
        ),
    )
