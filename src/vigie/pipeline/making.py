"""A pipeline made of the plugins that are installed."""

from __future__ import annotations

import msgspec

from vigie.contracts.plugins import ENRICHER, EnricherPlugin
from vigie.contracts.registry import UnknownPlugin, plugins
from vigie.pipeline.intake import Intake


def make_intake() -> Intake:
    """A pipeline with the installed source plugins and analyser."""
    return Intake(registry=plugins, enricher_for=enricher_for)


def enricher_for(territory: frozenset[str]) -> EnricherPlugin:
    """The installed analyser, told which communes (INSEE codes) come first.

    Raises UnknownPlugin when none is installed. One that knows no `territory` is made without.
    """
    found = next(iter(plugins().of_kind(ENRICHER).values()), None)
    if found is None or not issubclass(found, EnricherPlugin):
        raise UnknownPlugin(ENRICHER)
    fields = found.manifest.config.__struct_fields__
    given = {"territory": sorted(territory)} if "territory" in fields and territory else {}
    made: EnricherPlugin = found(msgspec.convert(given, found.manifest.config))
    return made
