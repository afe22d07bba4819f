"""The form that says what each column of a table is, and how its cells are written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vigie.plugins.sources.file.columns import FIELDS, REQUIRED
from vigie.plugins.sources.file.sniffing import Preview
from vigie.web.sources.config_forms import KEEP, zones

FIELD_NAMES = {
    "text": gettext_lazy("Text"),
    "created_at": gettext_lazy("Date of publication"),
    "id": gettext_lazy("Identifier"),
    "url": gettext_lazy("Address (link)"),
    "network": gettext_lazy("Network"),
    "lang": gettext_lazy("Language"),
    "author.handle": gettext_lazy("Author’s handle"),
    "author.name": gettext_lazy("Author’s name"),
    "author.id": gettext_lazy("Author’s identifier"),
    "author.followers": gettext_lazy("Author’s followers"),
    "media.url": gettext_lazy("Address of a picture or video"),
    "reply_to": gettext_lazy("Reply to (identifier)"),
    "repost_of": gettext_lazy("Repost of (identifier)"),
    "lat": gettext_lazy("Latitude"),
    "lon": gettext_lazy("Longitude"),
    "likes": gettext_lazy("Likes"),
    "reposts": gettext_lazy("Reposts"),
    "replies": gettext_lazy("Replies"),
}
assert set(FIELD_NAMES) == set(FIELDS)

ENCODINGS = (
    ("utf-8", "UTF-8"),
    ("cp1252", gettext_lazy("Windows / Latin-1")),
    ("utf-16-le", "UTF-16 (LE)"),
    ("utf-16-be", "UTF-16 (BE)"),
)
DELIMITERS = (
    (";", gettext_lazy("semicolon ;")),
    (",", gettext_lazy("comma ,")),
    ("\t", gettext_lazy("tabulation")),
    ("|", "|"),
)


@dataclass(frozen=True, kw_only=True)
class ColumnChoice:
    """One column: its name, what its first cells hold, and the control that says what it is."""

    name: str
    cells: tuple[str, ...]
    control: forms.BoundField


OF_TABLES = ("delimiter", "time_zone", "day_first")
"""Questions that only a table raises."""


class ImportForm(forms.Form):
    """`config()` gives the plugin's configuration (without the blob) after validation."""

    encoding = forms.ChoiceField(label=gettext_lazy("Characters"), choices=ENCODINGS)
    delimiter = forms.ChoiceField(label=gettext_lazy("Separator"), choices=DELIMITERS)
    time_zone = forms.ChoiceField(label=gettext_lazy("Zone of dates that name none"))
    day_first = forms.ChoiceField(
        label=gettext_lazy("03/04 means"),
        choices=(("1", gettext_lazy("3 April")), ("0", gettext_lazy("March 4"))),
    )
    network = forms.CharField(
        label=gettext_lazy("Network, where no column says it"), max_length=30, required=False
    )

    keep_all = forms.ChoiceField(
        label=gettext_lazy("What to keep"),
        initial="watched",
        choices=KEEP,
    )

    def __init__(self, data: Any, *, found: Preview, zone: str) -> None:
        super().__init__(data)
        self.found = found
        self.fields["time_zone"].choices = [(name, name) for name in zones(zone)]  # type: ignore[attr-defined]
        self.fields["time_zone"].initial = zone
        self.fields["encoding"].initial = found.encoding
        self.fields["delimiter"].initial = found.delimiter
        self.fields["day_first"].initial = "1"
        if found.format != "csv":
            for name in OF_TABLES:
                del self.fields[name]
        choices = [("", _("– not imported –")), *FIELD_NAMES.items()]
        guessed = {column: field for field, column in found.columns.items()}
        for position, name in enumerate(found.header):
            self.fields[f"col-{position}"] = forms.ChoiceField(
                label=name,
                choices=choices,
                required=False,
                initial=guessed.get(name, ""),
                widget=forms.Select(attrs={"class": "input"}),
            )

    def settings(self) -> Iterator[forms.BoundField]:
        """All but the columns."""
        return (self[name] for name in self.fields if not name.startswith("col-"))

    def columns(self) -> Iterator[ColumnChoice]:
        for position, name in enumerate(self.found.header):
            cells = [row[position] for row in self.found.rows if position < len(row)]
            shown = [cell.strip() for cell in cells if cell.strip()][:3]
            yield ColumnChoice(name=name, cells=tuple(shown), control=self[f"col-{position}"])

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if self.found.format != "csv":
            return given
        chosen = _chosen(given, self.found.header)
        fields = [field for field, _column in chosen]
        for field in FIELDS:
            if fields.count(field) > 1:
                self.add_error(
                    None,
                    _("Two columns are “%(field)s”: choose one.") % {"field": FIELD_NAMES[field]},
                )
        for field in REQUIRED:
            if field not in fields:
                self.add_error(
                    None, _("No column is “%(field)s”: choose it.") % {"field": FIELD_NAMES[field]}
                )
        return given

    def config(self) -> dict[str, Any]:
        given = self.cleaned_data
        found: dict[str, Any] = {
            "format": self.found.format,
            "encoding": given["encoding"],
            "network": (given.get("network") or "").strip().lower() or "file",
        }
        if self.found.format == "csv":
            found |= {
                "delimiter": given["delimiter"],
                "time_zone": given["time_zone"],
                "day_first": given["day_first"] == "1",
                "columns": dict(_chosen(given, self.found.header)),
            }
        return found


def _chosen(given: dict[str, Any], header: Sequence[str]) -> list[tuple[str, str]]:
    """(field, column) of every column that is imported."""
    pairs = [(given.get(f"col-{place}") or "", name) for place, name in enumerate(header)]
    return [(field, name) for field, name in pairs if field]
