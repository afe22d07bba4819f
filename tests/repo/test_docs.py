"""Documents: links lead somewhere, commands exist, nothing of one machine is named."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from vigie.cli.main import COMMANDS

pytestmark = pytest.mark.pure

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("src/**/*.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(#[^)\s]*)?\)")


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", DOCUMENTS, ids=_name)
def test_every_relative_link_leads_to_a_file(path: Path) -> None:
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.S)
    broken = [
        target
        for target, _ in LINK.findall(text)
        if not re.match(r"[a-z]+:", target) and not (path.parent / target).exists()
    ]
    assert broken == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=_name)
def test_every_document_begins_with_its_title(path: Path) -> None:
    assert path.read_text(encoding="utf-8").startswith("# ")


@pytest.mark.parametrize("path", DOCUMENTS, ids=_name)
def test_every_make_target_and_vigie_command_named_exists(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.M))
    named = set(re.findall(r"`(?:[A-Z_]+=\S+ )*make ([a-z-]+)`", text))
    assert named <= targets
    commands = set(re.findall(r"`vigie ([a-z][a-z-]*)", text))
    assert commands <= set(COMMANDS) | {"django-admin"}


def _tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True
    ).stdout
    return [ROOT / name for name in listed.split("\0") if name]


FORBIDDEN = re.compile(
    r"(?<![\w.])/(?:root|home|work)/\w|registry\.npmjs\.org|pypi\.org|files\.pythonhosted"
)


def test_no_tracked_file_names_a_place_of_one_machine_or_a_registry() -> None:
    found = []
    for path in _tracked():
        if path == Path(__file__) or not path.exists():
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{_name(path)}: {hit}" for hit in FORBIDDEN.findall(text)]
    assert found == []


def test_no_vendored_or_generated_file_is_tracked() -> None:
    tracked = [path for path in _tracked() if path.exists()]
    assert [_name(p) for p in tracked if p.stat().st_size > 500_000] == []
    assert [_name(p) for p in tracked if p.suffix == ".mo" or "vendor" in p.parts] == []


def test_every_dependency_says_what_it_is_for() -> None:
    lines = (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    named = [line for line in lines if re.match(r'^  "[A-Za-z0-9\[\]_-]+[><=]', line)]
    assert [line for line in named if "#" not in line] == []


def test_all_decisions_are_listed() -> None:
    folder = ROOT / "docs" / "adr"
    index = (folder / "README.md").read_text(encoding="utf-8")
    assert [p.name for p in sorted(folder.glob("0*.md")) if p.name not in index] == []
