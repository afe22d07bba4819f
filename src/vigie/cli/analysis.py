"""`vigie analyse` and `vigie evaluate`: the analyser without a database."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click
import msgspec

from vigie.cli.output import emit, fail

if TYPE_CHECKING:
    from vigie.analysis.claims import ClaimIndex


@click.command()
@click.argument("file", type=click.File("rb"), default="-")
@click.option(
    "--output", "-o", type=click.File("wb"), default="-", help="Where to write (standard output)."
)
@click.option(
    "--territory", "-t", multiple=True, default=("91",), show_default=True,
    help="Département number or INSEE code whose places come first; may be repeated.",
)  # fmt: skip
@click.option(
    "--claims", "-c", "held", type=click.File("rb"),
    help='Claims to look for: JSON lines {"id": …, "text": …}. Takes 0.1 s a post.',
)  # fmt: skip
def analyse(
    file: IO[bytes], output: IO[bytes], territory: tuple[str, ...], held: IO[bytes] | None
) -> None:
    """Analyse posts: JSON lines in (FILE or standard input), JSON lines out.

    Adds language, tokens, categories, urgency, places, duplicate_of, story and claims: those of
    --claims that the post likely repeats, [{"id", "p", "because"}]. A line that cannot be read comes
    back as {"line": n, "error": "…"}. Exit status 1 when every line failed.
    """
    from vigie.analysis.gazetteer import GazetteerMissing
    from vigie.analysis.stream import Tally, analyse_lines

    tally = Tally()
    claims = _claims_held(held) if held is not None else None
    try:
        for line in analyse_lines(file, territory=territory, tally=tally, claims=claims):
            output.write(line + b"\n")
        output.flush()
    except GazetteerMissing as error:
        fail(str(error))
    except BrokenPipeError:
        sys.exit(0)
    if tally.lines and tally.failed == tally.lines:
        fail(f"none of the {tally.lines} lines could be read")


def _claims_held(lines: IO[bytes]) -> ClaimIndex:
    """An index of the claims of a file of JSON lines. Ends the command when one cannot be read."""
    from vigie.analysis.claims import ClaimIndex, ClaimText

    found = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            value = msgspec.json.decode(line, type=_Held)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            fail(f"claims, line {number}: {error}")
        found.append(ClaimText(value.id, value.text, value.lang))
    return ClaimIndex(found)


class _Held(msgspec.Struct, frozen=True):
    """A claim as it is written in a file."""

    id: str
    text: str
    lang: str | None = None


@click.command()
@click.argument("what", type=click.Choice(["exercise", "claims"]))
@click.option("--scenario", "-s", multiple=True, help="Scenario to score (all shipped ones).")
@click.option("--errors", is_flag=True, help="Also list what was taken for what.")
@click.option(
    "--pairs",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="claims: CSV of posts and the claims they make (the French pairs of VIGIE_EVALUATION_DATA).",
)
@click.option("--sample", type=click.IntRange(min=1), help="claims: ask only about so many posts.")
@click.option(
    "--held",
    type=click.IntRange(min=1),
    default=50_000,
    show_default=True,
    help="claims: how many are held while answers are timed.",
)
@click.option("--json", "as_json", is_flag=True, help="All figures as JSON.")
def evaluate(
    what: str,
    scenario: tuple[str, ...],
    errors: bool,
    pairs: Path | None,
    sample: int | None,
    held: int,
    as_json: bool,
) -> None:
    """Score the analyser against the truths of the exercise's posts (exercise), or how well repeated
    claims are recognised (claims: about three minutes for 1,000 pairs)."""
    if what == "claims":
        from vigie.cli.claims import evaluate_claims

        evaluate_claims(pairs, sample=sample, held_size=held, as_json=as_json)
        return
    from vigie.analysis.analyser import MODEL, Analyser
    from vigie.analysis.evaluate import Evaluation, confusions, run, score
    from vigie.plugins.sources.exercise import load_shipped, truths
    from vigie.plugins.sources.exercise.reading import shipped

    known = shipped()
    unknown = sorted(set(scenario) - set(known))
    if unknown:
        raise click.UsageError(
            f"no scenario named {', '.join(unknown)}; there are {', '.join(known)}"
        )
    figures: dict[str, Evaluation] = {}
    lines = [f"model {MODEL}"]
    for name in scenario or known:
        loaded = load_shipped(name)
        cases = run(truths(loaded), Analyser(loaded.territory).analyse)
        figures[name] = score(cases)
        lines += [f"{name}: {figures[name].posts} posts", *_table(figures[name])]
        if errors:
            lines += [
                f"    {found:<24} for {true:<24} ×{n}"
                for (true, found), n in confusions(cases).most_common(25)
            ]
    emit(
        {"model": MODEL, "scenarios": msgspec.to_builtins(figures)},
        as_json=as_json,
        words="\n".join(lines),
    )


def _table(figures: object) -> list[str]:
    """Every figure of an evaluation on a line of its own."""
    lines = []
    for name, value in msgspec.to_builtins(figures).items():
        if name in ("posts", "categories", "urgency_levels"):
            continue
        if isinstance(value, dict):
            parts = "  ".join(f"{k} {v if v is not None else '–'}" for k, v in value.items())
            lines.append(f"  {name:<18} {parts}")
        else:
            lines.append(f"  {name:<18} {value if value is not None else '–'}")
    return lines
