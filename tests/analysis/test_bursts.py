"""A burst stands out of its own past, whatever a fixed number would say."""

from __future__ import annotations

import math
import random

import pytest

from vigie.analysis import bursts

NORMAL = bursts.SENSITIVITY["normal"]


def judge(count: int, *pasts: list[int], at_least: int = 5, alpha: float = NORMAL) -> bool:
    return bursts.judge(count, pasts, at_least=at_least, alpha=alpha).is_burst


def test_the_tail_is_that_of_poisson_when_the_rate_is_known_well() -> None:
    exact = 1 - sum(math.exp(-4) * 4**k / math.factorial(k) for k in range(10))
    assert bursts.tail(10, mean=4, shape=1e9) == pytest.approx(exact, rel=1e-4)


def test_the_tail_is_that_of_the_geometric_law_for_shape_one() -> None:
    assert bursts.tail(5, mean=3, shape=1) == pytest.approx(0.75**5, rel=1e-9)
    assert bursts.tail(2, mean=3, shape=1) == pytest.approx(0.75**2, rel=1e-9)
    assert bursts.tail(0, mean=3, shape=1) == 1


def test_twenty_posts_are_a_burst_on_a_quiet_watch_and_none_on_a_busy_one() -> None:
    assert judge(20, [2, 3, 1, 2, 4, 2, 1, 3])
    assert not judge(20, [18, 25, 16, 21, 19, 22, 17, 20])


def test_what_every_evening_brings_is_no_burst_and_nor_is_what_goes_on_for_hours() -> None:
    quiet, busy = [2, 3, 1, 2, 4, 2, 1, 3], [38, 44, 36, 41, 40, 39, 45, 37]
    assert judge(40, quiet, quiet)
    assert not judge(40, quiet, busy)
    assert not judge(40, busy, quiet)


def test_without_a_past_nothing_is_a_burst() -> None:
    found = bursts.judge(500, [[0, 0, 0]], at_least=5, alpha=NORMAL)
    assert not found.is_burst
    assert found.windows == 0


def test_a_silent_past_still_asks_for_the_least_number() -> None:
    assert not judge(4, [0] * 40)
    assert judge(6, [0] * 40)


def test_one_old_outbreak_does_not_hide_the_next() -> None:
    assert judge(30, [2, 3, 1, 2, 400, 2, 1, 3, 2, 2])


def test_clumped_pasts_ask_for_more() -> None:
    even, clumped = [10] * 20, [0, 20] * 10
    assert bursts.judge(25, [even], at_least=5, alpha=1).p < (
        bursts.judge(25, [clumped], at_least=5, alpha=1).p
    )


def test_false_alarms_are_as_rare_as_was_asked() -> None:
    chance = random.Random(7)
    rate = 6.0

    def poisson() -> int:
        k, product = 0, chance.random()
        while product > math.exp(-rate):
            k, product = k + 1, product * chance.random()
        return k

    past = [poisson() for _ in range(48)]
    false = sum(judge(poisson(), past) for _ in range(4_000))
    assert false <= 12
