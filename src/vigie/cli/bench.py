"""`vigie bench`: run the benchmarks of a source checkout, each in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
from django.conf import settings

from vigie.cli.output import emit, fail


def _available(root: Path) -> dict[str, str]:
    """Benchmarks by name, with the first line of what they say they measure."""
    found = {}
    for path in sorted((root / "bench").glob("[a-z]*.py")):
        text = path.read_text(encoding="utf-8")
        if "__main__" in text:
            found[path.stem] = text.split('"""', 2)[1].strip().splitlines()[0]
    return found


def _parted(words: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """Names of benchmarks, and the options of the one they end with."""
    first = next((at for at, word in enumerate(words) if word.startswith("-")), len(words))
    return list(words[:first]), list(words[first:])


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("words", nargs=-1, metavar="[NAMES]... [OPTIONS OF ONE]", type=click.UNPROCESSED)
@click.option("--all", "everything", is_flag=True, help="Run every benchmark.")
@click.option("--json", "as_json", is_flag=True, help="List the benchmarks as JSON.")
def bench(words: tuple[str, ...], everything: bool, as_json: bool) -> None:
    """Run the benchmarks NAMES, or list them.

    One alone takes its own options: vigie bench faults --runs 20 --seed 7.

    Each prints its figures and writes them, with machine and commit, to bench/results/. They
    compare with peers and need the development packages, so they come with the source checkout.
    """
    root: Path | None = settings.VIGIE_CHECKOUT
    if root is None:
        fail("the benchmarks compare with peers; they come with the source checkout (make bench)")
    known = _available(root)
    names, options = _parted(words)
    if options and (everything or len(names) != 1):
        raise click.UsageError(f"{options[0]} is an option of one benchmark: name that one")
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise click.UsageError(f"no benchmark named {', '.join(unknown)}")
    chosen = list(known) if everything else list(names)
    if not chosen:
        lines = "\n".join(f"{name:<14} {first}" for name, first in known.items())
        emit(known, as_json=as_json, words=lines)
        return
    failed = []
    for name in chosen:
        click.echo(f"== {name}: {known[name]}")
        command = [sys.executable, "-m", f"bench.{name}", *options]
        done = subprocess.run(command, cwd=root, check=False)  # noqa: S603
        if done.returncode:
            failed.append(name)
    if failed:
        fail(f"these benchmarks failed: {', '.join(failed)}")
