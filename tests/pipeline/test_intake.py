"""A message in: what matches is stored once with all that belongs to it, the rest is counted."""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from tests import factories
from tests.factories import Cast
from tests.pipeline.plain import PlainEnricher, make_intake, message, wire
from vigie.analysis.query import parse
from vigie.collection.models import (
    Author,
    Media,
    Post,
    RawItem,
    RefusedItem,
    Source,
    Watch,
)
from vigie.collection.search import Search, posts
from vigie.contracts.plugins import Refusal
from vigie.journal.models import Entry
from vigie.pipeline.intake import Intake, UnknownSource
from vigie.pipeline.messages import LeaseLost, Message
from vigie.triage.models import Annotation, Lead, WatchHit


def test_a_message_travels_as_bytes() -> None:
    sent = message(3, b"{}", cursor={"at": 7}, holder="c1", progress=(1, 2), retries=(4,))
    assert Message.from_bytes(sent.to_bytes()) == sent


def test_what_matches_is_stored_with_all_that_belongs_to_it(
    intake: Intake, shared: Source, crue: Watch, cast: Cast, now: datetime
) -> None:
    payload = wire(
        1, "La crue monte à Orsay, secours !", now,
        media=[{"type": "image", "url": "https://exemple.fr/a.jpg", "description": "le pont"}],
        likes=4, lang="fr",
    )  # fmt: skip
    outcome = intake.take(message(shared.pk, payload, cursor={"at": 1}), now=now)
    assert (outcome.seen, outcome.kept, outcome.unmatched) == (1, 1, 0)
    post = Post.objects.select_related("author").get()
    assert (post.remote_id, post.source_id, post.network) == ("1", shared.pk, "mastodon")
    assert (post.received_at, post.published_at) == (now, now - timedelta(minutes=5))
    assert (post.language, post.likes, post.replies, post.has_media) == ("fr", 4, None, True)
    assert post.author is not None
    assert (post.author.handle, post.author.followers) == ("voisin1", 3)
    assert zlib.decompress(bytes(RawItem.objects.get(post=post).payload)) == payload
    media = Media.objects.get(post=post)
    assert (media.url, media.state) == ("https://exemple.fr/a.jpg", "remote")
    lead = Lead.objects.get(post=post)
    assert (lead.operation, lead.state, lead.urgency) == (cast.operation, "new", 4)
    assert (lead.category, lead.place_code, lead.place_name) == ("niveau_eau", "91471", "Orsay")
    assert (lead.lon, lead.lat, lead.precision_m) == (2.187, 48.699, 2_500)
    assert WatchHit.objects.get(lead=lead).watch == crue
    said = {note.kind: note for note in Annotation.objects.filter(lead=lead)}
    assert said.keys() == {"urgency", "category", "place"}
    assert said["urgency"].value["because"][0]["text"] == "secours"
    assert said["urgency"].model == "plain@1"
    assert said["place"].confidence == pytest.approx(0.9)
    found = posts(Search())
    assert [each.pk for each in found] == [post.pk]


def test_what_matches_nothing_is_counted_and_not_stored(
    shared: Source, crue: Watch, now: datetime
) -> None:
    enricher = PlainEnricher()
    intake = make_intake(enricher)
    outcome = intake.take(message(shared.pk, wire(1, "Bon appétit", now)), now=now)
    assert (outcome.kept, outcome.unmatched) == (0, 1)
    assert not Post.objects.exists()
    assert not Author.objects.exists()
    assert not Entry.objects.exists()
    assert enricher.asked == 0
    shared.refresh_from_db()
    assert (shared.items_seen, shared.items_kept, shared.items_unmatched) == (1, 0, 1)


def test_each_operation_gets_its_own_lead(
    intake: Intake, shared: Source, crue: Watch, cast: Cast, now: datetime
) -> None:
    elsewhere = factories.watch(cast.other_operation, "monte", now=now)
    factories.watch(cast.other_operation, "neige", now=now)
    intake.take(message(shared.pk, wire(1, "La crue monte", now)), now=now)
    assert Post.objects.count() == 1
    assert {lead.operation for lead in Lead.objects.all()} == {cast.operation, cast.other_operation}
    hit = WatchHit.objects.get(lead__operation=cast.other_operation)
    assert hit.watch == elsewhere


