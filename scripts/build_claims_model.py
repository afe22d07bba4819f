"""Make src/vigie/analysis/data/claims_model.json from texts of our own.

    python scripts/build_claims_model.py

To be run when the encoder or what makes a likeness changes (a test says so for the encoder). Reads
scripts/claims/said.toml and the shipped exercises; four minutes. Nothing else is learnt from.
"""

from __future__ import annotations

import base64
import json
import random
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))
DATA = ROOT / "src" / "vigie" / "analysis" / "data"
TARGET = DATA / "claims_model.json"

AXES = 32
"""As good as all 384 (measured), and a tenth of the file."""

DAMPING = -0.25
"""Half whitening: −0.5 would whiten."""

RIDGE = 0.1
"""Added to every variance, in parts of what a direction has on average were all alike."""

ASIDE = 6
"""One post in so many that make no claim is learnt from."""


class Said(NamedTuple):
    claim: str
    posts: list[str]


def own_texts() -> tuple[list[Said], list[str]]:
    """Claims with posts that make them; posts that make none of them."""
    from vigie.plugins.sources.exercise import load_shipped, truths
    from vigie.plugins.sources.exercise.reading import shipped

    said: list[Said] = []
    aside: list[str] = []
    written = tomllib.loads((ROOT / "scripts" / "claims" / "said.toml").read_text("utf-8"))
    for rumour in written["rumour"]:
        said.append(Said(rumour["claim"], rumour["posts"]))
        if "also" in rumour:
            said.append(Said(rumour["also"], rumour["posts"]))
        aside += rumour["aside"]
    for name in shipped():
        scenario = load_shipped(name)
        posts: dict[str | None, list[str]] = {}
        for wire, truth in truths(scenario):
            posts.setdefault(truth.claim, []).append(wire["text"])
        for claim in scenario.claims:
            making = list(dict.fromkeys(posts.get(claim.id, [])))
            said.append(Said(claim.says.fr, making))
            if claim.says.en:
                said.append(Said(claim.says.en, making))
        aside += list(dict.fromkeys(posts.get(None, [])))[::ASIDE]
    return said, aside


def main() -> None:
    from vigie.analysis.claims.encoding import MODEL, encoded
    from vigie.analysis.claims.wording import asked_of

    said, aside = own_texts()
    texts = [asked_of(text) for pair in said for text in pair.posts] + list(map(asked_of, aside))
    claims = [pair.claim for pair in said]
    every = list(dict.fromkeys([*texts, *claims]))
    vectors = dict(zip(every, encoded(every), strict=True))
    held = np.stack([vectors[claim] for claim in claims])
    centre = held.mean(axis=0)
    manner = np.mean(
        [
            np.mean([vectors[asked_of(text)] for text in pair.posts], axis=0) - vectors[pair.claim]
            for pair in said
            if pair.posts
        ],
        axis=0,
    )
    values, axes = np.linalg.eigh(np.cov(np.stack(list(vectors.values())).T))
    values = values + RIDGE / len(values) ** 1
    gains = values**DAMPING
    rest = float(np.exp(np.log(gains[:-AXES]).mean()))
    found: dict[str, Any] = {
        "model": MODEL,
        "centre": packed(centre),
        "manner": packed(manner),
        "axes": packed(axes[:, -AXES:].T),
        "gains": [round(float(gain) / rest, 4) for gain in gains[-AXES:]],
        "slope": 1.0,
        "level": 0.0,
    }
    write(found)
    found["slope"], found["level"] = calibrated(said, aside)
    write(found)
    sys.stdout.write(
        f"{len(said)} claims, {len(every)} texts, slope {found['slope']}, level {found['level']}"
        f" → {TARGET.relative_to(ROOT)}\n"
    )


def packed(array: Any) -> str:
    return base64.b64encode(np.ascontiguousarray(array, np.dtype("<f2")).tobytes()).decode()


def write(found: dict[str, Any]) -> None:
    from vigie.analysis.claims import meaning

    TARGET.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    meaning.model.cache_clear()


def calibrated(said: Sequence[Said], aside: Sequence[str]) -> tuple[float, float]:
    """Slope and level of the logistic curve through "the best claim is the right one".

    Each post asks an index of all claims; its best answer is right or not. Posts that make no claim
    give only wrong ones, and weigh in all as much as the others.
    """
    from vigie.analysis.claims.index import ClaimIndex, ClaimText

    index = ClaimIndex([ClaimText(str(at), pair.claim) for at, pair in enumerate(said)])
    right_of: dict[str, set[str]] = {}
    for at, pair in enumerate(said):
        for text in pair.posts:
            right_of.setdefault(text, set()).add(str(at))
    cases: list[tuple[float, bool]] = []
    for text in [*right_of, *aside]:
        for near, likeness in index.likened(text, limit=5):
            cases.append((likeness, near in right_of.get(text, ())))
    random.Random(1).shuffle(cases)
    likeness = np.array([case[0] for case in cases])
    right = np.array([case[1] for case in cases], np.float64)
    slope, level = 10.0, 0.5
    for _ in range(20_000):  # plain gradient descent: two numbers
        chance = 1 / (1 + np.exp(slope * (level - likeness)))
        slope += 2.0 * float(((right - chance) * (likeness - level)).mean())
        level -= 0.02 * float((right - chance).mean())
    return round(slope, 3), round(level, 4)


if __name__ == "__main__":
    main()
