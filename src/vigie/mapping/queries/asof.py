"""Objects as they stood at an entry of the journal: the one reading that exports, print and time use.

What stands is read, and what was written after the entry is taken back from it field by field. An
entry decides, not a clock: two people's clocks may differ, the journal has one order. A moment is
the last entry written until then (`journal.queries.entry_at`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, Final

from django.db.models import Q, QuerySet

from vigie.mapping import values
from vigie.mapping.models import Feature, FeatureRevision, Layer

PAGE: Final = 2_000


def ever_in(layers: Collection[Layer], entry: int) -> QuerySet[Feature]:
    """Objects that stand in one of these layers, or were moved out of one after entry `entry`."""
    moved = FeatureRevision.objects.filter(
        feature__layer__operation__in={row.operation_id for row in layers}, entry__gt=entry,
        changes__has_key="layer",
    )  # fmt: skip
    here = Q(layer__in=[row.pk for row in layers])
    return Feature.objects.select_related("layer").filter(here | Q(pk__in=moved.values("feature")))


def as_of(
    rows: QuerySet[Feature],
    entry: int,
    *,
    within: Collection[Layer] | None = None,
    where: Q | None = None,
    meets: Callable[[Feature], bool] | None = None,
) -> Iterator[Feature]:
    """Those of `rows` that stood when entry `entry` was written, as they were then, in the order of
    `rows`; not to be saved. Three queries per PAGE rows at most.

    `where` and `meets` are one condition in two forms: the database looks at rows nobody touched
    since, `meets` at the others once they are taken back. With `within` (and rows of `ever_in`) only
    those that stood in these layers then.
    """
    here = None if within is None else {row.pk for row in within}
    standing = Q(changed__lte=entry, deleted_at__isnull=True)
    if where is not None:
        standing &= where
    asked = rows.filter(standing | Q(changed__gt=entry), created_entry__lte=entry)
    for page in _pages(asked.iterator(chunk_size=PAGE)):
        later = {row.pk: row for row in page if row.changed > entry}
        take_back(later, entry)
        for row in page:
            if row.deleted_at is not None or (here is not None and row.layer_id not in here):
                continue
            if meets is None or row.pk not in later or meets(row):
                yield row


def take_back(rows: Mapping[int, Feature], entry: int) -> None:
    """Undo on these rows (by id) what was written after the entry. `stamps` and `changed` stay."""
    if not rows:
        return
    revisions = FeatureRevision.objects.filter(feature__in=rows).order_by("feature", "version")
    done: set[tuple[int, str]] = set()
    for pk, at, changes in revisions.filter(entry__gt=entry).values_list(
        "feature_id", "at", "changes"
    ):
        for name, (before, _after) in changes.items():
            if (pk, name) not in done:  # the first one after the entry knows what stood
                done.add((pk, name))
                if name == "geometry" and before is not None and before["type"] == "Point":
                    _put_point(rows[pk], before)
                else:
                    values.put(rows[pk], name, before, now=at)
    for row in rows.values():
        row.version, row.updated_at, row.updated_by_id = 1, row.created_at, row.created_by_id
    for pk, version, at, by in revisions.filter(entry__lte=entry).values_list(
        "feature_id", "version", "at", "by_id"
    ):
        row = rows[pk]
        row.version, row.updated_at, row.updated_by_id = version, at, by


def _put_point(row: Feature, geometry: dict[str, Any]) -> None:
    """A point that was stored is settled: its box is itself, and nothing is to be read again."""
    lon, lat = geometry["coordinates"][:2]
    row.geometry = geometry
    row.west = row.east = row.lon = lon
    row.south = row.north = row.lat = lat


def _pages(rows: Iterable[Feature]) -> Iterator[list[Feature]]:
    page: list[Feature] = []
    for row in rows:
        page.append(row)
        if len(page) == PAGE:
            yield page
            page = []
    if page:
        yield page


def versions_after(rows: Iterable[Feature], entry: int) -> dict[int, list[FeatureRevision]]:
    """What was written on these rows after the entry, by row's id, the oldest first. One query."""
    found: dict[int, list[FeatureRevision]] = {row.pk: [] for row in rows}
    revisions = FeatureRevision.objects.filter(feature__in=found, entry__gt=entry)
    for revision in revisions.select_related("by").order_by("feature", "version"):
        found[revision.feature_id].append(revision)
    return found


def before(now: Mapping[str, Any], changes: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The fields (`values.current`) as they were before these changes, told the oldest first. A
    field that was not there then is None."""
    state, done = dict(now), set()
    for each in changes:
        for name, (was, _after) in each.items():
            if name not in done:
                done.add(name)
                state[name] = was
    return state
