"""The form of a rule: what the kind asks for, then whom to tell and when to be quiet."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _

from vigie.alerting.actions.rules import NAME_LIMIT, Plan
from vigie.alerting.kinds import COLOURS, MEASURES
from vigie.alerting.models import Rule, RuleChannel
from vigie.alerting.words import HARMS, colour, span
from vigie.triage.vocabulary import URGENCIES
from vigie.web.alerts.chosen import Chosen, fields_of, settings_from

GROUPS_S: Final = (0, 60, 120, 300, 900)
REPEATS_S: Final = (300, 900, 1800, 3600, 7200, 21600)
WINDOWS_S: Final = (600, 900, 1800, 3600)
STEPS: Final = (1, 2)
_CODE: Final = re.compile(r"[0-9]{2,3}|[0-9]{5}|2[AB]([0-9]{3})?")
STEPS_S: Final = (300, 600, 900, 1800, 3600)


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What of the operation a rule may name: (id or code, name) of each."""

    watches: tuple[tuple[int, str], ...] = ()
    sources: tuple[tuple[int, str], ...] = ()
    communes: tuple[tuple[str, str], ...] = ()
    channels: tuple[tuple[int, str], ...] = ()
    measures: Mapping[int, Chosen] = field(default_factory=dict)
    measure: Chosen | None = None
    """The one a rule of the kind "measure" is about."""


class RuleForm(forms.Form):
    """A rule of one kind. `plan()` after validation."""

    def __init__(
        self,
        data: Any = None,
        *,
        kind: str,
        choices: Choices,
        rule: Rule | None = None,
        ways: tuple[RuleChannel, ...] = (),
        name: str = "",
    ) -> None:
        super().__init__(data)
        self.kind = kind
        self.measure = choices.measure if kind == "measure" else None
        settings: Mapping[str, Any] = rule.settings if rule is not None else {}
        self.fields["name"] = forms.CharField(
            label=_("Name"),
            max_length=NAME_LIMIT,
            initial=rule.name if rule else name,
            help_text=_("It heads every message of this rule."),
            widget=forms.TextInput(attrs={"autocomplete": "off"}),
        )
        self.of_kind = tuple(_of_kind(kind, choices, settings).items())
        self.fields.update(dict(self.of_kind))
        self.fields.update(_telling(choices, rule, ways))
        if choices.measure is not None:
            self.fields["indicator"] = forms.IntegerField(
                widget=forms.HiddenInput, initial=choices.measure.pk
            )
        self.fields["version"] = forms.IntegerField(
            widget=forms.HiddenInput, required=False, initial=rule.version if rule else 0
        )

    @property
    def conditions(self) -> list[forms.BoundField]:
        """The fields of the kind, as the template draws them."""
        return [self[name] for name, _field in self.of_kind]

    @property
    def steps(self) -> list[tuple[int, forms.BoundField, forms.BoundField]]:
        """(number, after how long, which channels) of each step of the escalation."""
        return [(n, self[f"step{n}_s"], self[f"step{n}"]) for n in STEPS]

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        if (found.get("quiet_from") is None) != (found.get("quiet_until") is None):
            self.add_error("quiet_until", _("Write both hours, or neither."))
        if self.kind == "measure" and not self.errors:
            self._clean_measure(found)
        codes, wrong = _codes(found.get("more_places", ""))
        if wrong:
            self.add_error(
                "more_places",
                _("%(codes)s: write codes of communes (five characters) or of départements.")
                % {"codes": ", ".join(wrong)},
            )
        elif self.kind == "place" and not (codes or found.get("places")):
            self.add_error("places", _("Choose at least one place."))
        return found

    def _clean_measure(self, found: Mapping[str, Any]) -> None:
        above, below = found.get("above"), found.get("below")
        if above is not None and below is not None and below >= above:
            self.add_error("below", _("This must be less than the value above."))
        limits = (above, below, found.get("rise"))
        asked = any(each is not None for each in limits)
        if not (asked or found.get("bad_colour") or found.get("state") or found.get("silent")):
            self.add_error(None, _("Say when it is to speak: fill in at least one of the fields."))

    def plan(self) -> Plan:
        """As the actions take it."""
        found = self.cleaned_data
        ways = [(int(pk), 0) for pk in found["channels"]]
        for n in STEPS:
            ways += [(int(pk), int(found[f"step{n}_s"])) for pk in found[f"step{n}"]]
        return Plan(
            name=found["name"],
            kind=self.kind,
            settings=settings_from(found, self.measure)
            if self.measure is not None
            else _settings(self.kind, found),
            ways=tuple(ways),
            urgent=found["urgent"],
            group_s=int(found["group_s"]),
            repeat_s=int(found["repeat_s"]),
            quiet_from=found["quiet_from"],
            quiet_until=found["quiet_until"],
        )


