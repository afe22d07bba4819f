"""What stands in the columns of the board, in which order, page by page."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests import factories
from vigie.analysis.query import QueryError
from vigie.operations.access import NotAllowed
from vigie.triage.actions import duplicates, holds, undo
from vigie.triage.actions import leads as act
from vigie.triage.models import Annotation, Incident, IncidentPost
from vigie.triage.queries import lead_detail, leads
from vigie.triage.queries.streams import Filters, Stream, filters_from, filters_to

TODO, KEPT, MINE = (Stream(kind=kind) for kind in ("todo", "kept", "mine"))


@pytest.fixture
def by(cast):
    return factories.desk(cast.volunteer, cast.operation)


@pytest.fixture
def other(cast):
    return factories.desk(cast.verifier, cast.operation)


def make(cast, now, **fields):
    return factories.lead(cast.operation, now=now, **fields)


def ids(stream, by, now, **more):
    return [line.lead.pk for line in leads.page(stream=stream, by=by, now=now, **more).lines]


def all_pages(stream, by, now, limit=2):
    found, after = [], ""
    for _ in range(50):
        page = leads.page(stream=stream, by=by, now=now, after=after, limit=limit)
        found += [line.lead.pk for line in page.lines]
        after = page.older
        if not after:
            return found
    raise AssertionError("the pages have no end")


def test_a_watch_column_shows_its_posts_newest_first_without_the_dismissed(cast, by, now):
    watch, elsewhere = (factories.watch(cast.operation, now=now) for _ in range(2))
    first, second, gone = (make(cast, now, watches=(watch,)) for _ in range(3))
    make(cast, now, watches=(elsewhere,))
    act.dismiss(leads={gone.pk: None}, by=by, now=now)
    assert ids(Stream(kind="watch", watch=watch.pk), by, now) == [second.pk, first.pk]


def test_a_watch_of_another_operation_shows_nothing(cast, by, now):
    watch = factories.watch(cast.other_operation, now=now)
    factories.lead(cast.other_operation, now=now, watches=(watch,))
    assert ids(Stream(kind="watch", watch=watch.pk), by, now) == []


def test_to_do_goes_by_urgency_then_by_age(cast, by, now):
    calm, grave, calm_too, graver = (make(cast, now, urgency=u) for u in (0, 3, 0, 4))
    assert ids(TODO, by, now) == [graver.pk, grave.pk, calm.pk, calm_too.pk]


def test_to_do_leaves_out_what_is_done_and_what_others_have_in_hand(cast, by, other, now):
    free, kept, dismissed, theirs, mine, over = (make(cast, now) for _ in range(6))
    act.keep(leads={kept.pk: None}, by=other, now=now)
    act.dismiss(leads={dismissed.pk: None}, by=other, now=now)
    holds.take(leads={theirs.pk: None}, by=other, now=now)
    holds.take(leads={mine.pk: None}, by=by, now=now)
    holds.take(leads={over.pk: None}, by=other, now=now - timedelta(minutes=30))
    assert ids(TODO, by, now) == [free.pk, mine.pk, over.pk]


def test_mine_shows_what_i_have_in_hand_until_it_ends(cast, by, other, now):
    mine, theirs = make(cast, now), make(cast, now)
    holds.take(leads={mine.pk: None}, by=by, now=now)
    holds.take(leads={theirs.pk: None}, by=other, now=now)
    assert ids(MINE, by, now) == [mine.pk]
    assert ids(MINE, by, now + timedelta(minutes=10)) == []


def test_kept_shows_the_last_touched_first(cast, by, now):
    first, second, third = (make(cast, now) for _ in range(3))
    for minute, each in enumerate((second, third, first)):
        act.keep(leads={each.pk: None}, by=by, now=now + timedelta(minutes=minute))
    assert ids(KEPT, by, now) == [first.pk, third.pk, second.pk]


def test_a_folded_post_is_in_no_column(cast, by, now):
    watch = factories.watch(cast.operation, now=now)
    head, copy = (make(cast, now, watches=(watch,)) for _ in range(2))
    duplicates.fold(leads={copy.pk: None}, into=head.pk, by=by, now=now)
    for stream in (TODO, Stream(kind="watch", watch=watch.pk), Stream(kind="search")):
        assert ids(stream, by, now) == [head.pk]
    assert leads.page(stream=TODO, by=by, now=now).lines[0].lead.copies == 1


@pytest.mark.parametrize("kind", ["watch", "todo", "kept", "search", "text", "filter"])
def test_pages_follow_each_other_without_gap_or_repetition(cast, by, now, kind):
    watch = factories.watch(cast.operation, now=now)
    made = [
        make(cast, now, watches=(watch,), urgency=n % 3, post={"tokens": "cru mont"})
        for n in range(7)
    ]
    for minute, each in enumerate(made):
        if kind == "kept":
            act.keep(leads={each.pk: None}, by=by, now=now + timedelta(minutes=minute // 2))
    stream = {
        "watch": Stream(kind="watch", watch=watch.pk),
        "todo": TODO,
        "kept": KEPT,
        "search": Stream(kind="search"),
        "text": Stream(kind="search", filters=Filters(text="crue")),
        "filter": Stream(kind="search", filters=Filters(networks=("mastodon",))),
    }[kind]
    paged = all_pages(stream, by, now)
    assert paged == ids(stream, by, now)
    assert sorted(paged) == [each.pk for each in made]


def test_what_arrives_between_two_pages_shifts_nothing(cast, by, now):
    made = [make(cast, now) for _ in range(4)]
    stream = Stream(kind="search")
    first = leads.page(stream=stream, by=by, now=now, limit=2)
    make(cast, now)
    second = leads.page(stream=stream, by=by, now=now, limit=2, after=first.older)
    assert [line.lead.pk for line in second.lines] == [made[1].pk, made[0].pk]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (Filters(category="niveau_eau"), {"water"}),
        (Filters(category="-"), {"plain", "media", "old", "english"}),
        (Filters(urgency=3), {"water"}),
        (Filters(place="91471"), {"water"}),
        (Filters(place="91"), {"water"}),
        (Filters(place="ors"), {"water"}),
        (Filters(media=True), {"media"}),
        (Filters(networks=("rss",)), {"media"}),
        (Filters(languages=("en",)), {"english"}),
        (Filters(hours=2), {"plain", "water", "media", "english"}),
        (Filters(text="crue -orge"), {"plain"}),
        (Filters(text="place:91471"), {"water"}),
        (Filters(text="crue", urgency=3), set()),
        (Filters(state="dismissed"), {"dismissed"}),
        (Filters(state="all"), {"plain", "water", "media", "old", "english", "dismissed"}),
        (Filters(state="kept"), set()),
    ],
)
def test_filters_narrow_a_column(cast, by, now, filters, found):
    named = {
        "plain": make(cast, now, post={"tokens": "cru mont"}),
        "water": make(
            cast, now, category="niveau_eau", urgency=3, place_code="91471", place_name="Orsay"
        ),
        "media": make(cast, now, post={"network": "rss", "has_media": True}),
        "old": make(cast, now, post={"published_at": now - timedelta(hours=5)}),
        "english": make(cast, now, post={"language": "en"}),
        "dismissed": make(cast, now, state="dismissed"),
    }
    by_id = {lead.pk: name for name, lead in named.items()}
    stream = Stream(kind="search", filters=filters)
    assert {by_id[pk] for pk in ids(stream, by, now)} == found


def test_filters_are_kept_as_json_and_read_back(now):
    filters = Filters(text="crue", networks=("x",), urgency=2, hours=3, after=now)
    assert filters_from(filters_to(filters)) == filters
    assert filters_from({"urgency": "beaucoup"}) == Filters()


def test_a_query_that_cannot_be_read_is_an_error_not_an_empty_column(by, now):
    with pytest.raises(QueryError):
        leads.page(stream=Stream(kind="search", filters=Filters(text='"crue')), by=by, now=now)


def test_a_filter_that_matches_rarely_stops_and_says_where(cast, by, now, monkeypatch):
    monkeypatch.setattr(leads, "SCAN", 3)
    wanted = make(cast, now, category="victimes")
    for _ in range(5):
        make(cast, now)
    stream = Stream(kind="search", filters=Filters(category="victimes"))
    first = leads.page(stream=stream, by=by, now=now)
    assert (first.lines, first.window_end) == ((), now)
    assert all_pages(stream, by, now) == [wanted.pk]


def test_news_counts_what_came_since_the_mark_and_no_further_than_the_cap(cast, by, other, now):
    watch = factories.watch(cast.operation, now=now)
    stream = Stream(kind="watch", watch=watch.pk)
    make(cast, now, watches=(watch,))
    mark = leads.page(stream=stream, by=by, now=now).mark
    assert leads.news(stream=stream, by=by, now=now, mark=mark) == 0
    for _ in range(3):
        make(cast, now, watches=(watch,))
    make(cast, now)
    assert leads.news(stream=stream, by=by, now=now, mark=mark) == 3
    assert leads.news(stream=TODO, by=by, now=now, mark=mark) == 4
    assert leads.news(stream=Stream(kind="search"), by=by, now=now, mark=mark) == 4
    text = Stream(kind="search", filters=Filters(networks=("mastodon",)))
    assert leads.news(stream=text, by=by, now=now, mark=mark) == 4


def test_news_of_kept_counts_what_others_kept(cast, by, other, now):
    first, second = make(cast, now), make(cast, now)
    mark = leads.page(stream=KEPT, by=by, now=now).mark
    act.keep(leads={first.pk: None}, by=by, now=now)
    act.keep(leads={second.pk: None}, by=other, now=now)
    assert leads.news(stream=KEPT, by=by, now=now, mark=mark) == 1


@pytest.mark.parametrize("after", ["x", "-1", "1-x", "9" * 30, "²"])
def test_a_place_no_page_gave_is_refused(by, now, after):
    for stream in (TODO, KEPT, MINE, Stream(kind="search")):
        with pytest.raises(leads.BadCursor):
            leads.page(stream=stream, by=by, now=now, after=after)


def test_a_line_says_why_it_is_urgent_and_which_incidents_it_backs(cast, by, now):
    lead = make(cast, now, text="On coincés là", urgency=4)
    because = [
        {"text": "coincés", "start": 3, "end": 10, "rule": "trapped", "weight": 2.0},
        {"x": 1},
    ]
    Annotation.objects.create(
        lead=lead, kind="urgency", value={"level": "critical", "because": because},
        model="lexicon@1", at=now,
    )  # fmt: skip
    numbers = (1, 2)
    one, two = (
        Incident.objects.create(
            operation=cast.operation,
            number=n,
            title="x",
            category="",
            created_at=now,
            updated_at=now,
        )
        for n in numbers
    )
    IncidentPost.objects.create(incident=one, lead=lead, at=now)
    line = leads.lines([lead.pk], by=by, now=now)[0]
    assert [r.text for r in line.reasons] == ["coincés"]
    assert line.incidents == ((1, one.pk),)
    Incident.objects.filter(pk=one.pk).update(merged_into=two)
    assert leads.lines([lead.pk], by=by, now=now)[0].incidents == ((2, two.pk),)


def test_who_may_not_see_the_board_reads_no_post(cast, now):
    lead = make(cast, now)
    partner = factories.desk(cast.partner, cast.operation)
    for read in (
        lambda: leads.page(stream=TODO, by=partner, now=now),
        lambda: leads.news(stream=TODO, by=partner, now=now, mark="0"),
        lambda: leads.lines([lead.pk], by=partner, now=now),
        lambda: lead_detail.detail(lead=lead.pk, by=partner, now=now),
    ):
        with pytest.raises(NotAllowed):
            read()


def test_a_post_of_another_operation_has_no_detail(cast, by, now):
    foreign = factories.lead(cast.other_operation, now=now)
    with pytest.raises(leads.UnknownLead):
        lead_detail.detail(lead=foreign.pk, by=by, now=now)


def test_the_detail_tells_all_that_was_said_and_what_was_undone(cast, by, other, now):
    head, copy = make(cast, now), make(cast, now)
    act.keep(leads={head.pk: None}, by=by, now=now)
    act.rate(leads={head.pk: None}, credibility=2, by=other, now=now)
    duplicates.fold(leads={copy.pk: None}, into=head.pk, by=by, now=now)
    found = lead_detail.detail(lead=head.pk, by=by, now=now)
    undo.undo(by=other, now=now)
    found = lead_detail.detail(lead=head.pk, by=by, now=now)
    assert [(s.annotation.kind, s.undone) for s in found.history] == [
        ("rating", True), ("state", False),
    ]  # fmt: skip
    assert [line.lead.pk for line in found.copies] == [copy.pk]
    back = lead_detail.detail(lead=copy.pk, by=by, now=now)
    assert back.head is not None
    assert back.head.lead.pk == head.pk


@pytest.mark.parametrize("kind", ["watch", "todo", "kept", "search", "text"])
def test_a_page_costs_the_same_number_of_queries_however_long(
    cast, by, now, kind, django_assert_max_num_queries
):
    watch = factories.watch(cast.operation, now=now)
    for n in range(12):
        lead = make(cast, now, watches=(watch,), urgency=n % 5, post={"tokens": "cru"})
        Annotation.objects.create(
            lead=lead, kind="urgency", value={"because": []}, model="m@1", at=now
        )  # fmt: skip
        holds.take(leads={lead.pk: None}, by=by, now=now)
        if kind == "kept":
            act.keep(leads={lead.pk: None}, by=by, now=now)
    stream = {
        "watch": Stream(kind="watch", watch=watch.pk),
        "todo": TODO,
        "kept": KEPT,
        "search": Stream(kind="search"),
        "text": Stream(kind="search", filters=Filters(text="crue")),
    }[kind]
    most = {"watch": 6, "todo": 9, "kept": 5, "search": 6, "text": 6}[kind]
    with django_assert_max_num_queries(most):
        page = leads.page(stream=stream, by=by, now=now, limit=10)
        seen = [
            (line.lead.post.text, line.lead.post.source.name, line.lead.holder.display)
            for line in page.lines
        ]
    assert len(seen) == 10


def test_the_detail_keeps_what_the_model_thinks_apart_from_what_people_said(cast, by, now):
    lead = make(cast, now)
    for at, codes in ((now - timedelta(hours=1), ("medias",)), (now, ("reseaux", "victimes"))):
        for rank, code in enumerate(codes):
            Annotation.objects.create(
                lead=lead, kind="category", value={"code": code, "rank": rank}, confidence=0.5,
                model="m@1", at=at,
            )  # fmt: skip
    for name in ("Orsay", "Orsay", "Bures"):
        Annotation.objects.create(
            lead=lead, kind="place", value={"name": name, "code": "", "kind": "street"},
            model="m@1", at=now,
        )  # fmt: skip
    act.keep(leads={lead.pk: None}, by=by, now=now)
    found = lead_detail.detail(lead=lead.pk, by=by, now=now)
    assert [guess.code for guess in found.guesses] == ["reseaux", "victimes"]
    assert [place.name for place in found.named] == ["Orsay", "Bures"]
    assert [said.annotation.kind for said in found.history] == ["state"]


def test_reasons_of_a_text_that_was_edited_since_are_not_shown(cast, by, now):
    lead = make(cast, now, text="Tout va bien")
    because = [{"text": "coincés", "start": 3, "end": 10}]
    Annotation.objects.create(
        lead=lead, kind="urgency", value={"because": because}, model="m@1", at=now
    )
    assert leads.lines([lead.pk], by=by, now=now)[0].reasons == ()
