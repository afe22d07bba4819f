"""`vigie bench`: names of benchmarks, and the options of one of them."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from vigie.cli.bench import bench

pytestmark = pytest.mark.pure


def test_without_names_the_benchmarks_are_listed_with_what_they_measure() -> None:
    listed = CliRunner().invoke(bench, [])
    assert listed.exit_code == 0
    assert "faults " in listed.output


@pytest.mark.parametrize("words", [["--seed", "1"], ["up", "live", "--seed", "1"]])
def test_options_belong_to_one_benchmark(words: list[str]) -> None:
    refused = CliRunner().invoke(bench, words)
    assert refused.exit_code == 2
    assert "--seed is an option of one benchmark" in refused.output


def test_an_unknown_name_is_wrong_use() -> None:
    refused = CliRunner().invoke(bench, ["nothing"])
    assert refused.exit_code == 2
    assert "no benchmark named nothing" in refused.output
