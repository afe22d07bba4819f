"""Forms of the account pages."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

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
