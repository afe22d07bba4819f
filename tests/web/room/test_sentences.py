"""Every entry of the journal reads as a sentence, in both languages."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation

import vigie
from tests import factories
from vigie.journal.models import Entry
from vigie.web.room.main_courante import BY_NOUN
from vigie.web.room.sentences import facts_of, known_verbs, sentence

RECORDED = re.compile(
    r"""(?:record|write)\(\s*\n?\s*(?:by,\s*)?"([a-z_]+\.[a-z_]+)"|verb="([a-z_]+\.[a-z_]+)"|verb = "([a-z_]+\.[a-z_]+)\""""
)


def say(language: str, verb: str, **fields: Any) -> str:
    entry = Entry(chain=1, seq=9, actor="V3", verb=verb, **fields)
    with translation.override(language):
        return sentence(facts_of([entry])[0])


def verbs_in_the_code() -> set[str]:
    package = Path(vigie.__file__).parent
    return {
        verb
        for path in package.rglob("*.py")
        for found in RECORDED.findall(path.read_text(encoding="utf-8"))
        if not (verb := next(group for group in found if group)).endswith(".json")  # a file's name
    }


def test_every_verb_the_code_writes_has_a_sentence_and_a_kind() -> None:
    verbs = verbs_in_the_code()
    assert {"operation.opened", "incident.opened", "lead.taken"} <= verbs
    assert sorted(verbs - known_verbs()) == []
    platform = {"user", "token", "purge", "backup"}
    assert {verb.partition(".")[0] for verb in verbs} - platform - set(BY_NOUN) == set()


CASES: list[tuple[str, dict[str, Any], str, str]] = [
    ("operation.opened", {"data": {"kind": "flood", "communes": 1, "exercise": False}},
     "V3 a ouvert l’opération (crue, 1 commune)", "V3 opened the operation (flood, 1 commune)"),
    ("operation.phase_changed", {"data": {"before": "prepared", "after": "active"}},
     "V3 a fait passer l’opération de « préparée » à « active »",
     "V3 changed the phase from “prepared” to “active”"),
    ("operation.territory_changed", {"data": {"added": ["91471", "91122"], "removed": ["91345"]}},
     "V3 a modifié le territoire : 2 communes ajoutées, 1 commune retirée",
     "V3 changed the territory: 2 communes added, 1 commune removed"),
    ("posts.arrived", {"data": {"leads": 12, "watches": {}}}, "12 nouvelles publications",
     "12 new posts"),
    ("posts.arrived", {"data": {"leads": 1, "copies": 2, "watches": {}}},
     "1 nouvelle publication, 2 copies de publications déjà vues",
     "1 new post, 2 copies of posts seen before"),
    ("post.deleted", {"data": {"leads": [4, 5], "number": 2}},
     "2 publications supprimées par leurs auteurs", "2 posts were deleted by their authors"),
    ("import.finished", {"data": {"kept": 4000, "unmatched": 1, "refused": 12, "seen": 4013}},
     "Import terminé : 4000 gardées, 1 hors veille, 12 refusées",
     "Import finished: 4000 kept, 1 without a watch, 12 refused"),
    ("lead.kept", {"data": {"leads": [4]}}, "V3 a gardé une publication", "V3 kept a post"),
    ("lead.urgency_set", {"data": {"leads": [4, 5], "value": {"level": "critical"}}},
     "V3 a mis l’urgence de 2 publications à « critique »",
     "V3 set the urgency of 2 posts to “critical”"),
    ("lead.rated", {"data": {"leads": [4], "value": {"reliability": "B", "credibility": 2}}},
     "V3 a coté une publication B2", "V3 rated a post B2"),
    ("incident.state_changed", {"data": {"number": 7, "changes": {"state": ["to_check", "confirmed"]}}},
     "V3 a passé le signalement 7 à « confirmé »", "V3 marked incident 7 “confirmed”"),
    ("incident.joined", {"data": {"number": 7, "leads": [1, 2]}},
     "V3 a ajouté 2 publications au signalement 7", "V3 added 2 posts to incident 7"),
    ("incident.merged", {"data": {"number": 7, "source": 9}},
     "V3 a fusionné le signalement 9 dans le 7", "V3 merged incident 9 into 7"),
    ("map.released", {"data": {"number": 2, "n": 12, "added": 3, "changed": 1, "taken_back": 0}},
     "V3 a publié la carte publique n° 2 : 12 objets (nouveaux : 3, changés : 1, retirés : 0)",
     "V3 released the public map no. 2: 12 objects (3 new, 1 changed, 0 taken back)"),
    ("map.withdrawn", {"data": {"number": 2}}, "V3 a retiré la carte publique n° 2",
     "V3 withdrew the public map no. 2"),
    ("report.frozen", {"data": {"number": 2}},
     "V3 a validé et arrêté le point de situation n° 2",
     "V3 approved and froze situation report no. 2"),
    ("watch.created", {"data": {"name": "Crue"}}, "V3 a créé la veille « Crue »",
     "V3 created the watch “Crue”"),
    ("note.written", {"data": {"from": "CODIS 91", "to": "VISOV 91"}}, "CODIS 91 → VISOV 91",
     "CODIS 91 → VISOV 91"),
    ("note.followed_up", {"data": {"of": 2, "state": "sent"}},
     "V3 a donné suite à la ligne 2 (transmis)", "V3 followed up entry 2 (passed on)"),
    ("exercise.jumped", {"data": {"to_s": 30600}}, "V3 a avancé l’exercice à 8 h 30",
     "V3 moved the exercise on to 8 h 30"),
]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize(("verb", "fields", "french", "english"), CASES, ids=[c[0] for c in CASES])
def test_an_entry_is_said_in_both_languages(
    verb: str, fields: dict[str, Any], french: str, english: str
) -> None:
    assert say("fr", verb, **fields).replace("\u00a0", " ") == french
    assert say("en", verb, **fields) == english


@pytest.mark.django_db
def test_people_are_named_as_the_team_knows_them_now(now: datetime) -> None:
    person = factories.user("Samir", callsign="V1")
    fields = {"subject_kind": "user", "subject_id": person.pk, "data": {"roles": ["watcher"]}}
    assert "V1" in say("fr", "team.joined", **fields)
    own = {**fields, "by": person}
    assert say("en", "team.joined", **own) == "V3 joined the team as watcher"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("verb", "fields", "words"),
    [
        ("moon.landed", {}, "V3: moon landed"),
        ("moon.landed", {"subject_kind": "moon", "subject_id": 4}, "V3: moon landed (4)"),
        ("moon.seen", {"subject_kind": "lead", "subject_id": 4}, "V3: moon seen (lead 4)"),
        ("incident.opened", {"data": {}}, "V3: incident opened"),
        ("lead.rated", {"data": {"value": None}}, "V3: lead rated"),
    ],
    ids=["unknown", "with its subject", "with another", "data missing", "data of another kind"],
)
def test_what_nobody_wrote_a_sentence_for_is_still_readable(
    verb: str, fields: dict[str, Any], words: str
) -> None:
    assert say("en", verb, **fields) == words
