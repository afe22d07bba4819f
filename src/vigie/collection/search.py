"""Searching posts: a query of the watch language, filters, and pages newest first.

`restrict` narrows any queryset that leads to a post (posts themselves, leads through `post__`);
`page` reads one page of it. Order is always the post's id, downwards: posts get their id as they
arrive, so pages never shift and never need a rank. On SQLite the text and the facets of a search
become one FTS5 MATCH that drives the query; on PostgreSQL they become conditions that its planner
combines. A query may ask for what no index knows (`has:image` under an OR): those rows are tested
again one by one, which `Restricted.exact` tells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Generic, TypeVar

from django.db.models import Model, Q, QuerySet

from vigie.analysis.query import And, Field, Node, Not, PlaceNames, Query, Subject, matches
from vigie.collection.conditions import Found, PlaceCondition, any_of, conditions
from vigie.collection.models import Post
from vigie.contracts.findings import Place

M = TypeVar("M", bound=Model)

PAGE: Final = 50
CLOCK_SLACK: Final = timedelta(hours=48)
"""How much later than we received it a post may claim to be published."""


@dataclass(frozen=True, kw_only=True)
class Search:
    """What is looked for; everything given must hold. Times are aware, `until` is excluded."""

    query: Query | None = None
    networks: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    sources: tuple[int, ...] = ()
    published_from: datetime | None = None
    published_until: datetime | None = None
    has_media: bool | None = None

    @property
    def is_empty(self) -> bool:
        return self == Search()


@dataclass(frozen=True, kw_only=True)
class Restricted(Generic[M]):
    """Narrowed rows, not yet ordered. `key` is the post's id as these rows reach it.

    When not `exact` the rows are too many, never too few.
    """

    rows: QuerySet[M]
    key: str
    exact: bool


@dataclass(frozen=True, kw_only=True)
class Page(Generic[M]):
    """Rows newest first. `before` goes into the next call; None when there is nothing older."""

    rows: list[M]
    before: int | None


def restrict(
    rows: QuerySet[M],
    search: Search,
    *,
    to_post: str = "",
    place: PlaceCondition | None = None,
) -> Restricted[M]:
    """Narrow `rows` to what `search` looks for.

    `to_post` is the way from a row to its post ("" for posts, "post__" for leads).
    """
    node = _with_filters(search)
    found = conditions(node, to_post=to_post, place=place) if node else Found(condition=Q())
    condition = found.condition
    key = f"{to_post}index__pk" if found.text else f"{to_post}pk"
    if search.published_from is not None:
        condition &= Q(**{f"{to_post}published_at__gte": search.published_from})
        oldest = _oldest_id(search.published_from)
        condition &= Q(**{f"{key}__gte": oldest}) if oldest is not None else Q(pk__in=[])
    if search.published_until is not None:
        condition &= Q(**{f"{to_post}published_at__lt": search.published_until})
    return Restricted(rows=rows.filter(condition), key=key, exact=found.exact)


def page(
    rows: QuerySet[M],
    search: Search,
    *,
    before: int | None = None,
    limit: int = PAGE,
    to_post: str = "",
    place: PlaceCondition | None = None,
    names: PlaceNames | None = None,
    places_of: Callable[[M], Iterable[Place]] | None = None,
) -> Page[M]:
    """One page of `rows`, newest first, older than the post id `before`.

    Each row must reach one post, each post at most one row. `names` and `places_of` serve queries
    that need a second look (see the module); without them such a query finds no place.
    """
    found = restrict(rows, search, to_post=to_post, place=place)
    post_of = _post_getter(to_post)
    narrowed = found.rows.select_related(to_post.removesuffix("__")) if to_post else found.rows
    kept: list[M] = []
    while True:
        older = narrowed if before is None else narrowed.filter(**{f"{found.key}__lt": before})
        chunk = list(older.order_by(f"-{found.key}")[: limit + 1])
        for row in chunk:
            post = post_of(row)
            if len(kept) == limit:
                return Page(rows=kept, before=post_of(kept[-1]).pk)
            before = post.pk
            if (
                found.exact
                or search.query is None
                or matches(
                    search.query,
                    subject(post, places=tuple(places_of(row)) if places_of else ()),
                    names,
                )
            ):
                kept.append(row)
        if len(chunk) <= limit:
            return Page(rows=kept, before=None)


def posts(search: Search) -> QuerySet[Post]:
    """All posts the search finds, newest first; too many when the query needs a second look."""
    found = restrict(Post.objects.all(), search)
    return found.rows.order_by(f"-{found.key}")


def subject(post: Post, *, places: Iterable[Place] = ()) -> Subject:
    """A stored post as queries see it. Reads the author, the source and the media."""
    return Subject(
        tuple(post.tokens.split()),
        network=post.network,
        source=post.source.name,
        handle=post.author.handle if post.author else "",
        media_types=[media.type for media in post.media.all()] if post.has_media else (),
        language=post.language or None,
        places=tuple(places),
    )


def place_condition(*, code: str, names: PlaceNames | None = None) -> PlaceCondition:
    """For rows that carry the INSEE code of their place in the column (or path) `code`."""

    def condition(field: Field) -> Q | None:
        if field.name == "has":
            return ~Q(**{code: ""})
        if field.value[0].isdigit():
            if len(field.value) == 5:
                return Q(**{code: field.value})
            return Q(**{f"{code}__startswith": field.value})
        if names is None:
            return None
        communes = sorted(names.communes_named(field.value))
        departement = names.departement_named(field.value)
        found = Q(**{f"{code}__in": communes})
        return found | Q(**{f"{code}__startswith": departement}) if departement else found

    return condition


def _with_filters(search: Search) -> Node | None:
    """The query and the filters beside it as one tree."""
    parts: list[Node] = [search.query.root] if search.query else []
    for name, values in (("network", search.networks), ("lang", search.languages)):
        if values:
            parts.append(any_of([Field(name, value, value) for value in values]))
    if search.sources:
        parts.append(any_of([Field("source_id", str(pk), "") for pk in search.sources]))
    if search.has_media is not None:
        has = Field("has", "media", "media")
        parts.append(has if search.has_media else Not(has))
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else And(tuple(parts))


def _oldest_id(published_from: datetime) -> int | None:
    """No post published from then on has a lower id; None when there is no such post.

    Ids and `received_at` grow together, but for what parallel workers and corrected clocks mix up:
    hence the slack and the lowest of several.
    """
    ids = list(
        Post.objects.filter(received_at__gte=published_from - CLOCK_SLACK)
        .order_by("received_at")
        .values_list("pk", flat=True)[:1000]
    )
    return min(ids, default=None)


def _post_getter(to_post: str) -> Callable[[Any], Post]:
    def follow(row: Any) -> Post:
        for name in to_post.split("__"):
            row = getattr(row, name) if name else row
        found: Post = row
        return found

    return follow