def test_a_source_of_one_operation_meets_only_its_watches(
    intake: Intake, crue: Watch, cast: Cast, now: datetime
) -> None:
    source = factories.source(cast.other_operation, now=now, config={"blob": "b"})
    outcome = intake.take(message(source.pk, wire(1, "La crue monte", now)), now=now)
    assert outcome.unmatched == 1


@pytest.mark.parametrize("change", ["closed", "exercise", "paused"])
def test_a_shared_source_meets_no_closed_operation_no_exercise_and_no_paused_watch(
    intake: Intake, shared: Source, crue: Watch, now: datetime, change: str
) -> None:
    intake.take(message(shared.pk, wire(1, "La crue monte", now)), now=now)
    operation = crue.operation
    if change == "closed":
        operation.phase, operation.closed_at = "closed", now
    elif change == "exercise":
        operation.is_exercise = True
    else:
        crue.active = False
        crue.save()
    operation.save()
    outcome = intake.take(message(shared.pk, wire(2, "La crue monte encore", now)), now=now)
    assert (outcome.kept, outcome.unmatched) == (0, 1)


def test_a_watch_reworded_counts_from_the_next_message(
    intake: Intake, shared: Source, crue: Watch, now: datetime
) -> None:
    intake.take(message(shared.pk, wire(1, "Neige sur le plateau", now)), now=now)
    crue.query = "neige"
    crue.save()
    outcome = intake.take(message(shared.pk, wire(2, "Neige sur le plateau", now)), now=now)
    assert outcome.kept == 1


def test_the_same_message_again_changes_nothing(
    intake: Intake, shared: Source, crue: Watch, now: datetime
) -> None:
    first = message(shared.pk, *(wire(n, f"crue numéro {n}", now) for n in range(3)))
    intake.take(first, now=now)
    entries = Entry.objects.count()
    outcome = intake.take(first, now=now + timedelta(seconds=5))
    assert (outcome.kept, outcome.repeated) == (0, 3)
    assert (Post.objects.count(), Lead.objects.count(), WatchHit.objects.count()) == (3, 3, 3)
    assert Entry.objects.count() == entries


def test_one_entry_tells_an_operation_of_a_batch(
    intake: Intake, shared: Source, crue: Watch, cast: Cast, now: datetime
) -> None:
    eau = factories.watch(cast.operation, "eau", now=now)
    outcome = intake.take(
        message(
            shared.pk,
            wire(1, "La crue et l'eau", now),
            wire(2, "Encore la crue ici", now),
            wire(3, "rien", now),
        ),
        now=now,
    )
    entry = Entry.objects.get()
    assert outcome.entries == ((cast.operation.pk, entry.seq),)
    assert (entry.chain, entry.verb, entry.actor) == (cast.operation.pk, "posts.arrived", "collect")
    first, last = Lead.objects.order_by("pk").values_list("pk", flat=True)
    assert entry.data == {
        "source": shared.pk, "leads": 2, "copies": 0,
        "watches": {str(crue.pk): 2, str(eau.pk): 1},
        "spans": [[first, last]],
    }  # fmt: skip
    assert entry.touches == [f"watch:{crue.pk}", f"watch:{eau.pk}"]


def test_copies_fold_into_the_first_and_are_counted(
    intake: Intake, shared: Source, crue: Watch, now: datetime
) -> None:
    text = "La crue emporte le pont"
    intake.take(message(shared.pk, wire(1, text, now), wire(2, text, now)), now=now)
    outcome = intake.take(message(shared.pk, wire(3, text, now)), now=now)
    head, second, third = Lead.objects.order_by("pk")
    assert (head.copies, head.folded_into_id) == (2, None)
    assert (second.folded_into_id, third.folded_into_id) == (head.pk, head.pk)
    assert outcome.folded == 1
    entry = Entry.objects.order_by("seq").last()
    assert entry is not None
    assert entry.data["leads"] == 0
    assert entry.touches == [f"lead:{head.pk}"]
    note = Annotation.objects.get(lead=third, kind="duplicate")
    assert note.value == {"of": head.pk, "how": "exact"}


