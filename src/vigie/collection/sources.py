"""Sources as people set them up: add, change, pause, try again, remove; and how they are."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.db import transaction
from django.db.models import Q, QuerySet

from vigie.accounts.roles import Right
from vigie.collection import secrets
from vigie.collection.collecting import LEASE
from vigie.collection.models import Source
from vigie.contracts.plugins import SourcePlugin
from vigie.contracts.registry import plugins
from vigie.kernel.clock import SKEW
from vigie.kernel.text import clean_line
from vigie.operations.access import Desk, PlatformDesk

Keeper = Desk | PlatformDesk
"""Who sets sources up: somebody of an operation its own, an administrator the shared ones."""

NAME_LIMIT = 120
OVERDUE = timedelta(minutes=5)
"""How long past its time a visit may be before we say that no collector is at work."""

STALLED = timedelta(minutes=15)
"""How long a visit may last without anything coming of it before we say that it hangs."""


class UnknownSource(Exception):
    """No such source serves this operation."""


class SourceShared(Exception):
    """The source serves all operations: only the platform's administrators change it."""


class SourceHasPosts(Exception):
    """Posts came from it; they would go with it. Pausing keeps both."""


class TermsNotAccepted(Exception):
    """The source is bound to an agreement, and nobody said that it covers this use."""


class SourceNameMissing(ValueError):
    """A source without a name."""


class ConfigInvalid(ValueError):
    """The plugin will not take this configuration. `problems`: field ("" for all) → what is wrong."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {words}" for field, words in problems.items()))
        self.problems = dict(problems)


@dataclass(frozen=True, kw_only=True)
class Health:
    """How a source is, in one word. `troubled` ones are told first.

    never, ready (people hand things in), running (a visit), live (a stream is open), ok, empty,
    unchanged, failing, refused, waiting (the stream takes nothing), done, paused; interrupted: its
    collector is no more; stalled: a visit that does not end; overdue: its time came and went
    without anybody visiting it (no collector runs).
    """

    code: str
    troubled: bool


def health(source: Source, *, now: datetime) -> Health:
    """Pure: reads the row's columns only. The order of the tests is the order of what matters.

    The state is what the last run wrote; whether a run is under way only the lease tells, which a
    collector that was killed does not prolong.
    """
    if source.state == "done":
        return Health(code="done", troubled=False)
    if not source.enabled:
        return Health(code="paused", troubled=False)
    if source.state in ("failing", "refused", "waiting"):
        return Health(code=source.state, troubled=True)
    plugin = _plugin_of(source)
    if plugin is not None and plugin.manifest.mode == "push":
        return Health(code="ready", troubled=False)
    if is_held(source, now=now):
        return _of_held(source, plugin, now=now)
    if source.holder and source.held_until is not None and source.held_until + OVERDUE >= now:
        return Health(code="interrupted", troubled=True)
    if (source.next_try_at or source.created_at) + OVERDUE < now:
        return Health(code="overdue", troubled=True)
    if source.state == "running":
        # Whoever read it gave the lease back without a word: it was told to stop.
        return Health(code="unchanged" if source.last_success_at else "never", troubled=False)
    return Health(code=source.state, troubled=False)


def _of_held(source: Source, plugin: type[SourcePlugin] | None, *, now: datetime) -> Health:
    if source.state == "running":
        return Health(code="live", troubled=False)
    began, seen = source.last_try_at, source.last_success_at
    is_long = began is not None and began + STALLED < now and (seen is None or seen + STALLED < now)
    is_visit = plugin is None or plugin.manifest.mode == "poll"
    if is_long and is_visit and not hasattr(source, "import_of"):
        return Health(code="stalled", troubled=True)
    return Health(code="running" if source.state == "never" else source.state, troubled=False)


def is_held(source: Source, *, now: datetime) -> bool:
    """Whether a collector has it in hand at this moment (a lease from the future counts for none)."""
    until = source.held_until
    return bool(source.holder) and until is not None and now < until <= now + LEASE + SKEW


def _plugin_of(source: Source) -> type[SourcePlugin] | None:
    plugin = plugins().of_kind("source").get(source.plugin)
    return plugin if plugin is not None and issubclass(plugin, SourcePlugin) else None


def is_collected(source: Source) -> bool:
    """Whether a collector visits it (people push into others)."""
    plugin = _plugin_of(source)
    return plugin is None or plugin.manifest.mode != "push"


def sources_of(by: Desk) -> QuerySet[Source]:
    """The operation's own sources and, unless it is an exercise, those that serve everybody."""
    own = Q(operation=by.operation)
    serving = own if by.operation.is_exercise else own | Q(operation__isnull=True)
    return Source.objects.filter(serving).select_related("import_of").order_by("name", "pk")


def shared_sources() -> QuerySet[Source]:
    """Those that serve all operations that are no exercise."""
    return Source.objects.filter(operation__isnull=True).order_by("name", "pk")


def source_for(by: Desk, pk: int) -> Source:
    """A source that serves the operation. Raises UnknownSource."""
    found = sources_of(by).filter(pk=pk).first()
    if found is None:
        raise UnknownSource(pk)
    return found


def checked_config(plugin: type[SourcePlugin], config: Mapping[str, Any]) -> msgspec.Struct:
    """The plugin's configuration. Raises ConfigInvalid with the field that is wrong."""
    try:
        return msgspec.convert(dict(config), plugin.manifest.config)
    except msgspec.ValidationError as error:
        words, _, path = str(error).partition(" - at `$.")
        raise ConfigInvalid({path.rstrip("`").partition(".")[0]: words}) from error


