"""The filters of a column as conditions, and pages that the index of posts drives."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, Max, OuterRef, Q, QuerySet

from vigie.analysis.gazetteer import GazetteerMissing, gazetteer
from vigie.analysis.query import Field, PlaceNames, parse
from vigie.collection import search as posts
from vigie.collection.conditions import PlaceCondition
from vigie.collection.models import Post
from vigie.contracts.findings import Place
from vigie.operations.access import Desk
from vigie.triage.models import Annotation, Lead
from vigie.triage.queries.streams import Filters

WINDOW = 20_000
"""Posts looked through at once when only the lead's own columns can tell which are wanted."""

NEWS_WINDOW = 2_000
"""New leads among which the oldest post is looked for: beyond, "99+" is certain anyway."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """Ids of one page. `older` goes into the next call, "" when there is nothing more.

    `window_end`: the page stopped looking at what arrived then, though it is not full.
    """

    ids: list[int]
    older: str
    window_end: datetime | None = None


def of_the_lead(filters: Filters, to_lead: str = "") -> Q:
    """Category, least urgency, place."""
    wanted = Q()
    if filters.category:
        wanted &= Q(**{f"{to_lead}category": "" if filters.category == "-" else filters.category})
    if filters.urgency:
        wanted &= Q(**{f"{to_lead}urgency__gte": filters.urgency})
    if filters.place:
        code = filters.place.upper()
        if code[:1].isdigit():
            exact = "place_code" if len(code) == 5 else "place_code__startswith"
            wanted &= Q(**{f"{to_lead}{exact}": code})
        else:
            wanted &= Q(**{f"{to_lead}place_name__istartswith": filters.place})
    return wanted


def of_the_post(filters: Filters, now: datetime, to_lead: str = "") -> Q:
    """What the post's columns tell; the text is not among it."""
    wanted = Q()
    if filters.networks:
        wanted &= Q(**{f"{to_lead}post__network__in": filters.networks})
    if filters.languages:
        wanted &= Q(**{f"{to_lead}post__language__in": filters.languages})
    if filters.media:
        wanted &= Q(**{f"{to_lead}post__has_media": True})
    earliest = filters.published_from(now)
    if earliest is not None:
        wanted &= Q(**{f"{to_lead}published_at__gte": earliest})
    if filters.before is not None:
        wanted &= Q(**{f"{to_lead}published_at__lt": filters.before})
    return wanted


def page(
    rows: QuerySet[Lead], filters: Filters, *, by: Desk, now: datetime, before: int, limit: int
) -> Found:
    """One page of leads, latest received first, before the post id `before` (0: the first page).

    The index of posts drives, whatever the planner thinks of the rest: leads are asked by EXISTS.
    Raises QueryError.
    """
    names = _names()
    rows = _narrowed(rows, filters)
    asked = _asked(filters, now)
    every = _posts_of(rows)
    floor = 0
    if filters.of_the_lead:
        newest = before or (Lead.objects.aggregate(newest=Max("post_id"))["newest"] or 0) + 1
        floor = max(0, newest - WINDOW)
        every = _from(every, asked, floor)
    found = posts.page(
        every,
        asked,
        before=before or None,
        limit=limit,
        place=_place(rows, names),
        names=names,
        places_of=lambda post: _places_of(rows, post),
    )
    by_post = {
        post: pk
        for post, pk, operation in Lead.objects.filter(
            post__in=[post.pk for post in found.rows]
        ).values_list("post_id", "pk", "operation_id")
        if operation == by.operation.pk
    }
    ids = [by_post[post.pk] for post in found.rows if post.pk in by_post]
    if found.before is not None or floor == 0:
        return Found(ids=ids, older=str(found.before or ""))
    edge = Lead.objects.filter(post_id__gte=floor).order_by("post_id").first()
    return Found(ids=ids, older=str(floor), window_end=edge.arrived_at if edge else None)


def news(rows: QuerySet[Lead], filters: Filters, *, now: datetime, since: int, cap: int) -> int:
    """How many of `rows` (those with an id above `since`) the filters find, counted up to `cap`."""
    new = Lead.objects.filter(pk__gt=since).order_by("pk").values_list("post_id", flat=True)
    oldest = min(new[:NEWS_WINDOW], default=None)
    if oldest is None:
        return 0
    rows = _narrowed(rows, filters)
    asked = _asked(filters, now)
    found = posts.restrict(
        _from(_posts_of(rows), asked, oldest), asked, place=_place(rows, _names())
    )
    return len(found.rows.order_by(f"-{found.key}").values_list(found.key, flat=True)[:cap])


def _posts_of(rows: QuerySet[Lead]) -> QuerySet[Post]:
    return Post.objects.filter(Exists(rows.filter(post=OuterRef("pk"))))


def _from(every: QuerySet[Post], asked: posts.Search, oldest: int) -> QuerySet[Post]:
    """The posts from this id on, asked of the table that drives the search."""
    key = posts.restrict(Post.objects.none(), asked).key
    return every.filter(**{f"{key}__gte": oldest})


def _place(rows: QuerySet[Lead], names: PlaceNames | None) -> PlaceCondition:
    """`place:` and `has:place` by where the lead is."""
    of_a_lead = posts.place_condition(code="place_code", names=names)

    def condition(field: Field) -> Q | None:
        wanted = of_a_lead(field)
        return None if wanted is None else Q(Exists(rows.filter(wanted, post=OuterRef("pk"))))

    return condition


def _narrowed(rows: QuerySet[Lead], filters: Filters) -> QuerySet[Lead]:
    if filters.state == "open":
        rows = rows.filter(state__in=("new", "kept"))
    elif filters.state != "all":
        rows = rows.filter(state=filters.state)
    return rows.filter(of_the_lead(filters))


def _asked(filters: Filters, now: datetime) -> posts.Search:
    return posts.Search(
        query=parse(filters.text) if filters.text.strip() else None,
        networks=filters.networks,
        languages=filters.languages,
        published_from=filters.published_from(now),
        published_until=filters.before,
        has_media=True if filters.media else None,
    )


def _names() -> PlaceNames | None:
    try:
        return gazetteer()
    except GazetteerMissing:
        return None


def _places_of(rows: QuerySet[Lead], post: Post) -> Iterable[Place]:
    """Places said of a post, for the few queries that are looked at a second time row by row."""
    said = Annotation.objects.filter(lead__in=rows.filter(post=post), kind="place")
    for value in said.values_list("value", flat=True):
        yield Place(
            text=str(value.get("text", "")),
            start=int(value.get("start", 0)),
            end=int(value.get("end", 0)),
            name=str(value.get("name", "")),
            kind=str(value.get("kind", "commune")),
            code=str(value.get("code", "")),
        )