def _of_kind(kind: str, choices: Choices, kept: Mapping[str, Any]) -> dict[str, forms.Field]:
    match kind:
        case "posts":
            return {
                "watches": _some(
                    _("Watches"),
                    choices.watches,
                    kept.get("watches"),
                    _("None chosen: all of them."),
                ),
                "at_least": _number(
                    _("At least so many posts"),
                    1,
                    10_000,
                    kept.get("at_least", 1),
                    _("1: each new post is told of; more: as many within the time below."),
                ),
                "window_s": _span(_("Within"), WINDOWS_S, kept.get("window_s", 600)),
            }
        case "burst":
            return {
                "watches": _some(
                    _("Watches"),
                    choices.watches,
                    kept.get("watches"),
                    _("None chosen: all of them."),
                ),
                "window_s": _span(
                    _("Posts of the last"),
                    WINDOWS_S,
                    kept.get("window_s", 900),
                    _(
                        "They are compared with spans of the same length: of the last six hours, and around this hour of the last seven days."
                    ),
                ),
                "sensitivity": _one(
                    _("Sensitivity"),
                    [
                        ("low", _("Low: one false alarm in 100,000 spans")),
                        ("normal", _("Normal: one in 1,000")),
                        ("high", _("High: one in 100")),
                    ],
                    kept.get("sensitivity", "normal"),
                ),
                "at_least": _number(
                    _("But at least so many posts"),
                    2,
                    10_000,
                    kept.get("at_least", 5),
                    _("Below, nobody is woken, however unusual it is."),
                ),
            }
        case "urgency":
            return {
                "level": _one(
                    _("From this urgency on"),
                    [(n, URGENCIES[n].label) for n in (4, 3, 2, 1)],
                    kept.get("level", 3),
                ),
                "of": _of(kept),
                "watches": _some(
                    _("Posts of these watches only"),
                    choices.watches,
                    kept.get("watches"),
                    _("None chosen: of all. Incidents are told of in any case."),
                ),
            }
        case "place":
            return {
                "places": _some(
                    _("Communes of the operation"), choices.communes, kept.get("places")
                ),
                "more_places": forms.CharField(
                    label=_("Other places, by their code"),
                    required=False,
                    max_length=400,
                    initial=" ".join(
                        c for c in kept.get("places", ()) if c not in dict(choices.communes)
                    ),
                    help_text=_("INSEE codes of communes, or numbers of départements: 91228, 94."),
                ),
                "of": _of(kept),
                "level": _one(
                    _("From this urgency on"),
                    [(0, _("Any"))] + [(n, URGENCIES[n].label) for n in (1, 2, 3, 4)],
                    kept.get("level", 0),
                ),
            }
        case "indicator":
            names = {
                "threshold": _("A level or flow passes a threshold"),
                "rising": _("It rises fast"),
                "colour": _("An official colour gets worse"),
                "state": _("A road closes, a warning begins"),
                "silent": _("A measure falls silent"),
            }
            return {
                "what": forms.MultipleChoiceField(
                    label=_("Tell when"),
                    choices=[(m, names[m]) for m in MEASURES],
                    initial=kept.get("what", list(MEASURES[:4])),
                    widget=forms.CheckboxSelectMultiple,
                ),
                "colour": _one(
                    _("Colours from"),
                    [(n, colour(n)) for n in COLOURS if n > 1],
                    kept.get("colour", 3),
                ),
            }
        case "measure":
            return fields_of(choices.measure, kept) if choices.measure is not None else {}
        case "silence":
            return {
                "sources": _some(
                    _("Sources"),
                    choices.sources,
                    kept.get("sources"),
                    _("None chosen: all that serve this operation."),
                ),
                "after_s": _span(
                    _("Silent for"), (300, 600, 900, 1800, 3600), kept.get("after_s", 900)
                ),
            }
        case "claim":
            return {
                "harm": _one(
                    _("If people believe it: from this harm on"),
                    [(n, HARMS[n]) for n in range(len(HARMS) - 1, -1, -1)],
                    kept.get("harm", 3),
                ),
                "posts": _number(
                    _("Only once at least so many posts spread it"),
                    0,
                    100_000,
                    kept.get("posts", 0),
                    _("0: as soon as it is written down."),
                ),
            }
        case _:
            return {"after_s": _span(_("Not acknowledged within"), (300, 600, 900, 1800, 3600), kept.get("after_s", 600))}  # fmt: skip


