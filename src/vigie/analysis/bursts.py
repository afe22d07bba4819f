"""Bursts: whether a count is more than its own past explains.

The count of a window is compared with counts of equal windows before it. Each past is summed up by
a gamma-Poisson model, whose predictive distribution is the negative binomial: a Poisson law whose
rate is not known exactly (short pasts are uncertain) and not constant (people post in clumps).
Sources: Gelman et al., *Bayesian Data Analysis*, 3rd ed., §2.6 (gamma-Poisson, Jeffreys prior);
Farrington et al., "A statistical algorithm for the early detection of outbreaks", JRSS A 159 (1996)
for comparing with the same hour of other days and for taming past outbreaks in the baseline.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, lgamma, log, log1p
from statistics import median
from typing import Final

LEAST_PAST: Final = 6
"""Windows a past needs to be asked at all."""
SENSITIVITY: Final = {"low": 1e-5, "normal": 1e-3, "high": 1e-2}
"""How rare chance would make such a count, at most, for it to be called a burst."""
TIMES: Final = 2.0
"""A burst is at least that many times what was expected: rare but small is not worth waking for."""
_PRIOR: Final = 0.5
_TAMED: Final = 3.0


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """`is_burst`, and why: `count` seen where about `expected` were, with chance `p` of so many.

    `windows` is how many past windows the deciding past had; 0: there is no past yet to judge by.
    """

    is_burst: bool
    count: int
    expected: float
    p: float
    windows: int


def judge(count: int, pasts: Sequence[Sequence[int]], *, at_least: int, alpha: float) -> Verdict:
    """Compare a window's count with each of its pasts (counts of equal windows, in any order).

    It must stand out of all that are long enough: neither what every evening brings nor what has
    been going on for hours is a burst. Without any past long enough nothing is one.
    """
    least = Verdict(is_burst=False, count=count, expected=0.0, p=1.0, windows=0)
    for past in pasts:
        if len(past) < LEAST_PAST:
            continue
        expected, p = _surprise(count, past)
        if least.windows == 0 or p > least.p:
            least = Verdict(is_burst=False, count=count, expected=expected, p=p, windows=len(past))
    found = (
        least.windows > 0
        and count >= at_least
        and least.p < alpha
        and count >= TIMES * least.expected
    )
    return Verdict(
        is_burst=found, count=count, expected=least.expected, p=least.p, windows=least.windows
    )


def _surprise(count: int, past: Sequence[int]) -> tuple[float, float]:
    """(expected, chance of `count` or more), after this past without its own outbreaks."""
    tame = _tamed(past)
    number, total = len(tame), sum(tame)
    mean = (total + _PRIOR) / number
    spread = sum((each - total / number) ** 2 for each in tame) / max(1, number - 1)
    # 1/r: what is not known of the rate, and how much more than Poisson the past itself varied.
    unknown = 1.0 / (total + _PRIOR)
    clumped = max(0.0, spread - mean) / mean**2
    return mean, tail(count, mean=mean, shape=1.0 / (unknown + clumped))


def _tamed(past: Sequence[int]) -> list[float]:
    """The past with its own outbreaks cut back to where ordinary variation ends (median + 3 σ,
    σ from the median deviation, at least Poisson's)."""
    middle = median(past)
    deviation = 1.4826 * median(abs(each - middle) for each in past)
    most = middle + _TAMED * max(deviation, middle**0.5, 1.0)
    return [min(float(each), most) for each in past]


def tail(count: int, *, mean: float, shape: float) -> float:
    """P(X ≥ count) for a negative binomial of this mean and shape r (variance mean + mean²/r)."""
    if count <= 0:
        return 1.0
    log_p, log_q = log(mean) - log(shape + mean), -log1p(mean / shape)

    def term(k: int) -> float:
        ways = lgamma(k + shape) - lgamma(shape) - lgamma(k + 1)
        return exp(ways + shape * log_q + k * log_p)

    if count <= mean:
        return max(0.0, 1.0 - sum(term(k) for k in range(count)))
    total, k = 0.0, count
    while True:
        more = term(k)
        total += more
        k += 1
        if more < total * 1e-12 or more < 1e-300:
            return min(1.0, total)
