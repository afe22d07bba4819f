"""Kinds of source as a person chooses them."""

from __future__ import annotations

from dataclasses import dataclass

from vigie.collection.imports import is_importer
from vigie.contracts.plugins import SourcePlugin
from vigie.contracts.registry import plugins
from vigie.web.sources.config_forms import told


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One line of the choice. `restricted`: not without an agreement, which its terms tell of."""

    name: str
    label: str
    help: str
    terms: str
    restricted: bool


def addable() -> dict[str, type[SourcePlugin]]:
    """Plugins that a form alone sets up: all but those with a screen of their own, and those that
    read files that people hand in."""
    own_screens = {"capture", "exercise"}
    found = plugins().of_kind("source")
    return {
        name: plugin
        for name, plugin in found.items()
        if name not in own_screens and issubclass(plugin, SourcePlugin) and not is_importer(plugin)
    }


def kinds() -> list[Kind]:
    """What may be added, restricted ones last."""
    found = [
        Kind(
            name=name,
            label=told(plugin.manifest.label),
            help=told(plugin.manifest.help),
            terms=told(plugin.manifest.terms),
            restricted=plugin.manifest.restricted,
        )
        for name, plugin in addable().items()
    ]
    return sorted(found, key=lambda kind: kind.restricted)
