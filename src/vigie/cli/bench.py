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


@click.command()
@click.argument("names", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Run every benchmark.")
@click.option("--json", "as_json", is_flag=True, help="List the benchmarks as JSON.")
def bench(names: tuple[str, ...], everything: bool, as_json: bool) -> None:
    """Run the benchmarks NAMES, or list them.

    Each prints its figures and writes them, with machine and commit, to bench/results/. They
    compare with peers and need the development packages, so they come with the source checkout.
    """
    root: Path | None = settings.VIGIE_CHECKOUT
    if root is None:
        fail("the benchmarks compare with peers; they come with the source checkout (make bench)")
    known = _available(root)
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise click.UsageError(f"no benchmark named {', '.join(unknown)}")
    chosen = list(known) if everything else list(names)
    if not chosen:
        words = "\n".join(f"{name:<14} {first}" for name, first in known.items())
        emit(known, as_json=as_json, words=words)
        return
    failed = []
    for name in chosen:
        click.echo(f"== {name}: {known[name]}")
        done = subprocess.run([sys.executable, "-m", f"bench.{name}"], cwd=root, check=False)  # noqa: S603
        if done.returncode:
            failed.append(name)
    if failed:
        fail(f"these benchmarks failed: {', '.join(failed)}")
