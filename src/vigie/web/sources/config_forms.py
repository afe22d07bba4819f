"""The form of a plugin's configuration, made from its struct.

Label, help and kind of control come from `msgspec.Meta(extra={"label": {…}, "help": {…}, "input":
"url", "choices": {value: {"fr": …}}})`; limits from the Meta itself. A field without an `extra`
shows its own name. Dicts, lists and structs inside have no control: what they hold is kept.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec
from django import forms
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from vigie.collection import secrets
from vigie.contracts.plugins import Manifest

KEEP = (
    ("watched", gettext_lazy("what answers a watch (the rest is counted)")),
    ("all", gettext_lazy("everything in this file")),
)
"""What to keep of a file."""


def told(words: Mapping[str, str] | str) -> str:
    """The text in the person's language, else in French, else in whatever there is."""
    if isinstance(words, str):
        return words
    language = (get_language() or "fr").partition("-")[0]
    return words.get(language) or words.get("fr") or next(iter(words.values()), "")


def config_fields(manifest: Manifest) -> dict[str, forms.Field]:
    """Name → form field, in the order of the struct."""
    described = msgspec.inspect.type_info(manifest.config)
    assert isinstance(described, msgspec.inspect.StructType)
    made = {field.name: _field(field) for field in described.fields}
    return {name: field for name, field in made.items() if field is not None}


def _is_asked_first(field: forms.Field) -> bool:
    """Required, or room for several lines: what the source looks for; a token."""
    return field.required or isinstance(field.widget, forms.Textarea | SecretInput)


def _field(field: msgspec.inspect.Field) -> forms.Field | None:
    extra, kind = _unwrapped(field.type)
    required = field.required
    initial = None if field.default is msgspec.NODEFAULT else field.default
    label = told(extra.get("label", {})) or field.name.replace("_", " ")
    shown: dict[str, Any] = {
        "label": label,
        "help_text": told(extra.get("help", {})),
        "required": required,
        "initial": initial,
    }
    match kind:
        case msgspec.inspect.BoolType():
            return forms.BooleanField(**{**shown, "required": False})
        case msgspec.inspect.IntType():
            return forms.IntegerField(min_value=kind.ge, max_value=kind.le, **shown)
        case msgspec.inspect.FloatType():
            return forms.FloatField(min_value=kind.ge, max_value=kind.le, **shown)
        case msgspec.inspect.LiteralType():
            names = extra.get("choices", {})
            choices = [(v, told(names.get(v, {})) or str(v)) for v in kind.values]
            return forms.ChoiceField(choices=choices, **shown)
        case msgspec.inspect.StrType():
            return _text(kind, extra.get("input", ""), shown)
        case _:
            return None


def _text(kind: msgspec.inspect.StrType, control: str, shown: dict[str, Any]) -> forms.Field:
    attributes = {"autocomplete": "off", "spellcheck": "false"}
    widget: forms.Widget
    if control == "url":
        widget = forms.URLInput(attrs={**attributes, "placeholder": "https://"})
    elif control == "secret":
        return SecretField(max_length=secrets.LONGEST, widget=SecretInput(), **shown)
    elif control == "secrets":
        return SecretField(max_length=secrets.LONGEST, widget=SecretLines(), **shown)
    elif control == "textarea":
        widget = forms.Textarea(attrs={"rows": 4})
    else:
        widget = forms.TextInput(attrs=attributes)
    messages = {"invalid": _("This is not written as it should be.")}
    if control == "url":
        messages["invalid"] = _("Write the whole address, beginning with https://.")
    if kind.pattern is None:
        return forms.CharField(max_length=kind.max_length, widget=widget, **shown)
    return forms.RegexField(
        kind.pattern, max_length=kind.max_length, widget=widget, error_messages=messages, **shown
    )


class SecretInput(forms.PasswordInput):
    """A token is typed here and never shown again: not even what was typed wrong comes back."""

    def __init__(self) -> None:
        attributes = {"autocomplete": "new-password", "spellcheck": "false"}
        super().__init__(attrs=attributes, render_value=False)


