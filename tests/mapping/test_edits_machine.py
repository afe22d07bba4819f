"""Several people, lines that come and go, batches late, twice and out of order: at the end all see one
map, every word was kept once, and stamps only grow."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from tests import factories
from vigie.accounts.roles import Role
from vigie.journal.queries import last_seq
from vigie.mapping.actions.edits import Applied, Edit, apply_edits, seen_all
from vigie.mapping.actions.layers import create_layer
from vigie.mapping.actions.questions import choose
from vigie.mapping.models import Conflict, Feature, FeatureRevision, Layer
from vigie.mapping.queries.features import changes
from vigie.mapping.queries.layers import visible_layers
from vigie.operations.access import Desk

PEOPLE = st.integers(0, 2)


def point(lon: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [lon, 48.7]}


WANTED = st.one_of(
    st.fixed_dictionaries({"name": st.sampled_from(["", "A", "B", "C"])}),
    st.fixed_dictionaries({"note": st.sampled_from(["", "n", "m"])}),
    st.fixed_dictionaries({"geometry": st.sampled_from([point(2.1), point(2.2)])}),
    st.fixed_dictionaries({"attributes.depth_m": st.sampled_from([None, 1, 2])}),
    st.fixed_dictionaries({"layer": st.sampled_from([1, 2])}),
    st.fixed_dictionaries({"deleted": st.booleans()}),
    st.fixed_dictionaries({"name": st.sampled_from(["A", "B"]), "credibility": st.integers(1, 6)}),
)


@dataclass
class Screen:
    """A person's browser: what it was told, and what it has not brought to the server yet."""

    by: Desk
    known: dict[str, dict[str, Any]] = field(default_factory=dict)
    seq: int = -1
    pending: list[Edit] = field(default_factory=list)
    sent: list[Edit] = field(default_factory=list)
    done: list[tuple[UUID, dict[str, Any]]] = field(default_factory=list)

    def make(self, feature: UUID, wanted: Mapping[str, Any], **more: Any) -> None:
        base = {} if "create" in more else dict(self.known.get(str(feature), {}).get("stamps", {}))
        self.pending.append(
            Edit(edit=uuid4(), feature=feature, set=dict(wanted), base=base, **more)
        )

    def settle(self, batch: list[Edit], told: Applied) -> None:
        """As the store does: what was made on an edit that was written has seen it."""
        gone = {each.edit for each in batch}
        created = {each.edit for each in batch if each.create}
        self.pending = [each for each in self.pending if each.edit not in gone]
        for outcome in told.outcomes:
            if not outcome.stamp:
                continue
            seen = dict.fromkeys(outcome.written, outcome.stamp)
            if outcome.edit in created:
                seen["*"] = outcome.stamp
            for each in self.pending:
                if each.feature == outcome.feature:
                    base = dict(each.base)
                    for name, stamp in seen.items():
                        base[name] = max(base.get(name, 0), stamp)
                    object.__setattr__(each, "base", base)

    def follow(self) -> None:
        told = changes(self.by, visible_layers(self.by), since=self.seq if self.seq >= 0 else None)
        if told.complete:
            self.known.clear()
        self.known |= {each["id"]: each for each in told.features}
        for uid in told.gone:
            self.known.pop(uid, None)
        self.seq = told.seq


def _unseen(edit: Edit, stamps: Mapping[str, int]) -> set[str]:
    """Fields it sets that somebody wrote after what the person had seen."""
    last = edit.base.get("*", 0)
    return {name for name in edit.set if stamps.get(name, 0) > edit.base.get(name, last)}