def _telling(
    choices: Choices, rule: Rule | None, ways: tuple[RuleChannel, ...]
) -> dict[str, forms.Field]:
    now = [way.channel_id for way in ways if way.after_s == 0]
    later = sorted({way.after_s for way in ways if way.after_s})
    fields: dict[str, forms.Field] = {
        "channels": _some(_("At once, through"), choices.channels, now)
    }
    for n in STEPS:
        after = later[n - 1] if len(later) >= n else (600, 1800)[n - 1]
        chosen = [way.channel_id for way in ways if way.after_s == after and len(later) >= n]
        fields[f"step{n}_s"] = _span(_("If nobody acknowledges within"), STEPS_S, after)
        # Without a channel the steps are not drawn, and nothing of them comes back.
        fields[f"step{n}_s"].required = bool(choices.channels)
        fields[f"step{n}"] = _some(_("also through"), choices.channels, chosen)
    fields["urgent"] = forms.BooleanField(
        label=_("Urgent: also at night, and with the highest priority"),
        required=False,
        initial=rule.urgent if rule else False,
    )
    fields["quiet_from"] = _clock(_("Quiet from"), rule.quiet_from if rule else None)
    fields["quiet_until"] = _clock(_("until"), rule.quiet_until if rule else None)
    fields["group_s"] = _span(
        _("Wait for others before the first message"), GROUPS_S, rule.group_s if rule else 0,
        none=_("no: tell at once"),
    )  # fmt: skip
    fields["repeat_s"] = _span(
        _("About the same thing, at most every"), REPEATS_S, rule.repeat_s if rule else 1800
    )
    return fields


def _settings(kind: str, found: Mapping[str, Any]) -> dict[str, Any]:
    """The kind's settings of what was filled in."""
    settings: dict[str, Any] = {}
    for name in ("watches", "sources"):
        if name in found:
            settings[name] = [int(pk) for pk in found[name]]
    for name in ("at_least", "window_s", "level", "after_s", "colour", "harm", "posts"):
        if name in found:
            settings[name] = int(found[name])
    for name in ("sensitivity", "of", "what"):
        if name in found:
            settings[name] = found[name]
    if kind == "place":
        settings["places"] = [*found["places"], *_codes(found["more_places"])[0]]
    return settings


def _codes(text: str) -> tuple[list[str], list[str]]:
    """(codes, what is none) of a line of codes."""
    parts = text.replace(",", " ").replace(";", " ").upper().split()
    good = [part for part in parts if _CODE.fullmatch(part)]
    return list(dict.fromkeys(good)), [part for part in parts if part not in good]


def _some(label: str, choices: Any, chosen: Any, help_text: str = "") -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label, choices=choices, required=False, initial=list(chosen or ()),
        help_text=help_text, widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip


def _one(label: str, choices: Any, chosen: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=choices, initial=chosen)


def _of(kept: Mapping[str, Any]) -> forms.ChoiceField:
    names = [
        ("both", _("posts and incidents")),
        ("posts", _("posts")),
        ("incidents", _("incidents")),
    ]
    return _one(_("Of"), names, kept.get("of", "both"))


def _number(label: str, least: int, most: int, initial: int, help_text: str) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, min_value=least, max_value=most, initial=initial, help_text=help_text
    )


def _span(
    label: str, lengths: tuple[int, ...], chosen: int, help_text: str = "", *, none: str = ""
) -> forms.ChoiceField:
    known = sorted({*lengths, int(chosen)})
    return forms.ChoiceField(
        label=label, initial=chosen, help_text=help_text,
        choices=[(s, none if none and s == 0 else span(s)) for s in known],
    )  # fmt: skip


def _clock(label: str, initial: Any) -> forms.TimeField:
    widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    return forms.TimeField(label=label, required=False, initial=initial, widget=widget)
