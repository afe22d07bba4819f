"""Forms of the room: opening, settings, team, invitations, notes, the exercise."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from vigie.accounts.roles import Role
from vigie.operations import decide
from vigie.operations.actions import notes
from vigie.operations.kinds import KINDS
from vigie.web.room.main_courante import local_time
from vigie.web.room.words import DUTIES, NOTE_KINDS, NOTE_STATES, ROLES

LANGUAGES = (
    ("fr", _("French")),
    ("en", _("English")),
    ("es", _("Spanish")),
    ("de", _("German")),
    ("it", _("Italian")),
    ("pt", _("Portuguese")),
    ("nl", _("Dutch")),
    ("ar", _("Arabic")),
)
ZONES = (
    "Europe/Paris", "America/Guadeloupe", "America/Martinique", "America/Cayenne", "Indian/Reunion",
    "Indian/Mayotte", "Pacific/Noumea", "Pacific/Tahiti", "America/Miquelon", "UTC",
)  # fmt: skip


class OperationForm(forms.Form):
    """Title, kind, languages, exercise flag; the territory has its own picker beside it."""

    title = forms.CharField(
        label=_("Title"),
        max_length=decide.TITLE_LENGTH,
        help_text=_("As everybody will read it, for example “Flood of the Orge, November 2026”."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=[(code, kind.label) for code, kind in KINDS.items()],
        widget=forms.RadioSelect(attrs={"class": "kinds"}),
    )
    languages = forms.MultipleChoiceField(
        label=_("Languages looked for"),
        choices=LANGUAGES,
        initial=["fr"],
        widget=forms.CheckboxSelectMultiple(attrs={"class": "inline"}),
    )
    is_exercise = forms.BooleanField(
        label=_("This is an exercise: a red band on every screen and export"), required=False
    )

    def clean_languages(self) -> list[str]:
        """In the order of the list, French first."""
        chosen = set(self.cleaned_data["languages"])
        return [code for code, _name in LANGUAGES if code in chosen]


class SettingsForm(OperationForm):
    """Also what one sets rarely."""

    time_zone = forms.ChoiceField(
        label=_("Time zone"), choices=[(zone, zone.replace("_", " ")) for zone in ZONES]
    )
    hold_minutes = forms.IntegerField(
        label=_("Holding time, in minutes"),
        min_value=decide.HOLD_MINUTES[0],
        max_value=decide.HOLD_MINUTES[1],
        help_text=_("A post or an incident taken and not touched for that long is given back."),
    )

    def __init__(self, *args: Any, settled: bool = False, zone: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["time_zone"]
        assert isinstance(choice, forms.ChoiceField)
        if zone and zone not in ZONES:
            choice.choices = [(zone, zone), *((z, z.replace("_", " ")) for z in ZONES)]
        if settled:
            self.fields["is_exercise"].disabled = True
            self.fields["is_exercise"].help_text = _("Posts came in: this can change no more.")


def role_choices() -> list[tuple[str, str]]:
    """Roles with what they are for."""
    return [(role.value, f"{ROLES[role]} – {DUTIES[role]}") for role in Role]


class RolesForm(forms.Form):
    roles = forms.MultipleChoiceField(
        label=_("Roles"), choices=role_choices, widget=forms.CheckboxSelectMultiple
    )

    def clean_roles(self) -> list[Role]:
        return [Role(role) for role in self.cleaned_data["roles"]]


class MemberForm(forms.Form):
    email = forms.EmailField(
        label=_("E-mail address of the account"),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    role = forms.ChoiceField(label=_("Role"), choices=role_choices, initial=Role.WATCHER.value)

    def clean_role(self) -> Role:
        return Role(self.cleaned_data["role"])


class InvitationForm(forms.Form):
    LIVES = (
        ("24", _("24 hours")),
        ("72", _("3 days")),
        ("168", _("7 days")),
        ("720", _("30 days")),
    )

    role = forms.ChoiceField(label=_("Role"), choices=role_choices, initial=Role.WATCHER.value)
    hours = forms.ChoiceField(label=_("Good for"), choices=LIVES, initial="168")
    uses = forms.IntegerField(
        label=_("For how many people"),
        min_value=decide.INVITATION_USES[0],
        max_value=decide.INVITATION_USES[1],
        initial=1,
    )
    email = forms.EmailField(
        label=_("Only for this e-mail address"),
        required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        help_text=_("The link then works for this address alone, once."),
    )

    def clean_role(self) -> Role:
        return Role(self.cleaned_data["role"])

    def clean_hours(self) -> timedelta:
        return timedelta(hours=int(self.cleaned_data["hours"]))


class PhaseForm(forms.Form):
    to = forms.CharField(max_length=20)
    reason = forms.CharField(max_length=1000, required=False)


class LocalDateTimeField(forms.CharField):
    """A `datetime-local` input read in the operation's zone."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def __init__(self, *, zone: ZoneInfo | None = None, **kwargs: Any) -> None:
        self.zone = zone or ZoneInfo("UTC")
        super().__init__(**kwargs)

    def clean(self, value: Any) -> datetime | None:
        text = super().clean(value)
        if not text:
            return None
        moment = local_time(text, self.zone)
        if moment is None:
            raise forms.ValidationError(
                _("Write the date and the time, for example 24/11/2026 03:12.")
            )
        return moment


class NoteForm(forms.Form):
    happened_at = LocalDateTimeField(label=_("Time of the fact"))
    kind = forms.ChoiceField(
        label=pgettext_lazy("note", "What it is"), choices=list(NOTE_KINDS.items()), initial="call"
    )
    sender = forms.CharField(
        label=_("From"),
        max_length=notes.NAME_LENGTH,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": "CODIS 91", "autocomplete": "off"}),
    )
    recipient = forms.CharField(
        label=_("To"),
        max_length=notes.NAME_LENGTH,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    text = forms.CharField(
        label=_("What was said or done"),
        max_length=notes.TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("It stays for good: no name of a person in distress, no telephone number."),
    )
    incident = forms.IntegerField(label=_("Incident no."), min_value=1, required=False)
    state = forms.ChoiceField(label=_("State"), choices=list(NOTE_STATES.items()), initial="open")

    def __init__(self, *args: Any, zone: ZoneInfo, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        moment = self.fields["happened_at"]
        assert isinstance(moment, LocalDateTimeField)
        moment.zone = zone
        moment.initial = now.astimezone(zone).strftime("%Y-%m-%dT%H:%M")


class FollowUpForm(forms.Form):
    text = forms.CharField(
        label=_("What became of it"),
        max_length=notes.TEXT_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    state = forms.ChoiceField(
        label=_("State"), choices=list(NOTE_STATES.items()), initial="settled"
    )


class JoinForm(forms.Form):
    """The account of somebody who comes by a link and has none."""

    name = forms.CharField(
        label=_("Name"), max_length=120, help_text=_("As the team will know you."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )  # fmt: skip
    callsign = forms.CharField(
        label=_("Callsign"), max_length=40, required=False,
        help_text=_("How the journal and the reports name you, for example V3."),
    )  # fmt: skip
    email = forms.EmailField(
        label=_("E-mail address"), widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    password = forms.CharField(
        label=_("Password"),
        help_text=_("At least 12 characters; a sentence is easiest to remember."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