def add_source(
    *,
    plugin: str,
    name: str,
    config: Mapping[str, Any],
    entered: Mapping[str, str] | None = None,
    accepts_terms: bool = False,
    by: Keeper,
    now: datetime,
) -> Source:
    """Add a source; a collector visits it at once. Raises UnknownPlugin, ConfigInvalid,
    SourceNameMissing, and TermsNotAccepted for a restricted one that nobody answers for.

    `entered`: field → a secret somebody typed; it is kept sealed, and the configuration names it.
    """
    by.require(Right.EDIT_SOURCES)
    kind = plugins().source(plugin)
    checked_config(kind, {**config, **_named(entered)})
    accepted = accepted_terms(kind, accepts_terms)
    with transaction.atomic():
        checked = checked_config(kind, {**config, **_kept(entered, by=by, now=now)})
        source = Source.objects.create(
            operation=by.operation, plugin=plugin, name=_checked_name(name),
            config=msgspec.to_builtins(checked), created_at=now, created_by=by.user,
            next_try_at=now,
        )  # fmt: skip
        record("source.added", source, by=by, now=now, data={"config": source.config, **accepted})
    return source


def accepted_terms(plugin: type[SourcePlugin], accepts: bool) -> dict[str, str]:
    """What the journal keeps of the terms accepted: their digest, to be compared with the text.

    {} for a source that is free to use. Raises TermsNotAccepted.
    """
    manifest = plugin.manifest
    if not manifest.restricted:
        return {}
    if not accepts:
        raise TermsNotAccepted(manifest.name)
    words = msgspec.json.encode(manifest.terms, order="sorted")
    return {"terms_accepted": hashlib.sha256(words).hexdigest()}


def change_source(
    *,
    source: Source,
    name: str,
    config: Mapping[str, Any],
    entered: Mapping[str, str] | None = None,
    by: Keeper,
    now: datetime,
) -> Source:
    """Rename or set up anew; it is visited at once. A secret that was `entered` replaces the one
    before, which is deleted. Raises what `add_source` does.
    """
    by.require(Right.EDIT_SOURCES)
    kind = plugins().source(source.plugin)
    checked_config(kind, {**config, **_named(entered)})
    name = _checked_name(name)
    with transaction.atomic():
        current = own_source(by, source.pk)
        named = {**config, **_kept(entered, by=by, now=now)}
        checked = msgspec.to_builtins(checked_config(kind, named))
        before = {"name": current.name, **current.config}
        after = {"name": name, **checked}
        changes = {
            key: [before.get(key), after.get(key)]
            for key in sorted(before | after)
            if before.get(key) != after.get(key)
        }
        if changes:
            current.name, current.config, current.next_try_at = name, checked, now
            current.save(update_fields=["name", "config", "next_try_at"])
            secrets.forget_unused(v for v in before.values() if isinstance(v, str))
            record("source.changed", current, by=by, now=now, data={"changes": changes})
    return current


def set_source_enabled(*, source: Source, enabled: bool, by: Keeper, now: datetime) -> Source:
    """Pause or resume. Doing so twice is doing it once."""
    by.require(Right.EDIT_SOURCES)
    with transaction.atomic():
        current = own_source(by, source.pk)
        if current.enabled != enabled:
            current.enabled = enabled
            current.next_try_at = now if enabled else None
            current.save(update_fields=["enabled", "next_try_at"])
            record("source.resumed" if enabled else "source.paused", current, by=by, now=now)
    return current


def try_source_now(*, source: Source, by: Keeper, now: datetime) -> Source:
    """Ask the collector for a visit now, whatever wait was agreed."""
    by.require(Right.EDIT_SOURCES)
    with transaction.atomic():
        current = own_source(by, source.pk)
        current.next_try_at = now
        current.save(update_fields=["next_try_at"])
        record("source.tried", current, by=by, now=now)
    return current


def remove_source(*, source: Source, by: Keeper, now: datetime) -> None:
    """Take away a source that never gave anything. Raises SourceHasPosts otherwise."""
    by.require(Right.EDIT_SOURCES)
    with transaction.atomic():
        current = own_source(by, source.pk)
        if current.posts.exists():
            raise SourceHasPosts(current.pk)
        record("source.removed", current, by=by, now=now, data={"config": current.config})
        current.delete()
        secrets.forget_unused(v for v in current.config.values() if isinstance(v, str))


def _named(entered: Mapping[str, str] | None) -> dict[str, str]:
    """Something in the place of each secret's name, so that the rest can be checked beforehand."""
    return dict.fromkeys(entered or {}, "entered")


def _kept(entered: Mapping[str, str] | None, *, by: Keeper, now: datetime) -> dict[str, str]:
    """Field → the name under which its secret is kept from now on."""
    return {
        field: secrets.keep(value, by=by.user, now=now) for field, value in (entered or {}).items()
    }


def own_source(by: Keeper, pk: int) -> Source:
    """The source that is `by`'s to change, locked. Raises UnknownSource, SourceShared."""
    if by.operation is not None:
        source_for(by, pk)
    found = Source.objects.select_for_update().filter(pk=pk).first()
    if found is None or (by.operation is None and found.operation_id is not None):
        raise UnknownSource(pk)
    if by.operation is not None and found.operation_id != by.operation.pk:
        raise SourceShared(pk)
    return found


def record(
    verb: str, source: Source, *, by: Keeper, now: datetime, data: Mapping[str, Any] | None = None
) -> None:
    """Write what was done to a source into the operation's journal."""
    by.record(
        verb,
        now=now,
        subject=("source", source.pk),
        data={"name": source.name, "plugin": source.plugin, **(data or {})},
        touches=["sources", f"source:{source.pk}"],
    )


def _checked_name(name: str) -> str:
    name = clean_line(name, limit=NAME_LIMIT)
    if not name:
        raise SourceNameMissing
    return name