class Together(RuleBasedStateMachine):
    objects = Bundle("objects")
    now: datetime

    def __init__(self) -> None:
        super().__init__()
        self.operation = factories.operation(now=self.now)
        roles = (Role.COORDINATOR, Role.MAPPER, Role.WATCHER)
        self.screens = [
            Screen(factories.desk(factories.member(self.operation, role, now=self.now), self.operation))
            for role in roles
        ]  # fmt: skip
        for name in ("Routes", "Eau"):
            create_layer(name=name, by=self.screens[0].by, now=self.now)
        self.stamps: dict[UUID, dict[str, int]] = {}
        self.told: dict[UUID, tuple[Edit, Desk, str, tuple[str, ...], tuple[str, ...]]] = {}

    def rows(self) -> list[Feature]:
        rows = Feature.objects.filter(layer__operation=self.operation)
        return list(rows.select_related("layer").order_by("pk"))

    @initialize(target=objects)
    def first(self) -> UUID:
        uid = uuid4()
        self.screens[0].make(uid, {"geometry": point(2.0), "name": "A"}, create=True, layer=1)
        self.deliver(0, 1, lost=False)
        for each in self.screens:
            each.follow()
        return uid

    @rule(
        target=objects, who=PEOPLE, layer=st.sampled_from([1, 2]), name=st.sampled_from(["", "A"])
    )
    def draw(self, who: int, layer: int, name: str) -> UUID:
        uid = uuid4()
        self.screens[who].make(
            uid, {"geometry": point(2.0), "name": name}, create=True, layer=layer
        )
        return uid

    @rule(who=PEOPLE, uid=objects, wanted=WANTED)
    def change(self, who: int, uid: UUID, wanted: dict[str, Any]) -> None:
        screen = self.screens[who]
        ours = any(each.feature == uid for each in screen.pending)
        if ours or str(uid) in screen.known:
            screen.make(uid, wanted)

    @rule(who=PEOPLE, n=st.integers(1, 6), lost=st.booleans())
    def deliver(self, who: int, n: int, lost: bool) -> None:
        """The first of what waits leaves; with `lost` no answer comes back."""
        screen = self.screens[who]
        batch = [copy.copy(each) for each in screen.pending[:n]]
        if not batch:
            return
        stood = {row.uid: row.stamps for row in self.rows()}
        done = apply_edits(edits=batch, by=screen.by, now=self.now)
        assert not [each for each in done.outcomes if each.status == "refused"]
        alone = Counter(each.feature for each in batch)
        for edit, outcome in zip(batch, done.outcomes, strict=True):
            if alone[edit.feature] == 1 and outcome.status != "repeated" and not edit.create:
                unseen = _unseen(edit, stood[edit.feature])
                assert not unseen & set(outcome.written), "written over what was never seen"
        for edit, outcome in zip(batch, done.outcomes, strict=True):
            before = self.told.get(edit.edit)
            if before is None or before[2] == "same":
                self.told[edit.edit] = (
                    edit, screen.by, outcome.status, outcome.written, outcome.asked,
                )  # fmt: skip
            else:
                assert outcome.status == "repeated"
        screen.sent += batch
        if not lost:
            screen.settle(batch, done)
            screen.done += [(each.feature, dict(each.set)) for each in batch if not each.create]

    @rule(who=PEOPLE, dice=st.randoms(use_true_random=False))
    def deliver_again_in_another_order(self, who: int, dice: Any) -> None:
        """What arrived before arrives once more, in any order: it changes nothing."""
        screen = self.screens[who]
        kept = [each for each in screen.sent if self.told[each.edit][2] != "same"]
        batch = dice.sample(kept, min(len(kept), 4))
        before = last_seq(self.operation.pk)
        done = apply_edits(edits=batch, by=screen.by, now=self.now)
        assert {each.status for each in done.outcomes} <= {"repeated"}
        assert done.seq == last_seq(self.operation.pk) == before

    @rule(who=PEOPLE)
    def follow(self, who: int) -> None:
        self.screens[who].follow()

    @rule(who=PEOPLE, choice=st.sampled_from(["kept", "offered"]), nth=st.integers(0, 3))
    def answer(self, who: int, choice: str, nth: int) -> None:
        waiting = Conflict.objects.filter(
            feature__layer__operation=self.operation, resolved_at__isnull=True
        ).order_by("pk")[nth : nth + 1]
        for row in waiting:
            choose(conflict=row.pk, choice=choice, by=self.screens[who].by, now=self.now)

    @rule(who=PEOPLE, nth=st.integers(0, 3))
    def undo(self, who: int, nth: int) -> None:
        """Set one's last change back to what stood before it."""
        screen = self.screens[who]
        for uid, wanted in screen.done[-1:]:
            revision = FeatureRevision.objects.filter(
                feature__uid=uid, by=screen.by.user, changes__has_keys=list(wanted)
            ).order_by("-version")[nth : nth + 1]
            for each in revision:
                screen.make(uid, {name: told[0] for name, told in each.changes.items()})

    @rule(who=PEOPLE, uid=objects)
    def restore(self, who: int, uid: UUID) -> None:
        row = Feature.objects.filter(uid=uid, deleted_at__isnull=False).first()
        if row is not None:
            base = seen_all(row)
            self.screens[who].pending.append(
                Edit(edit=uuid4(), feature=uid, set={"deleted": False}, base=base)
            )

    @invariant()
    def stamps_only_grow(self) -> None:
        for row in self.rows():
            before = self.stamps.get(row.uid, {})
            after = {**row.stamps, "*": row.changed}
            assert all(after[name] >= stamp for name, stamp in before.items())
            assert row.changed >= max(row.stamps.values())
            self.stamps[row.uid] = after

    @invariant()
    def layers_count_what_stands(self) -> None:
        for layer in Layer.objects.filter(operation=self.operation):
            standing = layer.features.filter(deleted_at__isnull=True).count()
            assert layer.objects_number == standing

    def teardown(self) -> None:
        """Every line is whole again."""
        for who, screen in enumerate(self.screens):
            while screen.pending:
                self.deliver(who, len(screen.pending), lost=False)
        by = self.screens[0].by
        stands = {each["id"]: each for each in changes(by, visible_layers(by)).features}
        for screen in self.screens:
            screen.follow()
            assert screen.known == stands
        self.every_word_is_kept_once()

    def every_word_is_kept_once(self) -> None:
        rows = {row.uid: row for row in self.rows()}
        revisions = {
            each.edit: each
            for each in FeatureRevision.objects.filter(feature__layer__operation=self.operation)
        }
        for edit, by, status, written, asked in self.told.values():
            row = rows[edit.feature]
            if edit.create:
                assert row.created_edit == edit.edit
                continue
            if status == "same":
                continue
            left = revisions[edit.edit]
            assert {name: told[1] for name, told in left.changes.items()} == {
                name: edit.set[name] for name in written
            }
            for name in asked:
                assert name in left.asked
                assert Conflict.objects.filter(feature=row, field=name, offered_by=by.user).exists()
        numbers = [(each.feature_id, each.version) for each in revisions.values()]
        assert len(numbers) == len(set(numbers))
        for row in rows.values():
            count = FeatureRevision.objects.filter(feature=row).count()
            assert row.version == 1 + count


@pytest.mark.django_db
def test_whatever_order_edits_come_in_all_see_one_map_and_no_word_is_lost(now: datetime) -> None:
    class Now(Together):
        pass

    Now.now = now
    run_state_machine_as_test(
        Now,
        settings=settings(
            max_examples=25, stateful_step_count=25, deadline=None,
            suppress_health_check=list(HealthCheck), derandomize=True,
        ),
    )  # fmt: skip
