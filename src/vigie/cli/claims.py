"""`vigie evaluate claims`: how well repeated claims are recognised, on pairs given in a file."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import msgspec

from vigie.cli.output import emit, fail


def pairs_file(given: Path | None) -> Path:
    """The file given, or the French pairs of VIGIE_EVALUATION_DATA. Ends the command without."""
    if given is not None:
        return given
    folder = Path(os.environ.get("VIGIE_EVALUATION_DATA", "../shared/data"))
    found = sorted((folder / "checkthat_fr").glob("*.csv"))
    if not found:
        fail(
            "no pairs: name a file with --pairs (CSV, a column of posts and one of claims), "
            "or set VIGIE_EVALUATION_DATA"
        )
    return found[0]


def unrelated_posts(most: int) -> list[str]:
    """Posts of other events out of VIGIE_EVALUATION_DATA, evenly drawn; empty when it has none."""
    folder = Path(os.environ.get("VIGIE_EVALUATION_DATA", "../shared/data")) / "crisislex_t26"
    found: list[str] = []
    for path in sorted(folder.glob("*/*.csv")):
        with path.open(encoding="utf-8", errors="replace", newline="") as file:
            found += [row[1].strip() for row in list(csv.reader(file))[1:] if len(row) > 1]
    return found[:: max(1, len(found) // most)] if found else []


def evaluate_claims(
    given: Path | None, *, sample: int | None, held_size: int, as_json: bool
) -> None:
    """Print the figures. `sample`: every so many posts only, to be quick."""
    from vigie.analysis.claims import MODEL
    from vigie.analysis.claims.evaluate import held, marking, read_pairs, recognised, speed

    path = pairs_file(given)
    try:
        with path.open(encoding="utf-8", newline="") as file:
            pairs = read_pairs(file)
    except (OSError, UnicodeDecodeError, ValueError) as error:
        fail(f"{path.name}: {error}")
    if not pairs:
        fail(f"{path.name} holds no pairs")
    claims = held(pairs)
    asked = pairs[:: max(1, len(pairs) // sample)] if sample else pairs
    found = recognised(asked, claims)
    marks = marking(asked, claims, unrelated_posts(5_000))
    timed = speed(
        [pair.post for pair in asked[:: max(1, len(asked) // 60)]], claims, size=held_size
    )
    low, high = found.success_at_1_between
    lines = [
        f"model {MODEL}: {found.posts} posts, {found.claims} claims of {path.name}",
        f"  S@1 {found.success_at_1} (95 % between {low} and {high})",
        f"  S@5 {found.success_at_5}  S@10 {found.success_at_10}  MRR {found.mrr}",
        f"  marked by itself: right {marks.marked_right}, another claim {marks.marked_other}",
        f"  false marks: {marks.false_marks} of {marks.unrelated} unrelated posts",
        f"  with {timed.claims} claims held: median {timed.median_ms} ms, 95 % within"
        f" {timed.p95_ms} ms (processor {timed.cpu_p95_ms} ms), {timed.memory_mb} MB",
    ]
    emit(
        {
            "model": MODEL,
            "file": path.name,
            "retrieval": msgspec.to_builtins(found),
            "marking": msgspec.to_builtins(marks),
            "speed": msgspec.to_builtins(timed),
        },
        as_json=as_json,
        words="\n".join(lines),
    )