def test_a_repost_folds_into_what_it_reposts(
    intake: Intake, shared: Source, crue: Watch, now: datetime
) -> None:
    intake.take(message(shared.pk, wire(1, "La crue arrive", now)), now=now)
    intake.take(
        message(
            shared.pk,
            wire(2, "Regardez, la crue arrive", now, repost_of="1"),
            wire(3, "crue", now, repost_of="2"),
            wire(4, "crue !", now, repost_of="inconnue"),
        ),
        now=now,
    )
    head, *rest = Lead.objects.order_by("pk")
    assert [lead.folded_into_id for lead in rest] == [head.pk, head.pk, None]


@pytest.mark.parametrize("restarted", [False, True])
def test_nearly_the_same_words_fold_too(
    shared: Source, crue: Watch, now: datetime, restarted: bool
) -> None:
    text = "La crue de l'Yvette a emporté la passerelle du moulin ce matin vers huit heures"
    intake = make_intake()
    intake.take(message(shared.pk, wire(1, text, now)), now=now)
    if restarted:
        intake = make_intake()
    intake.take(
        message(
            shared.pk,
            wire(2, text + " incroyable", now),
            wire(
                3, "La crue de la Seine menace les quais de Corbeil et le parking du théâtre", now
            ),
        ),
        now=now,
    )
    head, near, other = Lead.objects.order_by("pk")
    assert (near.folded_into_id, other.folded_into_id) == (head.pk, None)
    assert Annotation.objects.get(lead=near, kind="duplicate").value["how"] == "near"


def test_what_another_pipeline_stored_meanwhile_is_known(
    intake: Intake, shared: Source, crue: Watch, now: datetime
) -> None:
    text = "La crue de l'Yvette a emporté la passerelle du moulin ce matin vers huit heures"
    intake.take(message(shared.pk, wire(1, "Autre crue bien différente", now)), now=now)
    other = make_intake()
    other.take(message(shared.pk, wire(2, text, now), wire(3, f"{text} hélas", now)), now=now)
    intake.take(message(shared.pk, wire(4, f"{text} incroyable", now)), now=now)
    _, head, *copies = Lead.objects.order_by("pk")
    assert [lead.folded_into_id for lead in copies] == [head.pk, head.pk]


def test_a_copy_folds_where_people_put_the_first(
    intake: Intake, shared: Source, crue: Watch, now: datetime
) -> None:
    text = "La crue emporte le pont"
    intake.take(
        message(shared.pk, wire(1, "Autre crue bien différente", now), wire(2, text, now)), now=now
    )
    other, first = Lead.objects.order_by("pk")
    Lead.objects.filter(pk=first.pk).update(folded_into=other)
    intake.take(message(shared.pk, wire(3, text, now)), now=now)
    third = Lead.objects.order_by("pk").last()
    assert third is not None
    assert third.folded_into_id == other.pk


def test_what_is_told_again_days_later_stands_alone(
    intake: Intake, shared: Source, crue: Watch, now: datetime
) -> None:
    text = "La crue emporte le pont"
    intake.take(message(shared.pk, wire(1, text, now)), now=now)
    later = now + timedelta(days=4)
    intake.take(message(shared.pk, wire(2, text, later)), now=later)
    assert Lead.objects.filter(folded_into__isnull=True).count() == 2


def test_a_copy_in_an_operation_that_has_not_seen_the_first_stands_alone(
    intake: Intake, shared: Source, crue: Watch, cast: Cast, now: datetime
) -> None:
    own = factories.source(cast.other_operation, now=now, config={"blob": "b"})
    factories.watch(cast.other_operation, "crue", now=now)
    text = "La crue emporte le pont"
    intake.take(message(own.pk, wire(1, text, now)), now=now)
    intake.take(message(shared.pk, wire(2, text, now)), now=now)
    here = Lead.objects.get(operation=cast.operation)
    assert here.folded_into_id is None
    there = Lead.objects.filter(operation=cast.other_operation).order_by("pk")
    assert [lead.folded_into_id for lead in there] == [None, there[0].pk]


