"""Whatever people do, in whatever order: the row mirrors what stands, and undoing leads back."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import factories
from vigie.contracts.findings import URGENCY_LEVELS
from vigie.triage import decide
from vigie.triage.actions import duplicates, holds, undo
from vigie.triage.actions import leads as act
from vigie.triage.models import Annotation, Lead

REFUSALS = (act.LeadInTheWay, duplicates.NothingToFold, undo.NothingToUndo)
COLUMNS = (
    "state", "urgency", "urgency_by_person", "category", "category_by_person", "reliability",
    "credibility", "place_name", "place_by_person", "folded_into_id", "copies", "holder_id",
)  # fmt: skip

some_leads = st.sets(st.integers(0, 2), min_size=1)
gestures = st.one_of(
    st.tuples(st.sampled_from(["keep", "dismiss", "restore", "take", "release"]), some_leads),
    st.tuples(st.just("urgency"), some_leads, st.integers(0, 4)),
    st.tuples(st.just("category"), some_leads, st.sampled_from(["", "medias", "reseaux"])),
    st.tuples(st.just("reliability"), some_leads, st.sampled_from("ABF")),
    st.tuples(st.just("credibility"), some_leads, st.integers(1, 6)),
    st.tuples(st.just("place"), some_leads, st.sampled_from(["Orsay", "Longjumeau"])),
    st.tuples(st.just("fold"), some_leads, st.integers(0, 2)),
    st.tuples(st.just("unfold"), some_leads),
    st.tuples(st.just("undo")),
)


class _Back(Exception):
    """Rolls one example's rows back."""


def perform(step, leads, by, now):
    name, *rest = step
    if name == "undo":
        undo.undo(by=by, now=now)
        return
    ids = {leads[i].pk: None for i in rest[0]}
    who = {"by": by, "now": now}
    value = rest[1] if len(rest) > 1 else None
    {
        "keep": lambda: act.keep(leads=ids, **who),
        "dismiss": lambda: act.dismiss(leads=ids, **who),
        "restore": lambda: act.restore(leads=ids, **who),
        "take": lambda: holds.take(leads=ids, **who),
        "release": lambda: holds.release(leads=ids, **who),
        "urgency": lambda: act.set_urgency(leads=ids, level=value, **who),
        "category": lambda: act.categorise(leads=ids, code=value, **who),
        "reliability": lambda: act.rate(leads=ids, reliability=value, **who),
        "credibility": lambda: act.rate(leads=ids, credibility=value, **who),
        "place": lambda: act.locate(leads=ids, name=value, **who),
        "fold": lambda: duplicates.fold(leads=ids, into=leads[value].pk, **who),
        "unfold": lambda: duplicates.unfold(leads=ids, **who),
    }[name]()


def check_mirror(lead: Lead) -> None:
    said = [
        decide.Statement(id=a.pk, kind=a.kind, value=a.value, by=a.by_id)
        for a in Annotation.objects.filter(lead=lead).order_by("pk")
    ]
    undone = decide.undone_ids(said)

    def last(kind, key, otherwise):
        standing = [
            s.value[key] for s in said if s.kind == kind and s.id not in undone and key in s.value
        ]
        return standing[-1] if standing else otherwise

    assert lead.state == last("state", "state", "new")
    assert URGENCY_LEVELS[lead.urgency] == last("urgency", "level", "none")
    assert lead.category == last("category", "code", "")
    assert lead.reliability == last("rating", "reliability", "F")
    assert lead.credibility == last("rating", "credibility", 6)
    assert lead.place_name == last("place", "name", "")
    assert lead.folded_into_id == last("duplicate", "of", None)
    assert lead.copies == Lead.objects.filter(folded_into=lead).count()
    assert lead.folded_into is None or lead.folded_into.folded_into_id is None


@pytest.fixture
def desks(cast):
    return [factories.desk(p, cast.operation) for p in (cast.volunteer, cast.verifier)]


quick = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@quick
@given(steps=st.lists(st.tuples(st.integers(0, 1), gestures), max_size=12))
def test_the_row_always_mirrors_what_stands(steps, cast, desks, now):
    with suppress(_Back), transaction.atomic():
        leads = [factories.lead(cast.operation, now=now) for _ in range(3)]
        for minute, (who, step) in enumerate(steps):
            with suppress(*REFUSALS), transaction.atomic():
                perform(step, leads, desks[who], now + timedelta(minutes=minute))
            for each in Lead.objects.filter(pk__in=[lead.pk for lead in leads]):
                check_mirror(each)
        raise _Back


@quick
@given(steps=st.lists(gestures.filter(lambda step: step[0] != "undo"), max_size=8))
def test_undoing_everything_leads_back_to_the_beginning(steps, cast, desks, now: datetime):
    by = desks[0]
    with suppress(_Back), transaction.atomic():
        leads = [factories.lead(cast.operation, now=now) for _ in range(3)]
        ids = [lead.pk for lead in leads]

        def facts():
            return list(Lead.objects.filter(pk__in=ids).order_by("pk").values(*COLUMNS))

        before = [facts()]
        for step in steps:
            with suppress(*REFUSALS), transaction.atomic():
                perform(step, leads, by, now)
                before.append(facts())
        with suppress(undo.NothingToUndo):
            while True:
                undo.undo(by=by, now=now)
        assert facts() == before[0]
        raise _Back
