from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.plugins.exercise.small import ORDER, SMALL, FakeClock, FakeControls, ports, written
from vigie.contracts.drafts import PostDeletion, PostDraft
from vigie.contracts.plugins import Batch, RawItem, SourceError, Undecodable
from vigie.plugins.sources.exercise import ExerciseConfig, ExercisePlayer, load_shipped

pytestmark = pytest.mark.pure
CONFIG = ExerciseConfig(file="petit.yaml")


async def batches(player: ExercisePlayer, cursor: Mapping[str, Any], *, until: int) -> list[Batch]:
    """What the player yields until `until` events of the time line have been played."""
    found = []
    playing = player.collect(cursor)
    async for batch in playing:
        found.append(batch)
        if batch.cursor["state"]["position"] >= until:
            break
    await playing.aclose()  # type: ignore[attr-defined]
    return found


def where(found: list[Batch]) -> list[str]:
    return [item.where for batch in found for item in batch.items]


async def test_the_whole_scenario_comes_out_in_order_and_decodes(tmp_path: Path) -> None:
    file = written(tmp_path, SMALL)
    player = ExercisePlayer(CONFIG, ports(FakeClock(), FakeControls(), file))
    found = await batches(player, {}, until=7)
    assert tuple(where(found)) == ORDER
    drafts = [player.decode(item, CONFIG) for batch in found for item in batch.items]
    assert [type(draft) for draft in drafts] == [PostDraft] * 6 + [PostDeletion]
    second = drafts[1]
    assert isinstance(second, PostDraft)
    assert (second.id, second.likes, second.reposts, second.lat) == ("petit.1.p2", 0, None, 48.7)
    assert second.author is not None
    assert second.author.official
    assert found[-1].progress == (7, 7)


async def test_a_restart_goes_on_from_any_cursor(tmp_path: Path) -> None:
    file = written(tmp_path, SMALL)
    clock = FakeClock()
    player = ExercisePlayer(CONFIG, ports(clock, FakeControls(), file))
    whole = await batches(player, {}, until=7)
    for cut in range(len(whole)):
        cursor = msgspec.json.decode(msgspec.json.encode(whole[cut].cursor))
        other = ExercisePlayer(CONFIG, ports(clock, FakeControls(), file))
        if cursor["state"]["position"] < 7:
            rest = await batches(other, cursor, until=7)
            assert where(whole[: cut + 1]) + where(rest) == list(ORDER)


async def test_the_position_is_saved_while_nothing_appears(tmp_path: Path) -> None:
    file = written(tmp_path, SMALL)
    config = ExerciseConfig(file="petit.yaml", speed=1)
    player = ExercisePlayer(config, ports(FakeClock(), FakeControls(), file))
    found = await batches(player, {}, until=2)
    moments = [batch.cursor["state"]["clock_s"] for batch in found]
    assert all(later - earlier <= 30 for earlier, later in pairwise(moments))
    assert len(moments) > 20


async def test_a_refused_inject_is_told_in_its_batch(tmp_path: Path) -> None:
    file = written(tmp_path, SMALL)
    controls = FakeControls(injects=[{"id": 4, "prepared": "nothing"}])
    player = ExercisePlayer(CONFIG, ports(FakeClock(), controls, file))
    found = await batches(player, {}, until=1)
    assert [(one.code, one.where) for one in found[0].refusals] == [
        ("inject_unreadable", "inject 4")
    ]


async def test_a_long_past_is_cut_in_batches_each_with_its_own_cursor() -> None:
    scenario = load_shipped("orge-yvette")
    config = ExerciseConfig(start_at_s=float(scenario.length_s))
    player = ExercisePlayer(config, ports(FakeClock(), FakeControls()))
    found = await batches(player, {}, until=len(scenario.timeline))
    done = 0
    for batch in found:
        done += sum(not item.where.startswith("indicator ") for item in batch.items)
        assert len(batch.items) <= 100
        assert batch.cursor["state"]["position"] == done
    assert done == len(scenario.timeline)


async def test_another_scenario_under_the_same_source_begins_at_its_beginning(
    tmp_path: Path,
) -> None:
    player = ExercisePlayer(CONFIG, ports(FakeClock(), FakeControls(), written(tmp_path, SMALL)))
    found = await batches(player, {}, until=7)
    renamed = written(tmp_path, SMALL.replace("name: petit\n", "name: autre\n"), "autre.yaml")
    other = ExercisePlayer(CONFIG, ports(FakeClock(), FakeControls(), renamed))
    assert tuple(where(await batches(other, found[-1].cursor, until=7))) == ORDER


async def test_an_unusable_scenario_or_cursor_fails_the_run_with_the_reason(
    tmp_path: Path,
) -> None:
    config = ExerciseConfig(scenario="nothing")
    with pytest.raises(SourceError) as caught:
        await batches(ExercisePlayer(config, ports(FakeClock(), FakeControls())), {}, until=1)
    assert caught.value.code == "scenario_invalid"
    player = ExercisePlayer(CONFIG, ports(FakeClock(), FakeControls(), written(tmp_path, SMALL)))
    with pytest.raises(SourceError):
        await batches(player, {"state": {"run": 3}}, until=1)


@pytest.mark.parametrize(
    "payload", [b"", b"[]", b"{}", b'{"id": "x", "deleted_at": "yesterday"}', b'{"id": "x"}']
)
def test_a_payload_that_is_not_ours_is_undecodable(payload: bytes) -> None:
    with pytest.raises(Undecodable):
        ExercisePlayer.decode(RawItem(payload=payload), CONFIG)