def test_an_edit_updates_the_post_and_never_doubles_it(
    intake: Intake, shared: Source, crue: Watch, cast: Cast, now: datetime
) -> None:
    intake.take(message(shared.pk, wire(1, "La crue monte", now)), now=now)
    lead = Lead.objects.get()
    Lead.objects.filter(pk=lead.pk).update(category="sentiment", category_by_person=True)
    elsewhere = factories.watch(cast.other_operation, "baisse", now=now)
    edited = wire(
        1, "Erratum : ça baisse à Orsay", now, media=[{"type": "image", "url": "https://e.fr/b"}]
    )
    outcome = intake.take(message(shared.pk, edited), now=now + timedelta(minutes=1))
    assert (outcome.kept, outcome.edited) == (0, 1)
    post = Post.objects.get()
    assert post.text == "Erratum : ça baisse à Orsay"
    assert post.edited_at == now + timedelta(minutes=1)
    assert Media.objects.get(post=post).url == "https://e.fr/b"
    lead.refresh_from_db()
    assert (lead.version, lead.category, lead.place_code) == (2, "sentiment", "91471")
    other = Lead.objects.get(operation=cast.other_operation)
    assert WatchHit.objects.get(lead=other).watch == elsewhere
    entry = Entry.objects.get(chain=cast.operation.pk, verb="post.edited")
    assert (entry.subject_kind, entry.subject_id) == ("lead", lead.pk)
    assert entry.touches == [f"lead:{lead.pk}"]
    assert not posts(Search(query=parse("crue"))).exists()
    assert posts(Search(query=parse("baisse"))).exists()


def test_counts_that_move_are_no_edit(
    intake: Intake, shared: Source, crue: Watch, now: datetime
) -> None:
    intake.take(message(shared.pk, wire(1, "La crue monte", now, likes=1)), now=now)
    outcome = intake.take(message(shared.pk, wire(1, "La crue monte", now, likes=9)), now=now)
    assert (outcome.edited, outcome.repeated) == (0, 1)
    assert Post.objects.get().likes == 9
    assert not Entry.objects.filter(verb="post.edited").exists()


def test_within_a_batch_the_last_word_counts(
    intake: Intake, shared: Source, crue: Watch, now: datetime
) -> None:
    intake.take(
        message(shared.pk, wire(1, "La crue monte", now), wire(1, "La crue baisse", now)), now=now
    )
    assert Post.objects.get().text == "La crue baisse"


def test_an_author_seen_again_is_one_author_written_over(
    intake: Intake, shared: Source, crue: Watch, now: datetime
) -> None:
    for number, followers in ((1, 10), (2, 20)):
        author = {"id": "same", "handle": "@mairie", "followers": followers, "official": True}
        intake.take(
            message(shared.pk, wire(number, f"crue {number} a", now, author=author)), now=now
        )
    found = Author.objects.get()
    assert (found.followers, found.official) == (20, True)


def test_a_line_that_cannot_be_read_is_set_aside_and_the_rest_goes_on(
    intake: Intake, shared: Source, crue: Watch, now: datetime
) -> None:
    outcome = intake.take(
        message(
            shared.pk,
            wire(1, "crue une", now),
            b"{broken",
            wire(3, "crue deux", now, created_at="9999-01-01T00:00:00Z"),
            wire(4, "crue trois", now, created_at="2026-11-30T00:00:00Z"),
            wire(5, "crue quatre explose l'analyseur", now),
            wire(6, "crue cinq", now),
            refusals=(Refusal(code="line_too_long", where="7", payload=b"x"),),
            cursor={"line": 7},
        ),
        now=now,
    )
    assert (outcome.seen, outcome.kept, outcome.refused) == (7, 2, 5)
    refused = {item.where: item for item in RefusedItem.objects.all()}
    assert {where: item.code for where, item in refused.items()} == {
        "2": "bad_json", "3": "implausible_date", "4": "implausible_date",
        "5": "analysis_failed", "7": "line_too_long",
    }  # fmt: skip
    assert bytes(refused["2"].payload) == b"{broken"
    shared.refresh_from_db()
    assert (shared.items_refused, shared.items_kept, shared.cursor) == (5, 2, {"line": 7})


