"""`vigie analyse` and `vigie evaluate`: the analyser without a database."""

from __future__ import annotations

import sys
from typing import IO

import click
import msgspec

from vigie.cli.output import emit, fail


@click.command()
@click.argument("file", type=click.File("rb"), default="-")
@click.option(
    "--output", "-o", type=click.File("wb"), default="-", help="Where to write (standard output)."
)
@click.option(
    "--territory", "-t", multiple=True, default=("91",), show_default=True,
    help="Département number or INSEE code whose places come first; may be repeated.",
)  # fmt: skip
def analyse(file: IO[bytes], output: IO[bytes], territory: tuple[str, ...]) -> None:
    """Analyse posts: JSON lines in (FILE or standard input), JSON lines out.

    Adds language, tokens, categories, urgency, places, duplicate_of, story and claims. A line that
    cannot be read comes back as {"line": n, "error": "…"}. Exit status 1 when every line failed.
    """
    from vigie.analysis.gazetteer import GazetteerMissing
    from vigie.analysis.stream import Tally, analyse_lines

    tally = Tally()
    try:
        for line in analyse_lines(file, territory=territory, tally=tally):
            output.write(line + b"\n")
        output.flush()
    except GazetteerMissing as error:
        fail(str(error))
    except BrokenPipeError:
        sys.exit(0)
    if tally.lines and tally.failed == tally.lines:
        fail(f"none of the {tally.lines} lines could be read")


@click.command()
@click.argument("what", type=click.Choice(["exercise"]))
@click.option("--scenario", "-s", multiple=True, help="Scenario to score (all shipped ones).")
@click.option("--errors", is_flag=True, help="Also list what was taken for what.")
@click.option("--json", "as_json", is_flag=True, help="All figures as JSON.")
def evaluate(what: str, scenario: tuple[str, ...], errors: bool, as_json: bool) -> None:
    """Score the analyser against the truths of the exercise's posts."""
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