class SecretLines(forms.Textarea):
    """Several tokens, one a line; never shown again either."""

    def __init__(self) -> None:
        super().__init__(attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false"})

    def format_value(self, value: Any) -> str:
        return ""


class SecretField(forms.CharField):
    """What is entered is a value to be kept sealed, or `=NAME` for a secret of the environment."""


def _unwrapped(kind: msgspec.inspect.Type) -> tuple[Mapping[str, Any], msgspec.inspect.Type]:
    """Without the Metadata around it, and without a None beside it."""
    extra: Mapping[str, Any] = {}
    while True:
        if isinstance(kind, msgspec.inspect.Metadata):
            extra, kind = kind.extra or extra, kind.type
        elif isinstance(kind, msgspec.inspect.UnionType):
            others = [t for t in kind.types if not isinstance(t, msgspec.inspect.NoneType)]
            if len(others) != 1:
                return extra, kind
            kind = others[0]
        else:
            return extra, kind


class SourceForm(forms.Form):
    """Name and configuration of a source. `config` after validation."""

    def __init__(
        self,
        data: Any = None,
        *,
        manifest: Manifest,
        kept: Mapping[str, Any] | None = None,
        **given: Any,
    ) -> None:
        super().__init__(data, **given)
        self.manifest = manifest
        self.kept = dict(kept or {})
        own = config_fields(manifest)
        # The address comes first: the name can be taken from what it gives.
        self.fields.update(own)
        self.fields["name"] = forms.CharField(
            label=_("Name of the source"),
            max_length=120,
            required=False,
            help_text=_("As the team will see it on each post. Empty: the site’s name."),
        )
        first = next(iter(own), "")
        self.shown_first = [name for name in own if name == first or _is_asked_first(own[name])]
        self.order_fields([first, "name", *self.shown_first, *own])
        if manifest.restricted and not self.kept:
            self.fields["accepts_terms"] = forms.BooleanField(
                label=_("I have read these terms, and the agreement named below covers this use"),
                error_messages={"required": _("Without an agreement this source cannot be used.")},
            )
        for name, value in self.kept.items():
            if name in own:
                self.fields[name].initial = value
        self.secrets = [name for name, each in own.items() if isinstance(each, SecretField)]
        for name in self.secrets:
            self._describe_secret(name, str(self.kept.get(name) or ""))

    def _describe_secret(self, name: str, kept: str) -> None:
        """Say what is in place; leaving it empty then leaves it."""
        field, found = self.fields[name], secrets.known(kept)
        hint = _(
            "Kept sealed and never shown again. “=NAME” takes the installation’s secret of that name."
        )
        match found.place:
            case "kept":
                by = found.set_by.display if found.set_by else _("the installation")
                place = _(
                    "In place, entered by %(name)s. Leave it empty to keep it; write a new one to replace it."
                ) % {"name": by}
            case "environment":
                place = _(
                    "In place, from the installation (%(name)s). Leave it empty to keep it; write a new one to replace it."
                ) % {"name": kept}
            case _ if kept:
                place = _(
                    "The installation has no secret “%(name)s”, or cannot read it any more: write it anew."
                ) % {"name": kept}
            case _:
                place = ""
        if found.place != "missing":
            field.required = False
            field.widget.is_required = False
        field.help_text = " ".join(filter(None, (str(field.help_text), place, hint)))

    def entered(self) -> dict[str, str]:
        """Field → the value somebody typed for a secret, in place of what is kept."""
        typed = {name: str(self.cleaned_data.get(name) or "").strip() for name in self.secrets}
        return {name: value for name, value in typed.items() if value and not value.startswith("=")}

    def main_fields(self) -> list[forms.BoundField]:
        """What must be said, and what is looked for."""
        return [self[name] for name in self.fields if name == "name" or name in self.shown_first]

    def more_fields(self) -> list[forms.BoundField]:
        """What has a good default."""
        apart = {"name", "accepts_terms", *self.shown_first}
        return [self[name] for name in self.fields if name not in apart]

    def config(self) -> dict[str, Any]:
        """What the plugin is given: the fields' values, empty ones left to its defaults. Of secrets
        the names in place; `entered` goes over them."""
        found = dict(self.kept)
        for name in config_fields(self.manifest):
            value = self.cleaned_data.get(name)
            if name in self.secrets:
                if str(value or "").startswith("="):
                    found[name] = str(value)[1:].strip()
            elif value in (None, ""):
                found.pop(name, None)
            else:
                found[name] = value
        return found

    def name_or_default(self) -> str:
        """The name given, else the site's, else the kind of source."""
        name = str(self.cleaned_data.get("name") or "").strip()
        if not name:
            try:
                name = urlsplit(str(self.cleaned_data.get("url") or "")).hostname or ""
            except ValueError:
                name = ""
        return name.removeprefix("www.") or told(self.manifest.label)

    def show_problems(self, problems: Mapping[str, str]) -> None:
        """What the plugin itself would not take, under its field when there is one."""
        for name, words in problems.items():
            field = name if name in self.fields else None
            self.add_error(field, _("Not accepted: %(words)s") % {"words": words})


class ImporterForm(forms.Form):
    """What an importer asks of a file, and what to keep of it. `config()` after validation."""

    def __init__(self, data: Any = None, *, manifest: Manifest, zone: str) -> None:
        super().__init__(data)
        self._own = {
            name: field for name, field in config_fields(manifest).items() if name != "blob"
        }
        self.fields.update(self._own)
        if "time_zone" in self._own:
            self.fields["time_zone"] = forms.ChoiceField(
                label=self._own["time_zone"].label,
                choices=[(name, name) for name in zones(zone)],
                initial=zone,
            )
        self.all_kept = manifest.chosen
        if not self.all_kept:
            self.fields["keep_all"] = forms.ChoiceField(
                label=_("What to keep"), choices=KEEP, initial="watched"
            )

    def settings(self) -> Iterator[forms.BoundField]:
        """Every question."""
        return (self[name] for name in self.fields)

    def config(self) -> dict[str, Any]:
        """The plugin's configuration but the blob; what was left empty goes by its default."""
        return {
            name: value
            for name in self._own
            if (value := self.cleaned_data.get(name)) not in (None, "")
        }


def zones(first: str) -> list[str]:
    """Zones to choose from: the operation's, and those where people of France may be."""
    wanted = {
        "America/Cayenne", "America/Guadeloupe", "America/Martinique", "America/Montreal",
        "Europe/Brussels", "Europe/London", "Indian/Mayotte", "Indian/Reunion", "Pacific/Noumea",
        "Pacific/Tahiti",
    }  # fmt: skip
    return sorted({first, "Europe/Paris", "UTC", *(wanted & zoneinfo.available_timezones())})
