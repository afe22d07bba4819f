"""Which plugins there are: the built-in ones by dotted path, others by the entry-point group.

`config` calls `configure` once; everybody else asks `plugins()`. A plugin that will not load is kept
with its reason, to be shown; it never stops the rest.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import entry_points

from vigie.contracts.notifiers import NotifierPlugin
from vigie.contracts.plugins import NOTIFIER, SOURCE, Plugin, SourcePlugin

GROUP = "vigie.plugins"


class UnknownPlugin(LookupError):
    """No plugin of that kind and name is there, or it would not load."""


@dataclass(frozen=True, kw_only=True)
class Broken:
    """A plugin that would not load, and why (the exception in one line)."""

    path: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Registry:
    """`by_kind`: kind → name → class, each in the order of their names."""

    by_kind: Mapping[str, Mapping[str, type[Plugin]]] = field(default_factory=dict)
    broken: tuple[Broken, ...] = ()

    def of_kind(self, kind: str) -> Mapping[str, type[Plugin]]:
        return self.by_kind.get(kind, {})

    def source(self, name: str) -> type[SourcePlugin]:
        """The source plugin of that name. Raises UnknownPlugin."""
        found = self.of_kind(SOURCE).get(name)
        if found is None or not issubclass(found, SourcePlugin):
            raise UnknownPlugin(name)
        return found

    def notifier(self, name: str) -> type[NotifierPlugin]:
        """The notifier of that name. Raises UnknownPlugin."""
        found = self.of_kind(NOTIFIER).get(name)
        if found is None or not issubclass(found, NotifierPlugin):
            raise UnknownPlugin(name)
        return found


def load(paths: Iterable[str], *, group: str = GROUP) -> Registry:
    """Import the plugins of the dotted paths, then those of the entry points.

    A built-in plugin goes before another of the same kind and name, which then counts as broken.
    """
    by_kind: dict[str, dict[str, type[Plugin]]] = {}
    broken: list[Broken] = []
    wanted: list[tuple[str, Callable[[], object]]] = [(path, _importer(path)) for path in paths]
    wanted += [(entry.value, entry.load) for entry in entry_points(group=group)]
    for path, importer in wanted:
        try:
            plugin = _checked(importer())
            names = by_kind.setdefault(plugin.manifest.kind, {})
            if plugin.manifest.name in names:
                raise TypeError(f"the name {plugin.manifest.name!r} is taken")
        except Exception as error:  # whatever a foreign plugin does wrong is its own affair
            broken.append(Broken(path=path, reason=f"{type(error).__name__}: {error}"))
        else:
            names[plugin.manifest.name] = plugin
    ordered = {kind: dict(sorted(names.items())) for kind, names in by_kind.items()}
    return Registry(by_kind=ordered, broken=tuple(broken))


def _importer(path: str) -> Callable[[], object]:
    def importer() -> object:
        module, _, name = path.rpartition(".")
        return getattr(importlib.import_module(module), name)

    return importer


def _checked(found: object) -> type[Plugin]:
    if not (inspect.isclass(found) and issubclass(found, Plugin)):
        raise TypeError("not a plugin class")
    if inspect.isabstract(found):
        raise TypeError(f"abstract: {', '.join(sorted(found.__abstractmethods__))}")
    if not hasattr(found, "manifest"):
        raise TypeError("no manifest")
    return found


def sniff(head: bytes, file_name: str, *, among: Registry | None = None) -> str | None:
    """Name of the source plugin that imports such a file (see `SourcePlugin.fits`); None: none does."""
    sources = (among or plugins()).of_kind(SOURCE)
    sure = {
        name: plugin.fits(head, file_name)
        for name, plugin in sources.items()
        if issubclass(plugin, SourcePlugin)
    }
    best = max(sure, key=lambda name: sure[name], default="")
    return best if best and sure[best] > 0 else None


_paths: tuple[str, ...] = ()


def configure(paths: Iterable[str]) -> None:
    """Say which plugins are built in. Called by `config` before anybody asks."""
    global _paths
    _paths = tuple(paths)
    plugins.cache_clear()


@cache
def plugins() -> Registry:
    """All plugins, loaded when first asked for."""
    return load(_paths)