def test_refused_items_are_read_again_and_settled_or_refused_once_more(
    intake: Intake, shared: Source, crue: Watch, now: datetime
) -> None:
    intake.take(message(shared.pk, b"{broken", b"[1]", b'{"id": 3}'), now=now)
    refused = list(RefusedItem.objects.order_by("pk"))
    later = now + timedelta(hours=1)
    mended = [wire(1, "La crue monte", now), b"[1]", wire(3, "rien", now)]
    outcome = intake.take(
        message(shared.pk, *mended, retries=tuple(item.pk for item in refused)), now=later
    )
    assert (outcome.kept, outcome.refused, outcome.unmatched) == (1, 1, 1)
    settled = dict(RefusedItem.objects.values_list("code", "settled_at"))
    assert settled == {"bad_json": later, "not_object": None, "missing_text": later}
    assert RefusedItem.objects.count() == 3
    shared.refresh_from_db()
    assert (shared.items_seen, shared.items_refused, shared.items_kept) == (3, 3, 1)


@pytest.mark.parametrize(
    "fields",
    [
        {"likes": 2**52, "author": {"id": "x" * 480, "handle": "h" * 400, "name": "n" * 450}},
        {"network": "n" * 40, "lang": "fr-FR-x-long", "reply_to": "r" * 500},
        {"media": [{"type": "image", "url": "https://exemple.fr/" + "a" * 3000}] * 50},
    ],
)
def test_values_longer_than_a_column_are_cut_not_refused(
    intake: Intake, shared: Source, crue: Watch, now: datetime, fields: dict[str, Any]
) -> None:
    outcome = intake.take(message(shared.pk, wire(1, "crue", now, **fields)), now=now)
    assert (outcome.kept, outcome.refused) == (1, 0)
    for row in (Post.objects.get(), Author.objects.get(), Media.objects.first()):
        for field in row._meta.concrete_fields if row else ():
            if isinstance(value := getattr(row, field.attname), str) and field.max_length:
                assert len(value) <= field.max_length, field.name


def test_an_item_no_database_takes_is_found_and_set_aside(
    shared: Source, crue: Watch, now: datetime
) -> None:
    class Surrogate(PlainEnricher):
        def analyse(self, posts: Any) -> Any:
            found = list(super().analyse(posts))
            return [
                msgspec.structs.replace(each, language="\ud83d")
                if "poison" in each.tokens
                else each
                for each in found
            ]

    intake = make_intake(Surrogate())
    payloads = [wire(n, f"crue {n} {'poison' if n == 4 else ''}", now) for n in range(9)]
    outcome = intake.take(message(shared.pk, *payloads, cursor={"at": 9}), now=now)
    assert (outcome.kept, outcome.refused) == (8, 1)
    assert RefusedItem.objects.get().code == "unstorable"
    shared.refresh_from_db()
    assert (shared.cursor, shared.items_seen, shared.items_kept) == ({"at": 9}, 9, 8)


def test_without_the_lease_nothing_is_stored(
    intake: Intake, shared: Source, crue: Watch, now: datetime
) -> None:
    Source.objects.filter(pk=shared.pk).update(holder="other", held_until=now)
    with pytest.raises(LeaseLost):
        intake.take(
            message(shared.pk, wire(1, "crue", now), holder="me", cursor={"at": 1}), now=now
        )
    assert not Post.objects.exists()
    shared.refresh_from_db()
    assert (shared.cursor, shared.items_seen) == ({}, 0)


def test_a_source_that_is_gone_is_told(intake: Intake, now: datetime, db: None) -> None:
    with pytest.raises(UnknownSource):
        intake.take(message(404), now=now)


def test_what_a_person_hands_in_is_kept_whatever_the_watches_say(
    intake: Intake, cast: Cast, now: datetime
) -> None:
    source = factories.source(cast.operation, now=now, config={"blob": "b"})
    intake.take(message(source.pk, wire(1, "rien à voir", now), keep_all=True), now=now)
    lead = Lead.objects.get()
    assert lead.operation == cast.operation
    assert not lead.hits.exists()


def test_a_deleted_watch_asks_for_nothing_any_more(
    intake: Intake, shared: Source, crue: Watch, now: datetime
) -> None:
    intake.take(message(shared.pk, wire(1, "crue une", now)), now=now)
    assert Lead.objects.count() == 1
    crue.delete()
    outcome = intake.take(message(shared.pk, wire(2, "crue deux", now)), now=now)
    assert (outcome.kept, outcome.unmatched) == (0, 1)
